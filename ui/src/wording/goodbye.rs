//! Goodbye.

use super::{Voice, note};
use crate::toolkit as t;
use visit::number::NumberLife;
use visit::screen::{CardReminder, Goodbye};

/// How many columns the list of what is to be brought to the window may take: two lines of the usual letters.
const BROUGHT: usize = 56;

impl Voice<'_> {
    pub(super) fn goodbye(&self, goodbye: &Goodbye) -> t::GoodbyeWords {
        let words = &self.words.goodbye;
        let papers = goodbye.papers.filter(|p| p.received + p.stored + p.returned > 0);
        let wanted = papers.is_some_and(|p| p.returned + p.missing + p.unknown > 0);
        let called = goodbye.number.is_some() && goodbye.life == NumberLife::Called;
        let missed = goodbye.number.is_some() && goodbye.life == NumberLife::NoShow;
        // Whoever came for papers has not come in vain.
        let in_vain = goodbye.unnumbered && !goodbye.originals;
        // What does not wait comes first; all else stands below as well.
        let title = if called {
            &words.title_called
        } else if missed {
            &words.title_missed
        } else if goodbye.dropped {
            &words.title_dropped
        } else if goodbye.cancelled {
            &words.title_cancelled
        } else if goodbye.number.is_some() && !goodbye.originals {
            // Whoever scanned papers is told of these; his number stands below.
            &words.title_number
        } else if in_vain {
            &words.title_unnumbered
        } else if wanted {
            &words.title_wanted
        } else if papers.is_some() {
            &words.title_papers
        } else if goodbye.number.is_some() {
            &words.title_number
        } else {
            &words.title_plain
        };
        let number_text = match (goodbye.cancelled, goodbye.number) {
            (true, _) => words.again.plain(),
            (false, Some(_)) => words.number.plain(),
            (false, None) => "",
        };
        let told = papers.map(|p| {
            [
                words.received.of(p.received),
                words.stored.of(p.stored),
                words.returned.of(p.returned),
                words.missing.of(p.missing),
                words.unknown.of(p.unknown),
            ]
        });
        let unnumbered = goodbye.unnumbered.then(|| words.unnumbered.plain().to_owned());
        let dropped = goodbye.dropped.then(|| words.dropped.plain().to_owned());
        let bring = words.bring.with(goodbye.bring.len(), &[("list", &self.list(&goodbye.bring, BROUGHT))]);
        // What lies in the feeder has a note of its own.
        let originals = (goodbye.originals && !goodbye.feeder).then(|| words.originals.plain().to_owned());
        let told =
            told.into_iter().flatten().chain([bring]).chain(unnumbered).chain(dropped).chain(originals);
        let told: Vec<String> = told.filter(|s| !s.is_empty()).collect();
        let number = goodbye.number.filter(|_| !goodbye.cancelled);
        t::GoodbyeWords {
            title: title.plain().into(),
            done: !(goodbye.dropped || wanted || missed || in_vain),
            number: number.map(|n| n.to_string()).unwrap_or_default().into(),
            number_text: number_text.into(),
            papers: told.join("\n").into(),
            feeder: if goodbye.feeder { note(&words.feeder, true) } else { t::Note::default() },
            card: match goodbye.card {
                CardReminder::Taken => t::Note::default(),
                CardReminder::Present => note(&words.card, true),
                CardReminder::Unknown => note(&words.card_perhaps, false),
            },
        }
    }
}
