//! What for? The list of matters.

use super::{Voice, act, clock, model, note, note_with};
use crate::toolkit as t;
use visit::catalogue::{Label, Theme};
use visit::intent::{Intent, Tab};
use visit::screen::{
    ApplicantShown, Choose, Folder, MatterBy, MatterFull, MatterShown, OptionShown, Purpose, Refusal, Who,
};

/// The line of picked matters, in columns.
const PICKED: usize = 40;
/// So many lists stand in one line with the search.
const ONE_LINE: usize = 3;

impl Voice<'_> {
    pub(super) fn choose(&self, choose: &Choose) -> t::ChooseWords {
        let words = &self.words.choose;
        let title = match choose.purpose {
            Purpose::Papers => &words.papers,
            Purpose::Number | Purpose::Relative => &words.number,
        };
        let (tabs, more_tabs) = self.tabs(choose);
        let folders = choose.folders.iter().map(|folder| self.folder(folder));
        let cancel = choose.open_number.map(|_| act(Intent::CancelVisit, words.cancel.plain(), true));
        t::ChooseWords {
            title: title.plain().into(),
            search: act(Intent::Search, words.search.plain(), true),
            who: self.who(&choose.who).into(),
            note: self.choose_note(choose),
            cancel: cancel.unwrap_or_default(),
            tabs: model(tabs),
            more_tabs: model(more_tabs),
            whose: choose.whose.as_ref().map(|whose| self.label(whose)).unwrap_or_default().into(),
            rows: model(folders.chain(choose.matters.iter().flat_map(|m| self.matter(m))).collect()),
            pager: self.pager(choose.page, choose.pages),
            whom: words.whom.plain().into(),
            fors: model(self.fors(&choose.who.applicant)),
            picked: self.picked(&choose.picked).into(),
        }
    }

    /// What is picked so far.
    pub(super) fn picked(&self, picked: &[Label]) -> String {
        let words = &self.words.choose;
        match picked {
            [] => words.picked_none.plain().to_owned(),
            some => words.picked.with(&[("list", &self.list(some, PICKED))]),
        }
    }

    /// `张*（证件尾号 002X）`, and for whom if it is not the visitor.
    pub(super) fn who(&self, who: &Who) -> String {
        let words = &self.words.choose;
        let mut text = if who.name.is_empty() && who.tail.is_empty() {
            words.nobody.plain().to_owned()
        } else {
            words.who.with(&[("name", &who.name), ("tail", &who.tail)])
        };
        let applicant = match &who.applicant {
            ApplicantShown::Oneself => return text,
            ApplicantShown::Company(code) => words.company_code.with(&[("code", code)]),
            ApplicantShown::Relative(name) => words.relative_name.with(&[("name", name)]),
        };
        text.push_str(" → ");
        text.push_str(&applicant);
        text
    }

    fn choose_note(&self, choose: &Choose) -> t::Note {
        let words = &self.words.choose;
        match (choose.refused, choose.open_number) {
            (Some(Refusal::Closed(why)), _) => self.no_numbers(why),
            (Some(Refusal::Full), _) => note(&self.words.refusal.full, true),
            (Some(Refusal::Ledger), _) => note(&self.words.refusal.ledger, true),
            (None, Some(number)) => note_with(&words.open_number, false, &[("number", &number)]),
            (None, None) => t::Note::default(),
        }
    }

    /// The lists, in two lines where one does not hold them beside the search.
    fn tabs(&self, choose: &Choose) -> (Vec<t::Choice>, Vec<t::Choice>) {
        let words = &self.words.choose;
        let toggle = |tab: &Tab| {
            let name = match tab {
                Tab::Packages => &words.packages,
                Tab::Popular => &words.popular,
                Tab::Items(Theme::Business) => &words.business,
                Tab::Items(Theme::Personal) => &words.personal,
                Tab::Groups | Tab::Group(_) => &words.groups,
                Tab::Departments | Tab::Department(_) => &words.departments,
            };
            let chosen = match &choose.tab {
                Tab::Group(_) => *tab == Tab::Groups,
                Tab::Department(_) => *tab == Tab::Departments,
                other => tab == other,
            };
            t::Choice { act: act(Intent::Tab(tab.clone()), name.plain(), true), chosen }
        };
        let mut tabs: Vec<t::Choice> = choose.tabs.iter().map(toggle).collect();
        let more =
            if tabs.len() > ONE_LINE { tabs.split_off((tabs.len() + 1).div_ceil(2)) } else { Vec::new() };
        (tabs, more)
    }

    /// A group of people or a department, which opens a list.
    fn folder(&self, folder: &Folder) -> t::MatterRow {
        let name = self.label(&folder.name);
        t::MatterRow {
            act: act(Intent::Tab(folder.tab.clone()), name, true),
            folder: true,
            name: name.into(),
            by: self.words.choose.matters.of(folder.count).into(),
            ..Default::default()
        }
    }

    fn fors(&self, applicant: &ApplicantShown) -> Vec<t::Choice> {
        let words = &self.words.choose;
        [
            (Intent::ForOneself, &words.oneself, matches!(applicant, ApplicantShown::Oneself)),
            (Intent::ForCompany, &words.company, matches!(applicant, ApplicantShown::Company(_))),
            (Intent::ForRelative, &words.relative, matches!(applicant, ApplicantShown::Relative(_))),
        ]
        .into_iter()
        .map(|(intent, name, chosen)| t::Choice { act: act(intent, name.plain(), true), chosen })
        .collect()
    }

    /// A matter's row, followed by the rows of its options.
    pub(super) fn matter(&self, matter: &MatterShown) -> Vec<t::MatterRow> {
        let words = &self.words.choose;
        let name = self.label(&matter.name);
        let by = match (matter.full, &matter.by) {
            (Some(MatterFull::Until(None)), _) => words.full.plain().to_owned(),
            (Some(MatterFull::Until(Some(time))), _) => words.full_until.with(&[("time", &clock(time))]),
            (None, MatterBy::Items(count)) => words.items.of(*count),
            (None, MatterBy::Department(department, legal, promised)) => {
                let days = words.days.with(promised.0, &[("legal", &legal.0)]);
                words.department.with(&[("department", &self.label(department)), ("days", &days)])
            }
        };
        // Whoever wants it plain reads names alone, and what stands in the way.
        let by = if self.plain && matter.full.is_none() { String::new() } else { by };
        let about = if self.plain {
            t::Act::default()
        } else {
            act(Intent::About(matter.matter.clone()), words.about_of.with(&[("name", &name)]), true)
        };
        let mut rows = vec![t::MatterRow {
            act: act(Intent::Matter(matter.matter.clone()), name, true),
            about,
            about_word: words.about.plain().into(),
            option: false,
            folder: false,
            picked: matter.picked,
            name: name.into(),
            by: by.into(),
            full: matter.full.is_some(),
        }];
        rows.extend(matter.options.iter().map(|option| self.option(option)));
        rows
    }

    fn option(&self, option: &OptionShown) -> t::MatterRow {
        let name = self.label(&option.name);
        t::MatterRow {
            act: act(Intent::Option(option.package.clone(), option.item.clone()), name, true),
            option: true,
            picked: option.ticked,
            name: name.into(),
            ..Default::default()
        }
    }
}
