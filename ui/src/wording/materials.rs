//! The checklist.

use super::{Voice, act, model};
use crate::toolkit as t;
use visit::event::Standing;
use visit::fault::{Device, Fault};
use visit::intent::Intent;
use visit::screen::{LicenceShown, LicencesTold, MaterialShown, MaterialState, Materials};

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
        let fault = self.worst(Device::Scanner).or_else(no_room).or_else(|| self.worst(Device::Store));
        t::MaterialsWords {
            title: words.title.plain().into(),
            who: match materials.number {
                Some(number) => words.who.with(&[("who", &who), ("number", &number)]),
                None => who,
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
        let words = &self.words.materials;
        let name = self.label(&material.name);
        let detail = self.detail(material);
        let (state, spoken) = match material.state {
            MaterialState::Missing => (words.missing.plain().to_owned(), Some(&words.spoken.missing)),
            MaterialState::Refused(_) => (words.refused.plain().to_owned(), Some(&words.spoken.refused)),
            MaterialState::Returned(_) if !material.state.is_open() => {
                (words.not_needed.plain().to_owned(), None)
            }
            MaterialState::Returned(_) => (words.returned.plain().to_owned(), Some(&words.spoken.returned)),
            MaterialState::Unknown => (words.unknown.plain().to_owned(), Some(&words.spoken.unknown)),
            MaterialState::Checking => (words.checking.plain().to_owned(), Some(&words.spoken.checking)),
            MaterialState::NotApplicable => {
                (words.not_applicable.plain().to_owned(), Some(&words.spoken.not_applicable))
            }
            MaterialState::InStore => (words.in_store.plain().to_owned(), None),
            MaterialState::AtWindow => (words.at_window.plain().to_owned(), None),
            MaterialState::Stored => (words.stored.plain().to_owned(), None),
            MaterialState::Sending(percent) => (words.sending.with(&[("percent", &percent)]), None),
            MaterialState::Received => (words.received.plain().to_owned(), None),
            MaterialState::Accepted => (words.accepted.plain().to_owned(), None),
        };
        let said = spoken.map_or(state.as_str(), |s| s.plain());
        let between = self.words.frame.between.plain();
        let label = format!("{name}{between}{detail}{between}{said}");
        t::MaterialRow {
            act: act(Intent::Material(material.code.clone()), label, material.state.may_scan()),
            name: name.into(),
            detail: detail.into(),
            problem: material.state.is_wanted_again(),
            done: matches!(
                material.state,
                MaterialState::Received | MaterialState::Accepted | MaterialState::InStore
            ),
            state: state.into(),
        }
    }

    /// What stands below the name: why it was sent back, which licence stands for it, or what is asked for.
    fn detail(&self, material: &MaterialShown) -> String {
        let words = &self.words.materials;
        if let MaterialState::Returned(reason) = material.state {
            let reason = self.words.returned.of(reason).plain();
            return match &material.note {
                Some(note) => words.returned_note.with(&[("reason", &reason), ("note", note)]),
                None => reason.to_owned(),
            };
        }
        let asked = || {
            let form = if material.original { &words.original } else { &words.copy };
            let details = [
                form.plain().to_owned(),
                words.pages.of(material.pages),
                words.serves.with(&[("items", &self.list(&material.items, ITEMS))]),
            ];
            details.into_iter().filter(|d| !d.is_empty()).collect::<Vec<_>>().join(" · ")
        };
        match &material.licence {
            Some(licence) if material.state == MaterialState::InStore => self.licence(licence),
            Some(licence) if material.state.is_open() => match (licence.standing, licence.valid_until) {
                (Standing::Expired, Some(day)) => words.licence_expired.with(&[("day", &self.day(day))]),
                (Standing::Expired | Standing::Void, _) => words.licence_void.plain().to_owned(),
                (Standing::Valid, _) => asked(),
            },
            _ => asked(),
        }
    }

    fn licence(&self, licence: &LicenceShown) -> String {
        let words = &self.words.materials;
        let until = match licence.valid_until {
            Some(day) => words.valid_until.with(&[("day", &self.day(day))]),
            None => words.valid_always.plain().to_owned(),
        };
        format!("{} {} · {until}", licence.name, licence.number)
    }
}
