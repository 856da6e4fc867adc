//! What a matter is about.

use super::{Voice, act, model};
use crate::toolkit as t;
use slint::SharedString;
use visit::catalogue::Label;
use visit::intent::Intent;
use visit::screen::{About, NeedShown};

impl Voice<'_> {
    pub(super) fn about(&self, about: &About) -> t::AboutWords {
        let words = &self.words.about;
        let online = about.online.is_some();
        let told =
            |text: &crate::words::Text| if online { text.plain().into() } else { SharedString::default() };
        let mut rows = vec![heading(words.needs.of(about.needs.len()))];
        rows.extend(about.needs.iter().map(|need| self.need(need)));
        rows.extend(self.named(words.items.of(about.items.len()), &about.items));
        rows.extend(self.named(words.options.of(about.options.len()), &about.options));
        t::AboutWords {
            title: self.label(&about.name).into(),
            promised: words.promised.of(about.promised.0).into(),
            facts: model(self.facts(about)),
            online: told(&words.online),
            online_how: told(&words.online_how),
            rows: model(rows),
        }
    }

    /// Picks it, or drops it if it is picked.
    pub(super) fn choose_this(&self, about: &About) -> t::Act {
        let words = &self.words.about;
        let label = if about.picked { &words.drop } else { &words.choose };
        act(Intent::Matter(about.matter.clone()), label.plain(), true)
    }

    /// How long by law, by whom, where.
    fn facts(&self, about: &About) -> Vec<SharedString> {
        let words = &self.words.about;
        let department =
            about.department.as_ref().map(|d| words.department.with(&[("department", &self.label(d))]));
        let place = about
            .window
            .as_ref()
            .map(|(area, counters)| words.place.with(&[("area", &self.label(area)), ("counters", counters)]));
        let facts = [Some(words.legal.of(about.legal.0)), department, place];
        facts.into_iter().flatten().filter(|fact| !fact.is_empty()).map(SharedString::from).collect()
    }

    /// A heading and what it names, in one sentence; nothing if that is nothing.
    fn named(&self, title: String, labels: &[Label]) -> Option<t::AboutRow> {
        let names: Vec<&str> = labels.iter().map(|label| self.label(label)).collect();
        let all = names.join(self.words.frame.between.plain());
        (!labels.is_empty()).then(|| t::AboutRow { detail: all.into(), ..heading(title) })
    }

    fn need(&self, need: &NeedShown) -> t::AboutRow {
        let words = &self.words.materials;
        let form = if need.original { &words.original } else { &words.copy };
        let optional = need.optional.then(|| self.words.about.optional.plain().to_owned());
        let details = [Some(form.plain().to_owned()), Some(words.pages.of(need.pages)), optional];
        let details: Vec<String> = details.into_iter().flatten().filter(|d| !d.is_empty()).collect();
        t::AboutRow {
            heading: false,
            name: self.label(&need.name).into(),
            detail: details.join(" · ").into(),
        }
    }
}

fn heading(title: String) -> t::AboutRow {
    t::AboutRow { heading: true, name: title.into(), ..Default::default() }
}
