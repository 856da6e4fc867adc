//! A kiosk that serves nobody, and says why: its hall has not set it up yet, or what it stands on cannot be opened.

use crate::bus::bus;
use crate::config::ConfigError;
use crate::heart::Heart;
use crate::screens::Screens;
use crate::start::StartError;
use command::Stuck;
use jiff::Zoned;
use serde::Deserialize;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use visit::catalogue::Label;
use visit::event::Event;
use visit::intent::Intent;
use visit::look::Look;
use visit::screen::{Closed, Language, Screen, View};
use visit::speech::Speech;

/// How often it is looked whether something has changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When a kiosk that cannot start tries again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// When a machine that cannot start, or not open its data, does: it takes a restart.
const RESTART_AFTER: Duration = Duration::from_secs(600);
/// The longest file about an enrolment, in bytes.
const LONGEST: u64 = 16 * 1024;
/// So many characters of an error fit a line, and so many lines the screen.
const COLUMNS: usize = 44;
const LINES: usize = 8;
/// Letters of a fingerprint that are read out at once, and in all.
const GROUP: usize = 4;
const LETTERS: usize = 20;
/// States in which the office has the request, as `kiosk/provision` names them.
const OFFICE_HAS_IT: [&str; 5] = ["asked", "approved", "no-bundle-for-this-kiosk", "bundle-refused", "ready"];

/// Whether there is no configuration at all: the hall has not set this kiosk up.
pub fn is_not_set_up(error: &StartError) -> bool {
    matches!(error, StartError::Config(ConfigError::Unreadable { why, .. }) if why.kind() == ErrorKind::NotFound)
}

/// Shows that nobody is served here, for as long as it is no use to try again.
///
/// # Errors
/// When there is no screen.
pub fn show(reason: Reason, wanted: ui::Backend, stop: CancellationToken) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (bus, events) = bus();
    let screens = Screens::of_machine();
    let touches = bus.clone();
    let screen = ui::Options {
        backend: screens.shown(wanted),
        on_intent: Box::new(move |intent| {
            touches.offer(Event::Touched(intent));
        }),
        voice: None,
    };
    let shown = ui::run(screen, |handle| {
        let heart = Heart::default();
        heart.serves_nobody();
        heart.start(handle.clone());
        // Before anything else is painted.
        handle.show(view(&reason, Language::Zh));
        runtime.spawn(screens.watch(None, bus, stop.clone()));
        runtime.spawn(keep(handle, events, reason, stop));
    });
    runtime.shutdown_timeout(LOOK_EVERY);
    Ok(shown?)
}

/// Why nobody is served.
pub enum Reason {
    /// where the system writes of this kiosk's request to its hall
    NotSetUp(PathBuf),
    /// what cannot be opened, in lines
    Broken(Vec<String>),
    /// what the system says of a machine that cannot start, in lines
    Stuck(Vec<String>),
    /// Secure Boot is off
    Insecure,
    /// what the system says of data that it cannot open, in lines
    Sealed(Vec<String>),
}

impl Reason {
    /// Of a kiosk that cannot start; `enrolment` is what the system wrote of its request to its hall.
    pub fn of(why: &StartError, enrolment: PathBuf) -> Self {
        if is_not_set_up(why) { Self::NotSetUp(enrolment) } else { Self::Broken(in_lines(&why.to_string())) }
    }

    /// As the system around the kiosk says it.
    pub fn told(stuck: Stuck, why: &str) -> Self {
        match stuck {
            Stuck::Somewhere => Self::Stuck(in_lines(why)),
            Stuck::Sealed => Self::Sealed(in_lines(why)),
            Stuck::Insecure => Self::Insecure,
        }
    }
}

/// Keeps a screen that nobody else shows anything on, until it is stopped or to be tried again.
pub(crate) async fn keep(
    screen: ui::Handle,
    mut events: mpsc::Receiver<Event>,
    reason: Reason,
    stop: CancellationToken,
) {
    let mut language = Language::Zh;
    let end = match &reason {
        // Whoever sets it up starts it anew.
        Reason::NotSetUp(_) => None,
        Reason::Broken(_) => Some(Instant::now() + AGAIN_AFTER),
        Reason::Stuck(_) | Reason::Insecure | Reason::Sealed(_) => Some(Instant::now() + RESTART_AFTER),
    };
    let mut shown = None;
    while end.is_none_or(|end| Instant::now() < end) {
        let view = view(&reason, language);
        if shown.as_ref() != Some(&view) {
            screen.show(view.clone());
            shown = Some(view);
        }
        tokio::select! {
            () = stop.cancelled() => break,
            event = events.recv() => match event {
                Some(Event::Touched(Intent::Language)) => language = other(language),
                Some(_) => {}
                None => break,
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    screen.quit();
}

/// What a kiosk shows until it knows more.
pub(crate) fn starting() -> View {
    of(Closed::Starting, Language::Zh)
}

fn view(reason: &Reason, language: Language) -> View {
    let closed = match reason {
        Reason::NotSetUp(enrolment) => Enrolment::read(enrolment).told(),
        Reason::Broken(why) => Closed::Broken { why: why.clone() },
        Reason::Stuck(why) => Closed::Stuck { why: why.clone() },
        Reason::Insecure => Closed::Insecure,
        Reason::Sealed(why) => Closed::Sealed { why: why.clone() },
    };
    of(closed, language)
}

fn of(closed: Closed, language: Language) -> View {
    let clock = Zoned::now().time().round(jiff::Unit::Minute).unwrap_or_default();
    View {
        news: None,
        just_come: false,
        language,
        look: Look::default(),
        logo: None,
        hall: Label { zh: "一网通办".to_owned(), en: "Onedoor".to_owned() },
        clock,
        screen: Screen::Closed(closed),
        faults: Vec::new(),
        ending_in: None,
        speech: Speech::default(),
    }
}

fn other(language: Language) -> Language {
    match language {
        Language::Zh => Language::En,
        Language::En => Language::Zh,
    }
}

/// What the system says of this kiosk's request.
#[derive(Debug, Default, Deserialize)]
struct Enrolment {
    /// what the kiosk is recognised by, in groups of letters and digits
    #[serde(default)]
    fingerprint: String,
    /// how far it is, in a word
    #[serde(default)]
    state: String,
    /// what went wrong last
    #[serde(default)]
    said: Option<String>,
}

impl Enrolment {
    /// Nothing, where there is nothing that can be read.
    fn read(path: &Path) -> Self {
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        let read = read.ok().and_then(|_| serde_json::from_str(&text).ok());
        read.unwrap_or_default()
    }

    fn told(&self) -> Closed {
        let said = self.said.as_deref().unwrap_or_default();
        Closed::NotSetUp {
            fingerprint: groups(&self.fingerprint),
            asked: OFFICE_HAS_IT.contains(&self.state.as_str()),
            trouble: in_lines(said),
        }
    }
}

/// A fingerprint as it is read out; what is neither letter nor digit is left out.
fn groups(fingerprint: &str) -> Vec<String> {
    let letters: Vec<char> = fingerprint.chars().filter(char::is_ascii_alphanumeric).take(LETTERS).collect();
    letters.chunks(GROUP).map(|group| group.iter().collect()).collect()
}

/// What is said, in lines that fit.
pub(crate) fn in_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let words = text.split_whitespace().flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(COLUMNS).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.truncate(LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_out_in_groups_of_four() {
        for (text, told) in [
            ("", &[][..]),
            ("3F2A-91C0-77DE-4B18-A05C", &["3F2A", "91C0", "77DE", "4B18", "A05C"]),
            ("3F:2A 91", &["3F2A", "91"]),
        ] {
            assert_eq!(groups(text), told, "{text}");
        }
        assert_eq!(groups(&"ab".repeat(500)).len(), 5);
    }

    #[test]
    fn what_the_system_wrote_is_read_and_what_is_damaged_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("enrolment.json");
        let told = |fingerprint: &[&str], asked, trouble: &[&str]| Closed::NotSetUp {
            fingerprint: fingerprint.iter().map(ToString::to_string).collect(),
            asked,
            trouble: trouble.iter().map(ToString::to_string).collect(),
        };
        for (text, closed) in [
            (
                Some(
                    r#"{"fingerprint":"3F2A-91C0","state":"no-network","said":"the office: no route","more":1}"#,
                ),
                told(&["3F2A", "91C0"], false, &["the office: no route"]),
            ),
            (Some(r#"{"fingerprint":"3F2A","state":"asked","said":null}"#), told(&["3F2A"], true, &[])),
            (Some(r#"{"fingerprint":"#), told(&[], false, &[])),
            (Some("\u{fffd}"), told(&[], false, &[])),
            (None, told(&[], false, &[])),
        ] {
            match text {
                Some(text) => std::fs::write(&file, text).expect("a file"),
                None => std::fs::remove_file(&file).expect("a file"),
            }
            assert_eq!(Enrolment::read(&file).told(), closed, "{text:?}");
        }
    }

    #[test]
    fn what_the_system_writes_of_a_request_is_shown_in_each_of_its_states() {
        use provision::status::{Enrolment as Written, State};
        // Whoever adds a state says here whether the office has the request.
        let has_it = |state| match state {
            State::Starting | State::NoOffice | State::NoNetwork => false,
            State::Asked
            | State::Approved
            | State::NoBundleForThisKiosk
            | State::BundleRefused
            | State::Ready => true,
        };
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("enrolment.json");
        for state in [
            State::Starting,
            State::NoOffice,
            State::NoNetwork,
            State::Asked,
            State::Approved,
            State::NoBundleForThisKiosk,
            State::BundleRefused,
            State::Ready,
        ] {
            let written = Written {
                fingerprint: "3F2A-91C0-77DE-4B18-A05C".parse().expect("a fingerprint"),
                state,
                trouble: None,
                said: None,
                serial: None,
                before: None,
                certificate_ends: None,
                at: jiff::Timestamp::UNIX_EPOCH,
            };
            std::fs::write(&file, serde_json::to_vec(&written).expect("JSON")).expect("a file");
            let fingerprint = ["3F2A", "91C0", "77DE", "4B18", "A05C"].map(str::to_owned).to_vec();
            let told = Closed::NotSetUp { fingerprint, asked: has_it(state), trouble: Vec::new() };
            assert_eq!(Enrolment::read(&file).told(), told, "{state}");
        }
    }

    #[test]
    fn no_error_is_wider_than_the_screen() {
        let why = StartError::CatalogueFile {
            path: PathBuf::from(format!("/data/{}", "x".repeat(500))),
            why: std::io::Error::other("it is no catalogue ".repeat(40)),
        };
        let lines = in_lines(&why.to_string());
        assert_eq!(lines.len(), LINES);
        assert!(lines.iter().all(|line| (1..=COLUMNS).contains(&line.chars().count())), "{lines:?}");
    }

    #[test]
    fn a_configuration_that_is_not_there_is_not_yet_set_up() {
        let unreadable = |kind: ErrorKind| {
            StartError::Config(ConfigError::Unreadable { path: PathBuf::new(), why: kind.into() })
        };
        assert!(is_not_set_up(&unreadable(ErrorKind::NotFound)));
        assert!(!is_not_set_up(&unreadable(ErrorKind::PermissionDenied)));
        assert!(!is_not_set_up(&StartError::System(ErrorKind::NotFound.into())));
    }
}
