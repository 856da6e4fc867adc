//! Journeys through the virtual hall, from outside: each starts a hall of its own and does what
//! people do, through the dock alone.

mod configuration;
mod crash;
mod devices;
mod hall;
mod hours;
mod leaving;
mod number;
mod people;
mod privacy;
mod readers;
mod ticket;
mod whom;
