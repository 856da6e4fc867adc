//! The window system: what became of the numbers, and the call for somebody of the staff.

use crate::bus::Bus;
use crate::chronicle;
use crate::clock::Clock;
use crate::tasks::ledger::tell_waiting;
use link::Backoff;
use log_book::Event as Happened;
use log_book::field::Word;
use queue::ledger::{Heard, Ledger, LedgerError};
use std::sync::Arc;
use std::time::Duration;
use store::Client;
use store::window::{StaffCall, WindowEventKind, call_staff, window_events};
use visit::event::Event;
use visit::number::{TicketNumber, WindowEvent};

/// How long one question may stay open.
const POLL: Duration = Duration::from_secs(25);

/// Tells the hall that somebody is wanted, and the desk whether the hall has heard it.
pub async fn call(client: Arc<Client>, kiosk: String, call: u64, screen: &'static str, bus: Bus) {
    let called = call_staff(&client, &StaffCall { kiosk, screen: screen.to_owned() }).await;
    if let Err(error) = &called {
        tracing::warn!(%error, screen, "the hall could not be told that somebody is wanted");
    }
    bus.send(Event::StaffCalled(call, called.is_ok())).await;
}

/// Follows the feed for ever; the windows being away is no fault of the kiosk's.
pub async fn follow(client: Arc<Client>, ledger: Arc<dyn Ledger>, bus: Bus, clock: Clock) {
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
    // Beyond what the ledger has heard: reports it has no use for are not asked for again.
    let mut heard = 0;
    loop {
        match hear(&client, &*ledger, &bus, &clock, heard).await {
            Ok(last) => {
                heard = last;
                backoff.reset();
            }
            Err(error) => {
                tracing::warn!(error, "the windows' feed");
                tokio::time::sleep(backoff.next_pause()).await;
            }
        }
        tell_waiting(&*ledger, &bus, &clock).await;
    }
}

async fn hear(
    client: &Client,
    ledger: &dyn Ledger,
    bus: &Bus,
    clock: &Clock,
    heard: u64,
) -> Result<u64, String> {
    let said = |e: LedgerError| e.to_string();
    let after = ledger.last_seq().await.map_err(said)?.unwrap_or(0).max(heard);
    let news = window_events(client, after, POLL).await.map_err(|e| e.to_string())?;
    for event in news.events {
        let Some(number) = TicketNumber::parse(&event.number) else {
            tracing::warn!(seq = event.seq, "the windows' feed names something that is no number");
            bus.log(Happened::FeedUnusable { why: Word::of("no-number") });
            continue;
        };
        let what = match event.event {
            WindowEventKind::Called => WindowEvent::Called,
            WindowEventKind::Served => WindowEvent::Served,
            WindowEventKind::NoShow => WindowEvent::NoShow,
        };
        // A report that arrives late belongs to the day it speaks of, not to today's number.
        let at = clock.wall(event.at);
        if ledger.window_event(event.seq, number, what, at.date(), at).await.map_err(said)? == Heard::Applied
        {
            bus.send(Event::Window(number, at.date(), what)).await;
        }
        let number = chronicle::number(number);
        bus.log(match what {
            WindowEvent::Called => Happened::NumberCalled { number },
            WindowEvent::Served => Happened::NumberServed { number },
            WindowEvent::NoShow => Happened::NumberNoShow { number },
        });
    }
    Ok(news.last)
}
