//! Everything that is logged, as one closed list: `docs/events.md` is printed from it.
//!
//! An identifier is never given to another event, and an event never gets fields that mean something else:
//! whoever searches the logs of years finds by it what he means. One that is no longer written stays here.

use crate::field::{
    Asker, Canceller, Damage, Digest, Document, FaultCode, Field, Hash, Job, KiB, Leaving, Letter, Millis,
    Number, Opener, Outcome, Refused, Seconds, Session, SessionEnd, Taken, Value, Version, Visit, Word,
};

/// How grave an event is. The numbers are syslog's (RFC 5424, section 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// somebody has to act, or something was tampered with
    Critical = 2,
    /// something failed
    Error = 3,
    /// something is less well than it should be
    Warning = 4,
    /// as it should be, and of note
    Notice = 5,
    /// as it should be
    Info = 6,
}

impl Grade {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
        }
    }
}

/// A row of the table of events.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `L` and four digits, the first two of which are the chapter
    pub id: &'static str,
    /// the name in the program
    pub name: &'static str,
    /// how grave it is
    pub grade: Grade,
    /// whether it is on the disk at once, or with what comes next
    pub at_once: bool,
    /// one sentence
    pub meaning: &'static str,
    /// the names of the fields, and what each holds
    pub fields: &'static [(&'static str, &'static str)],
}

macro_rules! events {
    ($(
        #[doc = $meaning:literal]
        $id:ident $name:ident ($grade:ident, $when:ident) { $($field:ident: $type:ty),* $(,)? }
    )*) => {
        /// What happened.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $(
            #[doc = $meaning]
            $name { $(
                #[doc = concat!("A `", stringify!($type), "`.")]
                $field: $type,
            )* },
        )* }

        /// Every event, in the order of identifiers.
        pub const TABLE: &[Entry] = &[$(
            Entry {
                id: stringify!($id),
                name: stringify!($name),
                grade: Grade::$grade,
                at_once: events!(@ $when),
                meaning: $meaning,
                fields: &[$((stringify!($field), <$type as Field>::HOLDS),)*],
            },
        )*];

        impl Event {
            /// Its row in the table.
            pub fn entry(&self) -> &'static Entry {
                match self { $(
                    Self::$name { .. } => const { &Entry {
                        id: stringify!($id),
                        name: stringify!($name),
                        grade: Grade::$grade,
                        at_once: events!(@ $when),
                        meaning: $meaning,
                        fields: &[$((stringify!($field), <$type as Field>::HOLDS),)*],
                    } },
                )* }
            }

            /// Its fields by name, in the order of the table.
            pub fn fields(&self) -> Vec<(&'static str, Value)> {
                match self { $(
                    Self::$name { $($field,)* } => vec![$((stringify!($field), $field.value()),)*],
                )* }
            }

            /// Each event once, with the longest values.
            #[cfg(test)]
            pub(crate) fn longest() -> Vec<Self> {
                vec![$(Self::$name { $($field: <$type as Field>::longest(),)* },)*]
            }
        }
    };
    (@ at_once) => { true };
    (@ soon) => { false };
}

events! {
    // 10: the log itself
    /// A file of the log begins; what was before it ends with the hash `after`, and `dropped` lines in files before `oldest` were removed to keep within bounds.
    L1001 FileBegun (Info, at_once) { file: u32, oldest: u32, dropped: u32, after: Hash }
    /// The end of the log was torn off in the middle of a line, as a power cut leaves it, and was cleaned up.
    L1002 TailHealed (Notice, at_once) { file: u32, bytes: u32 }
    /// The log was found changed or cut off as no power cut leaves it; it goes on in a new file.
    L1003 LogDamaged (Critical, at_once) { what: Damage, file: u32 }
    /// Events came faster than they could be written, and this many were left out.
    L1004 EventsLeftOut (Warning, at_once) { events: u32 }
    /// The log could not be written for a while, and this many events were lost.
    L1005 EventsLost (Error, at_once) { events: u32 }
    /// The log was closed in order.
    L1006 LogClosed (Info, at_once) {}

    // 11: the program
    /// The kiosk's program has started.
    L1101 Started (Notice, at_once) { version: Version, up: Seconds }
    /// The kiosk's program ends.
    L1102 Stopping (Notice, at_once) {}
    /// The program before this one did not end in order.
    L1103 EndedUncleanly (Warning, at_once) {}
    /// Another version of the software runs than before.
    L1104 Updated (Notice, at_once) { from: Version, to: Version }
    /// The configuration was read; the digest tells which it is.
    L1105 ConfigurationLoaded (Notice, at_once) { digest: Digest }
    /// The hall's catalogue was read; the digest tells which it is.
    L1106 CatalogueLoaded (Info, at_once) { digest: Digest, matters: u32 }
    /// The owner of a device panicked and was started again.
    L1107 OwnerRestarted (Error, at_once) { owner: Word }
    /// A task that never ends has ended.
    L1108 TaskEnded (Error, at_once) { task: Word }
    /// The clock jumped, forward or back.
    L1109 ClockStepped (Warning, at_once) { seconds: i32 }
    /// A service day has begun; numbers of yesterday that nobody was called with have expired.
    L1110 DayBegun (Info, at_once) { expired: u32 }
    /// Visits past their retention were deleted.
    L1111 VisitsDeleted (Info, soon) { visits: u32 }
    /// The desk is behind, and news for it was left out.
    L1113 NewsLeftOut (Warning, soon) {}
    /// A version of the system did not become good and was left; the one that is named runs.
    L1114 VersionLeft (Error, at_once) { left: Version, runs: Version }
    /// The kiosk was asked whether the version of the system is good, and it is; so much was proven.
    L1115 VersionGood (Notice, at_once) { rows: u32 }

    // 12: numbers and tickets
    /// A number was given to a visit.
    L1201 NumberGiven (Info, at_once) { number: Number, visit: Visit, session: Session }
    /// The visitor already had a number and was shown it again.
    L1202 NumberShownAgain (Info, soon) { number: Number, visit: Visit, session: Session }
    /// A ticket was printed, and the printer proved it.
    L1203 TicketPrinted (Info, at_once) { number: Number, job: Job, took: Millis }
    /// Whether a ticket was printed cannot be known.
    L1204 TicketUnknown (Warning, at_once) { number: Number, job: Job, fault: FaultCode }
    /// A ticket was not printed, and it is certain that nothing came out.
    L1205 TicketNotPrinted (Warning, at_once) { number: Number, job: Job, fault: FaultCode }
    /// A ticket was printed once more, marked as such.
    L1206 TicketReprinted (Info, at_once) { number: Number, job: Job, took: Millis }
    /// A ticket that was not known to be printed is now proved.
    L1207 TicketProved (Info, at_once) { number: Number, job: Job }
    /// At the start, this many print jobs were open and are now unknown.
    L1208 JobsUnknown (Warning, at_once) { jobs: u32 }
    /// A number was cancelled.
    L1209 NumberCancelled (Info, at_once) { number: Number, by: Canceller }
    /// A number was called to a window.
    L1210 NumberCalled (Info, soon) { number: Number }
    /// A number was served.
    L1211 NumberServed (Info, soon) { number: Number }
    /// A number was called and nobody came.
    L1212 NumberNoShow (Info, soon) { number: Number }
    /// The ledger refused what was asked, or could not be written.
    L1213 LedgerFailed (Error, at_once) { asked: Word }
    /// No number was given: the hall is closed, or the day's numbers are all given.
    L1214 NumberDenied (Info, soon) { why: Word, session: Session }
    /// A receipt was printed.
    L1215 ReceiptPrinted (Info, soon) { session: Session, took: Millis }
    /// A receipt was not printed, or it cannot be known.
    L1216 ReceiptNotPrinted (Warning, soon) { session: Session, fault: FaultCode }

    // 13: sessions
    /// Somebody touched the kiosk, and a session began.
    L1301 SessionBegun (Info, soon) { session: Session }
    /// A session ended, and everything of it in memory was wiped.
    L1302 SessionEnded (Info, soon) { session: Session, how: SessionEnd, lasted: Seconds, touches: u32 }
    /// A card or code told who somebody is; whose is not logged.
    L1303 IdentityRead (Info, soon) { session: Session, source: Letter, took: Millis }
    /// A card or code was presented and did not tell who somebody is.
    L1304 IdentityNotRead (Notice, soon) { session: Session, source: Letter, why: Word }
    /// The visitor called for staff.
    L1305 StaffCalled (Notice, at_once) { session: Session, screen: Word }
    /// The hall could not be told that somebody called for staff.
    L1306 StaffNotReached (Warning, at_once) { session: Session }
    /// The hall has heard a call for staff.
    L1307 StaffReached (Info, soon) { session: Session, took: Millis }

    // 14: devices
    /// A fault has begun.
    L1401 FaultBegun (Warning, at_once) { device: Letter, fault: FaultCode }
    /// A fault has ended.
    L1402 FaultEnded (Notice, at_once) { device: Letter, fault: FaultCode, lasted: Seconds }
    /// A device is ready.
    L1403 DeviceReady (Info, soon) { device: Letter }
    /// A remedy was tried on a device.
    L1405 RemedyTried (Info, soon) { device: Letter, remedy: Word, helped: bool }
    /// What was around a fault could not be sealed into a capsule.
    L1408 CapsuleLost (Warning, at_once) { fault: FaultCode }
    /// What was around a fault was sealed into a capsule.
    L1409 CapsuleKept (Info, at_once) { fault: FaultCode, size: KiB }
    /// A new roll of paper was put in.
    L1410 RollChanged (Notice, at_once) { tickets: u32 }
    /// A technician had the kiosk go back to its hall's settings before.
    L1411 SettingsBackWanted (Notice, at_once) {}

    // 15: documents
    /// A page was scanned and can be used.
    L1501 PageScanned (Info, soon) { session: Session, page: u32, took: Millis }
    /// A page was scanned and cannot be used.
    L1502 PageRefused (Notice, soon) { session: Session, fault: FaultCode }
    /// A document is on this kiosk's disk, encrypted, and will be sent.
    L1503 DocumentStored (Info, at_once) { document: Document, visit: Visit, pages: u32, size: KiB }
    /// A document could not be made or stored.
    L1504 DocumentNotStored (Error, at_once) { session: Session, fault: FaultCode }
    /// The store has confirmed that it holds a document, whole.
    L1506 DocumentReceived (Info, at_once) { document: Document }
    /// The store refused a document for good.
    L1509 DocumentRefused (Error, at_once) { document: Document, fault: FaultCode }
    /// Documents could not be sent now, and that is tried again later.
    L1512 SendingPutOff (Notice, soon) { fault: FaultCode, retry: Millis }
    /// The back office looked at a document.
    L1513 DocumentReviewed (Info, soon) { document: Document, accepted: bool }
    /// Licences were looked up.
    L1515 LicencesLookedUp (Info, soon) { session: Session, found: u32, took: Millis }
    /// Licences could not be looked up.
    L1516 LicencesUnknown (Notice, soon) { session: Session, fault: FaultCode }
    /// Pages of a session that is over could not be removed.
    L1517 PagesLeft (Error, at_once) { session: Session }

    // 16: the technician
    /// The technician's room was opened.
    L1601 DoorOpened (Notice, at_once) { by: Opener }
    /// The technician's room stayed closed.
    L1602 DoorRefused (Warning, at_once) { why: Refused }
    /// After failed attempts, the technician's door takes no other for a while.
    L1603 DoorSlowed (Warning, at_once) { wait: Seconds }
    /// The technician's room was left.
    L1604 DoorLeft (Notice, at_once) { how: Leaving, stayed: Seconds }
    /// A test was done.
    L1605 TestDone (Info, soon) { test: Word, outcome: Outcome, took: Millis, by: Asker }
    /// The whole self-test was done.
    L1606 SelfTestDone (Notice, at_once) { passed: u32, failed: u32, took: Millis, by: Asker }
    /// A test ticket was read back; grades are of 100.
    L1607 LoopGraded (Notice, at_once) { printer: u32, scanner: u32, dead_dots: u32 }
    /// A guided repair was followed to the test that ends it.
    L1608 RepairTried (Notice, at_once) { fault: FaultCode, mended: bool }
    /// A readiness report was made.
    L1610 ReportMade (Notice, at_once) { digest: Digest, ready: bool }
    /// A readiness report was taken away.
    L1611 ReportTaken (Notice, at_once) { digest: Digest, on: Taken }
    /// The outbox was told to send now.
    L1612 SendingAsked (Info, soon) {}
    /// A command asked the running kiosk for something.
    L1613 CommandServed (Info, soon) { command: Word, done: bool }

    // 17: network and certificates
    /// The hall's clock and the kiosk's differ.
    L1703 ClockDiffers (Warning, soon) { seconds: i32 }
    /// The hall could not be told how the kiosk is.
    L1704 FactsNotPushed (Notice, soon) { why: Word }
    /// Somebody without a certificate of the hall asked for metrics.
    L1705 MetricsRefused (Warning, soon) { times: u32 }
    /// The windows' feed sent something that cannot be used.
    L1706 FeedUnusable (Warning, soon) { why: Word }
}

/// What `docs/events.md` holds: the table in words, for whoever reads a log.
pub fn document() -> String {
    let mut text = String::from(HEAD);
    for chapter in CHAPTERS {
        let (digits, title) = chapter;
        text.push_str(&format!("\n## {title}\n\n"));
        text.push_str("| id | event | grade | meaning | fields |\n|---|---|---|---|---|\n");
        for entry in TABLE.iter().filter(|entry| entry.id.get(1..3) == Some(digits)) {
            let fields = entry.fields.iter().map(|(name, holds)| format!("`{name}`: {holds}"));
            text.push_str(&format!(
                "| {} | `{}` | {}{} | {} | {} |\n",
                entry.id,
                entry.name,
                entry.grade.as_str(),
                if entry.at_once { "" } else { ", soon" },
                entry.meaning.trim(),
                fields.collect::<Vec<_>>().join("; "),
            ));
        }
    }
    text
}

const HEAD: &str = "\
# Events

Everything that the kiosk logs. This file is printed from the table in `kiosk/log/src/event.rs` by
`cargo run -p log-book --example events > docs/events.md`, and a test holds the two together.

One line of the log is one JSON object: `seq` counts the lines from 1, `at` is the time by the kiosk's clock
(RFC 3339, UTC), `up` the milliseconds since the machine started, which no change of the clock moves, then
`id`, `event`, `grade` and `fields` as below, and `mac`, the HMAC-SHA256 over the line before and this one.
`kiosk verify-log FOLDER --key FILE` tells whether the lines are all there, unchanged and in order. In the
journal the same fields are `ONEDOOR_ID`, `ONEDOOR_EVENT`, `ONEDOOR_SEQ`, `ONEDOOR_MAC`, and `ONEDOOR_` with the
name of each field.

What is marked *soon* is on the disk within some seconds, all else at once. A field can hold no more than what is
said of it here: nothing that comes from a person, a card or a page fits into any of them.
";

/// The first two digits of the identifiers, and what they are of.
const CHAPTERS: &[(&str, &str)] = &[
    ("10", "The log itself"),
    ("11", "The program"),
    ("12", "Numbers and tickets"),
    ("13", "Sessions"),
    ("14", "Devices"),
    ("15", "Documents"),
    ("16", "The technician"),
    ("17", "Network and certificates"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == document(), "cargo run -p log-book --example events > docs/events.md");
    }

    #[test]
    fn identifiers_go_up_and_belong_to_a_chapter() {
        let ids: Vec<_> = TABLE.iter().map(|entry| entry.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for entry in TABLE {
            let digits = entry.id.strip_prefix('L').expect("an L");
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{entry:?}");
            assert!(CHAPTERS.iter().any(|(chapter, _)| digits.starts_with(chapter)), "{entry:?}");
            assert_eq!(document().matches(&format!("| {} |", entry.id)).count(), 1, "{entry:?}");
        }
        let names: BTreeSet<_> = TABLE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn each_event_has_one_sentence_and_its_own_row() {
        for (event, entry) in Event::longest().iter().zip(TABLE) {
            assert_eq!(event.entry().id, entry.id);
            let names: Vec<_> = event.fields().into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, entry.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>());
            let meaning = entry.meaning.trim();
            assert!(meaning.ends_with('.') && !meaning.trim_end_matches('.').contains(". "), "{meaning}");
            assert!(meaning.is_ascii() && !meaning.contains('|'), "{meaning}");
        }
        assert_eq!(Event::longest().len(), TABLE.len());
    }

    /// What is as it should be may be lost with a power cut, what is not may not.
    #[test]
    fn errors_are_written_at_once() {
        for entry in TABLE.iter().filter(|entry| entry.grade <= Grade::Error) {
            assert!(entry.at_once, "{entry:?}");
        }
    }

    /// Whatever the field, its text is printable ASCII that JSON and the journal take as it is.
    #[test]
    fn no_field_has_to_be_escaped() {
        for event in Event::longest() {
            for (name, value) in event.fields() {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
                let Value::Text(text) = value else { continue };
                let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
                assert!(text.len() <= 64 && text.bytes().all(plain), "{event:?}");
            }
        }
    }
}
