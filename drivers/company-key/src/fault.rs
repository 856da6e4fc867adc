//! What can go wrong with a company's key, and what to do next.

use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::ProtocolFault;
use crate::{Call, CertificateFault, Sar};

/// Something went wrong with a company's key.
#[derive(Debug, thiserror::Error)]
#[error("company key ({library}): {fault}")]
pub struct KeyError {
    /// Through which library.
    pub library: String,
    /// What happened.
    #[source]
    pub fault: KeyFault,
}

/// What happened to the key, its library or the helper that loads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The helper program is not there.
    #[error("the helper {} is missing; install the kiosk's programs again", .0.display())]
    HelperMissing(PathBuf),
    /// The helper could not be started or spoken to.
    #[error("the helper could not be started ({0}); check the kiosk's programs and the machine's memory")]
    HelperFailed(String),
    /// The vendor's library is not there.
    #[error("the vendor's library is missing; install the vendor's driver, or correct its path")]
    LibraryMissing,
    /// The file is no shared object for this machine.
    #[error("the vendor's library is not one for this machine; install the vendor's driver for this system")]
    LibraryWrongKind,
    /// A function of GM/T 0016 is missing in it.
    #[error("the vendor's library lacks {0}; install a driver that follows GM/T 0016")]
    LibraryIncomplete(String),
    /// The system's loader refused it.
    #[error("the vendor's library could not be loaded ({0}); install the vendor's driver again")]
    LibraryRefused(String),
    /// The helper died of a signal while the library was at work.
    #[error(
        "the vendor's library crashed (signal {signal}); the helper is started again; if it happens again, \
         have the vendor's driver renewed"
    )]
    Crashed {
        /// such as 11 (SIGSEGV)
        signal: i32,
    },
    /// The helper ended, which only the library can have made it do.
    #[error("the vendor's library ended the helper (exit code {code:?}); the helper is started again")]
    Exited {
        /// the exit code, if it is known
        code: Option<i32>,
    },
    /// The library did not come back; the helper was killed.
    #[error(
        "the vendor's library did not answer within {} ms; the helper is started again; pull the key and \
         plug it in again", waited.as_millis()
    )]
    Hung {
        /// how long it was waited for
        waited: Duration,
    },
    /// The helper's messages make no sense; it was killed.
    #[error("the helper's answers make no sense ({0}); install the kiosk's programs again")]
    Protocol(#[source] ProtocolFault),
    /// The library gave lengths or values that its interface does not allow; the helper was killed.
    #[error("the vendor's library broke its own interface in {0}; have the vendor's driver renewed")]
    Misbehaved(Call),
    /// No key is plugged in.
    #[error("no key is plugged in; plug the key in")]
    NoKey,
    /// More than one key is plugged in.
    #[error("several keys are plugged in; leave only one of them in")]
    SeveralKeys,
    /// The key was pulled in the middle.
    #[error("the key was pulled too early; plug it in again and leave it in")]
    Removed,
    /// The key holds no certificate for signing.
    #[error("the key holds no certificate for signing; have it renewed by its issuer")]
    NoCertificate,
    /// The certificate does not tell which company it belongs to.
    #[error("the key's certificate cannot be used: {0}")]
    Certificate(#[source] CertificateFault),
    /// Another key, or another certificate, than the one that was read before.
    #[error("the key was exchanged for another one; begin again")]
    Changed,
    /// The PIN was wrong.
    #[error("the PIN is wrong{}; enter it again", tries(*tries_left))]
    PinWrong {
        /// how often it may still be tried before the key locks itself, if the key tells
        tries_left: Option<u32>,
    },
    /// The PIN is locked.
    #[error("the key is locked after too many wrong PINs; have it unlocked by its issuer")]
    PinLocked,
    /// The PIN has a length or characters that no PIN of this key can have; no try was spent.
    #[error("the PIN has a wrong length or wrong characters; enter it again")]
    PinUnfit,
    /// The key was never given a PIN by its owner.
    #[error("the key has no PIN yet; have it activated by its issuer")]
    PinNotSet,
    /// Another return code of the library.
    #[error(
        "{call} failed with {code}; pull the key and plug it in again, and if that fails, see its issuer"
    )]
    Library {
        /// the function
        call: Call,
        /// its return code
        code: Sar,
    },
}

fn tries(left: Option<u32>) -> String {
    left.map_or_else(String::new, |left| format!(" ({left} tries left)"))
}

/// What to do after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Ask the visitor to plug the key in (again), and it alone.
    PlugIn,
    /// Ask the visitor for the PIN again.
    EnterPin,
    /// Ask the visitor for another document, or to go to a clerk: this key will not do.
    OtherDocument,
    /// Go on by itself: the helper is started again with the next call that may.
    Retry,
    /// Go on without company keys and tell the staff: the kiosk needs a hand.
    CallStaff,
}

impl KeyFault {
    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::NoKey | Self::SeveralKeys | Self::Removed | Self::Changed | Self::Library { .. } => {
                NextStep::PlugIn
            }
            Self::PinWrong { .. } | Self::PinUnfit => NextStep::EnterPin,
            Self::PinLocked | Self::PinNotSet | Self::NoCertificate | Self::Certificate(_) => {
                NextStep::OtherDocument
            }
            Self::Crashed { .. } | Self::Exited { .. } | Self::Hung { .. } => NextStep::Retry,
            Self::HelperMissing(_)
            | Self::HelperFailed(_)
            | Self::LibraryMissing
            | Self::LibraryWrongKind
            | Self::LibraryIncomplete(_)
            | Self::LibraryRefused(_)
            | Self::Protocol(_)
            | Self::Misbehaved(_) => NextStep::CallStaff,
        }
    }

    /// A short name that never changes, for recordings and the like.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HelperMissing(_) => "helper-missing",
            Self::HelperFailed(_) => "helper-failed",
            Self::LibraryMissing => "library-missing",
            Self::LibraryWrongKind => "library-wrong-kind",
            Self::LibraryIncomplete(_) => "library-incomplete",
            Self::LibraryRefused(_) => "library-refused",
            Self::Crashed { .. } => "crashed",
            Self::Exited { .. } => "exited",
            Self::Hung { .. } => "hung",
            Self::Protocol(_) => "protocol",
            Self::Misbehaved(_) => "misbehaved",
            Self::NoKey => "no-key",
            Self::SeveralKeys => "several-keys",
            Self::Removed => "removed",
            Self::NoCertificate => "no-certificate",
            Self::Certificate(_) => "certificate",
            Self::Changed => "changed",
            Self::PinWrong { .. } => "pin-wrong",
            Self::PinLocked => "pin-locked",
            Self::PinUnfit => "pin-unfit",
            Self::PinNotSet => "pin-not-set",
            Self::Library { .. } => "library",
        }
    }

    /// Whether the helper cannot be spoken to any more after this fault.
    pub(crate) fn ends_helper(&self) -> bool {
        match self {
            Self::HelperMissing(_)
            | Self::HelperFailed(_)
            | Self::LibraryMissing
            | Self::LibraryWrongKind
            | Self::LibraryIncomplete(_)
            | Self::LibraryRefused(_)
            | Self::Crashed { .. }
            | Self::Exited { .. }
            | Self::Hung { .. }
            | Self::Protocol(_)
            // What else it wrote where, nobody knows.
            | Self::Misbehaved(_) => true,
            Self::NoKey
            | Self::SeveralKeys
            | Self::Removed
            | Self::NoCertificate
            | Self::Certificate(_)
            | Self::Changed
            | Self::PinWrong { .. }
            | Self::PinLocked
            | Self::PinUnfit
            | Self::PinNotSet
            | Self::Library { .. } => false,
        }
    }

    /// What a return code means, by the function that gave it.
    pub(crate) fn of(call: Call, code: Sar, tries_left: Option<u32>) -> Self {
        match (code, call) {
            (Sar::DeviceRemoved, _) => Self::Removed,
            // How libraries say that a key listed a moment ago is no longer there.
            (Sar::InvalidHandle, Call::ConnectDev) => Self::Removed,
            (Sar::PinIncorrect, Call::VerifyPin) if tries_left == Some(0) => Self::PinLocked,
            (Sar::PinIncorrect, Call::VerifyPin) => Self::PinWrong { tries_left },
            (Sar::PinLocked, _) => Self::PinLocked,
            (Sar::PinInvalid | Sar::PinLength, Call::VerifyPin) => Self::PinUnfit,
            (Sar::PinNotInitialised, _) => Self::PinNotSet,
            (Sar::CertificateNotFound, _) => Self::NoCertificate,
            _ => Self::Library { call, code },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_standard_leads_to_a_fault_and_a_next_step() {
        for code in Sar::ALL {
            for call in Call::ALL {
                let fault = KeyFault::of(call, *code, Some(3));
                assert!(!fault.ends_helper(), "{fault:?}");
                let text = KeyError { library: "libx.so".to_owned(), fault }.to_string();
                assert!(text.starts_with("company key (libx.so): ") && text.contains("; "), "{text}");
            }
        }
        for (call, code, tries, expected) in [
            (Call::VerifyPin, Sar::PinIncorrect, Some(5), KeyFault::PinWrong { tries_left: Some(5) }),
            (Call::VerifyPin, Sar::PinIncorrect, Some(0), KeyFault::PinLocked),
            (Call::VerifyPin, Sar::PinIncorrect, None, KeyFault::PinWrong { tries_left: None }),
            (Call::VerifyPin, Sar::PinLocked, Some(0), KeyFault::PinLocked),
            (Call::VerifyPin, Sar::PinLength, None, KeyFault::PinUnfit),
            (Call::EccSignData, Sar::DeviceRemoved, None, KeyFault::Removed),
            (Call::Digest, Sar::Fail, None, KeyFault::Library { call: Call::Digest, code: Sar::Fail }),
        ] {
            assert_eq!(KeyFault::of(call, code, tries), expected);
        }
        let wrong = KeyFault::PinWrong { tries_left: Some(5) };
        assert_eq!(wrong.to_string(), "the PIN is wrong (5 tries left); enter it again");
        assert_eq!(wrong.next_step(), NextStep::EnterPin);
    }
}
