//! One owner for each device and store; nobody else talks to it.

pub mod ledger;
pub mod papers;
pub mod printer;
pub mod reader;
pub mod scanner;
pub mod windows;
