//! How the kiosk is, in figures: for a Prometheus that reaches in, and told to a hall that it does not reach.

use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::MetricsConfig;
use crate::system::Boots;
use log_book::Event as Happened;
use log_book::field::Word;
use metrics_page::{Bounds, Facts, SelfTest, Server, TlsError, TlsFiles};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::window::{KioskFacts, tell_facts};
use store::{Client, Outbox, StoreFault, Tls};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often what nobody tells is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often an address that cannot be had is asked for again.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// A page is made of what is known after this, so that a burst of news makes one.
const SETTLES_IN: Duration = Duration::from_millis(200);

/// What the technician's task finds out by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// the last self-test
    pub self_test: Option<SelfTest>,
    /// by how much the kiosk's clock is ahead of the hall's
    pub clock_skew_seconds: Option<f64>,
}

/// Puts the figures together.
pub struct Figures {
    /// what passes the desk
    pub known: watch::Receiver<Facts>,
    /// what was found out
    pub found: watch::Receiver<Found>,
    /// documents that wait
    pub outbox: Outbox,
    /// the kiosk's certificate
    pub certificate: Tls,
    /// the hall's clock
    pub clock: Clock,
    /// what the boot loader had to tell
    pub boots: Option<Boots>,
    /// for the log
    pub bus: Bus,
    /// how many documents wait, and since when, as it was last known
    pub waiting: (u64, Option<jiff::Timestamp>),
}

impl Figures {
    /// Keeps the figures as they are, for whoever looks, until nobody does.
    pub async fn run(mut self, to: watch::Sender<Facts>) {
        loop {
            let facts = self.now().await;
            to.send_replace(facts);
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                changed = self.known.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    tokio::time::sleep(SETTLES_IN).await;
                }
                Ok(()) = self.found.changed() => {}
            }
        }
    }

    async fn now(&mut self) -> Facts {
        let known = self.known.borrow_and_update().clone();
        let found = *self.found.borrow_and_update();
        let outbox = self.outbox.clone();
        let looked = tokio::task::spawn_blocking(move || {
            Ok::<_, store::OutboxError>((outbox.pending()?, outbox.oldest()?))
        });
        // Who cannot look says nothing new of it.
        if let Ok(Ok((pending, oldest))) = looked.await {
            self.waiting = (pending.documents, oldest);
        }
        let (documents, oldest) = self.waiting;
        let now = jiff::Timestamp::now();
        let waits = oldest.map_or(0, |oldest| now.as_second().saturating_sub(oldest.as_second()));
        let log = self.bus.the_log().map(log_book::Log::health);
        Facts {
            version: env!("CARGO_PKG_VERSION"),
            system: self.boots.as_ref().map(|boots| boots.version.clone()),
            systems_left: self.boots.as_ref().map(|boots| boots.left.clone()).unwrap_or_default(),
            uptime_seconds: self.clock.now().tick.as_secs(),
            outbox_documents: documents,
            outbox_oldest_seconds: u64::try_from(waits).unwrap_or(0),
            certificate_days: Some(self.certificate.days_left(self.clock.timestamp())),
            self_test: found.self_test,
            clock_skew_seconds: found.clock_skew_seconds,
            log_writes: log.is_none_or(|log| log.writes),
            log_lost: log.map_or(0, |log| u64::from(log.lost) + u64::from(log.left_out)),
            ..known
        }
    }
}

/// The page of figures, as it is configured.
pub struct Page {
    address: SocketAddr,
    tls: metrics_page::Tls,
}

impl Page {
    /// Reads certificates and key; nothing where no page is wanted.
    ///
    /// # Errors
    /// [`TlsError`], naming the file.
    pub fn open(config: &MetricsConfig) -> Result<Option<Self>, TlsError> {
        let Some(address) = config.listen else { return Ok(None) };
        let files = TlsFiles {
            ca: config.ca.clone(),
            certificate: config.certificate.clone(),
            key: config.key.clone(),
        };
        let tls = metrics_page::Tls::load(&files)?;
        Ok(Some(Self { address, tls }))
    }

    /// Shows the page until the kiosk stops, and logs who was turned away. An address that cannot be had now is
    /// asked for again: figures are no reason for a kiosk not to run.
    pub async fn serve(self, facts: watch::Receiver<Facts>, bus: Bus, stop: CancellationToken) {
        let mut complained = false;
        let server = loop {
            match Server::bind(self.address, self.tls.clone(), facts.clone(), Bounds::default()).await {
                Ok(server) => break server,
                Err(error) if complained => tracing::debug!(%error, address = %self.address, "metrics"),
                Err(error) => {
                    complained = true;
                    tracing::warn!(%error, address = %self.address, "metrics: nobody can read them yet");
                }
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        };
        let refused = server.refused();
        let watching = async {
            let mut told = 0;
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let now = refused.load(Ordering::Relaxed);
                if now > told {
                    let times = u32::try_from(now - told).unwrap_or(u32::MAX);
                    bus.log(Happened::MetricsRefused { times });
                    told = now;
                }
            }
        };
        tokio::select! { () = server.run(stop) => {}, () = watching => {} }
    }
}

/// Tells the hall how the kiosk is, again and again.
pub async fn push(
    windows: Arc<Client>,
    kiosk: String,
    every: Duration,
    mut facts: watch::Receiver<Facts>,
    bus: Bus,
) {
    let mut told = true;
    // Before that there is nothing to tell.
    if facts.changed().await.is_err() {
        return;
    }
    loop {
        let now = facts.borrow_and_update().clone();
        let sent = tell_facts(&windows, &KioskFacts { kiosk: &kiosk, facts: &now }).await;
        // Once for each time that the hall is away.
        if let (Err(fault), true) = (&sent, told) {
            tracing::warn!(%fault, "the hall could not be told how the kiosk is");
            bus.log(Happened::FactsNotPushed { why: Word::of(why(fault)) });
        }
        told = sent.is_ok();
        tokio::time::sleep(every).await;
    }
}

fn why(fault: &StoreFault) -> &'static str {
    match crate::faults::store::store_fault(fault) {
        visit::fault::Fault::StoreNameUnknown => "name",
        visit::fault::Fault::StoreUnreachable => "unreachable",
        visit::fault::Fault::StoreUntrusted => "untrusted",
        _ => "refused",
    }
}
