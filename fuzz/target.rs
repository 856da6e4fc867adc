//! Every fuzz target: the one that bears this program's name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corpora::run(env!("CARGO_BIN_NAME"), data));
