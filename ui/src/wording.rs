//! Puts a view into words.
//!
//! [`word`] turns a [`View`] into finished strings, one structure per screen, with no further
//! choice left to whoever shows or speaks them. One small file per screen.

mod about;
mod choose;
mod closed;
mod company;
mod frame;
mod goodbye;
mod hand_in;
mod help;
mod home;
mod identify;
mod licences;
mod look;
mod materials;
mod number;
mod papers;
mod receipt;
mod review;
mod room;
mod search;
mod service;
mod wait;

use crate::toolkit as t;
use crate::words::{Text, Told, Words};
use jiff::civil::{Date, DateTime, Time};
use slint::{ModelRc, SharedString, VecModel};
use std::fmt::Display;
use visit::catalogue::Label;
use visit::fault::{Device, Fault};
use visit::intent::Intent;
use visit::screen::{Language, NoNumbers, Screen, View};

/// A view in words.
pub(crate) struct Worded {
    /// what stands around every screen
    pub frame: t::FrameWords,
    /// the screen itself
    pub screen: ScreenWords,
}

/// The words of one screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScreenWords {
    Home(t::HomeWords),
    Identify(t::IdentifyWords),
    Choose(t::ChooseWords),
    Search(t::SearchWords),
    About(t::AboutWords),
    Company(t::CompanyWords),
    Wait(t::WaitWords),
    Number(t::NumberWords),
    Cancel(t::CancelWords),
    Licences(t::LicencesWords),
    Materials(t::MaterialsWords),
    HandIn(t::HandInWords),
    Scan(t::ScanWords),
    Scanning(t::ScanningWords),
    Review(t::ReviewWords),
    Receipt(t::ReceiptWords),
    Goodbye(t::GoodbyeWords),
    Service(t::ServiceWords),
    Room(t::RoomWords),
    Panel(t::PanelWords),
    Look(t::LookWords),
    Help(t::HelpWords),
}

/// Puts a view into the words of its language.
pub(crate) fn word(words: &Words, view: &View) -> Worded {
    let voice = Voice { words, language: view.language, faults: &view.faults, plain: view.look.plain };
    let screen = match &view.screen {
        Screen::Home(home) => ScreenWords::Home(voice.home(home)),
        Screen::Identify(identify) => ScreenWords::Identify(voice.identify(identify)),
        Screen::Choose(choose) => ScreenWords::Choose(voice.choose(choose)),
        Screen::Search(search) => ScreenWords::Search(voice.search(search)),
        Screen::About(about) => ScreenWords::About(voice.about(about)),
        Screen::Company(company) => ScreenWords::Company(voice.company(company)),
        Screen::Wait(wait) => ScreenWords::Wait(voice.wait(*wait)),
        Screen::Number(number) => ScreenWords::Number(voice.number(number)),
        Screen::CancelAsk { number, papers } => ScreenWords::Cancel(voice.cancel(*number, *papers)),
        Screen::Licences(ask) => ScreenWords::Licences(voice.licences(ask)),
        Screen::Materials(materials) => ScreenWords::Materials(voice.materials(materials)),
        Screen::HandInAsk(ask) => ScreenWords::HandIn(voice.hand_in(ask)),
        Screen::Scan(scan) => ScreenWords::Scan(voice.scan(scan)),
        Screen::Scanning(scanning) => ScreenWords::Scanning(voice.scanning(scanning)),
        Screen::Review(review) => ScreenWords::Review(voice.review(review)),
        Screen::Receipt(receipt) => ScreenWords::Receipt(voice.receipt(receipt)),
        Screen::Goodbye(goodbye) => ScreenWords::Goodbye(voice.goodbye(goodbye)),
        Screen::Service(service) => ScreenWords::Service(voice.service(service)),
        Screen::Closed(closed) => ScreenWords::Service(voice.closed(closed)),
        Screen::Room(room) => match voice.panel(room) {
            Some(panel) => ScreenWords::Panel(panel),
            None => ScreenWords::Room(voice.room(room)),
        },
        Screen::Look => ScreenWords::Look(voice.look(view.look, view.speech)),
        Screen::Help(help) => ScreenWords::Help(voice.help(help)),
    };
    let frame = match &screen {
        ScreenWords::Panel(_) => voice.no_frame(),
        _ => voice.frame(view),
    };
    Worded { frame, screen }
}

/// How to say things in a language.
pub(crate) struct Voice<'a> {
    pub(crate) words: &'a Words,
    language: Language,
    faults: &'a [Fault],
    /// no more than is needed
    plain: bool,
}

impl<'a> Voice<'a> {
    /// For what depends on nothing but the language.
    pub(crate) fn plainly(words: &'a Words, language: Language) -> Self {
        Self { words, language, faults: &[], plain: false }
    }
}

impl Voice<'_> {
    fn label<'l>(&self, label: &'l Label) -> &'l str {
        label.of(self.language)
    }

    /// What stands between two sentences.
    fn stop(&self) -> &str {
        self.words.frame.sentence.plain()
    }

    /// A list as a sentence has it. As many are named as fit a line of `columns`, one at least, and
    /// of more only how many they are.
    fn list(&self, labels: &[Label], columns: usize) -> String {
        let frame = &self.words.frame;
        let mut list = String::new();
        for (at, label) in labels.iter().map(|l| self.label(l)).enumerate() {
            let between = if at == 0 { "" } else { frame.between.plain() };
            if at > 0 && wide(&list) + wide(between) + wide(label) > columns {
                return frame.and_more.with(&[("list", &list), ("count", &labels.len())]);
            }
            list.push_str(between);
            list.push_str(label);
        }
        list
    }

    /// A day and time, such as `9月8日（星期二）09:00`.
    fn date_time(&self, at: DateTime) -> String {
        let frame = &self.words.frame;
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).ok();
        let month = usize::try_from(at.month() - 1).ok();
        let name = |list: &[Text], at: Option<usize>| {
            at.and_then(|at| list.get(at)).map_or_else(String::new, |t| t.plain().to_owned())
        };
        frame.date.with(&[
            ("weekday", &name(&frame.weekdays, weekday)),
            ("month", &name(&frame.months, month)),
            ("day", &at.day()),
            ("time", &clock(at.time())),
        ])
    }

    /// A day with its year, such as `2030年5月1日`.
    fn day(&self, day: Date) -> String {
        let frame = &self.words.frame;
        let month = usize::try_from(day.month() - 1).ok().and_then(|at| frame.months.get(at));
        let month = month.map_or("", Text::plain);
        frame.day.with(&[("year", &day.year()), ("month", &month), ("day", &day.day())])
    }

    /// About how long somebody waits: in minutes, and what is longer than an hour and a half in hours.
    fn time(&self, minutes: u32) -> String {
        let frame = &self.words.frame;
        if minutes <= 90 { frame.minutes.of(minutes) } else { frame.hours.of(minutes.div_ceil(60)) }
    }

    /// Why no numbers are given.
    fn no_numbers(&self, why: NoNumbers) -> t::Note {
        let told = &self.words.no_numbers;
        match why {
            NoNumbers::Lunch(until) => note_with(&told.lunch, false, &[("time", &clock(until))]),
            NoNumbers::Closed(None) => note(&told.closed, false),
            NoNumbers::Closed(Some(next)) => {
                note_with(&told.closed_until, false, &[("time", &self.date_time(next))])
            }
            NoNumbers::NoWay => note(&told.no_way, true),
            NoNumbers::NoLedger => note(&told.no_ledger, true),
        }
    }

    /// A fault, told to the visitor.
    fn fault(&self, fault: Fault) -> t::Note {
        self.words.fault(fault).map(|text| note(&text.told, true)).unwrap_or_default()
    }

    /// The worst fault of a device that concerns a visitor, whatever he does with it.
    fn worst(&self, device: Device) -> Option<Fault> {
        use visit::fault::Severity::{Degraded, Down};
        let concerns = |f: &&Fault| {
            f.device() == device && matches!(f.severity(), Down | Degraded) && !is_of_a_look_up(**f)
        };
        self.faults.iter().find(concerns).copied()
    }

    fn pager(&self, page: usize, pages: usize) -> t::Pager {
        let frame = &self.words.frame;
        if pages <= 1 {
            return t::Pager::default();
        }
        t::Pager {
            previous: act(Intent::PagePrevious, frame.page_previous.plain(), page > 1),
            next: act(Intent::PageNext, frame.page_next.plain(), page < pages),
            text: frame.page.with(&[("page", &page), ("pages", &pages)]).into(),
        }
    }
}

/// Whether a fault is of a look-up at the store's side: of codes or of licences. It concerns whoever asked,
/// and nobody who hands in papers.
fn is_of_a_look_up(fault: Fault) -> bool {
    matches!(fault, Fault::StoreCodesDown | Fault::StoreLicencesDown)
}

/// Something to touch: its id is the intent.
fn act(intent: Intent, label: impl Into<SharedString>, enabled: bool) -> t::Act {
    t::Act { id: intent.to_string().into(), label: label.into(), enabled }
}

fn note(told: &Told, problem: bool) -> t::Note {
    note_with(told, problem, &[])
}

fn note_with(told: &Told, problem: bool, values: &[(&str, &dyn Display)]) -> t::Note {
    t::Note { problem, title: told.title.with(values).into(), text: told.text.with(values).into() }
}

/// Hours and minutes, `09:05`; midnight at the end of a day is written 24:00.
fn clock(time: Time) -> String {
    if time.hour() == 23 && time.minute() == 59 && time.second() == 59 {
        return "24:00".to_owned();
    }
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// How many columns a text takes, about: Latin letters one, Han characters two.
fn wide(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn model<T: Clone + 'static>(rows: Vec<T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from(rows))
}
