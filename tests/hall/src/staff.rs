//! The hall's technicians: the authority that certifies their cards, and those cards.

use crate::Fatal;
use emulators::staff_card::{Authority, Key, KeyKind, PivCard, Usage, Wanted};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The PIN of every card.
const PIN: &str = "271828";
/// Serial number of the card that was revoked.
const REVOKED: u64 = 0xBAD;

/// Whose card, or what is wrong with it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StaffCard {
    /// a technician's
    Technician,
    /// one whose key is RSA
    Rsa,
    /// one that was revoked
    Revoked,
    /// one that has expired
    Expired,
    /// one of another hall
    Stranger,
    /// one of this hall's, for something else
    OtherUse,
}

/// Who certifies; cheap to clone.
#[derive(Clone)]
pub(crate) struct Staff {
    authority: Arc<Authority>,
    /// the authority's certificate, and the list of those that it revoked
    pub authorities: PathBuf,
    pub revoked: PathBuf,
}

impl Staff {
    /// An authority of its own each time; what the kiosk needs of it lies in `folder`.
    pub fn open(folder: &Path) -> Result<Self, Fatal> {
        let mut authority = Authority::root("Hall staff");
        authority.revoke(REVOKED);
        let (authorities, revoked) = (folder.join("staff.pem"), folder.join("staff-revoked.pem"));
        std::fs::write(&authorities, authority.pem())?;
        std::fs::write(&revoked, authority.list([(2024, 1, 1), (2049, 12, 31)]))?;
        Ok(Self { authority: Arc::new(authority), authorities, revoked })
    }

    /// A card as asked for.
    pub fn card(&self, which: StaffCard) -> PivCard {
        let wanted = Wanted::default();
        let (kind, wanted) = match which {
            StaffCard::Technician | StaffCard::Stranger => (KeyKind::P256, wanted),
            StaffCard::Rsa => (KeyKind::Rsa2048, wanted),
            StaffCard::Revoked => (KeyKind::P256, Wanted { serial: REVOKED, ..wanted }),
            StaffCard::Expired => (KeyKind::P256, Wanted { dates: [(2020, 1, 1), (2023, 1, 1)], ..wanted }),
            StaffCard::OtherUse => (KeyKind::P256, Wanted { usage: Usage::ClientAuth, ..wanted }),
        };
        let key = Key::new(kind);
        let certificate = match which {
            StaffCard::Stranger => Authority::root("Hall staff").certify(key.pair(), &wanted),
            _ => self.authority.certify(key.pair(), &wanted),
        };
        PivCard::new(key, certificate, PIN)
    }
}
