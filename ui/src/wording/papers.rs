//! Laying paper in, pages coming, looking at them.

use super::{Voice, act, model, note, note_with};
use crate::toolkit as t;
use slint::SharedString;
use visit::fault::{Device, Fault};
use visit::intent::{Intent, Source};
use visit::screen::{PageWarning, Review, ScanProblem, ScanReady, Scanning};

impl Voice<'_> {
    pub(super) fn scan(&self, scan: &ScanReady) -> t::ScanWords {
        let words = &self.words.scan;
        let choice = |source: Source, name: &crate::words::Text| t::Choice {
            act: act(Intent::Source(source), name.plain(), true),
            chosen: scan.source == source,
        };
        let how = match scan.source {
            Source::Feeder => &words.feeder_how,
            Source::Flatbed => &words.flatbed_how,
        };
        let problem = match scan.problem {
            _ if !scan.scanner => self.fault(self.worst(Device::Scanner).unwrap_or(Fault::ScannerService)),
            None => t::Note::default(),
            Some(problem) => self.scan_problem(problem, scan.have),
        };
        t::ScanWords {
            title: words.title.with(&[("material", &self.label(&scan.material))]).into(),
            text: words.expected.of(scan.expected).into(),
            feeder: choice(Source::Feeder, &words.feeder),
            flatbed: choice(Source::Flatbed, &words.flatbed),
            feeder_text: words.feeder_text.plain().into(),
            flatbed_text: words.flatbed_text.plain().into(),
            how: how.plain().into(),
            have: words.have.of(scan.have).into(),
            problem,
        }
    }

    pub(super) fn scanning(&self, scanning: &Scanning) -> t::ScanningWords {
        let words = &self.words.scanning;
        let text = match scanning.arriving {
            0 => words.text.plain().to_owned(),
            bytes => words.arriving.with(&[("size", &bytes.div_ceil(1024))]),
        };
        t::ScanningWords {
            title: words.title.with(&[("material", &self.label(&scanning.material))]).into(),
            count: words.count.of(scanning.stored).into(),
            text: text.into(),
            stop: act(Intent::ScanStop, words.stop.plain(), true),
        }
    }

    pub(super) fn review(&self, review: &Review) -> t::ReviewWords {
        let words = &self.words.review;
        let mut text = format!("{}{}", self.label(&review.material), self.words.frame.between.plain());
        text.push_str(&words.pages.of(review.pages));
        text.push_str(&words.expected.of(review.expected));
        let warnings = review.warnings.iter().map(|w| self.page_warning(*w));
        let problem = review.problem.map(|p| self.scan_problem(p, review.pages));
        let mut notes: Vec<t::Note> = problem.into_iter().chain(warnings).collect();
        // The page itself needs the room: only the first note says what to do.
        for note in notes.iter_mut().skip(1) {
            note.text = SharedString::default();
        }
        let pager = if review.pages <= 1 {
            t::Pager::default()
        } else {
            t::Pager {
                previous: act(Intent::PreviewPrevious, words.previous.plain(), review.page > 1),
                next: act(Intent::PreviewNext, words.next.plain(), review.page < review.pages),
                text: words.page.with(&[("page", &review.page), ("pages", &review.pages)]).into(),
            }
        };
        t::ReviewWords {
            title: words.title.plain().into(),
            text: text.into(),
            pager,
            notes: model(notes),
            again: act(Intent::ScanAgain, words.again.plain(), true),
            add: act(Intent::ScanAdd, words.add.plain(), true),
        }
    }

    /// Why a scan ended early; with pages kept from before, that is said too, and after which of them
    /// to go on.
    fn scan_problem(&self, problem: ScanProblem, kept: usize) -> t::Note {
        let words = &self.words.scan_problem;
        let mut told = match problem {
            ScanProblem::FeederEmpty => note(&words.feeder_empty, true),
            ScanProblem::Fault(fault) => self.fault(fault),
            ScanProblem::BadPage => note(&words.bad_page, true),
            ScanProblem::TooManyPages => note(&words.too_many, true),
            ScanProblem::Over => note(&words.over, false),
            ScanProblem::PagesMissing { fed, stored } => {
                note_with(&words.pages_missing, true, &[("fed", &fed), ("stored", &stored)])
            }
        };
        if kept > 0 {
            let kept = if problem.may_go_on() {
                words.go_on.with(&[("page", &kept), ("next", &(kept + 1))])
            } else {
                words.kept.plain().to_owned()
            };
            told.text = slint::format!("{}{}{kept}", told.text, self.stop());
        }
        told
    }

    fn page_warning(&self, warning: PageWarning) -> t::Note {
        let words = &self.words.page_warning;
        match warning {
            PageWarning::Blank => note(&words.blank, true),
            PageWarning::TooDark => note(&words.too_dark, true),
        }
    }
}
