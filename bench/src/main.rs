//! Every figure of the product, beside its peer, measured in one run.
//!
//! Prints a table and writes `bench/results.json` under Cargo's target directory: one row a figure.
//! Exits with an error if a goal is missed. `bench devices`, `bench pages`, `bench uploads` and `bench screen`
//! measure a part.

mod drivers;
mod hall;
mod pages;
mod process;
mod rows;
mod screen;
mod status;
mod ticket;
mod told;
mod uploads;
mod wire;

use std::process::ExitCode;

/// As in the kiosk's own program.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    if let Some(done) = screen::wanted() {
        return done;
    }
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("bench: a goal was missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Card, ticket and printer, at the wire.
fn devices() -> Result<Vec<rows::Row>, Box<dyn std::error::Error + Send + Sync>> {
    let (tell, told) = std::sync::mpsc::channel();
    told::listen(tell)?;
    let mut rows = hall::with_kiosk(move |bench| {
        let mut rows = wire::measure(bench)?;
        rows.extend(status::printer_status_latency(bench, &told)?);
        Ok(rows)
    })?;
    rows.push(drivers::identity_decode()?);
    rows.extend(ticket::rows()?);
    Ok(rows)
}

fn measure() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let wanted = std::env::args().nth(1);
    let wants = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    let mut rows = Vec::new();
    if wants("devices") {
        rows.extend(devices()?);
    }
    if wants("pages") {
        let pages = pages::Pages::measure()?;
        rows.extend(pages.faithful()?);
        rows.extend(pages.compact()?);
        rows.extend(pages.feeder()?);
    }
    if wants("uploads") {
        rows.extend(uploads::rows()?);
    }
    if wants("screen") {
        rows.extend(screen::rows()?);
    }
    if rows.is_empty() {
        return Err("there is no such part; name devices, pages, uploads or screen, or none for all".into());
    }
    rows::print(&rows);
    rows::write(&rows)?;
    Ok(rows.iter().all(|row| row.holds))
}
