//! Looking at pages.

use super::{Voice, act, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::intent::Intent;
use visit::screen::{PageWarning, Review, ReviewAsk};

/// Whether pages seem to be missing.
fn has_fewer(review: &Review) -> bool {
    review.pages < usize::from(review.expected)
}

impl Voice<'_> {
    pub(super) fn review(&self, review: &Review) -> t::ReviewWords {
        let words = &self.words.review;
        let many = review.pages > 1;
        let there = |intent: Intent, label: &crate::words::Text, is: bool| {
            if is { act(intent, label.plain(), true) } else { t::Act::default() }
        };
        let move_to = |intent: Intent, label: &crate::words::Text, can: bool| {
            if many { act(intent, label.plain(), can) } else { t::Act::default() }
        };
        let (ask, keep, lose) = self.asking(review);
        let free = review.asking.is_none();
        t::ReviewWords {
            title: words.title.plain().into(),
            text: self.pages_told(review).into(),
            pager: if many && free { self.preview_pager(review) } else { t::Pager::default() },
            notes: model(self.review_notes(review)),
            page_again: there(
                Intent::PageAgain,
                &words.page_again,
                free || review.asking == Some(ReviewAsk::Blank),
            ),
            rotate: there(Intent::PageRotate, &words.rotate, free),
            remove: there(Intent::PageRemove, &words.remove, free && many),
            earlier: move_to(Intent::PageEarlier, &words.earlier, free && review.page > 1),
            later: move_to(Intent::PageLater, &words.later, free && review.page < review.pages),
            again: there(Intent::ScanAgain, &words.again, free && many),
            add: there(Intent::ScanAdd, &words.add, free),
            ask,
            keep,
            lose,
        }
    }

    /// How many pages there are, how many are usual, and which to look at.
    fn pages_told(&self, review: &Review) -> String {
        let words = &self.words.review;
        let mut text = format!("{}{}", self.label(&review.material), self.words.frame.between.plain());
        text.push_str(&words.pages.of(review.pages));
        if !has_fewer(review) {
            text.push_str(&words.expected.of(review.expected));
        }
        let others: Vec<_> = review.doubtful.iter().filter(|page| **page != review.page).collect();
        if !others.is_empty() {
            let pages: Vec<_> = others.iter().map(ToString::to_string).collect();
            text.push_str(self.stop());
            text.push_str(&words.doubtful.with(&[("pages", &pages.join(self.words.frame.between.plain()))]));
        }
        text
    }

    fn review_notes(&self, review: &Review) -> Vec<t::Note> {
        // A blank page is asked about where it stands; that says enough.
        let asked = |w: &&PageWarning| review.asking != Some(ReviewAsk::Blank) || **w != PageWarning::Blank;
        let warnings = review.warnings.iter().filter(asked).map(|w| self.page_warning(*w));
        let problem = review.problem.map(|p| self.scan_problem(p, review.pages));
        let fewer = (has_fewer(review) && review.asking.is_none()).then(|| {
            let told = &self.words.review.fewer;
            let title = told.title.with(&[("count", &review.pages), ("expected", &review.expected)]);
            t::Note { problem: false, title: title.into(), text: told.text.plain().into() }
        });
        let mut notes: Vec<t::Note> = problem.into_iter().chain(warnings).chain(fewer).collect();
        // The page itself needs the room: only the first note says what to do.
        for note in notes.iter_mut().skip(1) {
            note.text = SharedString::default();
        }
        notes
    }

    fn preview_pager(&self, review: &Review) -> t::Pager {
        let words = &self.words.review;
        t::Pager {
            previous: act(Intent::PreviewPrevious, words.previous.plain(), review.page > 1),
            next: act(Intent::PreviewNext, words.next.plain(), review.page < review.pages),
            text: words.page.with(&[("page", &review.page), ("pages", &review.pages)]).into(),
        }
    }

    /// What is asked, the answer that keeps pages, and the one that loses some.
    fn asking(&self, review: &Review) -> (t::Note, t::Act, t::Act) {
        let words = &self.words.review_ask;
        let Some(ask) = review.asking else { return Default::default() };
        let yes = |text: &crate::words::Text| act(Intent::AnswerYes, text.plain(), true);
        let no = |text: &crate::words::Text| act(Intent::AnswerNo, text.plain(), true);
        let (told, keep, lose) = match ask {
            ReviewAsk::Blank => (&words.blank, yes(&words.blank_yes), no(&words.blank_no)),
            ReviewAsk::Remove => (&words.remove, no(&words.no), yes(&words.remove_yes)),
            ReviewAsk::AllAgain => (&words.all_again, no(&words.no), yes(&words.all_again_yes)),
            ReviewAsk::Leave => (&words.leave, no(&words.no), yes(&words.leave_yes)),
        };
        let told = t::Note {
            problem: true,
            title: told.title.with(&[("page", &review.page)]).into(),
            text: told.text.with(&[("pages", &review.pages)]).into(),
        };
        (told, keep, lose)
    }

    fn page_warning(&self, warning: PageWarning) -> t::Note {
        let words = &self.words.page_warning;
        let told = match warning {
            PageWarning::Blank => &words.blank,
            PageWarning::TooDark => &words.too_dark,
            PageWarning::Blurred => &words.blurred,
            PageWarning::CutOff => &words.cut_off,
            PageWarning::Folded => &words.folded,
        };
        note(told, true)
    }
}
