//! The ticket loop: a test ticket that judges the printer that printed it and the scanner that reads it.
//!
//! 1. [`test_ticket`] draws the ticket for a head of so many dots ([`Layout`]), with a number and a QR
//!    code that name it ([`Label`]).
//! 2. A technician lays the paper on the document scanner, anywhere, up to 10° from straight, whichever
//!    of its four sides is up. [`read`] finds it in the scan and measures it: [`Findings`], plain numbers.
//! 3. [`grade`] says what they mean for the printer and for the scanner, [`trend`] when a limit will be
//!    passed.
//!
//! Nothing here does I/O or knows a device. A scan is hostile until measured: its size is bounded, work and
//! memory grow with its pixels alone, and whatever it shows, [`read`] returns.
//!
//! What tells whose fault it is: the head is one rigid row of dots, 8 in a millimetre, so lengths *along*
//! it measure the scanner. What runs down the whole scan, also beside the paper, is the scanner's; what
//! turns with the paper is the printer's. Lengths along the feed mix the printer's feed with the scanner's
//! motor; [`separate`] tells them apart when the ticket is scanned a second time, turned by a quarter.

mod bitmap;
mod blobs;
mod code;
mod dirt;
mod dots;
mod edges;
mod findings;
mod font;
mod grade;
mod grey;
mod label;
mod layout;
mod line;
mod locate;
mod map;
mod read;
mod register;
mod rows;
mod stripes;
mod sums;
mod ticket;
mod trend;

pub use bitmap::Bitmap;
pub use findings::{Dirt, DotRange, Findings, Geometry, Separate, Stripe, Turn, separate};
pub use grade::{Cause, Grade, Grades, PrinterCause, ScannerCause, Verdict, grade};
pub use grey::{Grey, GreyError};
pub use label::{Label, LabelError};
pub use layout::{DOTS_PER_MM, Layout, LayoutError};
pub use read::{Unreadable, read};
pub use ticket::test_ticket;
pub use trend::{Forecast, Summary, When, trend};
