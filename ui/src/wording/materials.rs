//! The checklist.

use super::{Voice, act, model};
use crate::toolkit as t;
use crate::words::Text;
use visit::event::Standing;
use visit::fault::{Device, Fault};
use visit::intent::Intent;
use visit::screen::{Language, LicenceShown, LicencesTold, MaterialShown, MaterialState, Materials};

/// Columns that the names of the items may take which need a material.
const ITEMS: usize = 26;

impl Voice<'_> {
    pub(super) fn materials(&self, materials: &Materials) -> t::MaterialsWords {
        let words = &self.words.materials;
        let who = self.who(&materials.who);
        let text = if materials.materials.is_empty() { &words.none } else { &words.text };
        // Scanner first: without it nothing here can be touched to any purpose.
        let full = |f: &&Fault| matches!(f, Fault::DiskFull | Fault::OutboxFailed);
        let no_room = || self.faults.iter().find(full).copied();
        // What a look-up did not answer is told where its answer would stand, to whoever had it made.
        let looked = materials.licences == LicencesTold::Incomplete;
        let look_up = || self.faults.iter().find(|f| looked && **f == Fault::StoreLicencesDown).copied();
        let store = || self.worst(Device::Store).or_else(look_up);
        let fault = self.worst(Device::Scanner).or_else(no_room).or_else(store);
        t::MaterialsWords {
            title: words.title.plain().into(),
            who: match materials.number {
                Some(number) => words.who.with(&[("who", &who), ("number", &number)]),
                None => who,
            }
            .into(),
            done: match materials.count {
                0 => String::new(),
                count => words.done.with(&[("done", &materials.done), ("count", &count)]),
            }
            .into(),
            text: text.plain().into(),
            note: fault.map(|f| self.fault(f)).unwrap_or_default(),
            change: act(Intent::Back, words.change.plain(), true),
            ask: match materials.licences {
                LicencesTold::NotAsked => act(Intent::LicencesAsk, words.ask.plain(), true),
                LicencesTold::Incomplete => act(Intent::LicencesAsk, words.ask_again.plain(), true),
                LicencesTold::NotNeeded | LicencesTold::Asking | LicencesTold::Complete => t::Act::default(),
            },
            receipt: if materials.receipt {
                act(Intent::Receipt, words.receipt.plain(), true)
            } else {
                t::Act::default()
            },
            rows: model(materials.materials.iter().map(|m| self.material(m)).collect()),
            pager: self.pager(materials.page, materials.page_count),
        }
    }

    fn material(&self, material: &MaterialShown) -> t::MaterialRow {
        let name = self.label(&material.name);
        let detail = self.detail(material);
        let state = self.material_state(material.state);
        let spoken = self.material_spoken(material.state);
        let said = spoken.map_or(state.as_str(), Text::plain);
        let between = self.words.frame.between.plain();
        let label = format!("{name}{between}{detail}{between}{said}");
        t::MaterialRow {
            act: act(Intent::Material(material.code.clone()), label, material.may_hand_in),
            name: name.into(),
            detail: detail.into(),
            problem: material.state.is_wanted_again(),
            done: matches!(
                material.state,
                MaterialState::Received | MaterialState::Accepted | MaterialState::InStore
            ),
            open: material.state.is_open(),
            state: state.into(),
        }
    }

    /// Where a material is, in a word.
    pub(super) fn material_state(&self, state: MaterialState) -> String {
        let words = &self.words.materials;
        let said = match state {
            MaterialState::Sending(percent) => return words.sending.with(&[("percent", &percent)]),
            MaterialState::Missing => &words.missing,
            MaterialState::Refused(_) => &words.refused,
            MaterialState::Returned(_) if !state.is_open() => &words.not_needed,
            MaterialState::Returned(_) => &words.returned,
            MaterialState::Unknown => &words.unknown,
            MaterialState::Checking => &words.checking,
            MaterialState::NotApplicable => &words.not_applicable,
            MaterialState::InStore => &words.in_store,
            MaterialState::AtWindow => &words.at_window,
            MaterialState::Stored => &words.stored,
            // Until the store has said so, nobody knows whether it is there.
            MaterialState::Sent => &words.sent,
            MaterialState::Received => &words.received,
            MaterialState::Accepted => &words.accepted,
        };
        said.plain().to_owned()
    }

    /// What is said of it to those who listen, where that is more.
    fn material_spoken(&self, state: MaterialState) -> Option<&Text> {
        let spoken = &self.words.materials.spoken;
        match state {
            MaterialState::Missing => Some(&spoken.missing),
            MaterialState::Refused(_) => Some(&spoken.refused),
            MaterialState::Returned(_) if state.is_open() => Some(&spoken.returned),
            MaterialState::Unknown => Some(&spoken.unknown),
            MaterialState::Checking => Some(&spoken.checking),
            MaterialState::NotApplicable => Some(&spoken.not_applicable),
            MaterialState::Returned(_)
            | MaterialState::InStore
            | MaterialState::AtWindow
            | MaterialState::Stored
            | MaterialState::Sending(_)
            | MaterialState::Sent
            | MaterialState::Received
            | MaterialState::Accepted => None,
        }
    }

    /// What stands below the name: why it was sent back, which licence stands for it, or what is asked for.
    fn detail(&self, material: &MaterialShown) -> String {
        let words = &self.words.materials;
        // What is asked for stands first, whatever else is said: an original is to be brought all the same.
        let form = if material.original { &words.original } else { &words.copy };
        // How many pages are usual does not tell how many were handed in.
        let pages = if material.state.is_open() { words.pages.of(material.pages) } else { String::new() };
        let form = [form.plain().to_owned(), pages];
        let form = form.into_iter().filter(|d| !d.is_empty()).collect::<Vec<_>>().join(" · ");
        let and = |said: String| format!("{form} · {said}");
        if let MaterialState::Returned(_) | MaterialState::Refused(_) = material.state {
            let why = self.sent_back(material.state, None).title;
            let why = match &material.note {
                Some(note) => words.returned_note.with(&[("reason", &why), ("note", note)]),
                None => why.into(),
            };
            return if material.state.is_open() { and(why) } else { why };
        }
        let asked = || and(words.serves.with(&[("items", &self.list(&material.items, ITEMS))]));
        match &material.licence {
            Some(licence) if material.state == MaterialState::InStore => self.licence(licence),
            Some(licence) if material.state.is_open() => match (licence.standing, licence.valid_until) {
                (Standing::Expired, Some(day)) => and(words.licence_expired.with(&[("day", &self.day(day))])),
                (Standing::Expired | Standing::Void, _) => and(words.licence_void.plain().to_owned()),
                (Standing::Valid, _) => asked(),
            },
            _ => asked(),
        }
    }

    /// Why it is wanted once more, and what the reviewer wrote.
    pub(super) fn sent_back(&self, state: MaterialState, note: Option<&str>) -> t::Note {
        match state {
            MaterialState::Returned(reason) => t::Note {
                problem: true,
                title: self.words.returned.of(reason).plain().into(),
                text: note.unwrap_or_default().into(),
            },
            MaterialState::Refused(fault) => self.fault(fault),
            _ => t::Note::default(),
        }
    }

    pub(super) fn licence(&self, licence: &LicenceShown) -> String {
        let words = &self.words.materials;
        let until = match licence.valid_until {
            Some(day) => words.valid_until.with(&[("day", &self.day(day))]),
            None => words.valid_always.plain().to_owned(),
        };
        // The store's names are Chinese; what it stands for is named above.
        match self.language {
            Language::Zh => format!("{} {} · {until}", licence.name, licence.number),
            Language::En => format!("{} · {until}", licence.number),
        }
    }
}
