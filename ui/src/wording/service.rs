//! What is wrong, for whoever mends it.

use super::{Voice, model, note};
use crate::toolkit as t;
use slint::SharedString;
use visit::fault::{Fault, Still};
use visit::screen::Service;

impl Voice<'_> {
    pub(super) fn service(&self, service: &Service) -> t::ServiceWords {
        let words = &self.words.service;
        let title = words.title.plain().into();
        let Some(fault) = service.fault else {
            return t::ServiceWords { title, fault: note(&words.none, false), ..Default::default() };
        };
        t::ServiceWords {
            title,
            fault: self.coded(fault),
            steps_title: words.steps.plain().into(),
            steps: model(self.steps(fault)),
            meanwhile_title: words.meanwhile.plain().into(),
            meanwhile: model(fault.meanwhile().iter().map(|still| self.still(*still)).collect()),
            left: match service.tickets_left {
                Some(left) if fault == Fault::PaperLow => self.words.frame.tickets_left.of(left).into(),
                _ => SharedString::default(),
            },
            pager: self.pager(service.at, service.count),
        }
    }

    /// A fault with its code; what the visitor is told of it stands below.
    fn coded(&self, fault: Fault) -> t::Note {
        let told = self.fault(fault);
        let title = self.words.service.fault.with(&[("code", &fault.code()), ("title", &told.title)]);
        t::Note { title: title.into(), ..told }
    }

    fn steps(&self, fault: Fault) -> Vec<SharedString> {
        let steps = self.words.fault(fault).map_or(&[][..], |said| said.steps.as_slice());
        (1..).zip(steps).map(|(at, step)| slint::format!("{at}. {}", step.plain())).collect()
    }

    fn still(&self, still: Still) -> SharedString {
        self.words.still(still).map(|text| text.plain().into()).unwrap_or_default()
    }
}
