//! What the kiosk still does while something is wrong.

macro_rules! stills {
    ($($(#[$doc:meta])* $name:ident = $key:literal;)*) => {
        /// What goes on all the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Still { $($(#[$doc])* $name,)* }

        impl Still {
            /// Every one.
            pub const ALL: &'static [Still] = &[$(Still::$name,)*];

            /// Its key in the language files.
            pub fn key(self) -> &'static str {
                match self { $(Still::$name => $key,)* }
            }
        }
    };
}

stills! {
    /// all of it
    Everything = "everything";
    /// numbers are given to whoever lays an ID card on the reader
    NumbersByCard = "numbers_by_card";
    /// numbers are given by the other ways to identify that the kiosk has
    NumbersByOtherWay = "numbers_by_other_way";
    /// numbers are given, with a ticket
    NumbersOnPaper = "numbers_on_paper";
    /// numbers are given and shown, without a ticket
    NumbersWithoutPaper = "numbers_without_paper";
    /// clerks give numbers at the service desk
    NumbersAtDesk = "numbers_at_desk";
    /// papers are scanned
    PapersScanned = "papers_scanned";
    /// papers are scanned from the glass
    PapersByGlass = "papers_by_glass";
    /// papers are scanned and kept in the kiosk, and sent once that is possible
    PapersKeptHere = "papers_kept_here";
    /// papers are handed in at the window
    PapersAtWindow = "papers_at_window";
    /// a company's code is typed
    CompanyTyped = "company_typed";
}

use Still::*;

pub(super) const ALL_GOES_ON: &[Still] = &[Everything];
pub(super) const BY_OTHER_WAY: &[Still] = &[NumbersByOtherWay, NumbersAtDesk, PapersAtWindow];
pub(super) const BY_CARD: &[Still] = &[NumbersByCard, NumbersByOtherWay, PapersScanned];
pub(super) const NO_TICKET: &[Still] = &[NumbersWithoutPaper, PapersScanned];
pub(super) const NO_SCANNER: &[Still] = &[NumbersOnPaper, PapersAtWindow];
pub(super) const SCANNING: &[Still] = &[NumbersOnPaper, PapersScanned, PapersAtWindow];
pub(super) const BY_GLASS: &[Still] = &[NumbersOnPaper, PapersByGlass, PapersAtWindow];
pub(super) const NO_KEY: &[Still] = &[NumbersOnPaper, PapersScanned, CompanyTyped];
pub(super) const KEPT_HERE: &[Still] = &[NumbersOnPaper, PapersKeptHere];
pub(super) const NO_LEDGER: &[Still] = &[NumbersAtDesk, PapersAtWindow];
