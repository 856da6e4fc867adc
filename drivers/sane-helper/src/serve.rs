//! Requests in, replies out, until the kiosk goes.

use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use sane_helper::{PROTOCOL, Refusal, Reply, Request};

use crate::api::{LoadError, OptionError, Sane};
use crate::channel::Channel;
use crate::page::{Page, PageError};

/// Pause after a read that brought nothing; the kiosk decides how long that may go on.
const NOTHING_CAME: Duration = Duration::from_millis(5);

/// Loads the library and answers requests.
pub(crate) fn serve(mut channel: Channel, library: &Path) -> io::Result<()> {
    let mut session = match Sane::load(library) {
        Ok(sane) => Session { sane, page: None },
        Err(LoadError::Refused(refusal)) => return channel.send(Reply::Refused(refusal)),
        Err(LoadError::Failed(status)) => return channel.send(Reply::Failed(status)),
    };
    channel.send(Reply::Ready { protocol: PROTOCOL, sane: session.sane.version() })?;
    while let Some(request) = channel.next() {
        let reply = match request {
            Ok(request) => session.answer(request),
            Err(error) => Reply::Refused(Refusal::Request { what: error.to_string() }),
        };
        channel.send(reply)?;
    }
    session.sane.exit();
    Ok(())
}

struct Session {
    sane: Sane,
    /// The page that is being read.
    page: Option<Page>,
}

impl Session {
    fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::Devices => match self.sane.devices() {
                Ok(devices) => Reply::Devices(devices),
                Err(status) => Reply::Failed(status),
            },
            Request::Open { device } => {
                self.page = None;
                match self.sane.open(&device) {
                    Ok(()) => Reply::Done,
                    Err(status) => Reply::Failed(status),
                }
            }
            Request::Close => {
                self.page = None;
                self.sane.close();
                Reply::Done
            }
            // Everything below needs an open device.
            _ if !self.sane.is_open() => Reply::Refused(Refusal::OutOfOrder),
            Request::Options => Reply::Options(self.sane.options()),
            Request::Get { option } => self.sane.get(&option).map_or_else(Reply::from, Reply::Value),
            Request::Set { option, value } => {
                self.sane.set(&option, &value).map_or_else(Reply::from, Reply::Value)
            }
            Request::Start { dpi } => self.start(dpi),
            Request::Read => self.read(),
            Request::Cancel => {
                self.page = None;
                self.sane.cancel();
                Reply::Done
            }
        }
    }

    fn start(&mut self, dpi: u16) -> Reply {
        self.page = None;
        let image = match self.sane.start() {
            Ok(image) => image,
            Err(status) => return Reply::Failed(status),
        };
        match Page::new(&image, dpi) {
            Ok(page) => self.page.insert(page).started(&image),
            Err(refusal) => Reply::Refused(refusal),
        }
    }

    fn read(&mut self) -> Reply {
        let Some(page) = &mut self.page else { return Reply::Refused(Refusal::OutOfOrder) };
        let sane = &self.sane;
        let next = page.next(|buffer| {
            let came = sane.read(buffer)?;
            if came == 0 {
                sleep(NOTHING_CAME);
            }
            Ok(came)
        });
        if !matches!(next, Ok(Reply::Piece(_))) {
            self.page = None;
        }
        match next {
            Ok(reply) => reply,
            Err(PageError::Failed(status)) => Reply::Failed(status),
            Err(PageError::Refused(refusal)) => Reply::Refused(refusal),
        }
    }
}

impl From<OptionError> for Reply {
    fn from(error: OptionError) -> Self {
        match error {
            OptionError::Refused(refusal) => Self::Refused(refusal),
            OptionError::Failed(status) => Self::Failed(status),
        }
    }
}
