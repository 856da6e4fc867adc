//! What the licence stores hold already and need not be handed in.

use super::Desk;
use super::session::{Licences, Session, Step};
use crate::catalogue::Label;
use crate::checklist::Need;
use crate::event::{Action, Holder, Licence, LicencesFound, LicencesWanted, Standing};
use crate::identity::Applicant;
use crate::intent::Intent;
use crate::screen::{LicenceShown, LicencesAsk, LicencesTold, MaterialState};

/// Characters of a reason (`useCause`), at most.
const LONGEST_CAUSE: usize = 200;

impl Desk {
    /// Where the checklist begins: with the question whether the stores may be asked, where they could
    /// hold something and the visitor has not answered it.
    pub(super) fn first_of_materials(&self) -> Step {
        let unasked = self.session.as_ref().is_some_and(|s| matches!(s.licences, Licences::Unasked));
        if unasked && self.licensable().next().is_some() {
            Step::LicencesAsk
        } else {
            Step::Materials { page: 0 }
        }
    }

    /// The materials still to be handed in for which a licence could stand.
    fn licensable(&self) -> impl Iterator<Item = Label> + '_ {
        let open = |need: &Need| {
            let session = self.session.as_ref()?;
            let material = self.catalogue.material(&need.material)?;
            let handed_in = session.papers.get(&need.material).is_some_and(|p| !p.state.is_open());
            (!material.licence_types.is_empty() && !handed_in).then(|| material.name.clone())
        };
        self.needs().into_iter().filter_map(move |need| open(&need))
    }

    pub(super) fn licences_ask(&self, session: &Session) -> LicencesAsk {
        LicencesAsk {
            who: session.who(),
            materials: self.licensable().collect(),
            matters: self.names_of(&session.choice),
        }
    }

    pub(super) fn touched_licences(&mut self, intent: Intent, actions: &mut Vec<Action>) {
        match intent {
            Intent::LicencesYes => self.ask_stores(actions),
            Intent::Back => {
                let Some(session) = &mut self.session else { return };
                // Whoever does not want to look again keeps what is known.
                if matches!(session.licences, Licences::Unasked) {
                    session.licences = Licences::Declined;
                }
                session.step = Step::Materials { page: 0 };
            }
            _ => {}
        }
    }

    fn ask_stores(&mut self, actions: &mut Vec<Action>) {
        let cause = self.cause();
        let Some(session) = &mut self.session else { return };
        let (Some(visitor), Some(dossier)) = (&session.visitor, &session.dossier) else { return };
        let holder = match &session.applicant {
            Applicant::Oneself => Holder::Person(visitor.clone()),
            Applicant::Company(code) => Holder::Company(code.clone()),
            Applicant::Relative(relative) => Holder::Person(relative.clone()),
        };
        session.looks += 1;
        let wanted = LicencesWanted { holder, dossier: dossier.clone(), look: session.looks, cause };
        actions.push(Action::Licences(session.id, Box::new(wanted)));
        session.licences = match std::mem::take(&mut session.licences) {
            Licences::Known(before) => Licences::Asking(Some(before)),
            Licences::Unasked | Licences::Declined | Licences::Asking(_) => Licences::Asking(None),
        };
        session.step = Step::Materials { page: 0 };
    }

    /// Why the licences are looked at: the store keeps it.
    fn cause(&self) -> String {
        let Some(session) = &self.session else { return String::new() };
        let names: Vec<_> = self.names_of(&session.choice).into_iter().map(|name| name.zh).collect();
        let cause = format!("窗口办事材料核验：{}", names.join("、"));
        cause.chars().take(LONGEST_CAUSE).collect()
    }

    pub(super) fn licences_found(&mut self, mut found: LicencesFound) {
        let Some(session) = &mut self.session else { return };
        let Licences::Asking(before) = &mut session.licences else { return };
        if found.look != session.looks {
            return;
        }
        // A store that answered before and does not now has not lost what it had.
        if let (false, Some(before)) = (found.complete, before.take()) {
            // Of what is told anew the newer word counts.
            let told = |before: &Licence| {
                let same = |now: &Licence| {
                    (&now.licence_type, &now.number) == (&before.licence_type, &before.number)
                };
                found.licences.iter().any(same)
            };
            let more: Vec<_> = before.licences.into_iter().filter(|licence| !told(licence)).collect();
            found.licences.extend(more);
        }
        session.licences = Licences::Known(found);
        self.hand_in_without_question();
    }

    /// How the look stands.
    pub(super) fn licences_told(&self, session: &Session) -> LicencesTold {
        match &session.licences {
            Licences::Asking(_) => LicencesTold::Asking,
            Licences::Known(found) if found.complete => LicencesTold::Complete,
            Licences::Known(_) => LicencesTold::Incomplete,
            Licences::Unasked | Licences::Declined if self.licensable().next().is_none() => {
                LicencesTold::NotNeeded
            }
            Licences::Unasked | Licences::Declined => LicencesTold::NotAsked,
        }
    }

    /// The licence that stands for a material, or else the one that would if it still counted.
    pub(super) fn licence_for(&self, session: &Session, need: &Need) -> Option<LicenceShown> {
        let (Licences::Known(found) | Licences::Asking(Some(found))) = &session.licences else { return None };
        let types = &self.catalogue.material(&need.material)?.licence_types;
        let of_type = found.licences.iter().filter(|licence| types.contains(&licence.licence_type));
        // Valid before expired before void; of several, the one that lasts longest.
        let lasting = |licence: &&Licence| {
            (licence.standing, std::cmp::Reverse(licence.valid_until.unwrap_or(jiff::civil::Date::MAX)))
        };
        let Licence { name, number, valid_until, standing, .. } = of_type.min_by_key(lasting)?.clone();
        Some(LicenceShown { name, number, valid_until, standing })
    }

    /// Where a material is that was not handed in, as far as the licence stores go; `None` where they say
    /// nothing of it.
    pub(super) fn licence_state(&self, session: &Session, need: &Need) -> Option<MaterialState> {
        let material = self.catalogue.material(&need.material)?;
        if material.licence_types.is_empty() {
            return None;
        }
        match &session.licences {
            Licences::Unasked | Licences::Declined => None,
            Licences::Asking(_) | Licences::Known(_)
                if self.licence_for(session, need).is_some_and(|l| l.standing == Standing::Valid) =>
            {
                Some(MaterialState::InStore)
            }
            Licences::Asking(_) => Some(MaterialState::Checking),
            Licences::Known(found) => (!found.complete).then_some(MaterialState::Unknown),
        }
    }
}
