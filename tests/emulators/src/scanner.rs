//! An emulated network document scanner: A4 glass and duplex feeder behind eSCL 2.63 (protocols.md,
//! section 4.1), with the faults paper and cables have.
//!
//! Paper is JPEG or PNG files. A PNG shows a sheet: it is laid on A4 as large as fits and scanned at
//! the resolution, colour and region that were asked for. A JPEG passes unchanged, except that it is
//! made grey when grey is asked for. An empty glass is scanned as white paper.
//!
//! The feeder takes a sheet when its image is asked for, and spreads the image over the time of one
//! page, as a scan engine does.

mod faults;
mod image;
mod machine;
mod routes;
mod settings;
mod xml;

pub use faults::{Condition, Damage, HostRule, NotReady, Quirks, Trouble};
pub use image::PaperError;
pub(crate) use image::state_density;
pub use machine::Sheet;

use crate::changed::Changed;
use crate::ports;
use crate::serve::{Server, Transport};
use axum::http::StatusCode;
use machine::{JobState, Machine};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;

/// Why the scanner could not do what it was told.
#[derive(Debug, Error)]
pub enum ScannerError {
    /// No listening port.
    #[error("emulated scanner: cannot listen: {0}; end the program that uses the port")]
    Listen(#[from] std::io::Error),
    /// A paper file cannot be used.
    #[error("emulated scanner: {0}")]
    Paper(#[from] PaperError),
    /// More sheets than the feeder holds.
    #[error("emulated scanner: {0} sheets do not fit into a feeder for {max}", max = xml::FEEDER_CAPACITY)]
    TooManySheets(usize),
}

/// How the scanner behaves; the default is a healthy one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerOptions {
    /// Time from one page to the next. Default 250 ms.
    pub page: Duration,
    /// A job whose client asks nothing for so long is aborted. Default 60 s.
    pub patience: Duration,
    /// What NextDocument answers while paper trouble stands. Default [`TroubleAnswer::Unavailable`].
    pub trouble: TroubleAnswer,
    /// The host and port written into the Location of a new job instead of the one the client used:
    /// real scanners get this wrong at times. Default `None`.
    pub location_host: Option<String>,
}

impl Default for ScannerOptions {
    fn default() -> Self {
        Self {
            page: Duration::from_millis(250),
            patience: Duration::from_secs(60),
            trouble: TroubleAnswer::Unavailable,
            location_host: None,
        }
    }
}

/// The two answers real scanners give to NextDocument while paper trouble stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleAnswer {
    /// 503
    Unavailable,
    /// 409
    Conflict,
}

struct Shared {
    machine: Mutex<Machine>,
    options: Mutex<ScannerOptions>,
    ready: routes::Ready,
    paper_error: Mutex<Option<String>>,
    changed: Changed,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        locked(&self.machine)
    }

    fn pace(&self) -> Duration {
        locked(&self.options).page
    }

    fn location_host(&self) -> Option<String> {
        locked(&self.options).location_host.clone()
    }

    fn trouble_answer(&self) -> StatusCode {
        match locked(&self.options).trouble {
            TroubleAnswer::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            TroubleAnswer::Conflict => StatusCode::CONFLICT,
        }
    }

    fn note_paper_error(&self, error: &PaperError) {
        *locked(&self.paper_error) = Some(error.to_string());
    }
}

/// A handle to an emulated scanner. Clones control the same scanner; it ends with the last of them.
#[derive(Clone)]
pub struct Scanner {
    shared: Arc<Shared>,
    server: Arc<tokio::sync::Mutex<Option<Server>>>,
    address: SocketAddr,
}

impl Scanner {
    /// Starts a scanner on a free port of 127.0.0.1, switched on, without paper.
    ///
    /// # Errors
    /// [`ScannerError::Listen`] when no port is free.
    pub async fn start(options: ScannerOptions) -> Result<Self, ScannerError> {
        let listener = ports::bind_free().await?;
        let shared = Arc::new(Shared {
            machine: Mutex::new(Machine::new(options.patience)),
            options: Mutex::new(options),
            ready: routes::Ready::default(),
            paper_error: Mutex::new(None),
            changed: Changed::default(),
        });
        let address = ports::address(&listener);
        let server = Server::start(listener, Transport::Plain, routes::router(shared.clone()));
        Ok(Self { shared, server: Arc::new(tokio::sync::Mutex::new(Some(server))), address })
    }

    /// Where the scanner listens; stays the same over power cycles.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The eSCL root, such as `http://127.0.0.1:23456/eSCL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/eSCL", self.address)
    }

    /// Counts every change: paper, faults, power, jobs, images.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Puts these sheets into the feeder in place of what is there, the first on top. Clears a
    /// standing trouble that lies in the paper. No sheets: the feeder is empty.
    ///
    /// # Errors
    /// [`ScannerError::Paper`] for a file that is no usable JPEG or PNG,
    /// [`ScannerError::TooManySheets`] above 50; the feeder is then as before.
    pub fn load_feeder<I>(&self, sheets: I) -> Result<(), ScannerError>
    where
        I: IntoIterator,
        I::Item: Into<Sheet>,
    {
        let sheets: Vec<Sheet> = sheets.into_iter().map(Into::into).collect();
        if sheets.len() > xml::FEEDER_CAPACITY {
            return Err(ScannerError::TooManySheets(sheets.len()));
        }
        for sheet in &sheets {
            image::check(&sheet.front)?;
            sheet.back.as_deref().map_or(Ok(()), image::check)?;
        }
        self.change(|machine| machine.load(sheets));
        Ok(())
    }

    /// Takes all paper out of the feeder.
    pub fn empty_feeder(&self) {
        self.change(|machine| machine.load(Vec::new()));
    }

    /// Lays a page on the glass; `None` leaves white paper there.
    ///
    /// # Errors
    /// [`ScannerError::Paper`] for a file that is no usable JPEG or PNG.
    pub fn load_flatbed(&self, paper: Option<&Path>) -> Result<(), ScannerError> {
        paper.map_or(Ok(()), image::check)?;
        self.change(|machine| machine.flatbed = paper.map(PathBuf::from));
        Ok(())
    }

    /// Changes pace and answers while running.
    pub fn set_options(&self, options: ScannerOptions) {
        self.shared.machine().patience = options.patience;
        *locked(&self.shared.options) = options;
        self.shared.changed.ring();
    }

    /// Switches the scanner on or off. Off, connections break and new ones are refused; jobs are
    /// lost, paper and faults stay. On, it listens on the same port again.
    ///
    /// # Errors
    /// [`ScannerError::Listen`] when another program took the port meanwhile.
    pub async fn power(&self, on: bool) -> Result<(), ScannerError> {
        let mut server = self.server.lock().await;
        match (on, server.take()) {
            (true, None) => {
                let listener = ports::bind_again(self.address.port()).await?;
                let router = routes::router(self.shared.clone());
                *server = Some(Server::start(listener, Transport::Plain, router));
            }
            (true, running) => *server = running,
            (false, running) => {
                if let Some(running) = running {
                    running.cut().await;
                }
                self.shared.machine().forget_jobs();
            }
        }
        drop(server);
        self.shared.changed.ring();
        Ok(())
    }

    /// Ends the scanner within a second; requests under way get 0.4 s to finish.
    pub async fn stop(&self) {
        let running = self.server.lock().await.take();
        if let Some(running) = running {
            running.stop().await;
        }
        self.shared.changed.ring();
    }

    /// What a bystander sees: power, paper, faults, jobs and counts.
    #[must_use]
    pub fn state(&self) -> Value {
        // A power change under way holds the lock: then the scanner is on its way off or on.
        let powered = self.server.try_lock().is_ok_and(|server| server.is_some());
        let mut machine = self.shared.machine();
        machine.give_up_abandoned();
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let feeder: Vec<_> = machine
            .feeder
            .iter()
            .map(|sheet| {
                json!({
                    "front": name(&sheet.front),
                    "back": sheet.back.as_deref().and_then(name),
                })
            })
            .collect();
        let job = machine.jobs.front().map(|job| {
            json!({
                "state": match job.state {
                    JobState::Processing => "Processing",
                    JobState::Completed => "Completed",
                    JobState::Canceled => "Canceled",
                    JobState::Aborted => "Aborted",
                },
                "images_completed": job.completed,
                "transferring": job.transferring,
            })
        });
        json!({
            "address": self.address.to_string(),
            "powered": powered,
            "scanner": machine.state(),
            "adf": machine.adf_state(),
            "feeder": feeder,
            "flatbed": machine.flatbed.as_deref().and_then(name),
            "hatch_open": machine.hatch_open,
            "door_open": machine.door_open,
            "plan": {
                "jam_at": machine.plan.at(Trouble::Jam),
                "mispick_at": machine.plan.at(Trouble::Mispick),
                "multipick_at": machine.plan.at(Trouble::Multipick),
                "hatch_at": machine.plan.at(Trouble::HatchOpened),
                "door_at": machine.plan.at(Trouble::DoorOpened),
                "too_short_at": machine.plan.at(Trouble::SheetTooShort),
                "too_long_at": machine.plan.at(Trouble::SheetTooLong),
                "tray_failed_at": machine.plan.at(Trouble::TrayFailed),
                "tray_overloaded_at": machine.plan.at(Trouble::TrayOverloaded),
                "damage_at": machine.plan.damage.map(|(image, _)| image),
                "cut_at": machine.plan.cut,
                "not_ready": machine.not_ready,
                "busy": machine.busy,
                "refuse": machine.refuse,
                "silent": machine.silent,
            },
            "job": job,
            "images_delivered": machine.delivered,
            "paper_error": *locked(&self.shared.paper_error),
        })
    }
}

#[cfg(test)]
#[path = "scanner/tests.rs"]
mod tests;
