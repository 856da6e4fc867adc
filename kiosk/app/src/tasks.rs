//! One owner for each device and store; nobody else talks to it.

pub mod company_key;
pub mod identity;
pub mod ledger;
pub mod licences;
pub mod papers;
pub mod people;
pub mod printer;
pub mod scanner;
pub mod speech;
pub mod technician;
pub mod windows;
