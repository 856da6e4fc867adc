//! Nobody is served here, and why: for visitors where to go, for the hall what to do.

use super::{Voice, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::screen::Closed;

impl Voice<'_> {
    /// Looks as what is wrong does elsewhere.
    pub(super) fn closed(&self, closed: &Closed) -> t::ServiceWords {
        let words = &self.words.closed;
        let lines = |why: &[String]| why.iter().map(SharedString::from).collect::<Vec<_>>();
        let (said, below, lines) = match closed {
            Closed::Starting => {
                return t::ServiceWords {
                    title: words.starting.plain().into(),
                    fault: note(&words.moment, false),
                    ..Default::default()
                };
            }
            Closed::NotSetUp { fingerprint, asked, trouble } => {
                let said = if *asked { &words.asked } else { &words.not_set_up };
                let fingerprint = Some(fingerprint.join("  ")).filter(|line| !line.is_empty());
                let told = fingerprint.iter().map(SharedString::from).chain(lines(trouble)).collect();
                (said, &words.fingerprint, told)
            }
            Closed::Broken { why } => (&words.broken, &words.why, lines(why)),
            Closed::Stuck { why } => (&words.stuck, &words.why, lines(why)),
            Closed::Insecure => (&words.insecure, &words.why, Vec::new()),
            Closed::Sealed { why } => (&words.sealed, &words.why, lines(why)),
        };
        t::ServiceWords {
            title: words.title.plain().into(),
            fault: note(&said.told, !matches!(closed, Closed::NotSetUp { .. })),
            steps_title: self.words.service.steps.plain().into(),
            steps: model(
                (1..).zip(&said.steps).map(|(at, step)| slint::format!("{at}. {}", step.plain())).collect(),
            ),
            meanwhile_title: if lines.is_empty() { SharedString::default() } else { below.plain().into() },
            meanwhile: model(lines),
            ..Default::default()
        }
    }
}
