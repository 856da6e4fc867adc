//! Everything that can be tried without anybody, one after the other: at night, and when a command asks for it.

use super::Technician;
use crate::chronicle::came;
use log_book::Event as Happened;
use log_book::field::{Asker, Millis, Word};
use metrics_page::SelfTest;
use std::sync::Arc;
use std::time::{Duration, Instant};
use visit::fault::Device;
use visit::technician::{Failure, Outcome, Test, Tried};

/// At night it begins at this hour of the hall's day: nobody is there, and the line is idle.
const HOUR: i8 = 3;
/// All of it takes no longer: who waits for it waits at most two minutes.
const LONGEST: Duration = Duration::from_secs(115);
/// How often is looked whether it is night.
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl Technician {
    /// Tries all that needs nobody, and keeps what came of it as the last self-test.
    pub async fn test_itself(&self, by: Asker) -> Vec<Tried> {
        let begun = Instant::now();
        let automatic: Vec<Test> = Test::ALL.iter().copied().filter(|test| test.is_automatic()).collect();
        let all = self.test_these(&automatic, by).await;
        // A device that does nothing is none that is ready, though nobody is there to try it.
        let down = Device::ALL.iter().filter(|device| !self.bus.status(**device).works()).count();
        let failed = all.iter().filter(|tried| !matches!(tried.outcome, Outcome::Passed(_))).count();
        let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let (passed, failed) = (count(all.len() - failed), count(failed + down));
        self.bus.log(Happened::SelfTestDone { passed, failed, took: Millis::from(begun.elapsed()), by });
        let at = self.clock.timestamp().as_second();
        self.found.send_modify(|found| found.self_test = Some(SelfTest { at, passed, failed }));
        all
    }

    /// Tries these, one after the other; each is bounded, and so are all of them together.
    pub async fn test_these(&self, tests: &[Test], by: Asker) -> Vec<Tried> {
        let begun = Instant::now();
        let mut all = Vec::new();
        for test in tests.iter().copied() {
            let since = Instant::now();
            let patience = test.patience().min(LONGEST.saturating_sub(begun.elapsed()));
            let outcome = match tokio::time::timeout(patience, self.try_by_itself(test)).await {
                Ok(Some(outcome)) => outcome,
                Ok(None) => continue,
                Err(_) => Outcome::Failed(Failure::Silent),
            };
            let took = since.elapsed();
            let (word, was) = (Word::of(test.key()), came(&outcome));
            self.bus.log(Happened::TestDone { test: word, outcome: was, took: took.into(), by });
            all.push(Tried { test, outcome, took });
        }
        all
    }

    /// Once a night.
    pub(super) async fn test_nightly(self: Arc<Self>) {
        let mut done = None;
        loop {
            let now = self.clock.now().wall;
            if now.hour() == HOUR && done != Some(now.date()) {
                done = Some(now.date());
                self.test_itself(Asker::Night).await;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
