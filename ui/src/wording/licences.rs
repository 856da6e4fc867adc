//! May the licence stores be asked?

use super::{Voice, model};
use crate::toolkit as t;
use visit::screen::{ApplicantShown, LicencesAsk};

/// Columns that the names of the matters may take.
const MATTERS: usize = 60;

impl Voice<'_> {
    pub(super) fn licences(&self, ask: &LicencesAsk) -> t::LicencesWords {
        let words = &self.words.licences;
        let whose = match &ask.who.applicant {
            ApplicantShown::Oneself => &words.own,
            ApplicantShown::Company(_) => &words.company,
            ApplicantShown::Relative(_) => &words.relative,
        };
        let matters = self.list(&ask.matters, MATTERS);
        let names = ask.materials.iter().map(|name| self.label(name).into()).collect();
        t::LicencesWords {
            title: words.title.plain().into(),
            who: self.who(&ask.who).into(),
            texts: model(vec![
                words.what.with(&[("whose", &whose.plain())]).into(),
                words.why.with(&[("matters", &matters)]).into(),
            ]),
            which: words.which.of(ask.materials.len()).into(),
            materials: model(names),
        }
    }
}
