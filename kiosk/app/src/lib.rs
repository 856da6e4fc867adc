//! The appliance: configuration, one owner for each device, and the desk between them.
//!
//! This is the only room that knows all others. It opens what the kiosk stands on ([`start`]), gives
//! every device one owner ([`tasks`]), hands the desk every event and executes what it asks for
//! (`owners`). Drivers' errors become the fault catalogue's here, by matches that the compiler
//! checks for completeness.

pub mod appliance;
mod bus;
mod capsules;
mod chronicle;
mod clock;
pub mod closed;
pub mod commands;
pub mod config;
mod counters;
mod device;
mod faults;
mod figures;
mod gauge;
mod heart;
mod history;
mod kept;
mod owners;
mod paper;
mod pictures;
pub mod replay;
mod report;
mod screens;
pub mod start;
mod supervise;
pub mod system;
mod tasks;
mod turns;

pub use appliance::{diagnose_alone, run};
pub use config::Config;
pub use screens::Screens;
pub use start::{Options, StartError, StepObserver};
pub use tasks::speech::{Heard, HeardObserver};
