//! Calls and outcomes as recordings note them.

use std::path::Path;

use crate::error::{Fault, ScanError};
use crate::events::Scanned;
use crate::record::DROPPED;
use crate::settings::{Color, Request, Size, Source};
use crate::wire::Notes;

/// An operation of the driver, as a note tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Capabilities,
    Status,
    Devices,
    Estimate(Request),
    Scan(Request),
}

impl Call {
    /// What follows `call ` in a note: the folder is not told.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Capabilities => "capabilities".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Devices => "devices".to_owned(),
            Self::Estimate(request) => format!("estimate {}", words(request)),
            Self::Scan(request) => format!("scan {}", words(request)),
        }
    }

    /// Reads what [`Call::text`] wrote; pages go to `dir`.
    pub(crate) fn parse(text: &str, dir: &Path) -> Option<Self> {
        let mut parts = text.split(' ');
        let call = match parts.next()? {
            "capabilities" => Self::Capabilities,
            "status" => Self::Status,
            "devices" => Self::Devices,
            "estimate" => Self::Estimate(request(&mut parts, dir)?),
            "scan" => Self::Scan(request(&mut parts, dir)?),
            _ => return None,
        };
        parts.next().is_none().then_some(call)
    }
}

/// A call that goes on. Dropped before its end, it notes that its caller gave it up: a replay does so at
/// the same place.
pub(crate) struct Ongoing<'a> {
    notes: &'a dyn Notes,
    over: bool,
}

impl<'a> Ongoing<'a> {
    /// Notes that it begins.
    pub(crate) fn begin(notes: &'a dyn Notes, call: &Call) -> Self {
        notes.note(&format!("call {}", call.text()));
        Self { notes, over: false }
    }

    /// Notes how it ended.
    pub(crate) fn end(mut self, outcome: &str) {
        self.over = true;
        self.notes.note(&format!("= {outcome}"));
    }

    /// Notes how a scan ended.
    pub(crate) fn end_scan(self, scanned: &Result<Scanned, ScanError>) {
        self.end(&match scanned {
            Ok(scanned) => format!("{} pages", scanned.pages.len()),
            Err(error) => format!("{} after {} pages", error.fault.code(), error.pages_stored.len()),
        });
    }
}

impl Drop for Ongoing<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.notes.note(DROPPED);
        }
    }
}

fn words(request: &Request) -> String {
    let source = match request.source {
        Source::Feeder => "feeder",
        Source::FeederDuplex => "feeder-duplex",
        Source::Flatbed => "flatbed",
    };
    let color = match request.color {
        Color::Rgb24 => "colour",
        Color::Grayscale8 => "grey",
    };
    let size = match request.size {
        Size::A4 => "a4",
        Size::Full => "full",
        Size::Card => "card",
    };
    let one = if request.one_page { " one" } else { "" };
    format!("{source} {} {color} {size} {}{one}", request.dpi, request.first_page)
}

fn request<'a>(parts: &mut impl Iterator<Item = &'a str>, dir: &Path) -> Option<Request> {
    let source = match parts.next()? {
        "feeder" => Source::Feeder,
        "feeder-duplex" => Source::FeederDuplex,
        "flatbed" => Source::Flatbed,
        _ => return None,
    };
    let dpi = parts.next()?.parse().ok()?;
    let color = match parts.next()? {
        "colour" => Color::Rgb24,
        "grey" => Color::Grayscale8,
        _ => return None,
    };
    let size = match parts.next()? {
        "a4" => Size::A4,
        "full" => Size::Full,
        "card" => Size::Card,
        _ => return None,
    };
    let first_page = parts.next()?.parse().ok()?;
    let one_page = match parts.next() {
        None => false,
        Some("one") => true,
        Some(_) => return None,
    };
    Some(Request { source, dpi, color, size, dir: dir.to_owned(), first_page, one_page })
}

impl Fault {
    /// A short, stable name of the fault, without anything of the moment.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FeederEmpty => "feeder-empty",
            Self::Jam { .. } => "jam",
            Self::HatchOpen => "hatch-open",
            Self::DoorOpen => "door-open",
            Self::Mispick => "mispick",
            Self::Multipick => "multipick",
            Self::SheetUnsuitable { .. } => "sheet-unsuitable",
            Self::FeederOverloaded => "feeder-overloaded",
            Self::FeederFailed => "feeder-failed",
            Self::FeederUnknown { .. } => "feeder-unknown",
            Self::Busy => "busy",
            Self::SelfTest => "self-test",
            Self::Stopped => "stopped",
            Self::OutOfService => "out-of-service",
            Self::JobAborted { .. } => "job-aborted",
            Self::JobCanceled { .. } => "job-canceled",
            Self::Interrupted { .. } => "interrupted",
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "timed-out",
            Self::Refused => "refused",
            Self::Unsupported { .. } => "unsupported",
            Self::Protocol { .. } => "protocol",
            Self::PageDamaged { .. } => "page-damaged",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPages { .. } => "too-many-pages",
            Self::DiskFull => "disk-full",
            Self::Storage { .. } => "storage",
            Self::HelperMissing { .. } => "helper-missing",
            Self::LibraryMissing { .. } => "library-missing",
            Self::HelperDied { .. } => "helper-died",
            Self::NotPermitted => "not-permitted",
            Self::OutOfMemory => "out-of-memory",
            Self::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_they_are_written() {
        let dir = Path::new("/x");
        for source in [Source::Feeder, Source::FeederDuplex, Source::Flatbed] {
            for (color, size) in
                [(Color::Rgb24, Size::A4), (Color::Grayscale8, Size::Card), (Color::Rgb24, Size::Full)]
            {
                let request = Request { dpi: 200, color, size, first_page: 7, ..Request::new(source, dir) };
                for call in [
                    Call::Scan(request.clone()),
                    Call::Scan(Request { one_page: true, ..request.clone() }),
                    Call::Estimate(request.clone()),
                    Call::Status,
                    Call::Devices,
                    Call::Capabilities,
                ] {
                    assert_eq!(Call::parse(&call.text(), dir), Some(call));
                }
            }
        }
        for text in
            ["", "dance", "scan", "scan feeder x colour a4 1", "status now", "scan feeder 300 colour a4 1 2"]
                .into_iter()
                .chain(["scan feeder 300 colour a4 1 one 2"])
        {
            assert_eq!(Call::parse(text, dir), None, "{text}");
        }
    }
}
