//! The readiness report: what the kiosk knows of itself, put into the report's words and signed with its key.

mod stick;

pub use stick::{Stick, StickError};

use crate::bus::{Bus, Identity};
use crate::clock::Clock;
use crate::commands;
use jiff::Timestamp;
use metrics_page::Facts;
use readiness::{
    By, Certificate, Counters, Device as DeviceOf, Fault as FaultOf, Fonts, Form, Grade as GradeOf,
    Identity as IdentityOf, Key, List, Moment, Outbox, Outcome as OutcomeOf, Report, SealError, Sealed,
    Severity as SeverityOf, Signer, Software, Test as TestOf, Text, TicketLoop, Words,
};
use std::path::{Path, PathBuf};
use store::Tls;
use ui::{Lexicon, Told};
use visit::catalogue::Label;
use visit::fault::{Device, Severity};
use visit::technician::{Grade, Looped, Outcome, Test, Tried};

/// So many reports are kept.
const KEPT: usize = 20;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The font of its page.
    #[error("font {}: {why}; install the package fonts-noto-cjk or correct printer.font", path.display())]
    Font {
        /// which file
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// Its page, or its signature.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The kiosk's certificate signs nothing.
    #[error(transparent)]
    Sign(#[from] readiness::SignError),
    /// The words for it.
    #[error(transparent)]
    Words(#[from] ui::UiError),
    /// A file of it.
    #[error("{}: {why}", path.display())]
    File {
        /// which
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
}

/// What a report is made of, as long as the kiosk runs.
#[derive(Clone)]
pub struct Reporter {
    /// the kiosk's name
    pub kiosk: String,
    /// the hall's
    pub hall: Label,
    /// which devices the kiosk has
    pub fitted: Vec<Device>,
    /// certificate and key
    pub tls: Tls,
    /// the font of the page; a bold one beside it is used where there is one
    pub font: PathBuf,
    /// where reports are kept
    pub folder: PathBuf,
    /// the hall's clock
    pub clock: Clock,
    /// how each device is, and what it says of itself
    pub bus: Bus,
}

/// A report, signed.
#[derive(Clone, Debug)]
pub struct Made {
    /// everything that is made of it
    pub sealed: Sealed,
    /// the kiosk was ready
    pub ready: bool,
    /// so many things keep it from being ready
    pub hindrances: usize,
    /// so many more are worth a look
    pub remarks: usize,
    /// its short form in lines
    pub lines: Vec<readiness::ShortLine>,
    /// what its files are called, without their endings
    pub name: String,
}

impl Made {
    /// Its files: name and content.
    pub fn files(&self) -> [(String, &[u8]); 4] {
        let Sealed { json, json_jws, pdf, pdf_jws, .. } = &self.sealed;
        let name = &self.name;
        [
            (format!("{name}.json"), json),
            (format!("{name}.json.jws"), json_jws.as_bytes()),
            (format!("{name}.pdf"), pdf),
            (format!("{name}.pdf.jws"), pdf_jws.as_bytes()),
        ]
    }
}

impl Reporter {
    /// Makes a report of what was tried and of how the kiosk is now, and keeps it. Takes a moment: reads fonts and
    /// writes files.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn make(
        &self,
        tried: &[Tried],
        looped: Option<&Looped>,
        facts: &Facts,
        refused: u64,
    ) -> Result<Made, ReportError> {
        let now = self.clock.timestamp();
        let sign = |message: &[u8]| self.tls.sign(message).map_err(Into::into);
        let signer = Signer::new(self.tls.chain(), &sign)?;
        let mut report = self.report(&Lexicon::read()?, now, signer.certificate(), tried, looped, facts);
        report.outbox.refused = count(refused);
        let sealed = Sealed::new(&report, &signer, &self.fonts()?)?;
        let wall = self.clock.now().wall;
        let made = Made {
            ready: report.ready(),
            hindrances: report.hindrances().len(),
            remarks: report.remarks().len(),
            lines: report.short_lines(),
            name: format!("report-{}-{}", self.kiosk, wall.strftime("%Y%m%d-%H%M%S")),
            sealed,
        };
        write_all(&self.folder, &made)?;
        thin_out(&self.folder, &made.name);
        Ok(made)
    }

    fn fonts(&self) -> Result<Fonts, ReportError> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|why| ReportError::Font { path: path.to_owned(), why });
        let regular = read(&self.font)?;
        let name = self.font.file_name().unwrap_or_default().to_string_lossy().replace("Regular", "Bold");
        let bold = read(&self.font.with_file_name(name)).unwrap_or_else(|_| regular.clone());
        Ok(Fonts::new(regular, bold).map_err(SealError::from)?)
    }

    fn report(
        &self,
        words: &Lexicon,
        now: Timestamp,
        certificate: Certificate,
        tried: &[Tried],
        looped: Option<&Looped>,
        facts: &Facts,
    ) -> Report {
        let moment = |at: Timestamp| Moment::new(at, self.clock.zone());
        let devices = Device::ALL.iter().map(|device| self.device(words, *device, facts));
        let tests = Test::ALL.iter().map(|test| tested(words, *test, tried));
        let since = i64::try_from(facts.outbox_oldest_seconds).unwrap_or(0);
        let oldest = (facts.outbox_documents > 0)
            .then(|| now.as_second().saturating_sub(since))
            .and_then(|second| Timestamp::from_second(second).ok());
        let self_test = facts.self_test.and_then(|test| Timestamp::from_second(test.at).ok());
        Report {
            form: Form,
            kiosk: key(&self.kiosk),
            hall: Words::clipped(&self.hall.zh, &self.hall.en),
            made: moment(now),
            software: Software { running: Text::clipped(env!("CARGO_PKG_VERSION")), parts: List::default() },
            certificate,
            devices: list(devices.collect()),
            tests: list(tests.collect()),
            ticket_loop: looped.map(|looped| TicketLoop {
                printer: grade(looped.printer.grade),
                scanner: grade(looped.scanner.grade),
                forecast: clipped(&words.forecast(looped)),
            }),
            counters: Counters {
                tickets: count(facts.tickets.printed.saturating_add(facts.tickets.unknown)),
                paper_mm: whole(facts.paper_used_metres * 1000.0),
                tickets_left: None,
                days_left: facts.paper_left_seconds.map(|seconds| whole(seconds / 86_400.0)),
            },
            outbox: Outbox { waiting: count(facts.outbox_documents), oldest: oldest.map(moment), refused: 0 },
            self_test: self_test.map(moment),
        }
    }

    fn device(&self, words: &Lexicon, device: Device, facts: &Facts) -> DeviceOf {
        let known = facts.devices.iter().find(|known| known.name == device.key());
        let since = |code: &str| {
            let fault = known.and_then(|known| known.faults.iter().find(|fault| fault.code == code));
            fault.and_then(|fault| Timestamp::from_second(fault.since).ok())
        };
        let fault = |fault: visit::fault::Fault| FaultOf {
            code: key(fault.code()),
            severity: match fault.severity() {
                Severity::Notice => SeverityOf::Notice,
                Severity::Degraded => SeverityOf::Degrades,
                Severity::Down => SeverityOf::Stops,
            },
            words: clipped(&words.fault(fault)),
            since: Moment::new(
                since(fault.code()).unwrap_or_else(|| self.clock.timestamp()),
                self.clock.zone(),
            ),
        };
        let identity = self.bus.identity(device).map(|Identity { maker, model, serial }| {
            let text = |said: Option<String>| said.map(|said| Text::clipped(&said));
            IdentityOf { maker: text(maker), model: text(model), serial: text(serial), firmware: None }
        });
        DeviceOf {
            key: key(device.key()),
            name: clipped(&words.device(device)),
            fitted: self.fitted.contains(&device),
            identity,
            faults: list(self.bus.status(device).faults().map(fault).take(16).collect()),
        }
    }
}

fn tested(words: &Lexicon, test: Test, tried: &[Tried]) -> TestOf {
    let of_test = tried.iter().find(|tried| tried.test == test);
    let outcome = match of_test.map(|tried| (tried.outcome, tried.took)) {
        None => OutcomeOf::Untried,
        Some((Outcome::Passed(measure), took)) => OutcomeOf::Passed {
            took_ms: count(took.as_millis()),
            measured: measure.map(|measure| Text::clipped(&words.measure(measure))),
        },
        Some((Outcome::Failed(why), took)) => OutcomeOf::Failed {
            code: key(commands::why_key(why)),
            words: clipped(&words.failure(why)),
            took_ms: count(took.as_millis()),
            measured: None,
        },
    };
    let by = if test.is_automatic() { By::Kiosk } else { By::Hand };
    TestOf { key: key(test.key()), name: clipped(&words.test(test)), by, outcome }
}

fn grade(grade: Grade) -> GradeOf {
    match grade {
        Grade::Good => GradeOf::Good,
        Grade::Watch => GradeOf::Watch,
        Grade::Bad => GradeOf::Bad,
    }
}

fn clipped<const MOST: usize>(told: &Told) -> Words<MOST> {
    Words::clipped(&told.zh, &told.en)
}

/// Our own keys are keys; what is none stands as such.
fn key(text: &str) -> Key {
    let unknown = || Key::new("unknown").unwrap_or_else(|_| unreachable!("a key"));
    Key::new(text).unwrap_or_else(|_| unknown())
}

/// Our lists are shorter than what a report holds; what is longer is left out, whole.
fn list<T, const MOST: usize>(entries: Vec<T>) -> List<T, MOST> {
    List::new(entries).unwrap_or_default()
}

fn count(of: impl TryInto<u32>) -> u32 {
    of.try_into().unwrap_or(u32::MAX)
}

/// What is no number is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(of: f64) -> u32 {
    of as u32
}

/// Writes every file of a report, each whole or not at all, and synced.
///
/// # Errors
/// [`ReportError::File`].
pub fn write_all(folder: &Path, made: &Made) -> Result<(), ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |why| ReportError::File { path, why }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, content) in made.files() {
        let path = folder.join(&name);
        let fresh = folder.join(format!(".{name}.new"));
        // What an earlier attempt left goes; and a stick may hold a link in this place, which is not followed.
        let cleared = match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let create = || std::fs::OpenOptions::new().write(true).create_new(true).open(&fresh);
        let written = cleared.and_then(|()| create()).and_then(|mut file| {
            std::io::Write::write_all(&mut file, content)?;
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&fresh, &path)).map_err(failed(&path))?;
    }
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

/// Removes the oldest reports, and never the one that was just made: a clock that went back makes it look old.
fn thin_out(folder: &Path, made: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let others = |entry: &std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with(made);
    let mut files: Vec<PathBuf> = entries.flatten().filter(others).map(|entry| entry.path()).collect();
    files.sort();
    let surplus = files.len().saturating_sub((KEPT - 1) * 4);
    for path in files.into_iter().take(surplus) {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "an old report could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> Made {
        let sealed = Sealed {
            json: b"{}".to_vec(),
            json_jws: "a".to_owned(),
            pdf: b"%PDF".to_vec(),
            pdf_jws: "b".to_owned(),
            short: "c".to_owned(),
        };
        Made { sealed, ready: true, hindrances: 0, remarks: 0, lines: vec![], name: name.to_owned() }
    }

    #[test]
    fn a_link_on_a_stick_leads_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = folder.path().join("numbers.db");
        std::fs::write(&ledger, "every number").expect("a file");
        let stick = folder.path().join("stick");
        std::fs::create_dir(&stick).expect("a folder");
        for place in [".report-a.json.new", "report-a.json"] {
            std::os::unix::fs::symlink(&ledger, stick.join(place)).expect("a link");
        }
        write_all(&stick, &made("report-a")).expect("written");
        assert_eq!(std::fs::read_to_string(&ledger).expect("a file"), "every number");
        assert_eq!(std::fs::read(stick.join("report-a.json")).expect("a file"), b"{}");
        assert_eq!(std::fs::read_dir(&stick).expect("a folder").count(), 4);
    }

    #[test]
    fn the_report_that_was_just_made_stays_whatever_the_clock_said() {
        let folder = tempfile::tempdir().expect("a folder");
        for n in 0..KEPT + 3 {
            write_all(folder.path(), &made(&format!("report-a-2031{n:04}"))).expect("written");
        }
        let now = made("report-a-20260101");
        write_all(folder.path(), &now).expect("written");
        thin_out(folder.path(), &now.name);
        assert!(folder.path().join("report-a-20260101.json").exists());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), KEPT * 4);
    }
}
