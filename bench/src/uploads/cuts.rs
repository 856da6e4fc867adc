//! What a break of the line costs: the bytes that must be sent again.

use super::relay::Relay;
use super::{BYTES, Place, Random};
use crate::rows::Row;
use std::collections::VecDeque;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Breaks in one upload.
const CUTS: usize = 20;
/// In KiB.
const GOAL: f64 = 128.0;

/// `resent_per_cut`: everything that the client sends more than through a line that holds, of which
/// handshakes and heads are a part, for each of the breaks.
pub fn resent_per_cut(place: &Place) -> Result<Row, Fatal> {
    let whole = sent(place, "bench-whole", VecDeque::new())?;
    let mut random = Random(0x0C07_0020);
    let mut breaks: Vec<u64> = (0..CUTS).map(|_| random.next() % BYTES as u64).collect();
    breaks.sort_unstable();
    let cut = sent(place, "bench-cut", breaks.into())?;
    let each = cut.saturating_sub(whole) as f64 / CUTS as f64 / 1024.0;
    Ok(Row::at_most("resent_per_cut", "KiB", each, "bound of 128 KiB", GOAL, 1.0))
}

/// Bytes that the client sent until the document was confirmed.
fn sent(place: &Place, id: &str, breaks: VecDeque<u64>) -> Result<u64, Fatal> {
    place.put(id)?;
    let (sent, left) = place.runtime.block_on(async {
        let relay = Relay::start(place.store.address(), breaks).await?;
        place.kiosk()?.send(&relay.url(), id).await?;
        Ok::<_, Fatal>(relay.sent())
    })?;
    place.check(id)?;
    if left > 0 {
        return Err(format!("the line still had to break {left} times").into());
    }
    Ok(sent)
}
