//! One document of 20 MB over mutual TLS 1.3: our client beside curl, each as a process of its own.

use super::{BYTES, Place, content};
use crate::process::{self, Meter, Program, Spent, median};
use crate::rows::Row;
use std::path::Path;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Documents sent by each, of which the median counts.
const RUNS: usize = 15;
/// `curl.pdf`, `application/pdf` and `curl` in Base64.
const METADATA: &str =
    "Upload-Metadata: filename Y3VybC5wZGY=,filetype YXBwbGljYXRpb24vcGRm,material_id Y3VybA==";

/// Time and memory. Both are clients and nothing else; what our program holds before it does anything, the kiosk has
/// anyway.
pub fn rows(place: &Place) -> Result<Vec<Row>, Fatal> {
    process::require("curl", "curl")?;
    let meter = Meter::new(place.folder.path())?;
    let program = process::ours("upload-client")?;
    let [idle] = meter.medians([&Program::new(&program)])?;
    let url = place.store.url();
    let ours = Program::new(&program).arg(&url).arg(place.folder.path());
    let file = place.folder.path().join("curl.pdf");
    std::fs::write(&file, content(BYTES))?;

    let (mut by_us, mut by_curl) = (Vec::new(), Vec::new());
    for n in 0..RUNS {
        let id = format!("bench-{n}");
        place.put(&id)?;
        by_us.push(meter.run(&ours.clone().arg(&id))?.0);
        place.check(&id)?;
        by_curl.push(curl(place, &meter, &url, &file)?);
    }
    let cpu = |runs: &[Spent]| median(runs.iter().map(|spent| spent.cpu_ms));
    let peak = |runs: &[Spent]| median(runs.iter().map(|spent| spent.peak_mib));
    let client = peak(&by_us) - idle.peak_mib;
    Ok(vec![
        Row::at_most("upload_cpu", "ms", cpu(&by_us), "curl, the same 20 MB", cpu(&by_curl), 1.0),
        Row::at_most("upload_peak", "MiB", client, "curl, the same 20 MB", peak(&by_curl), 0.6),
    ])
}

/// An upload is begun and one is filled in one piece, by one process over one connection: the two calls of a script
/// that does what the client does, but for discovery, checksums and the registration. What is filled was begun before,
/// since curl takes no address out of an answer.
fn curl(place: &Place, meter: &Meter, url: &str, file: &Path) -> Result<Spent, Fatal> {
    let tls = place.kiosk()?.tls();
    let call = |program: Program| {
        program
            .args(["-sSf", "--tlsv1.3", "-H", "Tus-Resumable: 1.0.0", "-H", "Expect:", "-o", "/dev/null"])
            .arg("--cacert")
            .arg(&tls.ca)
            .arg("--cert")
            .arg(&tls.certificate)
            .arg("--key")
            .arg(&tls.key)
    };
    let length = format!("Upload-Length: {BYTES}");
    let begin = || {
        call(Program::new("curl"))
            .args(["-X", "POST", "-H", &length, "-H", METADATA])
            .arg(format!("{url}/files/"))
    };
    let (_, begun) = meter.run(&begin().args(["-w", "%header{location}"]))?;
    let upload = String::from_utf8(begun.stdout)?;
    let both = call(begin().arg("--next"))
        .args([
            "-X",
            "PATCH",
            "-H",
            "Upload-Offset: 0",
            "-H",
            "Content-Type: application/offset+octet-stream",
        ])
        .args(["-w", "%{http_code} %header{upload-offset}", "-T"])
        .arg(file)
        .arg(upload.trim());
    let (spent, filled) = meter.run(&both)?;
    let said = String::from_utf8(filled.stdout)?;
    if said == format!("204 {BYTES}") {
        Ok(spent)
    } else {
        Err(format!("curl: the store said {said:?}").into())
    }
}
