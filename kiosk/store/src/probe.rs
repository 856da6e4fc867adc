//! The way to the store, layer by layer, for whoever looks for what is wrong with it. Nothing is kept there.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use crate::http::{Answer, Client, Deadlines, Request};
use crate::{LinkFault, StoreFault};

/// The most that a test of the line sends (openapi.yaml, `/v1/line-test`), in bytes.
pub const LONGEST_TEST: usize = 1024 * 1024;

/// A technician waits before the screen.
const PATIENCE: Deadlines = Deadlines {
    connect: Duration::from_secs(5),
    head: Duration::from_secs(5),
    stall: Duration::from_secs(5),
    whole: Duration::from_secs(15),
};

/// Clocks that differ by more do not agree, in seconds.
const APART: i64 = 24 * 3600;

/// How far the clock of whoever answered is ahead, in seconds.
fn clock_ahead(answer: &Answer) -> Option<i64> {
    let date = httpdate::parse_http_date(answer.header("date")?).ok()?;
    Some(Timestamp::try_from(date).ok()?.as_second() - Timestamp::now().as_second())
}

impl Client {
    /// Whether the store's name has an address.
    ///
    /// # Errors
    /// [`StoreFault::Unreachable`] with [`LinkFault::Name`].
    pub async fn find(&self) -> Result<(), StoreFault> {
        let unknown = StoreFault::Unreachable(LinkFault::Name);
        let found = timeout(PATIENCE.connect, tokio::net::lookup_host(self.address())).await;
        match found.map(|addresses| addresses.map(|mut addresses| addresses.next())) {
            Ok(Ok(Some(_))) => Ok(()),
            _ => Err(unknown),
        }
    }

    /// Whether it takes a connection.
    ///
    /// # Errors
    /// [`StoreFault::Unreachable`].
    pub async fn knock(&self) -> Result<(), StoreFault> {
        timeout(PATIENCE.connect, self.connect())
            .await
            .unwrap_or(Err(StoreFault::Unreachable(LinkFault::ConnectTimeout)))
    }

    /// Asks for what the store can do (tus, OPTIONS), with a connection of its own; returns how far the store's
    /// clock is ahead of this one's, in seconds, if its answer says what time it has.
    ///
    /// # Errors
    /// Any [`StoreFault`] of the way there; of a status other than 2xx what it stands for.
    pub async fn greet(&self) -> Result<Option<i64>, StoreFault> {
        let answer = self.hail().await?;
        if !(200..300).contains(&answer.status) {
            return Err(answer.setback().fault);
        }
        Ok(clock_ahead(&answer))
    }

    /// Whether the store vouches for the time that this kiosk has: its answer, whatever its status, says that it
    /// is about the same there. Certificates are valid for years, and vouch for nothing.
    pub(crate) async fn clocks_agree(&self) -> Result<bool, StoreFault> {
        let answer = self.hail().await?;
        Ok(clock_ahead(&answer).is_some_and(|ahead| ahead.abs() <= APART))
    }

    async fn hail(&self) -> Result<Answer, StoreFault> {
        self.send_within(Request::new(Method::OPTIONS, "/files/").once(), PATIENCE).await
    }

    /// Sends so many bytes, [`LONGEST_TEST`] at most, and returns how long that took.
    ///
    /// # Errors
    /// As [`Self::greet`].
    pub async fn test_line(&self, bytes: usize) -> Result<Duration, StoreFault> {
        // Bytes that nothing on the way can make shorter.
        let mut noise = vec![0; bytes.min(LONGEST_TEST)];
        getrandom::fill(&mut noise).map_err(|_| StoreFault::Garbage("random numbers"))?;
        let request = Request::new(Method::PUT, "/v1/line-test")
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .body(Bytes::from(noise))
            .once();
        let begun = Instant::now();
        let answer = self.send_within(request, PATIENCE).await?;
        if (200..300).contains(&answer.status) { Ok(begun.elapsed()) } else { Err(answer.setback().fault) }
    }

    /// Days until the kiosk's own certificate ends; negative once it has.
    pub fn certificate_days(&self, now: Timestamp) -> i64 {
        self.tls().days_left(now)
    }
}
