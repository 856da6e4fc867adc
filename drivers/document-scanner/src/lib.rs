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

mod capabilities;
mod endpoint;
mod error;
mod events;
mod http_client;
mod job;
mod page_file;
mod profile;
mod scanner;
mod settings;
mod status;
mod xml;

#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod test_server;

pub use capabilities::{Capabilities, ColorMode, Feeder, InputCaps, Resolutions, StepRange, Version};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Fault, NextStep, ScanError};
pub use events::{ScanEvent, StoredPage};
pub use profile::{HostHeader, Profile, ProfileError};
pub use scanner::Scanner;
pub use settings::{Color, Request, Source};
pub use status::{AdfState, JobInfo, JobState, ScannerStatus, State};
pub use xml::{MAX_XML_BYTES, XmlError};
