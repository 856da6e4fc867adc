//! Whether a material can be handed in, and the question before it where it need not be.

use super::Desk;
use super::session::{Session, Stack, Step};
use crate::catalogue::MaterialCode;
use crate::checklist::Need;
use crate::event::Feeder;
use crate::intent::{Intent, Source};
use crate::screen::{HandInAsk, MaterialState, NeedNot};

/// How a material can be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HandIn {
    /// it is wanted
    Wanted,
    /// it need not be, and the visitor is asked first; what he hands in then counts like any other
    Anew,
}

impl Desk {
    /// `None` where it cannot be: the window takes it, or somebody has approved it.
    pub(super) fn hand_in(&self, session: &Session, need: &Need) -> Option<HandIn> {
        self.catalogue.material(&need.material).filter(|material| material.scannable)?;
        match self.material_state(session, need) {
            state if state.may_scan() => Some(HandIn::Wanted),
            state if state.may_hand_in_anew() => Some(HandIn::Anew),
            _ => None,
        }
    }

    /// Where a material is laid to be scanned, unless the visitor says otherwise: whoever has laid his paper
    /// into the feeder already has said so.
    pub(super) fn source_of(&self, material: &MaterialCode) -> Source {
        let glass = self.catalogue.material(material).is_some_and(|material| material.glass);
        let his = self.session.as_ref().is_some_and(|session| session.before.is_none());
        if glass && !(his && self.feeder == Feeder::Loaded) { Source::Flatbed } else { Source::Feeder }
    }

    pub(super) fn hand_in_of(&self, session: &Session, material: &MaterialCode) -> Option<HandIn> {
        self.hand_in(session, &self.need(material)?)
    }

    pub(super) fn touched_hand_in(&mut self, intent: Intent) {
        let Some(session) = &self.session else { return };
        let Step::HandInAsk(material) = &session.step else { return };
        // The back office may have looked at it while it was asked.
        let may = self.hand_in_of(session, material).is_some();
        let next = match intent {
            Intent::AnswerYes if may => {
                Step::ScanReady(Stack::new(material.clone(), self.source_of(material)))
            }
            Intent::Back => Step::Materials { page: session.list },
            _ => return,
        };
        if let Some(session) = &mut self.session {
            session.step = next;
        }
    }

    /// A licence that stood for a material is no longer found while it was asked whether to hand the material
    /// in all the same: now it is wanted.
    pub(super) fn hand_in_without_question(&mut self) {
        let Some(session) = &self.session else { return };
        let Step::HandInAsk(material) = &session.step else { return };
        if self.hand_in_of(session, material) == Some(HandIn::Wanted) {
            let stack = Stack::new(material.clone(), self.source_of(material));
            if let Some(session) = &mut self.session {
                session.step = Step::ScanReady(stack);
            }
        }
    }

    pub(super) fn hand_in_ask(&self, session: &Session, material: &MaterialCode) -> Option<HandInAsk> {
        let need = self.need(material)?;
        let why = match (self.material_state(session, &need), self.licence_for(session, &need)) {
            (MaterialState::InStore, Some(licence)) => NeedNot::InStore(licence),
            (state, _) => NeedNot::HandedIn(state),
        };
        let may_hand_in = self.hand_in(session, &need).is_some();
        Some(HandInAsk { material: self.catalogue.material(material)?.name.clone(), why, may_hand_in })
    }

    /// What is asked for of that material.
    pub(super) fn need(&self, material: &MaterialCode) -> Option<Need> {
        self.needs().into_iter().find(|need| need.material == *material)
    }
}
