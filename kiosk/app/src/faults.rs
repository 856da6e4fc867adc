//! From what drivers say went wrong to the fault catalogue.
//!
//! Every match here is without a default arm: the compiler asks about each new error of a driver.

pub mod codes;
pub mod keys;
pub mod printer;
pub mod reader;
pub mod scanner;
pub mod slot;
pub mod store;

use link::LinkError;
use visit::fault::Fault;

/// What a device's link can do to it, by their names in the catalogue.
pub struct OfLink {
    /// it is not there
    pub absent: Fault,
    /// it is there and nothing comes
    pub silent: Fault,
    /// what comes, or how, makes no sense
    pub garbled: Fault,
    /// the kiosk may not open it
    pub not_permitted: Fault,
    /// another program holds it
    pub in_use: Fault,
}

impl OfLink {
    /// The entry for a failure of the link.
    pub fn fault(&self, error: &LinkError) -> Fault {
        match error {
            LinkError::NotFound(_) | LinkError::HungUp => self.absent,
            LinkError::NotPermitted(_) => self.not_permitted,
            LinkError::Busy(_) => self.in_use,
            LinkError::Timeout { .. } | LinkError::Io(_) => self.silent,
            LinkError::Halted | LinkError::Overrun => self.garbled,
        }
    }
}
