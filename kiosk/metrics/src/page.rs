//! The facts as OpenMetrics 1.0 text.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::facts::Facts;

impl Facts {
    /// A page of OpenMetrics 1.0 text, to be scraped.
    pub fn open_metrics(&self) -> String {
        let mut registry = Registry::with_prefix("onedoor");
        registry.register_collector(Box::new(self.clone()));
        let mut page = String::with_capacity(8192);
        // Writing into a String cannot fail.
        let _ = text::encode(&mut page, &registry);
        page
    }
}

/// A sample's labels.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Writes families of samples.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn gauges<'l>(
        &mut self,
        (name, help, unit): (&str, &str, Option<Unit>),
        samples: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) -> fmt::Result {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return Ok(());
        }
        let mut family = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        samples.try_for_each(|(labels, value)| match labels.is_empty() {
            true => family.encode_gauge(&value),
            false => family.encode_family(&labels)?.encode_gauge(&value),
        })
    }

    fn gauge(&mut self, family: (&str, &str, Option<Unit>), value: impl Into<Option<f64>>) -> fmt::Result {
        self.gauges(family, value.into().map(|value| (Vec::new(), value)))
    }

    fn counters<'l>(
        &mut self,
        (name, help, unit): (&str, &str, Option<Unit>),
        samples: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        samples.into_iter().try_for_each(|(labels, value)| match labels.is_empty() {
            true => family.encode_counter::<NoLabelSet, f64, f64>(&value, None),
            false => family.encode_family(&labels)?.encode_counter::<NoLabelSet, f64, f64>(&value, None),
        })
    }

    fn counter(&mut self, family: (&str, &str, Option<Unit>), value: f64) -> fmt::Result {
        self.counters(family, [(Vec::new(), value)])
    }

    fn info(&mut self, name: &str, help: &str, labels: &impl EncodeLabelSet) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(labels)
    }
}

/// A count as a sample: exact up to 2^53, which no kiosk ever reaches.
fn number(count: u64) -> f64 {
    count as f64
}

/// The same of a time or of days.
fn signed(count: i64) -> f64 {
    count as f64
}

fn truth(truth: bool) -> f64 {
    if truth { 1.0 } else { 0.0 }
}

impl Collector for Facts {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let seconds = || Some(Unit::Seconds);
        let metres = || Some(Unit::Meters);
        page.info("build", "The kiosk's software.", &vec![("version", self.version)])?;
        if let Some(system) = &self.system {
            page.info("system", "The system that it runs on.", &vec![("version", system.as_str())])?;
        }
        page.gauges(
            ("system_left", "Versions of the system that did not become good.", None),
            self.systems_left.iter().map(|version| (vec![("version", version.as_str())], 1.0)),
        )?;
        page.gauge(
            ("uptime", "How long the kiosk's program has run.", seconds()),
            number(self.uptime_seconds),
        )?;
        self.devices(&mut page)?;

        let Self { tickets, .. } = self;
        let outcomes =
            [("printed", tickets.printed), ("unknown", tickets.unknown), ("failed", tickets.failed)];
        page.counters(
            ("tickets", "What became of tickets.", None),
            outcomes.map(|(outcome, count)| (vec![("outcome", outcome)], number(count))),
        )?;
        page.counter(("cuts", "How often the printer has cut.", None), number(self.cuts))?;
        page.counter(("paper_used", "How much paper was used.", metres()), self.paper_used_metres)?;
        page.gauge(("paper_left", "How much paper is left, about.", metres()), self.paper_left_metres)?;
        page.gauge(("paper_lasts", "How long the paper lasts, about.", seconds()), self.paper_left_seconds)?;
        page.counter(("pages", "Pages scanned.", None), number(self.pages))?;
        page.counter(
            ("documents_received", "Documents that the store has confirmed.", None),
            number(self.documents_received),
        )?;
        page.gauge(
            ("outbox_documents", "Documents that wait to be sent.", None),
            number(self.outbox_documents),
        )?;
        page.gauge(
            ("outbox_oldest", "How long the oldest of them waits.", seconds()),
            number(self.outbox_oldest_seconds),
        )?;
        page.gauge(
            ("certificate_left", "Until the kiosk's certificate ends.", Some(Unit::Other("days".to_owned()))),
            self.certificate_days.map(signed),
        )?;
        let test = self.self_test;
        page.gauge(
            ("self_test_passed", "Tests that the last self-test passed.", None),
            test.map(|test| test.passed.into()),
        )?;
        page.gauge(
            ("self_test_failed", "Tests that the last self-test did not pass.", None),
            test.map(|test| test.failed.into()),
        )?;
        page.gauge(
            ("self_test_timestamp", "When the last self-test was done.", seconds()),
            test.map(|test| signed(test.at)),
        )?;
        page.gauge(
            ("clock_skew", "By how much the clock is ahead of the hall's.", seconds()),
            self.clock_skew_seconds,
        )?;
        page.gauge(("log_writes", "Whether the log can be written.", None), truth(self.log_writes))?;
        page.counter(("log_lost", "Events that are not in the log.", None), number(self.log_lost))
    }
}

impl Facts {
    fn devices(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauges(
            ("device_ready", "Whether a device does what it is there for.", None),
            self.devices.iter().map(|device| (vec![("device", device.name)], truth(device.ready))),
        )?;
        let faults = || {
            self.devices.iter().flat_map(|device| {
                device
                    .faults
                    .iter()
                    .map(|fault| (vec![("device", device.name), ("code", fault.code)], fault.since))
            })
        };
        page.gauges(
            ("fault", "1 for each fault of the catalogue that there is.", None),
            faults().map(|(labels, _)| (labels, 1.0)),
        )?;
        page.gauges(
            ("fault_since_timestamp", "Since when there is a fault.", Some(Unit::Seconds)),
            faults().map(|(labels, since)| (labels, signed(since))),
        )?;
        page.counters(
            ("faults", "How many faults a device has had.", None),
            self.devices.iter().map(|device| (vec![("device", device.name)], number(device.faults_total))),
        )
    }
}

#[cfg(test)]
mod tests;
