//! What can be made to go wrong with the scanner, and how models differ.

use super::machine::Machine;
use super::{Scanner, locked};
use axum::http::StatusCode;

/// A fault of paper or feeder that strikes at a sheet and stands until someone attends to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// A sheet is stuck.
    Jam,
    /// The rollers did not take the sheet.
    Mispick,
    /// Two sheets were taken at once.
    Multipick,
    /// Someone opens the feeder's hatch.
    HatchOpened,
    /// Someone opens the scanner's door.
    DoorOpened,
    /// The sheet is too short to be turned; strikes only when both sides are scanned.
    SheetTooShort,
    /// The sheet is too long to be turned; strikes only when both sides are scanned.
    SheetTooLong,
    /// The input tray is broken. Loading paper does not mend it.
    TrayFailed,
    /// The input tray holds too much.
    TrayOverloaded,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Self; 9] = [
        Self::Jam,
        Self::Mispick,
        Self::Multipick,
        Self::HatchOpened,
        Self::DoorOpened,
        Self::SheetTooShort,
        Self::SheetTooLong,
        Self::TrayFailed,
        Self::TrayOverloaded,
    ];

    /// `scan:AdfState` while the trouble stands (protocols.md, section 4.1).
    pub(super) const fn adf_state(self) -> &'static str {
        match self {
            Self::Jam => "ScannerAdfJam",
            Self::Mispick => "ScannerAdfMispick",
            Self::Multipick => "ScannerAdfMultipickDetected",
            Self::HatchOpened => "ScannerAdfHatchOpen",
            Self::DoorOpened => "ScannerAdfDoorOpen",
            Self::SheetTooShort => "ScannerAdfDuplexPageTooShort",
            Self::SheetTooLong => "ScannerAdfDuplexPageTooLong",
            Self::TrayFailed => "ScannerAdfInputTrayFailed",
            Self::TrayOverloaded => "ScannerAdfInputTrayOverloaded",
        }
    }

    /// Whether putting other paper in ends it.
    pub(super) const fn ends_with_new_paper(self) -> bool {
        match self {
            Self::Jam
            | Self::Mispick
            | Self::Multipick
            | Self::SheetTooShort
            | Self::SheetTooLong
            | Self::TrayOverloaded => true,
            Self::HatchOpened | Self::DoorOpened | Self::TrayFailed => false,
        }
    }

    /// Whether it can strike a job that scans only fronts.
    pub(super) const fn strikes_simplex(self) -> bool {
        !matches!(self, Self::SheetTooShort | Self::SheetTooLong)
    }
}

/// `pwg:State` as someone at the scanner brings it about; jobs are only taken in [`Condition::Ready`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Condition {
    /// Idle or at work, as the jobs are.
    #[default]
    Ready,
    /// Testing itself: a job waits.
    Testing,
    /// Stopped with an error: a job is aborted.
    Stopped,
    /// Out of service: a job is aborted.
    Down,
}

/// How an image is spoilt though its transfer is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The second half is missing.
    Truncated,
    /// The header is overwritten.
    Garbled,
}

/// What NextDocument answers while a page is not ready yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotReady {
    /// 503
    #[default]
    Unavailable,
    /// 404, as Xerox B205 and B215 do.
    NotFound,
    /// 410, likewise.
    Gone,
}

impl NotReady {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
        }
    }
}

/// What the Host header of a request must be like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HostRule {
    /// Anything.
    #[default]
    Any,
    /// `localhost`, as HP wants over USB.
    Localhost,
    /// With the port, as Epson wants.
    WithPort,
}

/// Peculiarities of models; the default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quirks {
    /// What the scanner calls itself, when not by its own name.
    pub make_and_model: Option<String>,
    /// Says "jam" of an empty feeder, as Xerox WorkCentre 3345 does.
    pub jam_when_empty: bool,
    /// Says "processing" of an empty feeder, as Kyocera does.
    pub processing_when_empty: bool,
    /// Announces 600 dpi and delivers at most this, as some by Canon do. Papers that are JPEG files
    /// pass unchanged all the same.
    pub delivers_at_most: Option<u32>,
    /// Requests with another Host header are answered 400.
    pub host: HostRule,
    /// What NextDocument answers while a page is not ready.
    pub not_ready: NotReady,
    /// Leaves blank backs out.
    pub drops_blank_backs: bool,
    /// Added to ImagesCompleted: a counter that lies.
    pub miscount: i32,
    /// Said of the feeder instead of the truth.
    pub adf_word: Option<String>,
}

/// At which sheet of a job, counted from 1, something goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    troubles: Vec<(u32, Trouble)>,
    /// Counted in images, not sheets.
    pub(super) cut: Option<u32>,
    /// Counted in images, not sheets.
    pub(super) damage: Option<(u32, Damage)>,
}

impl Plan {
    /// Plans a trouble for a sheet, or takes the plan back.
    pub(super) fn set(&mut self, trouble: Trouble, sheet: Option<u32>) {
        self.troubles.retain(|(_, planned)| *planned != trouble);
        self.troubles.extend(sheet.map(|sheet| (sheet, trouble)));
    }

    /// The sheet a trouble is planned for.
    pub(super) fn at(&self, trouble: Trouble) -> Option<u32> {
        self.troubles.iter().find(|(_, planned)| *planned == trouble).map(|(sheet, _)| *sheet)
    }

    /// The trouble planned for this sheet; it is planned no longer.
    pub(super) fn strike(&mut self, sheet: u32, duplex: bool) -> Option<Trouble> {
        let strikes = |(at, trouble): &(u32, Trouble)| *at == sheet && (duplex || trouble.strikes_simplex());
        let found = self.troubles.iter().position(strikes)?;
        Some(self.troubles.remove(found).1)
    }

    /// How this image is to be spoilt; planned no longer.
    pub(super) fn spoil(&mut self, image: u32) -> Option<Damage> {
        self.damage.take_if(|(at, _)| *at == image).map(|(_, damage)| damage)
    }

    /// Whether the connection breaks in this image; planned no longer.
    pub(super) fn breaks(&mut self, image: u32) -> bool {
        self.cut.take_if(|at| *at == image).is_some()
    }
}

impl Scanner {
    /// The given sheet of a job, counted from 1, meets this trouble. `None` takes back the plan and ends
    /// it where it stands: a sheet that was stuck lies on top of the feeder again, hatch and door close,
    /// the tray is mended.
    pub fn trouble_at(&self, trouble: Trouble, sheet: Option<u32>) {
        self.change(|machine| {
            machine.plan.set(trouble, sheet);
            if sheet.is_none() {
                machine.attend_to(trouble);
            }
        });
    }

    /// The given sheet of a job, counted from 1, gets stuck; `None` takes back the plan and clears a
    /// standing jam, the stuck sheet going back on top of the feeder.
    pub fn jam_at(&self, sheet: Option<u32>) {
        self.trouble_at(Trouble::Jam, sheet);
    }

    /// The given sheet of a job is not taken in; `None` takes back the plan and clears it.
    pub fn mispick_at(&self, sheet: Option<u32>) {
        self.trouble_at(Trouble::Mispick, sheet);
    }

    /// The given sheet of a job is taken in together with the next; `None` takes back and clears.
    pub fn multipick_at(&self, sheet: Option<u32>) {
        self.trouble_at(Trouble::Multipick, sheet);
    }

    /// Breaks the connection once in the middle of the given image of a job, counted from 1.
    pub fn cut_at(&self, image: Option<u32>) {
        self.change(|machine| machine.plan.cut = image);
    }

    /// Spoils the given image of a job, counted from 1, once; its transfer is whole.
    pub fn damage_at(&self, image: Option<(u32, Damage)>) {
        self.change(|machine| machine.plan.damage = image);
    }

    /// Opens or closes the feeder's hatch. Open, it stops the feeder; the glass still works.
    pub fn hatch(&self, open: bool) {
        self.change(|machine| machine.hatch_open = open);
    }

    /// Opens or closes the scanner's door. Open, it stops the feeder; the glass still works.
    pub fn door(&self, open: bool) {
        self.change(|machine| machine.door_open = open);
    }

    /// The next `times` NextDocument requests are answered "not ready", as by a lamp that warms up.
    pub fn not_ready(&self, times: u32) {
        self.change(|machine| machine.not_ready = times);
    }

    /// Takes connections and answers nothing, until it is taken back: those that are open end then
    /// without an answer, as when someone restarts it.
    pub fn silent(&self, silent: bool) {
        self.change(|machine| machine.silent = silent);
    }

    /// The next `times` jobs offered are answered 503, as by a scanner that someone else uses.
    pub fn busy(&self, times: u32) {
        self.change(|machine| machine.busy = times);
    }

    /// The next `times` jobs offered are answered 409, whatever their settings.
    pub fn refuse(&self, times: u32) {
        self.change(|machine| machine.refuse = times);
    }

    /// Brings about a state of the scanner as a whole.
    pub fn condition(&self, condition: Condition) {
        self.change(|machine| machine.set_condition(condition));
    }

    /// Makes the scanner another model from now on.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.change(|machine| machine.quirks = quirks);
    }

    /// Someone cancels the job under way at the panel.
    pub fn cancel_at_panel(&self) {
        self.change(Machine::cancel_at_panel);
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Machine)) {
        change(&mut locked(&self.shared.machine));
        self.shared.changed.ring();
    }
}
