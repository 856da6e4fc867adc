use proptest::prelude::*;

use super::*;
use crate::sample;

#[test]
fn a_report_is_read_back() {
    for report in [sample::ready(), sample::broken(), sample::longest()] {
        let json = report.to_json();
        assert!(json.len() <= LONGEST_JSON, "{}", json.len());
        assert_eq!(json, report.to_json());
        assert_eq!(Report::from_json(&json).unwrap(), report);
    }
}

#[test]
fn it_is_named_and_read_by_people() {
    let json = String::from_utf8(sample::broken().to_json()).unwrap();
    for line in [
        "{\n  \"onedoor-report\": 1,\n  \"kiosk\": \"jiading-lobby-1\",",
        "\"made\": \"2026-03-01T17:42:08+08:00\"",
        "\"severity\": \"stops\"",
        "\"outcome\": \"untried\"",
        "\"took-ms\": 15000",
        "\"self-test\": \"2026-03-01T04:00:12+08:00\"",
    ] {
        assert!(json.contains(line), "{line}");
    }
}

#[test]
fn what_is_not_known_is_not_taken() {
    let json = String::from_utf8(sample::ready().to_json()).unwrap();
    for (from, to, said) in [
        ("\"onedoor-report\": 1", "\"onedoor-report\": 2", "must be 1"),
        ("\"onedoor-report\": 1", "\"onedoor-report\": 1, \"more\": 0", "unknown field"),
        ("\"fitted\": true", "\"fitted\": true, \"more\": 0", "unknown field"),
        ("\"took-ms\": 12,", "\"took-ms\": 12, \"more\": 0,", "unknown field"),
        ("\"kiosk\": \"jiading-lobby-1\",", "", "missing field"),
        ("jiading-lobby-1", "jiading lobby", "a key must"),
        ("1.4.0", "1.4.0\\n", "begins or ends"),
        ("EPSON", "EP\\u0000SON", "control character"),
        ("2026-03-01T17:42:08+08:00", "2026-03-01T17:42:08Z", "a time must"),
        ("\"by\": \"kiosk\"", "\"by\": \"nobody\"", "unknown variant"),
        ("\"tickets\": 48213", "\"tickets\": -1", "invalid value"),
        ("\"tickets\": 48213", "\"tickets\": 4294967296", "invalid value"),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json, "{from}");
        let error = Report::from_json(changed.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
    assert!(matches!(Report::from_json(&vec![b' '; LONGEST_JSON + 1]), Err(NotAReport::Long)));
    assert!(matches!(Report::from_json("[".repeat(100_000).as_bytes()), Err(NotAReport::Form(_))));
}

proptest! {
    /// Whatever becomes of a report's bytes, it is refused or a report that is read back.
    #[test]
    fn no_bytes_are_too_strange(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut json = sample::broken().to_json();
        for (at, byte) in changes {
            let at = at.index(json.len());
            json[at] = byte;
        }
        if !whole {
            json.truncate(cut.index(json.len()));
        }
        if let Ok(report) = Report::from_json(&json) {
            prop_assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
        }
    }

    #[test]
    fn noise_is_no_report(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Report::from_json(&bytes).is_err());
    }
}
