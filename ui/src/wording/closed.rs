//! Nobody is served here, and why: for visitors where to go, for the hall what to do.

use super::{Voice, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::screen::Closed;

impl Voice<'_> {
    /// Looks as what is wrong does elsewhere.
    pub(super) fn closed(&self, closed: &Closed) -> t::ServiceWords {
        let words = &self.words.closed;
        let said = match closed {
            Closed::NotSetUp { asked: false, .. } => &words.not_set_up,
            Closed::NotSetUp { asked: true, .. } => &words.asked,
            Closed::Broken { .. } => &words.broken,
            Closed::Sealed { .. } => &words.sealed,
        };
        let (below, lines): (_, Vec<SharedString>) = match closed {
            Closed::NotSetUp { fingerprint, trouble, .. } => {
                let fingerprint = Some(fingerprint.join("  ")).filter(|line| !line.is_empty());
                (&words.fingerprint, fingerprint.iter().chain(trouble).map(SharedString::from).collect())
            }
            Closed::Broken { why } | Closed::Sealed { why } => {
                (&words.why, why.iter().map(SharedString::from).collect())
            }
        };
        t::ServiceWords {
            title: words.title.plain().into(),
            fault: note(&said.told, matches!(closed, Closed::Broken { .. } | Closed::Sealed { .. })),
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
