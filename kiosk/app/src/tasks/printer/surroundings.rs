//! What the owner needs beside the printer: where states are journalled, and what is told.

use super::work::{UnderWay, Work};
use crate::bus::Bus;
use crate::clock::Clock;
use queue::ledger::{Ledger, PrintJobId, PrintState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;
use visit::screen::TicketState;

/// What the owner needs beside the printer.
#[derive(Clone)]
pub struct Surroundings {
    /// where print states are journalled
    pub ledger: Arc<dyn Ledger>,
    /// the kiosk's name
    pub kiosk: String,
    /// to the desk
    pub bus: Bus,
    /// where the printer's paper gauge is kept
    pub gauge: PathBuf,
    /// a file that is there while a receipt may hang out of the printer: the ledger journals tickets alone
    pub receipt_mark: PathBuf,
    /// the hall's clock
    pub clock: Clock,
    /// to reach the ledger from this thread
    pub runtime: Handle,
    /// a ticket was cut off when the kiosk last stopped: the printer may wait for the rest of it
    pub cut_off: bool,
}

impl Surroundings {
    /// From here on a receipt may hang out of the printer. Should the power go, the next start cuts it
    /// off, so that nobody finds it on his own ticket.
    pub(super) fn mark_receipt(&self) {
        let folder = self.receipt_mark.parent().unwrap_or(Path::new("."));
        let marked = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::File::create(&self.receipt_mark))
            .and_then(|mark| mark.sync_all());
        if let Err(error) = marked {
            tracing::warn!(%error, "that a receipt is being printed could not be noted");
        }
    }

    pub(super) fn unmark_receipt(&self) {
        match std::fs::remove_file(&self.receipt_mark) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "that no receipt hangs out of the printer could not be noted");
            }
            _ => {}
        }
    }

    /// Journals and tells what became of a ticket whose owner is no more.
    pub(super) fn give_up(&self, left: UnderWay) {
        let evidence = "the owner of the printer panicked";
        let (state, told) = if left.begun {
            (PrintState::Unknown, TicketState::Unknown(None))
        } else {
            (PrintState::FailedBeforeSending, TicketState::NotPrinted(None))
        };
        self.journal(left.work, state, evidence);
        self.bus.send_blocking(left.work.event(told));
    }

    /// Writes the print state of a ticket down. What cannot be written stays as it was, and becomes unknown at the
    /// next start: never better than it is.
    pub(super) fn journal(&self, work: Work, state: PrintState, evidence: &str) {
        let Work::Ticket(job) = work else { return };
        let at = self.clock.now().wall;
        let written = self.runtime.block_on(self.ledger.print_state(PrintJobId(job.0), state, evidence, at));
        if let Err(error) = written {
            tracing::error!(%error, job = job.0, "a print state could not be journalled");
        }
    }
}
