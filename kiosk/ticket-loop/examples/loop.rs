//! Prints and scans a test ticket that never was: `cargo run -p ticket-loop --example loop -- DIR [SEED]`
//! writes `ticket.png` and a scan with two defects, `scan.png`, and says what is read from it.

#[path = "../tests/sim/mod.rs"]
mod sim;

use sim::Rng;
use std::{error::Error, fs::File, path::Path};
use ticket_loop::{Bitmap, Grey, Label, Layout, grade, read, test_ticket};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("where to? loop DIR [SEED]")?;
    let mut rng = Rng(arguments.next().as_deref().unwrap_or("1").parse()?);
    let layout = Layout::new(576)?;
    let label = Label::new("jiading-lobby-1", "T0042", rng.next())?;
    let ticket = test_ticket(layout, &label);
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    write(&folder.join("ticket.png"), ticket.width(), ticket.height(), &pixels(&ticket))?;
    let (mut print, mut scan) = sim::well(layout.width(), &mut rng);
    scan.dpi = 300;
    for defect in [rng.below(6), 6 + rng.below(6)].map(|at| sim::DEFECTS[at]) {
        println!("spoilt: {defect:?}");
        sim::spoil(defect, layout.width(), &mut print, &mut scan, &mut rng);
    }
    println!("{print:?}\n{scan:?}");
    let picture = sim::scan(&ticket, &print, &scan, &mut rng);
    write(&folder.join("scan.png"), picture.width, picture.height, &picture.pixels)?;
    let findings = read(&Grey::new(picture.width, picture.height, picture.dpi, &picture.pixels)?, layout)?;
    println!("{findings:#?}\n{:#?}", grade(&findings));
    Ok(())
}

/// Each dot as a pixel.
fn pixels(ticket: &Bitmap) -> Vec<u8> {
    let places = (0..ticket.height()).flat_map(|y| (0..ticket.width()).map(move |x| (x, y)));
    places.map(|(x, y)| if ticket.is_black(x, y) { 0 } else { 255 }).collect()
}

fn write(path: &Path, width: usize, height: usize, pixels: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = png::Encoder::new(File::create(path)?, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}
