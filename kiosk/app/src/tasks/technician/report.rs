//! The readiness report, for whoever stands in the room and for commands.

use super::Technician;
use crate::bus::Identity;
use crate::report::{Made, ReportError, Stick, StickError, write_all};
use crate::tasks::printer;
use log_book::Event as Happened;
use log_book::field::{Asker, Digest as Marked, Taken};
use metrics_page::Facts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use visit::event::{Event, SessionId};
use visit::fault::Device;
use visit::screen::{ReportShown, ReportTaken};
use visit::technician::{Looped, Test, Tried};

/// A stick that takes longer is broken.
const STICK: Duration = Duration::from_secs(60);

/// The report that was made last for somebody in the room, and in which stay.
pub type LastReport = Mutex<Option<(SessionId, Arc<Made>)>>;

impl Technician {
    /// Makes a report for whoever stands there: what needs nobody is tried anew.
    pub(super) async fn make_report(
        self: Arc<Self>,
        stay: SessionId,
        by_hand: Vec<Tried>,
        looped: Option<Looped>,
    ) {
        self.last_report.lock().await.take();
        let made = self.report(by_hand, looped, Asker::Technician).await;
        if let Ok(made) = &made {
            *self.last_report.lock().await = Some((stay, Arc::clone(made)));
        }
        let shown = match &made {
            Ok(made) => ReportShown {
                ready: Some(made.ready),
                hindrances: u32::try_from(made.hindrances).unwrap_or(u32::MAX),
                remarks: u32::try_from(made.remarks).unwrap_or(u32::MAX),
                made: self.clock.now().wall,
                code: made.sealed.short.clone(),
                taken: None,
            },
            Err(error) => {
                tracing::error!(%error, "no readiness report could be made");
                ReportShown {
                    ready: None,
                    hindrances: 0,
                    remarks: 0,
                    made: self.clock.now().wall,
                    code: String::new(),
                    taken: None,
                }
            }
        };
        self.bus.send(Event::Report(stay, Box::new(shown))).await;
    }

    /// Tries what needs nobody, asks devices who they are, and puts it all into a signed report.
    ///
    /// # Errors
    /// [`ReportError`].
    pub async fn report(
        &self,
        by_hand: Vec<Tried>,
        looped: Option<Looped>,
        by: Asker,
    ) -> Result<Arc<Made>, ReportError> {
        drop(self.printer.send(printer::Ask::Identify));
        if let Some(own) = self.scanner.own().await {
            self.bus.identify(Device::Scanner, own);
        }
        if self.bus.identity(Device::Printer).is_none() {
            let model = Some(self.printer_model.clone());
            self.bus.identify(Device::Printer, Identity { model, ..Identity::default() });
        }
        let mut tried = self.test_itself(by).await;
        // What hands tried a while ago counts, too, whoever asks.
        let (recent, recently) = self.bus.tried_lately();
        let by_hand: BTreeMap<Test, Tried> =
            recent.into_iter().chain(by_hand).map(|tried| (tried.test, tried)).collect();
        tried.extend(by_hand.into_values().filter(|tried| !tried.test.is_automatic()));
        let looped = looped.or(recently);
        // What was just found out may not have reached the figures yet.
        let self_test = self.found.borrow().self_test;
        let outbox = self.outbox.clone();
        let pending = tokio::task::spawn_blocking(move || outbox.pending()).await;
        let refused = pending.ok().and_then(Result::ok).map_or(0, |pending| pending.refused);
        let facts = Facts { self_test, ..self.facts.borrow().clone() };
        let reporter = self.reporter.clone();
        let making =
            tokio::task::spawn_blocking(move || reporter.make(&tried, looped.as_ref(), &facts, refused));
        let made = making.await.map_err(|error| ReportError::File {
            path: self.reporter.folder.clone(),
            why: std::io::Error::other(error),
        })??;
        let (digest, ready) = (marked(&made), made.ready);
        self.bus.log(Happened::ReportMade { digest, ready });
        Ok(Arc::new(made))
    }

    /// The report that is on the screen of this stay.
    async fn shown_report(&self, stay: SessionId) -> Option<Arc<Made>> {
        let last = self.last_report.lock().await.clone();
        last.filter(|(of, _)| *of == stay).map(|(_, made)| made)
    }

    /// Prints the short form of the last one.
    pub(super) async fn print_report(&self, stay: SessionId) {
        if let Some(made) = self.shown_report(stay).await {
            self.bus.log(Happened::ReportTaken { digest: marked(&made), on: Taken::Printer });
            drop(self.printer.send(printer::Ask::Report(stay, made)));
        }
    }

    /// Writes the last one to a stick that is allowed.
    pub(super) async fn export_report(self: Arc<Self>, stay: SessionId) {
        let Some(made) = self.shown_report(stay).await else { return };
        let (stick, written) = (self.stick.clone(), Arc::clone(&made));
        let exporting = tokio::task::spawn_blocking(move || export(stick.as_ref(), &written));
        let taken = tokio::time::timeout(STICK, exporting).await;
        let taken = taken.map_or(ReportTaken::StickFailed, |taken| taken.unwrap_or(ReportTaken::StickFailed));
        if taken == ReportTaken::OnStick {
            self.bus.log(Happened::ReportTaken { digest: marked(&made), on: Taken::Stick });
        }
        self.bus.send(Event::ReportTaken(stay, taken)).await;
    }
}

fn export(stick: Option<&Stick>, made: &Made) -> ReportTaken {
    let folder = match stick.map_or(Err(StickError::None), Stick::mounted) {
        Ok(folder) => folder,
        Err(StickError::None) => return ReportTaken::NoStick,
        Err(StickError::NotAllowed) => return ReportTaken::StickNotAllowed,
    };
    match write_all(folder, made) {
        Ok(()) => ReportTaken::OnStick,
        Err(error) => {
            tracing::warn!(%error, "a report could not be written to the stick");
            ReportTaken::StickFailed
        }
    }
}

fn marked(made: &Made) -> Marked {
    Marked::of(&Sha256::digest(&made.sealed.json).into())
}
