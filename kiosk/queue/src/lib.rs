//! Numbers, durable, exactly one per visit.
//!
//! A visit is one person, one hall, one service day, until it is closed: served, no-show, cancelled,
//! or the day ended. The same person again gets the same number. Nothing (a power cut, a double tap,
//! two kiosks, a printer that lies) makes a second number or loses the first: an intent is journalled
//! and synced, then acted on, then reconciled.
//!
//! [`ledger::Ledger`] is what the kiosk asks of a ledger; [`sqlite::SqliteLedger`] keeps one in a file
//! of its own; a hall-wide one for several kiosks fits behind the same trait. Who a visitor is,
//! a ledger never knows: it sees a [`key::PersonKey`], made with the hall's key.

pub mod key;
pub mod ledger;
pub mod sqlite;
