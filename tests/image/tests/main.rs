//! The system image, booted as it is. One case at a time: a machine without KVM takes both cores.
//!
//! Where no image is built, every case says so and checks nothing. A single one is chosen by its name, as with every
//! test: `cargo test --workspace --test image -- tamper::`. Cases with many power cuts take `COUNT` (how many)
//! and `SEED` (which moments) from the environment.

mod boot;
mod comfort;
mod common;
mod keys;
mod power;
mod rollback;
mod screen;
mod security;
mod stick;
mod tamper;
mod time;
mod traces;
mod unasked;
mod update;
mod watchdog;
