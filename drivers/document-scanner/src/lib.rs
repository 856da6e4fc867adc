//! Driver of a network document scanner that speaks eSCL (also sold as AirScan) over plain HTTP.
//!
//! eSCL is the Mopria "eSCL Technical Specification": XML documents for what the scanner can do and
//! how it is, one POST that starts a job, and one GET for each page. A USB scanner is reached in the
//! same way through `ipp-usb`, which offers it on a loopback port.
//!
//! [`Scanner`] is all a caller needs: [`Scanner::capabilities`], [`Scanner::status`] and
//! [`Scanner::scan`]. Pages arrive as JPEG files in a folder of the caller's; a page is there whole
//! or not at all. Whatever goes wrong is a [`ScanError`] that says which device, why, which pages
//! are safe and what a person should do next.
//!
//! Nothing a device sends is trusted: every body, header and wait has a bound, and [`Profile`] holds
//! the bounds and the peculiarities of single models.

mod call;
mod capabilities;
mod delivered;
mod endpoint;
mod error;
mod events;
#[doc(hidden)]
pub mod fuzz;
mod http_client;
mod image_info;
mod input_caps;
mod job;
mod job_info;
mod jpeg;
mod page_file;
mod profile;
mod record;
mod redact;
mod replay;
mod resume;
pub mod sane;
mod scanner;
mod settings;
mod status;
mod tally;
mod wire;
mod word;
mod xml;

#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod test_server;

pub use capabilities::{AdfOption, Capabilities, Feeder, Justification, SupportRange, Treatments, Version};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Fault, NextStep, ScanError, SheetLength};
pub use events::{Deviation, ScanEvent, Scanned, StoredPage};
pub use image_info::{ScanBufferInfo, ScanImageInfo};
pub use input_caps::{ColorMode, InputCaps, Intent, Resolutions, SettingProfile, StepRange};
pub use job_info::{JobInfo, JobState, JobStateReason};
pub use jpeg::PageImage;
pub use profile::{HostHeader, Profile, ProfileError};
pub use record::recorder;
pub use replay::replay;
pub use resume::{Resume, Sheets};
pub use scanner::Scanner;
pub use settings::{Color, Request, Settled, Size, Source};
pub use status::{AdfState, ScannerStatus, State};
pub use tally::{Mismatch, Tally};
pub use word::Word;
pub use xml::{MAX_XML_BYTES, XmlError};
