//! Laying paper in, pages coming.

use super::{Voice, act, note, note_with};
use crate::toolkit as t;
use visit::fault::{Device, Fault};
use visit::intent::{Intent, Source};
use visit::screen::{FeederAsk, ScanProblem, ScanReady, Scanning, SentBack};

impl Voice<'_> {
    pub(super) fn scan(&self, scan: &ScanReady) -> t::ScanWords {
        let (words, asked) = (&self.words.scan, &self.words.scan_ask);
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
            // What is asked comes first.
            Some(problem) if scan.asking.is_none() => {
                // One page in place of another goes on with nothing.
                let kept = if scan.again.is_some() { 0 } else { scan.have };
                self.scan_problem(problem, kept)
            }
            Some(_) | None => t::Note::default(),
        };
        t::ScanWords {
            title: words.title.with(&[("material", &self.label(&scan.material))]).into(),
            text: words.expected.of(scan.expected).into(),
            feeder: choice(Source::Feeder, &words.feeder),
            flatbed: choice(Source::Flatbed, &words.flatbed),
            feeder_text: words.feeder_text.plain().into(),
            flatbed_text: words.flatbed_text.plain().into(),
            how: how.plain().into(),
            have: match scan.again {
                Some(page) => words.again.with(&[("page", &page)]),
                None => words.have.of(scan.have),
            }
            .into(),
            example: scan.example.as_ref().map(|_| words.example.plain()).unwrap_or_default().into(),
            absent: if scan.optional && scan.asking.is_none() {
                act(Intent::NotApplicable, words.not_applicable.plain(), true)
            } else {
                t::Act::default()
            },
            // One message at a time: what went wrong just now comes first.
            sent_back: match &scan.sent_back {
                Some(SentBack { state, note }) if problem.title.is_empty() && scan.asking.is_none() => {
                    self.sent_back(*state, note.as_deref())
                }
                Some(_) | None => t::Note::default(),
            },
            problem,
            ask: match scan.asking {
                None => t::Note::default(),
                Some(FeederAsk::Whose) => note(&asked.whose, true),
                Some(FeederAsk::TakeOut) => note(&asked.take_out, true),
            },
            not_mine: match scan.asking {
                Some(FeederAsk::Whose) => act(Intent::AnswerNo, asked.not_mine.plain(), true),
                Some(FeederAsk::TakeOut) | None => t::Act::default(),
            },
            // Whoever finds out that it is his after all can still say so.
            mine: match scan.asking {
                Some(_) => act(Intent::AnswerYes, asked.mine.plain(), scan.scanner),
                None => t::Act::default(),
            },
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

    /// Why a scan ended early; with pages kept from before, that is said too, and after which of them
    /// to go on.
    pub(super) fn scan_problem(&self, problem: ScanProblem, kept: usize) -> t::Note {
        let words = &self.words.scan_problem;
        let mut told = match problem {
            ScanProblem::FeederEmpty => note(&words.feeder_empty, true),
            ScanProblem::Fault(fault) => self.fault(fault),
            ScanProblem::BadPage => note(&words.bad_page, true),
            ScanProblem::TooManyPages => note(&words.too_many, true),
            ScanProblem::Over => note(&words.over, false),
            // The pages are as they were; nothing is to be gone on with.
            ScanProblem::OnlyOne => return note(&words.only_one, false),
            // Nothing is broken that would have to be waited for.
            ScanProblem::Stopped => return note(&words.stopped, false),
            ScanProblem::NotReplaced => return note(&words.not_replaced, false),
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
}
