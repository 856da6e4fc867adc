//! `verify-report`: whether a readiness report is what a kiosk of the hall signed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use readiness::{Signed, Summary};

use crate::{Fatal, print};

/// How far a kiosk's clock may be ahead of this machine's.
const AHEAD_SECONDS: i64 = 600;

/// Checks the report with the signature beside it, and says who made it, when, and how the kiosk was.
///
/// # Errors
/// When a file cannot be read, the signature does not hold, or, if that is asked for, the kiosk was not ready.
pub(crate) fn verify_report(report: &Path, ca: &Path, must_be_ready: bool) -> Result<(), Fatal> {
    let beside = beside(report);
    let bytes = read(report, readiness::LONGEST_PDF)?;
    let jws = String::from_utf8(read(&beside, readiness::LONGEST_JWS)?)
        .map_err(|_| format!("{} is no signature", beside.display()))?;
    let authorities = read(ca, readiness::LONGEST_AUTHORITIES)?;
    let signed = readiness::verify_report(&bytes, &jws, &authorities).map_err(|error| {
        let file = match error {
            readiness::VerifyError::Authorities => ca,
            _ => report,
        };
        format!("{}: {error}", file.display())
    })?;
    let made = signed.summary.made;
    if made.timestamp().as_second() > now() + AHEAD_SECONDS {
        return Err(format!("{}: made at {made}, which is yet to come", report.display()).into());
    }
    print(said(&signed))?;
    if must_be_ready && !signed.summary.ready { Err("the kiosk was not ready".into()) } else { Ok(()) }
}

/// The report's name, with `.jws` behind.
fn beside(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(".jws");
    name.into()
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, Fatal> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| format!("{} could not be read ({error})", path.display()))?;
    if bytes.len() > most {
        return Err(format!("{} has more than {most} bytes", path.display()).into());
    }
    Ok(bytes)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn said(signed: &Signed) -> [String; 4] {
    let Signed { summary, certificate, name, .. } = signed;
    let of = name.as_ref().map_or(String::new(), |name| format!(" of {name}"));
    [
        format!("kiosk {}, onedoor {}\n", summary.kiosk, summary.version),
        format!("made at {}\n", summary.made),
        format!(
            "signed with the certificate{of}, SHA-256 {}, valid until {}\n",
            certificate.sha256, certificate.ends
        ),
        verdict(summary),
    ]
}

fn verdict(summary: &Summary) -> String {
    let list = |what: &str, keys: &[readiness::Key]| {
        let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        (!keys.is_empty()).then(|| format!("{what} {}", keys.join(", ")))
    };
    let more = (summary.more > 0).then(|| format!("{} more", summary.more));
    let known = list("failed tests:", &summary.failed)
        .into_iter()
        .chain(list("faults:", &summary.faults))
        .chain(more);
    let known = known.collect::<Vec<_>>().join("; ");
    let verdict = if summary.ready { "READY" } else { "NOT READY" };
    if known.is_empty() { format!("{verdict}\n") } else { format!("{verdict}; {known}\n") }
}
