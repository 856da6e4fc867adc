//! What is on the screen at each step.

use super::session::{Held, Next, Session, Stack, Step};
use super::{Desk, MATERIALS_A_PAGE};
use crate::catalogue::{Label, MaterialCode, Matter};
use crate::checklist::{Choice, Need};
use crate::event::{Feeder, Now};
use crate::fault::Device;
use crate::identity::{Applicant, Person};
use crate::number::NumberLife;
use crate::screen::{
    ApplicantShown, CompanyEntry, Goodbye, Home, Identify, MaterialShown, MaterialState, Materials, MatterBy,
    MatterFull, MatterShown, News, NumberShown, OptionShown, Purpose, ReturnReason, Review, ScanProblem,
    ScanReady, Scanning, Screen, SentBack, View, Wait, Who,
};
use std::sync::Arc;

impl Desk {
    /// What the visitor sees.
    pub fn view(&self, now: Now) -> View {
        View {
            language: self.manner.language,
            look: self.manner.look,
            hall: self.catalogue.hall.name.clone(),
            logo: self.logo.clone(),
            clock: now.wall.time().with().second(0).subsec_nanosecond(0).build().unwrap_or(now.wall.time()),
            screen: self.over(now).unwrap_or_else(|| self.beneath(now)),
            faults: self.faults_by_weight(),
            ending_in: self.ending_in(now),
            news: self.news(),
            just_come: self.has_just_come(now),
            speech: self.manner.speech,
        }
    }

    /// The screen itself, whatever lies over it.
    pub(super) fn beneath(&self, now: Now) -> Screen {
        if let Some(room) = self.room_shown(now) {
            return room;
        }
        match &self.session {
            None => Screen::Home(self.home(now)),
            Some(session) => self.screen(session, now),
        }
    }

    /// What the screen itself does not tell.
    fn news(&self) -> Option<News> {
        let session = self.session.as_ref()?;
        let told_there = matches!(session.step, Step::Number(_)) && self.manner.over.is_none();
        match (session.number, session.life) {
            (Some(number), NumberLife::Called) if !told_there => return Some(News::Called(number)),
            (Some(number), NumberLife::NoShow) => return Some(News::Missed(number)),
            _ => {}
        }
        // Whoever came for a number has no checklist to look at; goodbye tells him.
        let wanted = |material: &&MaterialCode| {
            let paper = session.papers.get(*material);
            paper.is_some_and(|paper| paper.state.is_wanted_again()) && self.need(material).is_some()
        };
        let sent_back =
            session.sent_back.iter().find(wanted).filter(|_| session.purpose == Purpose::Papers)?;
        Some(News::SentBack(self.catalogue.material(sent_back)?.name.clone()))
    }

    fn ending_in(&self, now: Now) -> Option<u32> {
        let goodbye = self.session.as_ref().is_some_and(|s| matches!(s.step, Step::Goodbye { .. }));
        let goodbye = goodbye && self.manner.over.is_none();
        // On the idle screen only the manner is forgotten, which takes nothing from anybody.
        let idle = self.session.is_none() && self.room.is_none() && self.manner.over.is_none();
        if goodbye || idle {
            return None;
        }
        let left = self.ends_at()?.saturating_sub(now.tick);
        (left <= self.patience.warning).then(|| u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(0))
    }

    fn home(&self, now: Now) -> Home {
        Home {
            no_numbers: self.no_numbers(now),
            papers: self.working().any_person(),
            scanner: !self.is_down(Device::Scanner),
            tickets: !self.is_down(Device::Printer),
            feeder: self.feeder == Feeder::Loaded,
            hours: self.catalogue.hall.hours.of_day(now.wall.date()),
            waiting: self.waiting,
            tickets_left: self.tickets_left_shown(),
        }
    }

    fn screen(&self, session: &Session, now: Now) -> Screen {
        match &session.step {
            Step::Identify { purpose, reading, problem } => Screen::Identify(Identify {
                purpose: *purpose,
                ways: self.working(),
                without: self.without_document(*purpose),
                reading: *reading,
                problem: *problem,
            }),
            Step::LookingUp => Screen::Identify(Identify {
                purpose: session.purpose,
                ways: self.working(),
                without: false,
                reading: true,
                problem: None,
            }),
            Step::Choose { tab, page, refused } => {
                Screen::Choose(self.choose_shown(session, tab, *page, *refused, now))
            }
            Step::Search(looked) => Screen::Search(self.search_shown(session, looked)),
            Step::About { matter, from } => match self.about(session, matter) {
                Some(about) => Screen::About(about),
                None => self.screen_behind(session, from, now),
            },
            Step::Company { typed, problem } => Screen::Company(CompanyEntry {
                typed: typed.clone(),
                problem: *problem,
                offer: self.offer.clone(),
                key: self.working().key,
            }),
            Step::Service { at } => Screen::Service(self.service(*at)),
            Step::Taking => Screen::Wait(Wait::Number),
            Step::Entering => Screen::Wait(Wait::Visit),
            Step::Cancelling => Screen::Wait(Wait::Cancelling),
            Step::Submitting(_) => Screen::Wait(Wait::Document),
            Step::Number(held) => Screen::Number(self.number_shown(session, held)),
            Step::CancelAsk => match session.number {
                Some(number) => Screen::CancelAsk { number, papers: session.all_papers().next().is_some() },
                None => Screen::Wait(Wait::Cancelling),
            },
            Step::LicencesAsk => Screen::Licences(self.licences_ask(session)),
            Step::Materials { page } => Screen::Materials(self.materials_shown(session, *page)),
            Step::HandInAsk(material) => match self.hand_in_ask(session, material) {
                Some(ask) => Screen::HandInAsk(ask),
                None => Screen::Materials(self.materials_shown(session, session.list)),
            },
            Step::ScanReady(stack) => Screen::Scan(ScanReady {
                material: self.material_name(stack),
                expected: self.expected(stack),
                source: stack.source,
                have: stack.pages.len(),
                scanner: !self.is_down(Device::Scanner),
                again: match stack.next {
                    Next::InsteadOf(at) => Some(at + 1),
                    Next::Replaced(_) | Next::Last => None,
                },
                optional: stack.pages.is_empty() && self.is_optional(stack),
                sent_back: session.sent_back(&stack.material),
                example: self.example_of(&stack.material),
                asking: session.asks_of_feeder(),
                problem: self.scan_problem(stack),
            }),
            Step::Scanning { stack, arriving } => Screen::Scanning(Scanning {
                material: self.material_name(stack),
                stored: stack.pages.len(),
                arriving: *arriving,
                last: stack.pages.last().map(|p| Arc::clone(&p.preview)),
            }),
            Step::Review { stack, shown, asking } => match stack.pages.get(*shown) {
                Some(page) => Screen::Review(Review {
                    material: self.material_name(stack),
                    expected: self.expected(stack),
                    pages: stack.pages.len(),
                    page: shown + 1,
                    preview: Arc::clone(&page.preview),
                    warnings: page.warnings.clone(),
                    doubtful: stack.doubtful(),
                    asking: *asking,
                    problem: self.scan_problem(stack),
                }),
                None => Screen::Wait(Wait::Document),
            },
            Step::Receipt => match self.receipt(session) {
                Some(receipt) => Screen::Receipt(receipt),
                None => Screen::Materials(self.materials_shown(session, 0)),
            },
            Step::Goodbye { number, life, cancelled, papers, dropped, bring, originals } => {
                let wants_one = session.purpose != Purpose::Papers || papers.is_some();
                let has_none = number.is_none() && !cancelled && *life != NumberLife::Served;
                Screen::Goodbye(Goodbye {
                    number: *number,
                    life: *life,
                    cancelled: *cancelled,
                    unnumbered: wants_one && has_none,
                    papers: *papers,
                    dropped: *dropped,
                    bring: bring.clone(),
                    originals: *originals,
                    feeder: *originals && self.feeder == Feeder::Loaded,
                    card: session.card,
                })
            }
        }
    }

    pub(super) fn matter_shown(&self, session: &Session, matter: Matter) -> Option<MatterShown> {
        let picked = session.choice.matters.contains(&matter);
        let (by, options) = match &matter {
            Matter::Item(code) => {
                let item = self.catalogue.item(code)?;
                let department = self.catalogue.department(&item.department)?;
                (MatterBy::Department(department.name.clone(), item.legal, item.promised), Vec::new())
            }
            Matter::Package(code) => {
                let package = self.catalogue.package(code)?;
                let option = |item: &crate::catalogue::ItemCode| {
                    Some(OptionShown {
                        package: code.clone(),
                        item: item.clone(),
                        name: self.catalogue.item(item)?.name.clone(),
                        ticked: session.choice.options.contains(&(code.clone(), item.clone())),
                    })
                };
                let options = package.options.iter().filter(|_| picked).filter_map(option).collect();
                (MatterBy::Items(package.items.len()), options)
            }
        };
        Some(MatterShown {
            name: self.catalogue.name_of(&matter)?.clone(),
            picked,
            full: session.full.contains(&matter).then_some(MatterFull::Until(None)),
            by,
            options,
            matter,
        })
    }

    fn number_shown(&self, session: &Session, held: &Held) -> NumberShown {
        NumberShown {
            number: held.number,
            again: !held.fresh,
            windows: self.windows_of(&session.choice),
            place: held.place,
            missing: self.to_prepare(session),
            ticket: held.ticket,
            qr: session.qr(),
            card: session.card,
        }
    }

    fn materials_shown(&self, session: &Session, page: usize) -> Materials {
        let mut needs = self.needs();
        let is_done = |need: &&Need| !self.material_state(session, need).is_open();
        let (done, count) = (needs.iter().filter(is_done).count(), needs.len());
        // What was sent back comes first; otherwise everything keeps its place.
        needs.sort_by_key(|need| !self.material_state(session, need).is_wanted_again());
        let shown = |need: &Need| {
            let material = self.catalogue.material(&need.material)?;
            Some(MaterialShown {
                code: need.material.clone(),
                name: material.name.clone(),
                original: material.form == crate::catalogue::MaterialForm::Original,
                pages: material.pages,
                items: need.items.iter().filter_map(|i| Some(self.catalogue.item(i)?.name.clone())).collect(),
                state: self.material_state(session, need),
                may_hand_in: self.hand_in(session, need).is_some(),
                licence: self.licence_for(session, need),
                note: session.papers.get(&need.material).and_then(|paper| paper.note.clone()),
            })
        };
        Materials {
            who: session.who(),
            number: session.number,
            materials: needs
                .iter()
                .skip(page * MATERIALS_A_PAGE)
                .take(MATERIALS_A_PAGE)
                .filter_map(shown)
                .collect(),
            done,
            count,
            licences: self.licences_told(session),
            receipt: session.has_receipt(),
            page: page + 1,
            page_count: count.div_ceil(MATERIALS_A_PAGE).max(1),
        }
    }

    pub(super) fn material_pages(&self) -> usize {
        self.needs().len().div_ceil(MATERIALS_A_PAGE).max(1)
    }

    pub(super) fn needs(&self) -> Vec<Need> {
        self.session.as_ref().map_or_else(Vec::new, |s| s.choice.needs(&self.catalogue))
    }

    pub(super) fn material_state(&self, session: &Session, need: &Need) -> MaterialState {
        if let Some(paper) = session.papers.get(&need.material) {
            return paper.state;
        }
        if session.not_applicable.contains(&need.material) {
            return MaterialState::NotApplicable;
        }
        let scannable = self.catalogue.material(&need.material).is_some_and(|m| m.scannable);
        let in_hand = if scannable { MaterialState::Missing } else { MaterialState::AtWindow };
        match self.licence_state(session, need) {
            // What only the window takes is shown there while nobody knows better.
            Some(MaterialState::Unknown) if !scannable => in_hand,
            Some(state) => state,
            None => in_hand,
        }
    }

    /// The picked matters, each with its ticked options behind it.
    pub(super) fn names_of(&self, choice: &Choice) -> Vec<Label> {
        let with_options = |matter: &Matter| {
            let ticked =
                choice.options.iter().filter(|(package, _)| *matter == Matter::Package(package.clone()));
            let options =
                ticked.filter_map(|(_, item)| self.catalogue.item(item)).map(|item| item.name.clone());
            self.catalogue.name_of(matter).cloned().into_iter().chain(options).collect::<Vec<_>>()
        };
        choice.matters.iter().flat_map(with_options).collect()
    }

    /// Waiting areas and their counters, each once.
    pub(super) fn windows_of(&self, choice: &Choice) -> Vec<(Label, String)> {
        let mut windows = Vec::new();
        for window in choice.matters.iter().filter_map(|m| self.catalogue.window_of(m)) {
            let shown = (window.area.clone(), window.counters.clone());
            if !windows.contains(&shown) {
                windows.push(shown);
            }
        }
        windows
    }

    /// What has to be at hand when the number is called: what was not handed in, and originals of what was.
    pub(super) fn to_prepare(&self, session: &Session) -> Vec<Label> {
        self.names_where(session, |need, state| state.is_open() || self.is_original_of(session, need, state))
    }

    /// What the window wants to see: what it alone takes, and originals of what was handed in.
    pub(super) fn to_bring(&self, session: &Session) -> Vec<Label> {
        if session.papers.is_empty() {
            return Vec::new();
        }
        self.names_where(session, |need, state| {
            state == MaterialState::AtWindow || self.is_original_of(session, need, state)
        })
    }

    fn names_where(&self, session: &Session, is: impl Fn(&Need, MaterialState) -> bool) -> Vec<Label> {
        let needs = session.choice.needs(&self.catalogue);
        let named = needs.iter().filter(|need| is(need, self.material_state(session, need)));
        named.filter_map(|n| self.catalogue.material(&n.material)).map(|m| m.name.clone()).collect()
    }

    /// Whether a scan of it was handed in and is good, of which the window looks at the original.
    fn is_original_of(&self, session: &Session, need: &Need, state: MaterialState) -> bool {
        let material = self.catalogue.material(&need.material);
        material.is_some_and(|m| m.form == crate::catalogue::MaterialForm::Original)
            && session.papers.contains_key(&need.material)
            && state != MaterialState::Returned(ReturnReason::NotNeeded)
            && !state.is_open()
    }

    fn material_name(&self, stack: &Stack) -> Label {
        let unknown = || Label { zh: String::new(), en: String::new() };
        self.catalogue.material(&stack.material).map_or_else(unknown, |m| m.name.clone())
    }

    /// Why the scan ended early; once that is over, what is wrong now, if anything.
    fn scan_problem(&self, stack: &Stack) -> Option<ScanProblem> {
        match stack.problem {
            Some(ScanProblem::Over) => {
                let now = self.devices.get(&Device::Scanner).and_then(|status| status.faults().next());
                Some(now.map_or(ScanProblem::Over, ScanProblem::Fault))
            }
            None | Some(ScanProblem::Stopped) if self.left_in_feeder(stack) => Some(ScanProblem::OnlyOne),
            Some(ScanProblem::Stopped) if self.feeder == Feeder::Empty => None,
            problem => problem,
        }
    }

    /// One page was scanned again, and more sheets lie in the feeder.
    fn left_in_feeder(&self, stack: &Stack) -> bool {
        matches!(stack.next, Next::Replaced(_)) && self.feeder == Feeder::Loaded
    }

    fn expected(&self, stack: &Stack) -> u16 {
        self.catalogue.material(&stack.material).map_or(1, |m| m.pages)
    }
}

impl Stack {
    /// The pages that somebody should look at, from 1.
    fn doubtful(&self) -> Vec<usize> {
        let doubtful =
            self.pages.iter().enumerate().filter(|(_, page)| !page.kept && !page.warnings.is_empty());
        doubtful.map(|(at, _)| at + 1).collect()
    }
}

impl Session {
    /// Why this material is wanted once more.
    fn sent_back(&self, material: &MaterialCode) -> Option<SentBack> {
        let paper = self.papers.get(material).filter(|paper| paper.state.is_wanted_again())?;
        Some(SentBack { state: paper.state, note: paper.note.clone() })
    }

    pub(super) fn who(&self) -> Who {
        let masked = |p: &Person| p.name.masked();
        let visitor = self.visitor.as_ref().filter(|person| person.is_known());
        Who {
            name: visitor.map_or_else(String::new, masked),
            tail: visitor.map_or_else(String::new, |p| p.number.tail().to_owned()),
            applicant: match &self.applicant {
                Applicant::Oneself => ApplicantShown::Oneself,
                Applicant::Company(code) => ApplicantShown::Company(code.as_str().to_owned()),
                Applicant::Relative(person) => ApplicantShown::Relative(masked(person)),
            },
        }
    }
}
