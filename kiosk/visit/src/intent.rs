//! What a touch means.
//!
//! Every touchable thing on a screen has a stable id, and an id is an intent: [`Intent::parse`] and
//! `Display` are each other's inverse. Nothing a screen can send back stands outside this list.

use crate::catalogue::{DepartmentCode, GroupCode, ItemCode, MaterialCode, Matter, PackageCode, Theme};
use crate::desk::MOST_STEPS;
use crate::fault::{Device, Fault};
use crate::look::{Contrast, TextSize};
use crate::technician::{Cell, PadKey, Test};
use std::fmt;

/// Which list is shown: of matters, or of what leads to lists of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    /// what most people come for today
    Popular,
    /// theme packages (一件事)
    Packages,
    /// single items of one theme
    Items(Theme),
    /// the groups of people
    Groups,
    /// what one group of people comes for
    Group(GroupCode),
    /// the departments
    Departments,
    /// the single items of one department
    Department(DepartmentCode),
}

/// Where the paper lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// the automatic document feeder
    Feeder,
    /// the glass
    Flatbed,
}

/// What the visitor wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// take a number
    HomeNumber,
    /// hand in papers
    HomeScan,
    /// the other language
    Language,
    /// how the screen looks
    Look,
    /// this large
    LookSize(TextSize),
    /// in these colours
    LookContrast(Contrast),
    /// everything within reach from a wheelchair, or not any more
    LookReach,
    /// less at a time and more time, or not any more
    LookPlain,
    /// as it was at first
    LookReset,
    /// help
    Help,
    /// call somebody of the hall
    HelpCall,
    /// see what stands above; the screen does so itself
    ScrollUp,
    /// see what stands below; the screen does so itself
    ScrollDown,
    /// one screen back
    Back,
    /// no document: a number all the same, where the hall allows that
    WithoutDocument,
    /// done; leave
    Finish,
    /// yes, do it
    Confirm,
    /// I am still here
    Stay,
    /// show another list
    Tab(Tab),
    /// next page of the list
    PageNext,
    /// previous page of the list
    PagePrevious,
    /// pick or drop a matter
    Matter(Matter),
    /// what a matter is about: what it needs, how long it takes
    About(Matter),
    /// tick or untick an option of a package
    Option(PackageCode, ItemCode),
    /// act for oneself
    ForOneself,
    /// act for a company
    ForCompany,
    /// act for a relative
    ForRelative,
    /// a key of a keyboard on the screen
    Key(char),
    /// find a matter by its name
    Search,
    /// the key between two words
    KeySpace,
    /// the last typed character is wrong
    KeyDelete,
    /// take the company that the plugged-in key names
    CompanyTake,
    /// what is wrong, for whoever mends it
    Service,
    /// give the number back
    CancelVisit,
    /// yes, give it back
    CancelVisitYes,
    /// no ticket came out: print it again, marked 补打
    Reprint,
    /// yes, look in the licence store
    LicencesYes,
    /// ask about the licence store (once more)
    LicencesAsk,
    /// scan this material
    Material(MaterialCode),
    /// the material in hand does not concern the visitor
    NotApplicable,
    /// the receipt for what was handed in
    Receipt,
    /// print it
    ReceiptPrint,
    /// where the paper lies
    Source(Source),
    /// start scanning
    ScanStart,
    /// stop scanning
    ScanStop,
    /// these pages are good: send them
    ScanAccept,
    /// throw all these pages away and scan again
    ScanAgain,
    /// add further pages to these
    ScanAdd,
    /// scan the page that is shown again
    PageAgain,
    /// turn the page that is shown a quarter to the right
    PageRotate,
    /// take the page that is shown out
    PageRemove,
    /// move the page that is shown one place forward
    PageEarlier,
    /// move the page that is shown one place back
    PageLater,
    /// yes, to what the screen asks
    AnswerYes,
    /// no, to what the screen asks
    AnswerNo,
    /// show the page before
    PreviewPrevious,
    /// show the page after
    PreviewNext,
    /// say what is on the screen
    SpeechOn,
    /// say nothing any more
    SpeechOff,
    /// speak more slowly
    SpeechSlower,
    /// speak faster
    SpeechFaster,
    /// speak louder
    SpeechLouder,
    /// speak more quietly
    SpeechQuieter,
    /// hold a finger where nobody does by chance: the technician's door
    Door,
    /// get in by a code of the office
    DoorCode,
    /// get in by a card
    DoorCard,
    /// go to this part of the technician's room
    Room(RoomPlace),
    /// look at a device
    RoomDevice(Device),
    /// be led through a repair
    Repair(Fault),
    /// this step of it is done, or is not after all
    Step(usize),
    /// try this
    Test(Test),
    /// try all that needs nobody
    TestAll,
    /// send now what waits
    OutboxSend,
    /// a new roll is in the printer
    RollChanged,
    /// go back to the settings before
    SettingsBack,
    /// print the short form of the report
    ReportPrint,
    /// write the report to a USB stick
    ReportStick,
    /// a finger has crossed this cell of the touch panel
    Cell(Cell),
    /// the next colour, seen or not
    ColourNext,
    /// a key of the pad was pressed while its keys are tried
    PadKey(PadKey),
}

/// A part of the technician's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomPlace {
    /// every device at a glance
    Overview,
    /// what can be tried
    Tests,
    /// what waits to be sent
    Outbox,
    /// what was used up
    Counters,
    /// what came of the test ticket that was last read back
    Looped,
    /// what the hall set
    Settings,
    /// proof of how the kiosk is
    Report,
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matter(matter) => write!(f, "{matter}"),
            Self::About(matter) => write!(f, "about.{matter}"),
            Self::Tab(Tab::Group(code)) => write!(f, "group.{code}"),
            Self::Tab(Tab::Department(code)) => write!(f, "department.{code}"),
            Self::Option(package, item) => write!(f, "option.{package}.{item}"),
            Self::Key(c) => write!(f, "key.{c}"),
            Self::Material(code) => write!(f, "material.{code}"),
            Self::RoomDevice(device) => write!(f, "device.{}", device.key()),
            Self::Repair(fault) => write!(f, "repair.{}", fault.code()),
            Self::Step(at) => write!(f, "step.{}", at + 1),
            Self::Test(test) => write!(f, "test.{}", test.key()),
            Self::Cell(cell) => write!(f, "cell.{}.{}", cell.row() + 1, cell.column() + 1),
            Self::PadKey(key) => write!(f, "pad.{}", key.key()),
            other => f.write_str(FIXED.iter().find(|(_, intent)| intent == other).map_or("", |(id, _)| id)),
        }
    }
}

impl Intent {
    /// The intent behind an element's id; `None` for an id that no screen has.
    pub fn parse(id: &str) -> Option<Self> {
        if let Some((_, intent)) = FIXED.iter().find(|(fixed, _)| *fixed == id) {
            return Some(intent.clone());
        }
        let (kind, rest) = id.split_once('.')?;
        match kind {
            "matter" | "package" => Matter::parse(id).map(Self::Matter),
            "about" => Matter::parse(rest).map(Self::About),
            "group" => GroupCode::new(rest).map(|code| Self::Tab(Tab::Group(code))),
            "department" => DepartmentCode::new(rest).map(|code| Self::Tab(Tab::Department(code))),
            "material" => MaterialCode::new(rest).map(Self::Material),
            "option" => {
                let (package, item) = rest.split_once('.')?;
                Some(Self::Option(PackageCode::new(package)?, ItemCode::new(item)?))
            }
            "device" => Device::parse(rest).map(Self::RoomDevice),
            "repair" => Fault::parse(rest).map(Self::Repair),
            "step" => place(rest).map(usize::from).filter(|at| *at < MOST_STEPS).map(Self::Step),
            "test" => Test::parse(rest).map(Self::Test),
            "cell" => {
                let (row, column) = rest.split_once('.')?;
                Cell::at(place(row)?, place(column)?).map(Self::Cell)
            }
            "pad" => PadKey::parse(rest).map(Self::PadKey),
            "key" => {
                let mut chars = rest.chars();
                let key = chars.next().filter(char::is_ascii_alphanumeric)?;
                chars.next().is_none().then_some(Self::Key(key))
            }
            _ => None,
        }
    }
}

/// A place from 0, as it is counted from 1.
fn place(text: &str) -> Option<u8> {
    let counted = text.parse::<u8>().ok().filter(|_| !text.starts_with(['0', '+']))?;
    counted.checked_sub(1)
}

const FIXED: &[(&str, Intent)] = &[
    ("home.number", Intent::HomeNumber),
    ("home.scan", Intent::HomeScan),
    ("language", Intent::Language),
    ("look", Intent::Look),
    ("look.small", Intent::LookSize(TextSize::Small)),
    ("look.standard", Intent::LookSize(TextSize::Standard)),
    ("look.large", Intent::LookSize(TextSize::Large)),
    ("look.largest", Intent::LookSize(TextSize::Largest)),
    ("look.own-colours", Intent::LookContrast(Contrast::Standard)),
    ("look.black-on-white", Intent::LookContrast(Contrast::BlackOnWhite)),
    ("look.white-on-black", Intent::LookContrast(Contrast::WhiteOnBlack)),
    ("look.yellow-on-black", Intent::LookContrast(Contrast::YellowOnBlack)),
    ("look.reach", Intent::LookReach),
    ("look.plain", Intent::LookPlain),
    ("look.reset", Intent::LookReset),
    ("help", Intent::Help),
    ("help.call", Intent::HelpCall),
    ("scroll.up", Intent::ScrollUp),
    ("scroll.down", Intent::ScrollDown),
    ("back", Intent::Back),
    ("without-document", Intent::WithoutDocument),
    ("finish", Intent::Finish),
    ("confirm", Intent::Confirm),
    ("stay", Intent::Stay),
    ("tab.popular", Intent::Tab(Tab::Popular)),
    ("tab.packages", Intent::Tab(Tab::Packages)),
    ("tab.business", Intent::Tab(Tab::Items(Theme::Business))),
    ("tab.personal", Intent::Tab(Tab::Items(Theme::Personal))),
    ("tab.groups", Intent::Tab(Tab::Groups)),
    ("tab.departments", Intent::Tab(Tab::Departments)),
    ("page.next", Intent::PageNext),
    ("page.previous", Intent::PagePrevious),
    ("for.oneself", Intent::ForOneself),
    ("for.company", Intent::ForCompany),
    ("for.relative", Intent::ForRelative),
    ("search", Intent::Search),
    ("key.space", Intent::KeySpace),
    ("key.delete", Intent::KeyDelete),
    ("company.take", Intent::CompanyTake),
    ("service", Intent::Service),
    ("visit.cancel", Intent::CancelVisit),
    ("visit.cancel.yes", Intent::CancelVisitYes),
    ("reprint", Intent::Reprint),
    ("licences.yes", Intent::LicencesYes),
    ("licences.ask", Intent::LicencesAsk),
    ("not-applicable", Intent::NotApplicable),
    ("receipt", Intent::Receipt),
    ("receipt.print", Intent::ReceiptPrint),
    ("source.feeder", Intent::Source(Source::Feeder)),
    ("source.flatbed", Intent::Source(Source::Flatbed)),
    ("scan.start", Intent::ScanStart),
    ("scan.stop", Intent::ScanStop),
    ("scan.accept", Intent::ScanAccept),
    ("scan.again", Intent::ScanAgain),
    ("scan.add", Intent::ScanAdd),
    ("page.again", Intent::PageAgain),
    ("page.rotate", Intent::PageRotate),
    ("page.remove", Intent::PageRemove),
    ("page.earlier", Intent::PageEarlier),
    ("page.later", Intent::PageLater),
    ("answer.yes", Intent::AnswerYes),
    ("answer.no", Intent::AnswerNo),
    ("preview.previous", Intent::PreviewPrevious),
    ("preview.next", Intent::PreviewNext),
    ("speech.on", Intent::SpeechOn),
    ("speech.off", Intent::SpeechOff),
    ("speech.slower", Intent::SpeechSlower),
    ("speech.faster", Intent::SpeechFaster),
    ("speech.louder", Intent::SpeechLouder),
    ("speech.quieter", Intent::SpeechQuieter),
    ("door", Intent::Door),
    ("door.code", Intent::DoorCode),
    ("door.card", Intent::DoorCard),
    ("room.overview", Intent::Room(RoomPlace::Overview)),
    ("room.tests", Intent::Room(RoomPlace::Tests)),
    ("room.outbox", Intent::Room(RoomPlace::Outbox)),
    ("room.counters", Intent::Room(RoomPlace::Counters)),
    ("room.looped", Intent::Room(RoomPlace::Looped)),
    ("room.settings", Intent::Room(RoomPlace::Settings)),
    ("room.report", Intent::Room(RoomPlace::Report)),
    ("report.print", Intent::ReportPrint),
    ("report.stick", Intent::ReportStick),
    ("tests.all", Intent::TestAll),
    ("outbox.send", Intent::OutboxSend),
    ("roll.changed", Intent::RollChanged),
    ("settings.back", Intent::SettingsBack),
    ("colour.next", Intent::ColourNext),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_intents_are_inverse() {
        let more = [
            "matter.a-1",
            "package.open-restaurant",
            "about.matter.a-1",
            "about.package.open-restaurant",
            "group.senior",
            "department.tax",
            "material.lease",
            "option.p.i",
            "key.A",
            "device.printer",
            "repair.P03",
            "step.1",
            "step.5",
            "test.round-trip",
            "test.touch",
            "cell.1.1",
            "cell.10.6",
            "pad.select",
        ];
        for id in FIXED.iter().map(|(id, _)| *id).chain(more) {
            let intent = Intent::parse(id).unwrap_or_else(|| panic!("{id} means nothing"));
            assert_eq!(intent.to_string(), id);
        }
        let none = ["", "matter.", "matter.A", "key.", "key.AB", "option.p", "home", "matter.张"];
        for id in none.into_iter().chain([
            "about.",
            "about.a",
            "about.group.a",
            "group.",
            "department.A",
            "step.0",
            "step.6",
            "step.01",
            "repair.P00",
            "test.",
            "device.P",
            "cell.0.1",
            "cell.11.1",
            "cell.1.7",
            "cell.01.1",
            "cell.1",
            "cell.1.300",
            "pad.left",
        ]) {
            assert_eq!(Intent::parse(id), None, "{id}");
        }
    }
}
