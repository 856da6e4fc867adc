//! `forward PORT`: standard input to a port of this machine's loopback, and what comes back to standard output.
//!
//! QEMU starts one for each connection that a guest makes to an address of its own network (`guestfwd`), so that a
//! server has the address and port in the guest that the image knows, and any free port outside.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(port) = port else {
        eprintln!("forward: which port?");
        return ExitCode::FAILURE;
    };
    match forward(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forward: port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn forward(port: u16) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let there = server.try_clone()?;
    thread::spawn(move || {
        // A guest that goes away ends the connection.
        let _ = pass(io::stdin().lock(), &there);
        let _ = there.shutdown(Shutdown::Write);
    });
    pass(&server, io::stdout().lock())
}

/// Each piece at once, however small: nothing waits for a full buffer.
fn pass(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            length => length?,
        };
        to.write_all(piece.get(..length).unwrap_or_default())?;
        to.flush()?;
    }
}
