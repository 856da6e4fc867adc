//! The benchmark's program as a client and nothing else, so that it can stand beside curl:
//! `bench upload-client`, which does nothing, and `bench upload-client URL FOLDER ID`, which sends the document
//! ID from the outbox in FOLDER.

use super::Kiosk;
use std::path::Path;
use std::process::ExitCode;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// The first argument that makes a client of this program.
pub const CLIENT: &str = "upload-client";

/// What this program is to do as a client; nothing when it is to measure.
pub fn wanted() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [CLIENT] => Ok(()),
        [CLIENT, url, folder, id] => send(url, Path::new(folder), id),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench {CLIENT}: {error}");
            ExitCode::FAILURE
        }
    })
}

/// With as many threads as the kiosk has for its network.
fn send(url: &str, folder: &Path, id: &str) -> Result<(), Fatal> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(Kiosk::at(folder)?.send(url, id))
}
