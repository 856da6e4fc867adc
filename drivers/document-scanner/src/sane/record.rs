//! The recorder beside the pipes to a scanner's helpers.

use link::record::{Plain, Recorder};

use crate::record::DRIVER;
use crate::sane::profile::SaneProfile;

/// How the name of the link begins in a recording; SANE's name of the device follows.
pub(crate) const LINK: &str = "SANE ";

/// A recorder for a scanner behind SANE that is treated by `profile`.
///
/// What it is given has lost its pictures already (see [`crate::sane::SaneScanner::recorded`]), so that
/// many scans fit into it.
#[must_use]
pub fn recorder(profile: &SaneProfile) -> Recorder {
    Recorder::with_capacity(DRIVER, &profile.name, Plain, Recorder::MOST)
}
