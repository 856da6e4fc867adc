//! What the technician's room asks of the kiosk: tests that need no device's owner, and what waits to be sent.
//!
//! Devices are tried by their owners, through the same doors that visitors use. What is tried here runs beside
//! everything else and is bounded in time below what the room waits for.

mod door;
mod machine;
mod report;
mod self_test;
mod ticket_loop;
mod watch;

pub use door::{Cards, Door};
pub use report::LastReport;
pub use ticket_loop::{LoopTicket, Loops};

use crate::bus::Bus;
use crate::clock::Clock;
use crate::faults::store::store_fault;
use crate::figures::Found;
use crate::report::{Reporter, Stick};
use crate::system::System;
use crate::tasks::printer;
use crate::tasks::scanner::{BackEnd, PageFolders};
use log_book::Event as Happened;
use metrics_page::Facts;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as blocking;
use store::probe::LONGEST_TEST;
use store::{Client, Outbox, StoreFault};
use tokio::sync::watch::{Receiver, Sender};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use visit::event::{Event, RoomDo, SessionId};
use visit::fault::Fault;
use visit::screen::{KioskShown, OutboxShown};
use visit::technician::{Failure, Measure, Outcome, Test};

/// Two clocks further apart than this disagree: a certificate's day could begin on one and not on the other.
const APART: i64 = 120;
/// A line slower than this takes minutes for a visitor's papers, in KiB a second.
const SLOW: u64 = 20;

/// What is needed for it.
pub struct Technician {
    /// the store, over a line of its own
    pub store: Client,
    /// what waits to be sent
    pub outbox: Outbox,
    /// begins to send
    pub wake: Arc<Notify>,
    /// the kiosk's name
    pub kiosk: String,
    /// where the kiosk's data lie
    pub data: PathBuf,
    /// where pages lie that were scanned for a test
    pub folders: PageFolders,
    /// what test tickets said before
    pub loops: Loops,
    /// bytes that must stay free there
    pub reserve: u64,
    /// the printer's owner
    pub printer: blocking::Sender<printer::Ask>,
    /// the door's owner
    pub door: blocking::Sender<RoomDo>,
    /// to the desk
    pub bus: Bus,
    /// the hall's clock
    pub clock: Clock,
    /// who puts reports together, and of which figures
    pub reporter: Reporter,
    pub facts: Receiver<Facts>,
    /// the report that was made last
    pub last_report: LastReport,
    /// the scanner, to be asked who it is
    pub scanner: Arc<BackEnd>,
    /// what the printer is by its configuration
    pub printer_model: String,
    /// sticks that are allowed
    pub stick: Option<Stick>,
    /// to the figures
    pub found: Sender<Found>,
    /// the system around the kiosk
    pub system: Option<System>,
    /// number of the settings that this program began with
    pub settings: Option<u64>,
    /// the store may answer again
    pub look: Arc<Notify>,
}

impl Technician {
    /// Does what the room asks until nobody can ask any more; who may come in is the door's to say.
    pub async fn run(self: Arc<Self>, mut asks: mpsc::Receiver<RoomDo>) {
        let own = self;
        let by_itself =
            [tokio::spawn(Arc::clone(&own).watch_store()), tokio::spawn(Arc::clone(&own).test_nightly())];
        let mut trying: Option<JoinHandle<()>> = None;
        let mut making: Option<JoinHandle<()>> = None;
        let mut exporting: Option<JoinHandle<()>> = None;
        while let Some(ask) = asks.recv().await {
            match ask {
                RoomDo::Try(trial, test) => {
                    // One at a time: who asks for another has given up the one before.
                    let next = tokio::spawn(Arc::clone(&own).attempt(trial, test));
                    if let Some(before) = trying.replace(next) {
                        before.abort();
                    }
                }
                RoomDo::ReadLoop(trial, page) => drop(tokio::spawn(Arc::clone(&own).read_loop(trial, page))),
                RoomDo::MakeReport(stay, tried, looped) => {
                    // The one before is nobody's any more.
                    let next = tokio::spawn(Arc::clone(&own).make_report(stay, tried, looped));
                    if let Some(before) = making.replace(next) {
                        before.abort();
                    }
                }
                RoomDo::PrintReport(stay) => own.print_report(stay).await,
                // A stick that hangs holds up nobody else.
                RoomDo::ExportReport(stay) if exporting.as_ref().is_none_or(JoinHandle::is_finished) => {
                    exporting = Some(tokio::spawn(Arc::clone(&own).export_report(stay)));
                }
                RoomDo::ExportReport(_) => {}
                RoomDo::LookOutbox(stay) => own.tell_outbox(stay).await,
                RoomDo::SendNow(stay) => {
                    own.retry_refused().await;
                    own.wake.notify_one();
                    own.tell_outbox(stay).await;
                }
                RoomDo::LookKiosk(stay) => own.tell_kiosk(stay).await,
                RoomDo::LookCounters(stay) => drop(own.printer.send(printer::Ask::Counters(stay))),
                RoomDo::SettingsBack(serial) => {
                    own.bus.log(Happened::SettingsBackWanted {});
                    own.system.iter().for_each(|system| system.want_settings(serial));
                }
                RoomDo::RollChanged(stay) => drop(own.printer.send(printer::Ask::NewRoll(stay))),
                at_door @ (RoomDo::Knock(_)
                | RoomDo::Pin(..)
                | RoomDo::NewCode(_)
                | RoomDo::Code(..)
                | RoomDo::Leave) => drop(own.door.send(at_door)),
            }
        }
        by_itself.iter().for_each(JoinHandle::abort);
    }

    async fn attempt(self: Arc<Self>, trial: SessionId, test: Test) {
        if test == Test::Print {
            drop(self.printer.send(printer::Ask::Test(trial)));
        } else if test == Test::Loop {
            match self.loop_ticket() {
                Some(ticket) => drop(self.printer.send(printer::Ask::Loop(trial, ticket))),
                None => self.bus.send(Event::Tried(trial, test, Outcome::Failed(Failure::Unproven))).await,
            }
        } else if let Some(outcome) = self.try_by_itself(test).await {
            tracing::info!(test = test.key(), ?outcome, "tried for the technician");
            // Whoever found the store away looks again at once: its fault would outlast the proof.
            if test.is_of_the_store() {
                self.look.notify_one();
                self.wake.notify_one();
            }
            self.bus.send(Event::Tried(trial, test, outcome)).await;
        }
    }

    /// Tries what needs nobody; `None` is what their owners and the desk try.
    async fn try_by_itself(&self, test: Test) -> Option<Outcome> {
        Some(match test {
            Test::Read
            | Test::Scan
            | Test::Feed
            | Test::Loop
            | Test::Slot
            | Test::Code
            | Test::Sound
            | Test::Touch
            | Test::Screen
            | Test::Pad
            | Test::Print => {
                return None;
            }
            Test::Link => machine::link(),
            Test::Name => settled(self.store.find().await.map(|()| None)),
            Test::Connection => settled(self.store.knock().await.map(|()| None)),
            Test::Trust => self.trust().await,
            Test::RoundTrip => self.round_trip().await,
            Test::Upload => self.upload().await,
            Test::Storage => {
                let (data, reserve) = (self.data.clone(), self.reserve);
                let tried = tokio::task::spawn_blocking(move || machine::storage(&data, reserve)).await;
                tried.unwrap_or(Outcome::Failed(Failure::Silent))
            }
            Test::Memory => machine::memory(),
        })
    }

    /// Whoever is greeted over TLS has shown his certificate and has accepted ours.
    async fn trust(&self) -> Outcome {
        let days = self.store.certificate_days(self.clock.timestamp());
        match self.store.greet().await {
            Ok(_) if days < 0 => Outcome::Failed(Failure::Fault(Fault::CertificateEnding)),
            Ok(_) => Outcome::Passed(Some(Measure::Days(days))),
            // It has answered, and that is all that is asked here.
            Err(StoreFault::Rejected(_) | StoreFault::ServerError(_) | StoreFault::Busy(_)) => {
                Outcome::Passed(Some(Measure::Days(days)))
            }
            Err(fault) => Outcome::Failed(Failure::Fault(store_fault(&fault))),
        }
    }

    async fn round_trip(&self) -> Outcome {
        match self.store.greet().await {
            Ok(Some(apart)) if apart.abs() > APART => {
                Outcome::Failed(Failure::Fault(Fault::StoreClockDisagrees))
            }
            Ok(apart) => Outcome::Passed(apart.map(Measure::Seconds)),
            Err(fault) => Outcome::Failed(Failure::Fault(store_fault(&fault))),
        }
    }

    async fn upload(&self) -> Outcome {
        match self.store.test_line(LONGEST_TEST).await {
            Ok(took) => {
                let sent = u64::try_from(LONGEST_TEST / 1024).unwrap_or(0) * 1000;
                let rate = sent / u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
                let rate_is = Measure::Rate(rate);
                if rate < SLOW {
                    Outcome::Failed(Failure::TooLittle(rate_is))
                } else {
                    Outcome::Passed(Some(rate_is))
                }
            }
            Err(fault) => Outcome::Failed(Failure::Fault(store_fault(&fault))),
        }
    }

    async fn tell_kiosk(&self, stay: SessionId) {
        // While somebody looks, the store is looked at.
        self.look.notify_one();
        let facts = self.facts.borrow().clone();
        let self_test = facts.self_test.and_then(|test| {
            let at = jiff::Timestamp::from_second(test.at).ok()?;
            // It was taken from the hall's clock, which may be another than the machine's.
            Some((self.clock.zone().to_datetime(at), test.passed, test.failed))
        });
        let shown = KioskShown {
            certificate_days: self.store.certificate_days(self.clock.timestamp()),
            // Whole seconds are what people compare.
            #[expect(clippy::cast_possible_truncation)]
            clock_ahead: facts.clock_skew_seconds.map(|seconds| seconds.round() as i64),
            free: machine::free(&self.data),
            self_test,
            settings: self.system.as_ref().and_then(|system| system.settings(self.settings)),
        };
        self.bus.send(Event::Kiosk(stay, shown)).await;
    }

    /// What the store refused is sent once more: whoever touches "send now" has put right what was wrong.
    async fn retry_refused(&self) {
        let outbox = self.outbox.clone();
        match tokio::task::spawn_blocking(move || outbox.retry_all()).await {
            Ok(Ok(again)) => tracing::info!(again, "refused documents are sent again"),
            Ok(Err(error)) => tracing::error!(%error, "refused documents cannot be sent again"),
            Err(error) => tracing::error!(%error, "refused documents cannot be sent again"),
        }
    }

    async fn tell_outbox(&self, stay: SessionId) {
        let outbox = self.outbox.clone();
        let looked = tokio::task::spawn_blocking(move || Ok((outbox.pending()?, outbox.oldest()?))).await;
        let shown = match looked {
            Ok(Ok((pending, oldest))) => OutboxShown {
                waiting: usize::try_from(pending.documents).unwrap_or(usize::MAX),
                oldest: oldest.map(|at| self.clock.wall(at)),
                // The desk knows.
                why: None,
                refused: usize::try_from(pending.refused).unwrap_or(usize::MAX),
            },
            Ok(Err(error)) => {
                let error: store::OutboxError = error;
                return tracing::error!(%error, "the outbox cannot be looked at");
            }
            Err(error) => return tracing::error!(%error, "the outbox cannot be looked at"),
        };
        self.bus.send(Event::Outbox(stay, shown)).await;
    }
}

fn settled(tried: Result<Option<Measure>, StoreFault>) -> Outcome {
    match tried {
        Ok(measured) => Outcome::Passed(measured),
        Err(fault) => Outcome::Failed(Failure::Fault(store_fault(&fault))),
    }
}
