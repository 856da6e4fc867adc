//! For whoever mends the kiosk: what is wrong, one fault at a time.

use super::Desk;
use super::session::{Session, Step};
use crate::event::{Action, Now, SessionId};
use crate::fault::{DeviceStatus, Fault};
use crate::intent::Intent;
use crate::screen::{Purpose, Service};

impl Desk {
    /// All that is wrong, device by device.
    pub(super) fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        self.devices.values().flat_map(DeviceStatus::faults)
    }

    /// All that is wrong, worst first.
    pub(super) fn faults_by_weight(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.faults().collect();
        faults.sort_by_key(|f| (std::cmp::Reverse(f.severity()), *f));
        faults
    }

    /// About how many tickets are left, while somebody should know.
    pub(super) fn tickets_left_shown(&self) -> Option<u16> {
        self.tickets_left.filter(|_| self.has(Fault::PaperLow))
    }

    /// Nobody is asked who he is: there is nothing of a visitor behind it.
    pub(super) fn serve(&mut self, now: Now) {
        self.sessions += 1;
        let mut session = Session::new(SessionId(self.sessions), Purpose::Number, now.wall.date());
        session.step = Step::Service { at: 0 };
        self.session = Some(session);
        self.renew(now);
    }

    pub(super) fn touched_service(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        let count = self.faults().count();
        let Some(Session { step: Step::Service { at }, .. }) = &mut self.session else { return };
        match intent {
            Intent::PageNext if *at + 1 < count => *at += 1,
            Intent::PagePrevious => *at = (*at).min(count).saturating_sub(1),
            Intent::Back => self.end(actions),
            _ => {}
        }
    }

    /// The fault at this place, or the last one if fewer are left.
    pub(super) fn service(&self, at: usize) -> Service {
        let faults = self.faults_by_weight();
        let at = at.min(faults.len().saturating_sub(1));
        Service {
            fault: faults.get(at).copied(),
            at: at + 1,
            count: faults.len(),
            tickets_left: self.tickets_left_shown(),
        }
    }
}
