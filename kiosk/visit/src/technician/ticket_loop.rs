//! What came of a test ticket that the kiosk printed and read back, as a technician is told it.

/// How well a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// as new
    Good,
    /// it works, but not as new: look again soon
    Watch,
    /// it has to be mended
    Bad,
}

impl Grade {
    /// The stable name, for ids, words and scripts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Bad => "bad",
        }
    }
}

/// What was found, in whole numbers as people read them; the first is the unit's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// dots of the head that print nothing: how many, and the first of them counted from 1 at the left
    HeadDots(u32, u32),
    /// one end of the head prints paler, by so many per cent
    Faded(u32),
    /// all is pale
    LowDensity,
    /// the print is longer than drawn, by so many tenths of a per cent
    FeedLong(u32),
    /// the print is shorter than drawn, by so many tenths of a per cent
    FeedShort(u32),
    /// the paper slipped or stood still
    FeedUneven,
    /// so many lines were not printed
    LinesMissing(u32),
    /// the knife cuts at so many tenths of a degree
    CutSkewed(u32),
    /// the QR code cannot be read
    CodeUnreadable,
    /// the number cannot be read
    NumberUnreadable,
    /// so many lines down the whole scan
    ScannerStripe(u32),
    /// so many spots on the scanner's glass or lid
    ScannerDirt(u32),
    /// lengths are wrong by so many tenths of a per cent
    ScannerScale(u32),
    /// a right angle is wrong by so many tenths of a degree
    ScannerShear(u32),
}

impl Finding {
    /// One of each kind.
    pub const ALL: &'static [Self] = &[
        Self::HeadDots(2, 100),
        Self::Faded(20),
        Self::LowDensity,
        Self::FeedLong(12),
        Self::FeedShort(12),
        Self::FeedUneven,
        Self::LinesMissing(2),
        Self::CutSkewed(11),
        Self::CodeUnreadable,
        Self::NumberUnreadable,
        Self::ScannerStripe(1),
        Self::ScannerDirt(4),
        Self::ScannerScale(8),
        Self::ScannerShear(6),
    ];

    /// The stable name, for ids, words and scripts.
    pub fn key(self) -> &'static str {
        match self {
            Self::HeadDots(..) => "head-dots",
            Self::Faded(_) => "faded",
            Self::LowDensity => "low-density",
            Self::FeedLong(_) => "feed-long",
            Self::FeedShort(_) => "feed-short",
            Self::FeedUneven => "feed-uneven",
            Self::LinesMissing(_) => "lines-missing",
            Self::CutSkewed(_) => "cut-skewed",
            Self::CodeUnreadable => "code-unreadable",
            Self::NumberUnreadable => "number-unreadable",
            Self::ScannerStripe(_) => "scanner-stripe",
            Self::ScannerDirt(_) => "scanner-dirt",
            Self::ScannerScale(_) => "scanner-scale",
            Self::ScannerShear(_) => "scanner-shear",
        }
    }
}

/// One machine, and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// that of the worst finding
    pub grade: Grade,
    /// each with how grave it is by itself, the gravest first
    pub findings: Vec<(Grade, Finding)>,
}

/// When something will be bad, by the measurements of many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// too few measurements to say anything
    Unknown,
    /// not within a year
    NotSoon,
    /// in so many days
    InDays(u32),
    /// it is already
    Now,
}

/// Both machines, and how long they will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looped {
    /// the ticket printer
    pub printer: Verdict,
    /// the document scanner
    pub scanner: Verdict,
    /// the print head, by its dead dots
    pub head: When,
    /// how dark it prints: paper, heat, or age
    pub density: When,
}

impl Looped {
    /// The worse of both grades.
    pub fn worst(&self) -> Grade {
        self.printer.grade.max(self.scanner.grade)
    }
}
