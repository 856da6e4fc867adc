//! The way to the kiosk, out of a back end's reach.
//!
//! Back ends print. So the pipes to the kiosk move to other descriptors, standard output becomes
//! standard error, and standard input is empty.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Signal, getpgrp, getpid, kill_current_process_group, kill_process};
use rustix::stdio::{dup2_stdin, dup2_stdout};
use sane_helper::{LENGTH_BYTES, ProtocolError, Reply, Request, body_length};

/// How long the program may go on once nobody listens: a back end may hang in the middle of a page.
const GRACE: Duration = Duration::from_secs(3);

/// Requests in, replies out.
pub(crate) struct Channel {
    requests: Receiver<Result<Request, ProtocolError>>,
    replies: File,
}

impl Channel {
    /// Takes the standard input and output for the messages.
    pub(crate) fn take_over() -> io::Result<Self> {
        let from_kiosk = fcntl_dupfd_cloexec(io::stdin(), 3)?;
        let to_kiosk = fcntl_dupfd_cloexec(io::stdout(), 3)?;
        dup2_stdin(File::open("/dev/null")?)?;
        dup2_stdout(io::stderr())?;
        Ok(Self { requests: listen(from_kiosk), replies: File::from(to_kiosk) })
    }

    /// The next request; `None` when the kiosk has gone.
    pub(crate) fn next(&self) -> Option<Result<Request, ProtocolError>> {
        self.requests.recv().ok()
    }

    /// Sends a reply. A list that is too long for a frame loses its last entries.
    pub(crate) fn send(&mut self, mut reply: Reply) -> io::Result<()> {
        let frame = loop {
            match (reply.encode(), &mut reply) {
                (Ok(frame), _) => break frame,
                (Err(ProtocolError::Length(_)), Reply::Options(options)) if !options.is_empty() => {
                    options.truncate(options.len() / 2);
                }
                (Err(error), _) => return Err(io::Error::other(error)),
            }
        };
        self.replies.write_all(&frame)
    }
}

/// Reads requests on a thread of its own, so that the end of the kiosk is noticed at any time.
fn listen(from_kiosk: OwnedFd) -> Receiver<Result<Request, ProtocolError>> {
    let (heard, requests) = sync_channel(1);
    let mut from_kiosk = File::from(from_kiosk);
    thread::spawn(move || {
        while let Ok(request) = read(&mut from_kiosk) {
            if heard.send(request).is_err() {
                break;
            }
        }
        // Now the answering thread sees the end too and leaves; unless it hangs in a back end.
        drop(heard);
        thread::sleep(GRACE);
        end_all();
    });
    requests
}

fn read(from_kiosk: &mut File) -> io::Result<Result<Request, ProtocolError>> {
    let mut prefix = [0; LENGTH_BYTES];
    from_kiosk.read_exact(&mut prefix)?;
    let length = match body_length(prefix) {
        Ok(length) => length,
        // After a wrong length nothing that follows can be found.
        Err(error) => return Err(io::Error::other(error)),
    };
    let mut frame = vec![0; length];
    from_kiosk.read_exact(&mut frame)?;
    Ok(Request::decode(&frame))
}

/// Ends this process at once, together with the processes that a back end has started.
fn end_all() {
    if getpgrp() == getpid() {
        let _ = kill_current_process_group(Signal::KILL);
    }
    let _ = kill_process(getpid(), Signal::KILL);
}
