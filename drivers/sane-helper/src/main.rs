//! `onedoor-sane-helper`: answers the messages of [`sane_helper`] on its standard input and output
//! with what libsane does. It ends when its input ends.

mod api;
mod bands;
mod channel;
mod lines;
mod page;
mod serve;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Scans through libsane for the kiosk, which starts it.
#[derive(Parser)]
struct Arguments {
    /// The library to load.
    #[arg(long, default_value = "libsane.so.1")]
    library: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // First of all: what a back end prints from now on goes to the standard error.
    let channel = match channel::Channel::take_over() {
        Ok(channel) => channel,
        Err(error) => {
            eprintln!("onedoor-sane-helper: no use of the standard input and output: {error}");
            return ExitCode::FAILURE;
        }
    };
    match serve::serve(channel, &arguments.library) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onedoor-sane-helper: {error}");
            ExitCode::FAILURE
        }
    }
}
