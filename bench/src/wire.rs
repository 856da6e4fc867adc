//! How much longer than the bare wire the visitor waits.

use crate::hall::{BAUD, Bench};
use crate::rows::Row;
use emulators::cards::{Card, check_character};
use emulators::pty::Crossing;
use std::time::{Duration, Instant};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Visitors measured, after one that is not.
const VISITORS: usize = 21;
/// What the visitor waits for may take this many times the wire's own time.
const GOAL: f64 = 1.15;
/// Bytes of the replies that matter (GA/T 467): find with a card, and text with photo.
const FIND_REPLY: usize = 15;
pub const READ_REPLY: usize = 1295;
/// Bytes of a process-id reply (GS ( H): 37 22 d1 d2 d3 d4 00.
const PROCESS_ID: usize = 7;

/// One visitor's waits, in milliseconds: measured, and the wire's own.
struct Waits {
    identity: (f64, f64),
    ticket: (f64, f64),
}

/// `card_to_identity` and `confirm_to_ticket`.
pub fn measure(bench: &Bench) -> Result<Vec<Row>, Fatal> {
    bench.painted("home")?;
    let mut waits = Vec::new();
    for visitor in 0..=VISITORS {
        let wait = serve(bench, visitor)?;
        if visitor > 0 {
            waits.push(wait);
        }
    }
    let row = |name, pick: fn(&Waits) -> (f64, f64)| {
        // The ratio is taken visitor by visitor; the middle one is told.
        let mut picked: Vec<_> = waits.iter().map(pick).collect();
        picked.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (ours, wire) = picked[picked.len() / 2];
        Row::at_most(name, "ms", ours, "bytes exchanged at 115200 baud", wire, GOAL)
    };
    Ok(vec![row("card_to_identity", |w| w.identity), row("confirm_to_ticket", |w| w.ticket)])
}

fn serve(bench: &Bench, visitor: usize) -> Result<Waits, Fatal> {
    bench.screen.touch("home.number")?;
    bench.painted("identify")?;
    bench.reader.place(Some(card(visitor)?));
    let shown = bench.painted("choose")?;
    let identity = identity(&bench.reader.traffic(), shown)?;

    bench.screen.touch("package.open-restaurant")?;
    bench.painted("choose")?;
    let touched = Instant::now();
    bench.screen.touch("confirm")?;
    bench.painted("number")?;
    let served = bench.printer.wait_until(Duration::from_secs(20), |p| p.tickets().len() > visitor);
    if !served {
        return Err("no ticket came out".into());
    }
    let ticket = loop {
        // The proof of the cut comes a moment after the ticket itself.
        if let Some(ticket) = ticket(&bench.printer.traffic(), touched) {
            break ticket;
        }
        std::thread::yield_now();
    };
    bench.screen.touch("finish")?;
    bench.reader.place(None);
    bench.painted("goodbye")?;
    bench.screen.touch("finish")?;
    bench.painted("home")?;
    Ok(Waits { identity, ticket })
}

/// From the last byte of the successful find reply to the identity on the screen.
fn identity(traffic: &[Crossing], shown: Instant) -> Result<(f64, f64), Fatal> {
    let read = traffic.iter().rposition(|c| c.to_host && c.bytes == READ_REPLY).ok_or("no card was read")?;
    let find = traffic[..read]
        .iter()
        .rposition(|c| c.to_host && c.bytes == FIND_REPLY)
        .ok_or("no card was found")?;
    let bytes: usize = traffic[find + 1..].iter().filter(|c| c.at <= shown).map(|c| c.bytes).sum();
    Ok((millis(shown.duration_since(traffic[find].at)), wire(bytes)))
}

/// From the touch on confirm to the last byte of the ticket, its cut and proofs included; `None`
/// until the printer has proven the cut.
fn ticket(traffic: &[Crossing], touched: Instant) -> Option<(f64, f64)> {
    let span: Vec<_> = traffic.iter().filter(|c| c.at >= touched).collect();
    let mut proofs = span.iter().filter(|c| c.to_host && c.bytes == PROCESS_ID);
    let proven = proofs.nth(1)?.at;
    let last = span.iter().rfind(|c| !c.to_host && c.at <= proven)?.at;
    let bytes: usize = span.iter().filter(|c| c.at <= last).map(|c| c.bytes).sum();
    Some((millis(last.duration_since(touched)), wire(bytes)))
}

/// A card of its own for each visitor.
pub fn card(visitor: usize) -> Result<Card, Fatal> {
    let digits = format!("31011419900101{visitor:03}");
    let check = check_character(&digits).ok_or("no check character")?;
    let text = format!(
        r#"{{"kind":"resident","name":"张示范","number":"{digits}{check}","sex":1,"nation":1,
            "birth":"19900101","address":"上海市嘉定区示例路1号","issuer":"上海市公安局嘉定分局",
            "valid_from":"20200101","valid_until":"20400101"}}"#
    );
    Ok(Card::from_json(text.as_bytes())?)
}

/// 8N1: ten bits a byte.
fn wire(bytes: usize) -> f64 {
    bytes as f64 * 10_000.0 / f64::from(BAUD)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
