//! The way to the store, layer by layer, for whoever looks for what is wrong with it. Nothing is kept there.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use crate::http::{Client, Deadlines, Request};
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
        let request = Request::new(Method::OPTIONS, "/files/").once();
        let answer = self.send_within(request, PATIENCE).await?;
        if !(200..300).contains(&answer.status) {
            return Err(StoreFault::from_status(answer.status));
        }
        let told = answer.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        let told = told.and_then(|date| Timestamp::try_from(date).ok());
        Ok(told.map(|date| date.as_second() - Timestamp::now().as_second()))
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
        if (200..300).contains(&answer.status) {
            Ok(begun.elapsed())
        } else {
            Err(StoreFault::from_status(answer.status))
        }
    }

    /// Days until the kiosk's own certificate ends; negative once it has.
    pub fn certificate_days(&self, now: Timestamp) -> i64 {
        self.tls().days_left(now)
    }
}
