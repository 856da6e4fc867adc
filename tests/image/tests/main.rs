//! The system image, booted as it is. One case at a time: a machine without KVM takes both cores.
//!
//! Where no image is built, every case says so and checks nothing.

mod boot;
mod common;
