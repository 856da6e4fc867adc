//! The technician's room: its door, what is wrong, how it is mended, and what can be tried.
//!
//! It opens from the idle screen alone and holds nothing of a visitor; while it is open there is no session,
//! and while there is a session its door does not open. It closes by itself.

mod door;
mod hands;
mod remote;
mod trying;

use super::Desk;
use crate::event::{Action, Now, ReaderDo, RoomDo, SessionId};
use crate::fault::{Device, Fault};
use crate::intent::{Intent, RoomPlace};
use crate::screen::{
    Counters, DeviceShown, FaultShown, KioskShown, OutboxShown, Repair, ReportShown, ReportTaken,
    Room as Shown, Screen, SettingsShown, StepState, TestState, Tests,
};
use crate::technician::{Evidence, Failure, Looped, Outcome, Past, Test};
use door::Entry;
use hands::Hands;
use std::collections::BTreeSet;
use std::time::Duration;
use trying::Trying;

/// Whoever mends has his hands full, and walks off now and then.
const IDLE: Duration = Duration::from_secs(300);
/// Nobody who may go in by a card stands before the door so long.
const AT_DOOR: Duration = Duration::from_secs(90);
/// Who reads a question to the office and waits for its answer is on the telephone.
const ON_THE_TELEPHONE: Duration = Duration::from_secs(600);

/// How often what waits to be sent is looked at while it is shown.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The room while somebody is in it, or before its door.
#[derive(Debug)]
pub(super) struct Room {
    /// names the stay; each test has a name of its own besides, so that no answer reaches another or a visitor
    pub id: SessionId,
    page: Page,
    trying: Trying,
    /// unknown until the answer comes
    outbox: Option<OutboxShown>,
    counters: Option<Counters>,
    /// what came of the test ticket that was last read back
    looped: Option<Looped>,
    report: Option<ReportShown>,
    kiosk: Option<KioskShown>,
    /// the settings before are wanted
    going_back: bool,
    /// what was wrong at some time since the repair began
    came: BTreeSet<Fault>,
    /// when what changes by itself is looked at again, while that is shown
    look_at: Duration,
    pub ends_at: Duration,
}

#[derive(Debug)]
enum Page {
    Door(Entry),
    Overview,
    Device(Device),
    Repair {
        fault: Fault,
        ticked: BTreeSet<usize>,
    },
    Tests,
    Outbox,
    Counters,
    Looped,
    Settings,
    Report,
    /// nobody's: a command has something tried
    Remote,
    /// a test that the technician performs himself
    Hands(Test),
}

impl Desk {
    /// Keeps when each fault of a device began, and how often.
    pub(super) fn remember(&mut self, before: Option<&crate::fault::DeviceStatus>, device: Device, now: Now) {
        let faults: Vec<Fault> = self.devices.get(&device).map(|s| s.faults().collect()).unwrap_or_default();
        for fault in faults.iter().filter(|fault| before.is_none_or(|before| !before.has(**fault))) {
            let again = |past: &mut Past| past.again(now.wall);
            self.past.entry(*fault).and_modify(again).or_insert_with(|| Past::begun(now.wall));
            if let Some(room) = &mut self.room {
                room.came.insert(*fault);
            }
        }
        if before.is_some_and(|before| before.faults().ne(faults.iter().copied())) {
            self.changed.insert(device, now.wall);
        }
    }

    /// Somebody held his finger where nobody does by chance.
    pub(super) fn knock(&mut self, now: Now, actions: &mut Vec<Action>) {
        if self.session.is_some() || self.room.is_some() || self.manner.over.is_some() {
            return;
        }
        let id = self.next_stay();
        self.room = Some(Room::new(id, Page::Door(Entry::default()), now.tick, AT_DOOR));
        // Without a place for cards there is one way in.
        actions.push(Action::Room(if self.cards { RoomDo::Knock(id) } else { RoomDo::NewCode(id) }));
    }

    fn next_stay(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    /// Leaves it as if nobody had been there.
    pub(super) fn close_room(&mut self, actions: &mut Vec<Action>) {
        let Some(mut room) = self.room.take() else { return };
        room.trying.stop(actions);
        actions.extend(room.commanded().map(|tried| Action::Commanded(Some(tried))));
        actions.push(Action::Room(RoomDo::Leave));
        actions.push(Action::Reader(ReaderDo::Rest));
        self.manner = self.manner_at_first();
    }

    pub(super) fn touched_room(&mut self, intent: Intent, now: Now, actions: &mut Vec<Action>) {
        // A finger, or a thing, that stays on the hall's name keeps nobody in.
        if intent == Intent::Door {
            return;
        }
        let Some(room) = &mut self.room else { return };
        // Visitors come first.
        if matches!(room.page, Page::Remote) {
            return self.close_room(actions);
        }
        room.ends_at =
            room.ends_at.max(now.tick + if matches!(room.page, Page::Door(_)) { AT_DOOR } else { IDLE });
        if let Page::Door(entry) = &mut room.page {
            if intent == Intent::Back {
                return self.close_room(actions);
            }
            return entry.touched(intent, room.id, now, actions);
        }
        if room.trying.hands().is_some() {
            return self.touched_by_hand(intent, now, actions);
        }
        match intent {
            Intent::Finish => self.close_room(actions),
            Intent::Back => self.room_back(actions),
            Intent::Room(place) => room.go_to(place, actions),
            Intent::RoomDevice(device) => room.page = Page::Device(device),
            Intent::Repair(fault) => {
                let now_wrong = self.devices.values().flat_map(crate::fault::DeviceStatus::faults);
                room.came = now_wrong.collect();
                room.trying.forget(fault.proof());
                room.page = Page::Repair { fault, ticked: BTreeSet::new() };
            }
            Intent::Step(at) => room.tick(at),
            Intent::Test(test) if test.is_by_hand() => self.begin_by_hand(test),
            Intent::Test(test) => {
                // What is asked of him stands among the tests.
                if matches!(room.page, Page::Looped) {
                    room.page = Page::Tests;
                }
                room.trying.ask(&[test]);
            }
            Intent::TestAll => {
                let automatic: Vec<Test> = Test::ALL.iter().copied().filter(|t| t.is_automatic()).collect();
                room.trying.ask(&automatic);
            }
            Intent::AnswerYes => self.answered_test(true, now, actions),
            Intent::AnswerNo => self.answered_test(false, now, actions),
            Intent::OutboxSend => actions.push(Action::Room(RoomDo::SendNow(room.id))),
            Intent::ReportPrint => {
                actions.push(Action::Room(RoomDo::PrintReport(room.id)));
                room.report_taken(ReportTaken::Printing);
            }
            Intent::ReportStick => actions.push(Action::Room(RoomDo::ExportReport(room.id))),
            Intent::SettingsBack => {
                if let Some(before) = room.settings_before() {
                    room.going_back = true;
                    actions.push(Action::Room(RoomDo::SettingsBack(before)));
                }
            }
            Intent::RollChanged => actions.push(Action::Room(RoomDo::RollChanged(room.id))),
            _ => {}
        }
        self.go_on_trying(now, actions);
    }

    fn room_back(&mut self, actions: &mut Vec<Action>) {
        let Some(room) = &mut self.room else { return };
        room.trying.stop(actions);
        room.page = match room.page {
            Page::Repair { fault, .. } => Page::Device(fault.device()),
            Page::Hands(_) => Page::Tests,
            Page::Overview => return self.close_room(actions),
            Page::Looped => Page::Tests,
            _ => Page::Overview,
        };
    }

    /// What the room shows, if it is open.
    pub(super) fn room_shown(&self, now: Now) -> Option<Screen> {
        let room = self.room.as_ref()?;
        Some(Screen::Room(match &room.page {
            Page::Door(entry) => Shown::Door(entry.shown(self.cards, now)),
            Page::Overview => {
                let devices = Device::ALL.iter().map(|d| self.device_shown(*d, now)).collect();
                Shown::Overview(devices, room.kiosk.clone())
            }
            Page::Device(device) => {
                Shown::Device(self.device_shown(*device, now), self.faults_shown(*device, now))
            }
            Page::Repair { fault, ticked } => Shown::Repair(self.repair(room, *fault, ticked)),
            Page::Tests => Shown::Tests(Tests {
                tests: self.tests_fitted().map(|test| (test, room.trying.state(test))).collect(),
                busy: room.trying.is_busy(),
            }),
            Page::Outbox => {
                let why = self.devices.get(&Device::Store).and_then(|status| status.faults().next());
                Shown::Outbox(room.outbox.clone().map(|shown| OutboxShown { why, ..shown }))
            }
            Page::Counters => Shown::Counters(room.counters.clone()),
            Page::Looped => Shown::Looped(room.looped.clone()),
            Page::Remote => Shown::Remote,
            Page::Settings => Shown::Settings(room.settings()),
            Page::Report => Shown::Report(room.report.clone()),
            Page::Hands(test) => Hands::shown(*test, &room.trying),
        }))
    }

    /// The tests of what this kiosk has.
    fn tests_fitted(&self) -> impl Iterator<Item = Test> + '_ {
        Test::ALL.iter().copied().filter(|test| match test {
            Test::Slot => self.ways.slot,
            Test::Code => self.ways.code,
            _ => true,
        })
    }

    fn device_shown(&self, device: Device, now: Now) -> DeviceShown {
        let mut faults: Vec<Fault> =
            self.devices.get(&device).map(|status| status.faults().collect()).unwrap_or_default();
        faults.sort_by_key(|fault| (std::cmp::Reverse(fault.severity()), *fault));
        let of_device = self.past.iter().filter(|(fault, _)| fault.device() == device);
        DeviceShown {
            device,
            fitted: match device {
                Device::CardSlot => self.ways.slot,
                Device::CodeScanner => self.ways.code,
                Device::CompanyKey => self.ways.key,
                _ => true,
            },
            faults,
            since: self.changed.get(&device).copied(),
            times: of_device.map(|(_, past)| past.times(now.wall.date())).sum(),
        }
    }

    /// What is wrong with a device now, and what was, the latest first.
    fn faults_shown(&self, device: Device, now: Now) -> Vec<FaultShown> {
        let today = now.wall.date();
        let lately = |(fault, past): &(&Fault, &Past)| {
            fault.device() == device && (self.has(**fault) || past.times(today) > 0)
        };
        let mut shown: Vec<FaultShown> = self
            .past
            .iter()
            .filter(lately)
            .map(|(fault, past)| FaultShown {
                fault: *fault,
                now: self.has(*fault),
                since: past.since,
                times: past.times(today),
            })
            .collect();
        shown.sort_by_key(|shown| (!shown.now, std::cmp::Reverse(shown.since)));
        shown.truncate(super::MATTERS_A_PAGE);
        shown
    }

    fn repair(&self, room: &Room, fault: Fault, ticked: &BTreeSet<usize>) -> Repair {
        let still = !self.is_gone(fault);
        let test = fault.proof();
        let step = |(at, evidence): (usize, Option<Evidence>)| match evidence {
            Some(evidence) if self.is_seen(room, evidence) => StepState::Seen,
            // A device that cannot say so any more must not hold up who has done it.
            _ if ticked.contains(&at) => StepState::Ticked,
            Some(_) => StepState::Awaited,
            None => StepState::Open,
        };
        let evidence = fault.evidence().iter().copied().chain(std::iter::repeat(None));
        Repair {
            fault,
            still,
            steps: (0..).zip(evidence).take(MOST_STEPS).map(step).collect(),
            test,
            outcome: match room.trying.state(test) {
                // It has passed, and the device still says that it is broken: that is no repair.
                TestState::Done(Outcome::Passed(_), took) if still => {
                    TestState::Done(Outcome::Failed(Failure::Fault(fault)), took)
                }
                state => state,
            },
        }
    }

    fn is_seen(&self, room: &Room, evidence: Evidence) -> bool {
        match evidence {
            Evidence::Gone(fault) => self.is_gone(fault),
            Evidence::CameAndWent(fault) => room.came.contains(&fault) && self.is_gone(fault),
            Evidence::Answers(device) => self.devices.contains_key(&device) && !self.is_away(device),
        }
    }

    /// Whether the device is known to say nothing at all.
    fn is_away(&self, device: Device) -> bool {
        let status = self.devices.get(&device);
        status.is_some_and(|status| status.faults().any(|f| f.is_absence() || f.is_silence()))
    }

    /// Whether the device says that this is over. One that is away says nothing, and a printer with an open cover
    /// nothing of what lies under it.
    fn is_gone(&self, fault: Fault) -> bool {
        let device = fault.device();
        let open = device == Device::Printer && fault != Fault::CoverOpen && self.has(Fault::CoverOpen);
        !self.has(fault) && !self.is_away(device) && !open
    }

    /// Time alone closes the room.
    pub(super) fn pass_time_in_room(&mut self, now: Now, actions: &mut Vec<Action>) {
        if self.room.as_ref().is_some_and(|room| now.tick >= room.ends_at) {
            return self.close_room(actions);
        }
        if let Some(room) = &mut self.room {
            room.look_again(now, actions);
        }
        self.go_on_trying(now, actions);
    }

    /// How what waits to be sent stands, and what was used up.
    pub(super) fn outbox_is(&mut self, stay: SessionId, shown: OutboxShown) {
        if let Some(room) = self.room.as_mut().filter(|room| room.id == stay) {
            room.outbox = Some(shown);
        }
    }

    /// What came of the test ticket.
    pub(super) fn looped(&mut self, looped: Looped) {
        if let Some(room) = &mut self.room {
            room.looped = Some(looped);
            room.page = Page::Looped;
        }
    }

    /// How the kiosk itself is.
    pub(super) fn kiosk_is(&mut self, stay: SessionId, shown: KioskShown) {
        if let Some(room) = self.room.as_mut().filter(|room| room.id == stay) {
            room.kiosk = Some(shown);
        }
    }

    /// A report was made.
    pub(super) fn report_is(&mut self, stay: SessionId, shown: ReportShown) {
        if let Some(room) = self.room.as_mut().filter(|room| room.id == stay) {
            room.report = Some(shown);
        }
    }

    /// What became of it.
    pub(super) fn report_taken(&mut self, stay: SessionId, taken: ReportTaken) {
        if let Some(room) = self.room.as_mut().filter(|room| room.id == stay) {
            room.report_taken(taken);
        }
    }

    pub(super) fn counters_are(&mut self, stay: Option<SessionId>, counters: Counters) {
        if let Some(room) = self.room.as_mut().filter(|room| Some(room.id) == stay) {
            room.counters = Some(counters);
        }
    }
}

/// So many steps a repair has at most, the test aside; a test of the words holds them to it.
pub const MOST_STEPS: usize = 5;

impl Room {
    fn new(id: SessionId, page: Page, now: Duration, lasts: Duration) -> Self {
        Self {
            id,
            page,
            trying: Trying::default(),
            outbox: None,
            counters: None,
            looped: None,
            report: None,
            kiosk: None,
            going_back: false,
            came: BTreeSet::new(),
            look_at: now,
            ends_at: now + lasts,
        }
    }

    fn go_to(&mut self, place: RoomPlace, actions: &mut Vec<Action>) {
        // Whatever is shown next is looked at at once.
        self.look_at = Duration::ZERO;
        self.page = match place {
            RoomPlace::Overview => Page::Overview,
            RoomPlace::Tests => Page::Tests,
            RoomPlace::Outbox => Page::Outbox,
            RoomPlace::Looped => Page::Looped,
            RoomPlace::Settings => Page::Settings,
            RoomPlace::Report => {
                // Each time anew: it says how the kiosk is now.
                self.report = None;
                let tried = self.trying.all_done();
                actions.push(Action::Room(RoomDo::MakeReport(self.id, tried, self.looped.clone())));
                Page::Report
            }
            RoomPlace::Counters => {
                actions.push(Action::Room(RoomDo::LookCounters(self.id)));
                Page::Counters
            }
        };
    }

    /// Looks at what waits to be sent, or at the kiosk itself, as soon as that is shown, and again and again: both
    /// change by themselves.
    fn look_again(&mut self, now: Now, actions: &mut Vec<Action>) {
        let looked = match self.page {
            Page::Outbox => RoomDo::LookOutbox(self.id),
            Page::Overview | Page::Settings => RoomDo::LookKiosk(self.id),
            _ => return,
        };
        if now.tick >= self.look_at {
            self.look_at = now.tick + LOOK_AGAIN;
            actions.push(Action::Room(looked));
        }
    }

    /// When time alone changes something here.
    pub fn next_change(&self, now: Now) -> Option<Duration> {
        let waiting = match &self.page {
            Page::Door(entry) => entry.next_change(now),
            Page::Outbox | Page::Overview | Page::Settings => Some(self.look_at),
            _ => None,
        };
        [waiting, self.trying.next_change()].into_iter().flatten().filter(|at| *at > now.tick).min()
    }

    /// What the hall set, once it is known.
    fn settings(&self) -> Option<SettingsShown> {
        let shown = self.kiosk.as_ref()?.settings.clone()?;
        Some(SettingsShown { going_back: self.going_back, ..shown })
    }

    /// The settings that can be gone back to here. Twice would be back and forth.
    fn settings_before(&self) -> Option<u64> {
        let settings = self.settings().filter(|_| matches!(self.page, Page::Settings))?;
        settings.before.filter(|_| settings.next.is_none() && !settings.going_back)
    }

    fn report_taken(&mut self, taken: ReportTaken) {
        if let Some(report) = &mut self.report {
            report.taken = Some(taken);
        }
    }

    fn tick(&mut self, at: usize) {
        if let Page::Repair { ticked, .. } = &mut self.page
            && at < MOST_STEPS
            && !ticked.remove(&at)
        {
            ticked.insert(at);
        }
    }
}
