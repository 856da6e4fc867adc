//! A printed ticket laid on a scanner's glass: what the scanner sees of it.
//!
//! The head prints 203 dots an inch on paper of 80 mm, ink and paper reflect light by their optical density, and the
//! scanner blurs a little and writes with a gamma of 2.2.

use crate::papers::{PapersError, page};
use std::io::Cursor;

/// Pixels of the glass at 300 dpi.
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
/// Dots of the head to a pixel of the scan: 8 a millimetre, and 300 an inch.
const DOTS_A_PIXEL: f64 = 8.0 * 25.4 / 300.0;
/// White beside, above and below the print, in dots.
const SIDE: f64 = 32.0;
const ABOVE: f64 = 72.0;
const BELOW: f64 = 48.0;
/// What lid, paper and ink reflect.
const LID: f64 = 0.55;
const PAPER: f64 = 0.86;
const INK: f64 = 0.05;
/// Samples of a pixel, each way.
const FINE: usize = 3;

/// How the ticket lies there, and what is wrong with what printed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Laid {
    /// turned by so many degrees
    pub degrees: f64,
    /// dots of the head that print nothing, from 0 at the left
    pub dead: Vec<usize>,
}

/// The scan of a ticket's picture (PNG of one bit, as the printer's emulator draws it), as a JPEG of an A4 glass.
///
/// # Errors
/// [`PapersError`], also when the picture is none.
pub fn scan(ticket: &[u8], laid: &Laid) -> Result<Vec<u8>, PapersError> {
    let mut reader = png::Decoder::new(Cursor::new(ticket)).read_info().map_err(|_| PapersError::NoTicket)?;
    let mut packed = vec![0; reader.output_buffer_size().ok_or(PapersError::NoTicket)?];
    let info = reader.next_frame(&mut packed).map_err(|_| PapersError::NoTicket)?;
    let ticket =
        Ticket { width: info.width as usize, height: info.height as usize, stride: info.line_size, packed };
    Ok(page(&ticket.on_glass(laid), WIDTH, HEIGHT)?)
}

struct Ticket {
    width: usize,
    height: usize,
    stride: usize,
    /// one bit a dot, 0 is black
    packed: Vec<u8>,
}

impl Ticket {
    /// What is reflected at a place of the paper, in dots from the print's upper left corner.
    fn reflects(&self, x: f64, y: f64, dead: &[usize]) -> f64 {
        let (width, height) = (self.width as f64, self.height as f64);
        if !(-SIDE..width + SIDE).contains(&x) || !(-ABOVE..height + BELOW).contains(&y) {
            return LID;
        }
        if !(0.0..width).contains(&x) || !(0.0..height).contains(&y) {
            return PAPER;
        }
        let (x, y) = (x as usize, y as usize);
        let byte = self.packed.get(y * self.stride + x / 8).copied().unwrap_or(0xFF);
        let is_black = byte >> (7 - x % 8) & 1 == 0;
        if is_black && !dead.contains(&x) { INK } else { PAPER }
    }

    /// Every pixel of the glass in three colours, the ticket in its middle.
    fn on_glass(&self, laid: &Laid) -> Vec<u8> {
        let (sin, cos) = laid.degrees.to_radians().sin_cos();
        let middle = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
        for row in 0..HEIGHT {
            for column in 0..WIDTH {
                let mut sum = 0.0;
                for part in 0..FINE * FINE {
                    let (dx, dy) = ((part % FINE) as f64 + 0.5, (part / FINE) as f64 + 0.5);
                    let x = (column as f64 + dx / FINE as f64 - WIDTH as f64 / 2.0) * DOTS_A_PIXEL;
                    let y = (row as f64 + dy / FINE as f64 - HEIGHT as f64 / 2.0) * DOTS_A_PIXEL;
                    sum +=
                        self.reflects(x * cos + y * sin + middle.0, y * cos - x * sin + middle.1, &laid.dead);
                }
                let light = sum / (FINE * FINE) as f64;
                let value = (light.powf(1.0 / 2.2) * 255.0).round() as u8;
                pixels.extend([value; 3]);
            }
        }
        pixels
    }
}
