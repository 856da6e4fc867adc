//! The kiosk's client of the store and nothing else, so that it can stand beside curl: `upload-client URL FOLDER ID`
//! sends the document ID from the outbox in FOLDER. Without arguments it does nothing.

#[path = "../uploads/kiosk.rs"]
mod kiosk;

use std::path::Path;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// As in the kiosk's own program.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// With as many threads as the kiosk has for its network.
fn main() -> Result<(), Fatal> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, folder, id) = match arguments.as_slice() {
        [] => return Ok(()),
        [url, folder, id] => (url, folder, id),
        _ => return Err("upload-client URL FOLDER ID".into()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(kiosk::Kiosk::at(Path::new(folder))?.send(url, id))
}
