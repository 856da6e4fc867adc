//! The kiosk's system in QEMU for whoever wants to try it: with the virtual hall's devices and services, and an office
//! that accepts the kiosk as soon as it asks. A window where there is a display, VNC otherwise.

use image_tests::built::Built;
use image_tests::cabinet::Inside;
use image_tests::lobby::Lobby;
use image_tests::office;
use image_tests::running::Wiring;
use std::time::{Duration, Instant};

/// Longer than a machine without KVM takes from the switch until the kiosk asks its office.
const PATIENCE: Duration = Duration::from_secs(1800);

fn main() {
    let Some(built) = Built::find() else { std::process::exit(2) };
    println!("a hall, an office, a kiosk with version {}: a moment", built.version());
    let lobby = Lobby::open(&built, Inside::AsDelivered);
    let windows = std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some();
    let shown = if windows { ["-display", "gtk,zoom-to-fit=on"] } else { ["-vnc", "127.0.0.1:0"] };
    let wiring = Wiring { shown: Some(shown.map(str::to_owned)), ..lobby.wiring() };
    let mut running = lobby.cabinet.switch_on(&wiring);
    println!("the kiosk's screen: {}", if windows { "QEMU's window" } else { "VNC at 127.0.0.1:5900" });
    println!("the hall (cards, papers, printed tickets): http://{}", lobby.hall.address());
    println!("without KVM it takes some minutes; Ctrl+C ends it");
    office::settle(&built, &lobby.hall, &lobby.host, Instant::now() + PATIENCE);
    println!("the office has accepted the kiosk; within a minute or two it begins to serve");
    running.wait_off();
}
