//! The checklist.

use super::{Voice, act, model};
use crate::toolkit as t;
use visit::fault::{Device, Fault};
use visit::intent::Intent;
use visit::screen::{MaterialShown, MaterialState, Materials};

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
            rows: model(materials.materials.iter().map(|m| self.material(m)).collect()),
            pager: self.pager(materials.page, materials.page_count),
        }
    }

    fn material(&self, material: &MaterialShown) -> t::MaterialRow {
        let words = &self.words.materials;
        let name = self.label(&material.name);
        let form = if material.original { &words.original } else { &words.copy };
        let details = [
            form.plain().to_owned(),
            words.pages.of(material.pages),
            words.items.of(u64::try_from(material.items).unwrap_or(u64::MAX)),
        ];
        let details: Vec<String> = details.into_iter().filter(|d| !d.is_empty()).collect();
        let detail = details.join(" · ");
        let (state, spoken) = match material.state {
            MaterialState::Missing => (words.missing.plain().to_owned(), Some(&words.spoken.missing)),
            MaterialState::Refused(_) => (words.refused.plain().to_owned(), Some(&words.spoken.refused)),
            MaterialState::AtWindow => (words.at_window.plain().to_owned(), None),
            MaterialState::Stored => (words.stored.plain().to_owned(), None),
            MaterialState::Sending(percent) => (words.sending.with(&[("percent", &percent)]), None),
            MaterialState::Received => (words.received.plain().to_owned(), None),
        };
        let said = spoken.map_or(state.as_str(), |s| s.plain());
        let between = self.words.frame.between.plain();
        let label = format!("{name}{between}{detail}{between}{said}");
        t::MaterialRow {
            act: act(Intent::Material(material.code.clone()), label, spoken.is_some()),
            name: name.into(),
            detail: detail.into(),
            problem: matches!(material.state, MaterialState::Refused(_)),
            done: matches!(material.state, MaterialState::Received),
            state: state.into(),
        }
    }
}
