//! Reports to look at: `cargo run -p readiness --example report -- FOLDER` writes each as PDF and JSON, with
//! signatures, short form and the authority that the signing certificate is of.

#[path = "../src/sample.rs"]
mod sample;
#[path = "../src/testing.rs"]
mod testing;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let ca = testing::Ca::new("Jiading kiosks");
    let (kiosk, fonts) = (ca.kiosk("jiading-lobby-1"), testing::fonts());
    std::fs::write(folder.join("ca.pem"), ca.pem())?;
    std::fs::write(folder.join("kiosk.der"), &kiosk.chain[0])?;
    for (name, report) in
        [("ready", sample::ready()), ("broken", sample::broken()), ("longest", sample::longest())]
    {
        let sealed = kiosk.seal(report, &fonts)?;
        std::fs::write(folder.join(format!("{name}.json")), sealed.json)?;
        std::fs::write(folder.join(format!("{name}.json.jws")), sealed.json_jws)?;
        std::fs::write(folder.join(format!("{name}.pdf")), sealed.pdf)?;
        std::fs::write(folder.join(format!("{name}.pdf.jws")), sealed.pdf_jws)?;
        std::fs::write(folder.join(format!("{name}.short")), sealed.short)?;
    }
    Ok(())
}
