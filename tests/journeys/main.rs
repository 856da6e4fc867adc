//! Journeys through the virtual hall, from outside: each starts a hall of its own and does what
//! people do, through the dock alone.

mod again;
mod capsules;
mod configuration;
mod crash;
mod custody;
mod devices;
mod dock;
mod editing;
mod eyes_shut;
mod faults;
mod feeder;
mod hall;
mod hours;
mod interop;
mod leaving;
mod licences;
mod manner;
mod number;
mod outlived;
mod package;
mod page;
mod papers;
mod people;
mod privacy;
mod readers;
mod records;
mod sane;
mod scan;
mod technician;
mod ticket;
mod upload;
mod ways;
mod whom;
