//! The technician's room.

mod drawings;
mod hands;
mod report;
mod settings;

use super::{Voice, act, model, note};
use crate::toolkit as t;
use crate::words::{TestText, Text};
use slint::SharedString;
use std::time::Duration;
use visit::fault::Fault;
use visit::intent::{Intent, RoomPlace};
use visit::screen::{
    Counters, DeviceShown, Door, DoorRefusal, DoorWay, FaultShown, KioskShown, OutboxShown, Repair, Room,
    StepState, TestState, Tests, Typed,
};
use visit::technician::{Failure, Measure, Outcome, Test};

impl Voice<'_> {
    pub(super) fn room(&self, room: &Room) -> t::RoomWords {
        match room {
            Room::Door(door) => self.door(door),
            Room::Overview(devices, kiosk) => self.overview(devices, kiosk.as_ref()),
            Room::Device(device, faults) => self.device(device, faults),
            Room::Repair(repair) => self.repair(repair),
            Room::Tests(tests) => self.tests(tests),
            Room::Outbox(Some(outbox)) => self.outbox(outbox),
            Room::Counters(Some(counters)) => self.counters(counters),
            Room::Settings(Some(settings)) => self.settings(settings),
            Room::Settings(None) => self.being_looked_at(&self.words.room.settings),
            Room::Outbox(None) => self.being_looked_at(&self.words.room.outbox),
            Room::Counters(None) => self.being_looked_at(&self.words.room.counters),
            Room::Looped(looped) => self.looped(looped.as_ref()),
            Room::Report(report) => self.report(report.as_ref()),
            Room::Remote => t::RoomWords {
                title: self.words.room.remote.plain().into(),
                text: self.words.room.remote_text.plain().into(),
                ..Default::default()
            },
            Room::Touch(shown) => self.touch_result(*shown),
            Room::Colours(shown) => self.colours(*shown),
            Room::Pad(shown) => self.pad(*shown),
        }
    }

    /// What is done next on most of its screens.
    pub(super) fn room_go(&self, room: &Room) -> t::Act {
        let words = &self.words.room;
        match room {
            Room::Door(door) => match door.way {
                DoorWay::Pin | DoorWay::Code(_) => {
                    act(Intent::Confirm, self.words.door.enter.plain(), door.wait == 0)
                }
                DoorWay::Card | DoorWay::Checking => t::Act::default(),
            },
            Room::Repair(repair) => match repair.outcome {
                TestState::Running | TestState::Waiting | TestState::Asking => t::Act::default(),
                TestState::Untried | TestState::Done(..) => {
                    act(Intent::Test(repair.test), words.prove.plain(), true)
                }
            },
            Room::Tests(tests) => act(Intent::TestAll, words.all.plain(), !tests.busy),
            Room::Outbox(outbox) => {
                let waits = outbox.as_ref().is_some_and(|outbox| outbox.waiting + outbox.refused > 0);
                act(Intent::OutboxSend, words.send.plain(), waits)
            }
            Room::Counters(_) => act(Intent::RollChanged, words.changed.plain(), true),
            Room::Report(report) => {
                let made = report.as_ref().is_some_and(|report| report.ready.is_some());
                act(Intent::ReportPrint, words.print_report.plain(), made)
            }
            Room::Settings(settings) => self.settings_go(settings.as_ref()),
            Room::Remote => act(Intent::Confirm, words.to_home.plain(), true),
            Room::Looped(_) => act(Intent::Test(Test::Loop), words.prove.plain(), true),
            Room::Overview(..) | Room::Device(..) => t::Act::default(),
            Room::Touch(shown) => self.by_hand_go(Test::Touch, shown.state),
            Room::Colours(shown) => self.by_hand_go(Test::Screen, shown.state),
            Room::Pad(shown) => self.by_hand_go(Test::Pad, shown.state),
        }
    }

    fn door(&self, door: &Door) -> t::RoomWords {
        let words = &self.words.door;
        let text = match &door.way {
            DoorWay::Card => &words.card,
            DoorWay::Pin => &words.pin,
            DoorWay::Code(_) => &words.question_text,
            DoorWay::Checking if door.refused.is_none() => &words.checking,
            DoorWay::Checking => &words.no_way,
        };
        let wants_digits = matches!(door.way, DoorWay::Pin | DoorWay::Code(_));
        let keys = || {
            let digit = |c: char| act(Intent::Key(c), SharedString::from(c), true);
            let mut keys: Vec<t::Act> = "123456789".chars().map(digit).collect();
            keys.push(act(Intent::KeyDelete, words.delete.plain(), true));
            keys.push(digit('0'));
            keys
        };
        let other = match door.way {
            DoorWay::Card | DoorWay::Pin => act(Intent::DoorCode, words.by_code.plain(), true),
            DoorWay::Code(_) if door.cards => act(Intent::DoorCard, words.by_card.plain(), true),
            // Another question, for who waited too long with this one.
            DoorWay::Code(_) => act(Intent::DoorCode, words.ask_anew.plain(), true),
            DoorWay::Checking => t::Act::default(),
        };
        t::RoomWords {
            title: words.title.plain().into(),
            text: text.plain().into(),
            question: match &door.way {
                DoorWay::Code(question) => words.question.with(&[("question", question)]).into(),
                _ => SharedString::default(),
            },
            note: self.refusal(door),
            typed: match &door.typed {
                // It stands for a place where something will stand.
                Typed::Hidden(0) if wants_digits => "－".into(),
                Typed::Hidden(count) => "●".repeat(*count).into(),
                Typed::Shown(digits) if digits.is_empty() => "－".into(),
                Typed::Shown(digits) => digits.into(),
            },
            keys: model(if wants_digits { keys() } else { Vec::new() }),
            acts: model(Some(other).filter(|act| !act.id.is_empty()).into_iter().collect()),
            ..Default::default()
        }
    }

    fn refusal(&self, door: &Door) -> t::Note {
        let words = &self.words.door;
        let Some(why) = door.refused else { return t::Note::default() };
        let told = match why {
            DoorRefusal::WrongPin(_) => &words.wrong_pin,
            DoorRefusal::Blocked => &words.blocked,
            DoorRefusal::NotOurs => &words.not_ours,
            DoorRefusal::NotNow => &words.not_now,
            DoorRefusal::Revoked => &words.revoked,
            DoorRefusal::Unreadable => &words.unreadable,
            DoorRefusal::TooSoon => &words.too_soon,
            DoorRefusal::Mistyped => &words.mistyped,
            DoorRefusal::WrongCode => &words.wrong_code,
            DoorRefusal::Ended => &words.ended,
            DoorRefusal::Unable => &words.unable,
        };
        let note = note(told, true);
        let wait = (door.wait > 0).then(|| words.wait.of(door.wait));
        let text = match (why, wait) {
            // Whoever has few tries left is told so before he tries again.
            (DoorRefusal::WrongPin(left), wait) => {
                let told: Vec<String> = [words.tries.of(left)].into_iter().chain(wait).collect();
                told.join(self.stop()).into()
            }
            // Waiting does not unlock a card.
            (DoorRefusal::Blocked, _) | (_, None) => note.text,
            (_, Some(wait)) => wait.into(),
        };
        t::Note { text, ..note }
    }

    fn overview(&self, devices: &[DeviceShown], kiosk: Option<&KioskShown>) -> t::RoomWords {
        let words = &self.words.room;
        let row = |shown: &DeviceShown| t::RoomRow {
            act: act(Intent::RoomDevice(shown.device), self.words.device(shown.device), shown.fitted),
            mark: if shown.faults.is_empty() { t::Mark::Good } else { t::Mark::Bad },
            name: self.words.device(shown.device).into(),
            detail: self.device_detail(shown).into(),
            drawing: t::Drawing::None,
        };
        let go = |place, label: &Text| act(Intent::Room(place), label.plain(), true);
        let settings = kiosk.and_then(|kiosk| kiosk.settings.as_ref());
        let refused = settings.is_some_and(|settings| !settings.refused.is_empty());
        t::RoomWords {
            title: words.title.plain().into(),
            text: words.text.with(&[("version", &env!("CARGO_PKG_VERSION"))]).into(),
            note: if refused { note(&words.settings_refused, true) } else { t::Note::default() },
            facts: model(kiosk.map(|kiosk| self.kiosk(kiosk).into()).into_iter().collect()),
            rows: model(devices.iter().filter(|shown| shown.fitted).map(row).collect()),
            acts: model(
                [
                    Some(go(RoomPlace::Tests, &words.tests)),
                    Some(go(RoomPlace::Outbox, &words.outbox)),
                    Some(go(RoomPlace::Counters, &words.counters)),
                    settings.map(|_| go(RoomPlace::Settings, &words.settings)),
                    Some(go(RoomPlace::Report, &words.report)),
                ]
                .into_iter()
                .flatten()
                .collect(),
            ),
            ..Default::default()
        }
    }

    /// Certificate, clock, room and the last self-test, in one line.
    fn kiosk(&self, kiosk: &KioskShown) -> String {
        let words = &self.words.room;
        let certificate = if kiosk.certificate_days < 0 {
            words.certificate_ended.plain().to_owned()
        } else {
            words.certificate_days.with(&[("days", &kiosk.certificate_days)])
        };
        let clock = kiosk.clock_ahead.map(|ahead| {
            let by = if ahead < 0 { &words.clock_behind } else { &words.clock_ahead };
            by.with(&[("seconds", &ahead.abs())])
        });
        let free = kiosk.free.map(|free| words.free.with(&[("mebibytes", &free)]));
        let tested = kiosk.self_test.map(|(at, passed, failed)| {
            let time = self.date_time(at);
            words.self_test.with(&[("time", &time), ("passed", &passed), ("failed", &failed)])
        });
        let told = [Some(certificate), clock, free, tested];
        told.into_iter().flatten().collect::<Vec<_>>().join(self.words.frame.between.plain())
    }

    /// What is wrong, since when, and how often lately.
    fn device_detail(&self, shown: &DeviceShown) -> String {
        let words = &self.words.room;
        let state = match shown.faults.first() {
            Some(fault) => self.coded_title(*fault),
            None => words.good.plain().to_owned(),
        };
        let since = shown.since.map(|since| words.since.with(&[("time", &self.date_time(since))]));
        let times = (shown.times > 0).then(|| words.times.of(shown.times));
        let between = self.words.frame.between.plain();
        [Some(state), since, times].into_iter().flatten().collect::<Vec<_>>().join(between)
    }

    fn coded_title(&self, fault: Fault) -> String {
        let told = self.fault(fault);
        self.words.service.fault.with(&[("code", &fault.code()), ("title", &told.title)])
    }

    fn device(&self, shown: &DeviceShown, faults: &[FaultShown]) -> t::RoomWords {
        let words = &self.words.room;
        let row = |shown: &FaultShown| {
            let since = words.since.with(&[("time", &self.date_time(shown.since))]);
            let over = (!shown.now).then(|| words.over.plain().to_owned());
            let detail = [Some(since), over, Some(words.times.of(shown.times))];
            let title = self.coded_title(shown.fault);
            t::RoomRow {
                act: act(Intent::Repair(shown.fault), title.as_str(), true),
                mark: if shown.now { t::Mark::Bad } else { t::Mark::Good },
                name: title.into(),
                detail: detail
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(self.words.frame.between.plain())
                    .into(),
                drawing: t::Drawing::None,
            }
        };
        t::RoomWords {
            title: self.words.device(shown.device).into(),
            text: if shown.faults.is_empty() { words.device_good.plain() } else { words.mend.plain() }.into(),
            rows: model(faults.iter().map(row).collect()),
            ..Default::default()
        }
    }

    fn repair(&self, repair: &Repair) -> t::RoomWords {
        let words = &self.words.room;
        let steps = self.words.fault(repair.fault).map_or(&[][..], |said| said.steps.as_slice());
        // The last one says how one sees that it is mended: here it is the test.
        let steps = steps.split_last().map_or(&[][..], |(_, steps)| steps);
        // What is to be done now is drawn: the first step that is not done, or then the test.
        let undone = |state: &StepState| matches!(state, StepState::Open | StepState::Awaited);
        let next = steps.iter().zip(&repair.steps).position(|(_, state)| undone(state));
        let drawn = |at| drawings::of_fault(repair.fault).get(at).copied().unwrap_or_default();
        let row = |(at, (step, state)): (usize, (&Text, &StepState))| {
            let (mark, told, by_hand) = match state {
                StepState::Open => (t::Mark::Open, &words.step_open, true),
                StepState::Ticked => (t::Mark::Good, &words.step_ticked, true),
                StepState::Awaited => (t::Mark::Busy, &words.step_awaited, true),
                StepState::Seen => (t::Mark::Good, &words.step_seen, false),
            };
            let name = format!("{}. {}", at + 1, step.plain());
            t::RoomRow {
                act: act(Intent::Step(at), name.as_str(), by_hand),
                mark,
                name: name.into(),
                detail: told.plain().into(),
                drawing: if next == Some(at) { drawn(at) } else { t::Drawing::None },
            }
        };
        let passed = matches!(repair.outcome, TestState::Done(Outcome::Passed(_), _));
        let (ask, acts) = self.asked((repair.outcome == TestState::Asking).then_some(repair.test));
        t::RoomWords {
            title: self.coded_title(repair.fault).into(),
            text: words.repair.plain().into(),
            note: match (passed, repair.still) {
                (true, _) => note(&words.mended, false),
                (false, true) => note(&words.still_broken, true),
                (false, false) => note(&words.gone, false),
            },
            facts: model(
                self.words
                    .test(repair.test)
                    .map(|said| self.proof(said, repair.outcome))
                    .into_iter()
                    .collect(),
            ),
            drawing: match next {
                None if !passed => drawings::of_test(repair.test),
                _ => t::Drawing::None,
            },
            rows: model(steps.iter().zip(&repair.steps).enumerate().map(row).collect()),
            ask,
            acts: model(acts),
            ..Default::default()
        }
    }

    /// The test that ends a repair, what to do for it, and how it stands.
    fn proof(&self, said: &TestText, state: TestState) -> SharedString {
        let stands = self.state(state);
        let how = said.how.plain();
        let how = if how.is_empty() { String::new() } else { format!("{}{how}", self.stop()) };
        slint::format!("{}{how}{}{stands}", said.name.plain(), self.stop())
    }

    fn tests(&self, tests: &Tests) -> t::RoomWords {
        let words = &self.words.room;
        let row = |(test, state): &(Test, TestState)| {
            let said = self.words.test(*test);
            let name = said.map_or(test.key(), |said| said.name.plain());
            let failed = matches!(state, TestState::Done(Outcome::Failed(_), _));
            let more = match state {
                TestState::Running => said.map(|said| said.how.plain().to_owned()),
                // Something else is broken, and this can only fail with it.
                TestState::Done(Outcome::Failed(Failure::Fault(fault)), _)
                    if test.is_of_the_store() && fault.proof() != *test =>
                {
                    let first = self.words.test(fault.proof());
                    first.map(|first| words.mend_first.with(&[("test", &first.name.plain())]))
                }
                _ if failed => said.map(|said| said.means.plain().to_owned()),
                _ => None,
            };
            let more = more.filter(|more| !more.is_empty()).map(|more| format!("{}{more}", self.stop()));
            t::RoomRow {
                act: act(Intent::Test(*test), name, !tests.busy),
                mark: match state {
                    TestState::Untried => t::Mark::None,
                    TestState::Waiting | TestState::Running | TestState::Asking => t::Mark::Busy,
                    TestState::Done(Outcome::Passed(_), _) => t::Mark::Good,
                    TestState::Done(Outcome::Failed(_), _) => t::Mark::Bad,
                },
                name: name.into(),
                detail: slint::format!("{}{}", self.state(*state), more.unwrap_or_default()),
                drawing: t::Drawing::None,
            }
        };
        let asking = tests.tests.iter().find(|(_, state)| *state == TestState::Asking).map(|(test, _)| *test);
        let (ask, mut acts) = self.asked(asking);
        if acts.is_empty() {
            acts.push(act(Intent::Room(RoomPlace::Looped), words.looped.plain(), true));
        }
        t::RoomWords {
            title: words.tests.plain().into(),
            text: words.tests_text.plain().into(),
            // A question stands alone with what it is about: nobody has to look for it below a long list.
            rows: model(
                tests
                    .tests
                    .iter()
                    .filter(|(test, _)| asking.is_none_or(|asked| asked == *test))
                    .map(row)
                    .collect(),
            ),
            ask,
            acts: model(acts),
            ..Default::default()
        }
    }

    /// What only who stands there can say: whether the sound was heard, whether a ticket came out.
    fn asked(&self, asking: Option<Test>) -> (t::Note, Vec<t::Act>) {
        let words = &self.words.room;
        let Some(test) = asking else { return Default::default() };
        let told = match test {
            Test::Screen => self.spots(),
            Test::Print => note(&words.came_out, false),
            Test::Loop => note(&words.laid, false),
            _ => note(&words.heard, false),
        };
        let answers = [(Intent::AnswerYes, &words.yes), (Intent::AnswerNo, &words.no)];
        let acts = answers.map(|(intent, label)| act(intent, label.plain(), true));
        (told, acts.to_vec())
    }

    fn state(&self, state: TestState) -> String {
        let words = &self.words.room;
        match state {
            TestState::Untried => words.untried.plain().to_owned(),
            TestState::Waiting => words.waiting.plain().to_owned(),
            TestState::Running | TestState::Asking => words.running.plain().to_owned(),
            TestState::Done(Outcome::Passed(measured), took) => {
                let measured =
                    measured.map(|m| format!("{}{}", self.words.frame.between.plain(), self.measure(m)));
                let took = self.took(took);
                let between = self.words.frame.between.plain();
                format!("{}{}{between}{took}", words.passed.plain(), measured.unwrap_or_default())
            }
            TestState::Done(Outcome::Failed(why), _) => self.failure(why),
        }
    }

    pub(crate) fn failure(&self, why: Failure) -> String {
        let words = &self.words.failed;
        match why {
            Failure::Fault(fault) => words.fault.with(&[("fault", &self.coded_title(fault))]),
            Failure::Card(problem) => words.card.with(&[("problem", &self.card_problem(problem).title)]),
            Failure::Nothing => words.nothing.plain().to_owned(),
            Failure::Silent => words.silent.plain().to_owned(),
            Failure::Denied => words.denied.plain().to_owned(),
            Failure::TooLittle(measure) => words.too_little.with(&[("measure", &self.measure(measure))]),
            Failure::Unproven => words.unproven.plain().to_owned(),
            Failure::Unreadable => words.unreadable.plain().to_owned(),
            Failure::OtherTicket => words.other_ticket.plain().to_owned(),
            Failure::Graded(_) => words.graded.plain().to_owned(),
            Failure::Missed(missed) => words.missed.with(&[("what", &self.missed(missed))]),
        }
    }

    fn took(&self, took: Duration) -> String {
        self.words.room.took.with(&[("seconds", &seconds(took))])
    }

    pub(crate) fn measure(&self, measure: Measure) -> String {
        let words = &self.words.room;
        match measure {
            Measure::Days(days) => words.days.with(&[("days", &days)]),
            Measure::Seconds(seconds) => words.seconds.with(&[("seconds", &seconds)]),
            Measure::Mebibytes(mebibytes) => words.mebibytes.with(&[("mebibytes", &mebibytes)]),
            Measure::Rate(rate) => words.rate.with(&[("rate", &rate)]),
        }
    }

    fn being_looked_at(&self, title: &Text) -> t::RoomWords {
        let text = self.words.room.looking.plain().into();
        t::RoomWords { title: title.plain().into(), text, ..Default::default() }
    }

    fn outbox(&self, outbox: &OutboxShown) -> t::RoomWords {
        let words = &self.words.room;
        let mut facts = Vec::new();
        if outbox.waiting > 0 {
            facts.push(words.waits.of(outbox.waiting).into());
            facts.extend(outbox.oldest.map(|at| words.oldest.with(&[("time", &self.date_time(at))]).into()));
        } else {
            facts.push(words.nothing_waits.plain().into());
        }
        if outbox.refused > 0 {
            facts.push(words.refused.with(&[("count", &outbox.refused)]).into());
        }
        t::RoomWords {
            title: words.outbox.plain().into(),
            text: words.outbox_text.plain().into(),
            note: outbox
                .why
                .filter(|_| outbox.waiting > 0)
                .map(|why| self.coded_note(why))
                .unwrap_or_default(),
            facts: model(facts),
            ..Default::default()
        }
    }

    fn coded_note(&self, fault: Fault) -> t::Note {
        t::Note { title: self.coded_title(fault).into(), ..self.fault(fault) }
    }

    fn counters(&self, counters: &Counters) -> t::RoomWords {
        let words = &self.words.room;
        let (metres, all_metres) = (counters.paper_mm / 1000, counters.all_paper_mm / 1000);
        let or_unknown = |count: Option<u64>, label: &Text| -> SharedString {
            let told = count.map_or_else(|| words.unknown.plain().to_owned(), |count| count.to_string());
            label.with(&[("count", &told)]).into()
        };
        t::RoomWords {
            title: words.counters.plain().into(),
            text: words.counters_text.plain().into(),
            facts: model(vec![
                words.tickets.with(&[("count", &counters.tickets)]).into(),
                words.cuts.with(&[("count", &counters.cuts), ("all", &counters.all_cuts)]).into(),
                words.paper.with(&[("metres", &metres), ("all", &all_metres)]).into(),
                or_unknown(counters.tickets_left.map(u64::from), &words.left),
                or_unknown(counters.days_left.map(u64::from), &words.days_left),
                or_unknown(counters.pages, &words.pages),
                or_unknown(counters.faults.map(u64::from), &words.faults),
            ]),
            ..Default::default()
        }
    }
}

/// To a tenth.
fn seconds(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64())
}
