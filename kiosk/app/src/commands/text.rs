//! Answers as people read them at a terminal.

use super::{DeviceTold, Diagnosed, Reply};
use serde_json::Value;
use std::fmt::Write;

/// An answer in lines.
pub fn written(reply: &Reply) -> String {
    match reply {
        Reply::Status { devices, facts } => status(devices, facts),
        Reply::Diagnosed(diagnosed) => diagnosed_lines(diagnosed),
        Reply::Report { ready, files } => {
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
            let verdict = if *ready { "READY" } else { "NOT READY" };
            format!("{verdict}\n{}\n", names.join("\n"))
        }
        Reply::NoReport { why } => format!("no report: {why}\n"),
        Reply::Idle { idle: true } => "nobody is at the kiosk\n".to_owned(),
        Reply::Idle { idle: false } => "somebody is at the kiosk\n".to_owned(),
        Reply::Good { lacking } if lacking.is_empty() => "this version is good\n".to_owned(),
        Reply::Good { lacking } => lacking.iter().map(|what| format!("{what}\n")).collect(),
        Reply::Busy => "somebody is at the kiosk: nothing was tried\n".to_owned(),
        Reply::Unknown { why } => format!("{why}\n"),
    }
}

fn device_lines(devices: &[DeviceTold]) -> String {
    let line = |device: &DeviceTold| {
        let state = if device.works { "works" } else { "DOWN" };
        format!("{:14} {state}  {}\n", device.device, device.faults.join(" "))
    };
    devices.iter().map(line).collect()
}

fn diagnosed_lines(diagnosed: &Diagnosed) -> String {
    let mut text = device_lines(&diagnosed.devices);
    for test in &diagnosed.tests {
        let state = if test.passed { "passed" } else { "FAILED" };
        let more = test.why.as_ref().or(test.measured.as_ref()).map_or("", String::as_str);
        let _ = writeln!(text, "{:14} {state}  {:>6} ms  {more}", test.test, test.took_ms);
    }
    text.push_str(if diagnosed.passed { "all is well\n" } else { "something is wrong\n" });
    text
}

fn status(devices: &[DeviceTold], facts: &Value) -> String {
    let mut text = String::new();
    let number = |key: &str| facts.get(key).and_then(Value::as_u64).unwrap_or(0);
    let version = facts.get("version").and_then(Value::as_str).unwrap_or("?");
    let _ = writeln!(text, "version {version}, running for {} s", number("uptime_seconds"));
    text.push_str(&device_lines(devices));
    let _ = writeln!(
        text,
        "papers waiting {}, the oldest for {} s; pages scanned {}; log written: {}",
        number("outbox_documents"),
        number("outbox_oldest_seconds"),
        number("pages"),
        if facts.get("log_writes").and_then(Value::as_bool) == Some(false) { "NO" } else { "yes" },
    );
    text
}
