//! How to go on after a scan that ended early.

use std::fmt;

use crate::error::Fault;
use crate::settings::Source;

/// How to go on: scan again with `first_page` = `after_page` + 1, once the sheets lie as they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The last page that need not be scanned again; one less than the first page when there is none.
    ///
    /// With both sides of each sheet it is the back of a sheet: of a sheet that stopped halfway both
    /// sides come again, and its stored front is replaced.
    pub after_page: u32,
    /// What to do with the sheets before.
    pub sheets: Sheets,
}

/// What to do with the sheets before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheets {
    /// Put paper in: the feeder is empty.
    Load,
    /// Leave them where they lie: none of those to come has moved.
    Leave,
    /// Take the next sheet out of the paper path and lay it on top of those in the feeder.
    FromPath,
    /// The next sheet has already gone through: lay it on top of those in the feeder again.
    FromOutput,
    /// Separate the sheets that went through together and lay them on top of those in the feeder.
    Separate,
    /// Take those in the feeder out, straighten them and put them in again.
    Straighten,
    /// Lay the next sheet on the glass, and leave the others.
    NextOnGlass,
    /// Take some out: there are too many.
    Fewer,
    /// Leave the page on the glass.
    OnGlass,
}

impl Resume {
    /// How to go on after `fault` ended a scan with `stored` pages from `first_page` on; `broken` says
    /// that another was on its way.
    pub(crate) fn new(source: Source, first_page: u32, stored: u32, broken: bool, fault: &Fault) -> Self {
        let whole = match source {
            Source::FeederDuplex => stored - stored % 2,
            Source::Feeder | Source::Flatbed => stored,
        };
        let after_page = first_page.saturating_sub(1).saturating_add(whole);
        let halfway = broken || whole < stored;
        Self { after_page, sheets: Sheets::new(source, halfway, fault) }
    }
}

impl Sheets {
    fn new(source: Source, halfway: bool, fault: &Fault) -> Self {
        match source {
            Source::Flatbed => return Self::OnGlass,
            Source::Feeder | Source::FeederDuplex => {}
        }
        match fault {
            Fault::FeederEmpty => Self::Load,
            Fault::Jam { .. } | Fault::HatchOpen | Fault::DoorOpen => Self::FromPath,
            Fault::Mispick => Self::Straighten,
            Fault::Multipick => Self::Separate,
            Fault::SheetUnsuitable { .. } => Self::NextOnGlass,
            Fault::FeederOverloaded => Self::Fewer,
            Fault::FeederFailed
            | Fault::FeederUnknown { .. }
            | Fault::Stopped
            | Fault::OutOfService
            | Fault::JobAborted { .. }
                if halfway =>
            {
                Self::FromPath
            }
            // The page that was one too many, or broke, has gone through.
            Fault::Interrupted { .. }
            | Fault::PageDamaged { .. }
            | Fault::TooLarge { .. }
            | Fault::TooManyPages { .. }
            | Fault::Storage { .. } => Self::FromOutput,
            Fault::TimedOut { .. }
            | Fault::Unreachable { .. }
            | Fault::JobCanceled { .. }
            | Fault::Cancelled
            | Fault::DiskFull
            | Fault::Protocol { .. }
            | Fault::HelperDied { .. }
            | Fault::OutOfMemory
                if halfway =>
            {
                Self::FromOutput
            }
            Fault::FeederFailed
            | Fault::FeederUnknown { .. }
            | Fault::Stopped
            | Fault::OutOfService
            | Fault::JobAborted { .. }
            | Fault::TimedOut { .. }
            | Fault::Unreachable { .. }
            | Fault::JobCanceled { .. }
            | Fault::Cancelled
            | Fault::DiskFull
            | Fault::Protocol { .. }
            | Fault::HelperDied { .. }
            | Fault::OutOfMemory
            | Fault::HelperMissing { .. }
            | Fault::LibraryMissing { .. }
            | Fault::NotPermitted
            | Fault::Busy
            | Fault::SelfTest
            | Fault::Refused
            | Fault::Unsupported { .. } => Self::Leave,
        }
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, then go on after page {}", self.sheets, self.after_page)
    }
}

impl fmt::Display for Sheets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "put the sheets into the feeder",
            Self::Leave => "leave the sheets in the feeder",
            Self::FromPath => "take the sheet out of the paper path and lay it on top of those in the feeder",
            Self::FromOutput => "lay the sheet that came out last on top of those in the feeder",
            Self::Separate => "separate the sheets that went through together and lay them on top again",
            Self::Straighten => "straighten the sheets in the feeder",
            Self::NextOnGlass => "lay the next sheet on the glass",
            Self::Fewer => "take sheets out of the feeder",
            Self::OnGlass => "leave the page on the glass",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_scanned_halfway_comes_again_whole() {
        let jam = Fault::Jam { after_page: 9 };
        for (source, first, stored, broken, after_page) in [
            (Source::Feeder, 1, 3, false, 3),
            (Source::Feeder, 5, 0, true, 4),
            (Source::FeederDuplex, 1, 3, false, 2),
            (Source::FeederDuplex, 1, 4, true, 4),
            (Source::FeederDuplex, 7, 1, false, 6),
            (Source::Flatbed, 1, 0, true, 0),
        ] {
            let resume = Resume::new(source, first, stored, broken, &jam);
            assert_eq!(resume.after_page, after_page, "{source:?} {first} {stored}");
        }
    }

    #[test]
    fn the_sheets_go_where_they_came_from() {
        let sheets = |fault: &Fault, halfway| Resume::new(Source::Feeder, 1, 2, halfway, fault).sheets;
        assert_eq!(sheets(&Fault::Cancelled, false), Sheets::Leave);
        assert_eq!(sheets(&Fault::Cancelled, true), Sheets::FromOutput);
        assert_eq!(sheets(&Fault::Stopped, true), Sheets::FromPath);
        assert_eq!(sheets(&Fault::DiskFull, true), Sheets::FromOutput);
        let on_glass = Resume::new(Source::Flatbed, 1, 0, true, &Fault::Cancelled);
        assert_eq!(on_glass.to_string(), "leave the page on the glass, then go on after page 0");
        // Both sides: the front is stored, the back never came.
        let half = Resume::new(Source::FeederDuplex, 1, 1, false, &Fault::Unreachable { why: String::new() });
        assert_eq!(half, Resume { after_page: 0, sheets: Sheets::FromOutput });
    }
}
