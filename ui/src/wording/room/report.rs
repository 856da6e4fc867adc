//! What the test ticket and the readiness report say.

use crate::toolkit as t;
use crate::wording::{Voice, act, model, note};
use slint::SharedString;
use visit::fault::Device;
use visit::intent::Intent;
use visit::screen::{ReportShown, ReportTaken};
use visit::technician::{Finding, Grade, Looped, Verdict, When};

impl Voice<'_> {
    /// What the test ticket says of both machines, and how long they will do.
    pub(super) fn looped(&self, looped: Option<&Looped>) -> t::RoomWords {
        let words = &self.words.room;
        let title = words.looped.plain().into();
        let Some(looped) = looped else {
            return t::RoomWords { title, text: words.looped_none.plain().into(), ..Default::default() };
        };
        let machine = |device, verdict: &Verdict| {
            slint::format!("{}{}{}", self.words.device(device), self.stop(), self.grade(verdict.grade))
        };
        let mut facts =
            vec![machine(Device::Printer, &looped.printer), machine(Device::Scanner, &looped.scanner)];
        let said = [&looped.printer, &looped.scanner];
        let findings = said.into_iter().flat_map(|verdict| &verdict.findings);
        facts.extend(findings.map(|(_, finding)| SharedString::from(self.finding(*finding))));
        facts.extend(self.forecasts(looped).map(SharedString::from));
        t::RoomWords {
            title,
            text: words.looped_text.plain().into(),
            facts: model(facts),
            ..Default::default()
        }
    }

    /// How long the print head and the paper will do.
    fn forecasts(&self, looped: &Looped) -> [String; 2] {
        let words = &self.words.looped;
        [(&words.head, looped.head), (&words.density, looped.density)]
            .map(|(what, when)| format!("{}{}{}", what.plain(), self.stop(), self.when(when)))
    }

    /// The same in one line.
    pub(crate) fn forecast(&self, looped: &Looped) -> String {
        self.forecasts(looped).join(self.words.frame.between.plain())
    }

    /// Whether the kiosk is ready, with the code that proves it.
    pub(super) fn report(&self, report: Option<&ReportShown>) -> t::RoomWords {
        let words = &self.words.room;
        let title = words.report.plain().into();
        let Some(report) = report else {
            return t::RoomWords { title, text: words.report_making.plain().into(), ..Default::default() };
        };
        let verdict = match report.ready {
            Some(true) if report.remarks > 0 => {
                let title = words.ready_but.of(report.remarks).into();
                t::Note { title, ..note(&words.ready, false) }
            }
            Some(true) => note(&words.ready, false),
            Some(false) => {
                let title = words.not_ready.of(report.hindrances).into();
                t::Note { title, ..note(&words.ready, true) }
            }
            None => note(&words.report_failed, true),
        };
        let verdict = if report.ready == Some(false) {
            t::Note { text: SharedString::default(), ..verdict }
        } else {
            verdict
        };
        let made = report.ready.is_some();
        t::RoomWords {
            title,
            text: words.report_text.plain().into(),
            note: verdict,
            facts: model(report.taken.map(|taken| self.taken(taken).into()).into_iter().collect()),
            pictured: made,
            acts: model(vec![act(Intent::ReportStick, words.to_stick.plain(), made)]),
            ..Default::default()
        }
    }

    fn taken(&self, taken: ReportTaken) -> &str {
        let words = &self.words.report;
        match taken {
            ReportTaken::Printing => words.printing.plain(),
            ReportTaken::Printed => words.printed.plain(),
            ReportTaken::Unknown => words.not_known.plain(),
            ReportTaken::NotPrinted => words.not_printed.plain(),
            ReportTaken::OnStick => words.on_stick.plain(),
            ReportTaken::NoStick => words.no_stick.plain(),
            ReportTaken::StickNotAllowed => words.stick_not_allowed.plain(),
            ReportTaken::StickFailed => words.stick_failed.plain(),
        }
    }

    fn grade(&self, grade: Grade) -> &str {
        let words = &self.words.looped;
        match grade {
            Grade::Good => words.good.plain(),
            Grade::Watch => words.watch.plain(),
            Grade::Bad => words.bad.plain(),
        }
    }

    fn when(&self, when: When) -> String {
        let words = &self.words.looped;
        match when {
            When::Unknown => words.unknown.plain().to_owned(),
            When::NotSoon => words.not_soon.plain().to_owned(),
            When::InDays(days) => words.days.of(days),
            When::Now => words.now.plain().to_owned(),
        }
    }

    fn finding(&self, finding: Finding) -> String {
        let Some(words) = self.words.finding(finding) else { return finding.key().to_owned() };
        match finding {
            Finding::HeadDots(count, at) => words.with(&[("count", &count), ("at", &at)]),
            Finding::Faded(count)
            | Finding::LinesMissing(count)
            | Finding::ScannerStripe(count)
            | Finding::ScannerDirt(count) => words.with(&[("count", &count)]),
            Finding::FeedLong(tenths)
            | Finding::FeedShort(tenths)
            | Finding::CutSkewed(tenths)
            | Finding::ScannerScale(tenths)
            | Finding::ScannerShear(tenths) => {
                words.with(&[("count", &format!("{}.{}", tenths / 10, tenths % 10))])
            }
            Finding::LowDensity
            | Finding::FeedUneven
            | Finding::CodeUnreadable
            | Finding::NumberUnreadable => words.plain().to_owned(),
        }
    }
}
