//! A kiosk that stands in its hall: a cabinet with the image, the hall's devices and services, and the office's host.

use crate::built::Built;
use crate::cabinet::{Cabinet, Inside};
use crate::hall::Hall;
use crate::journey::PATIENT;
use crate::office;
use crate::running::{Running, Wiring};
use crate::update_host::UpdateHost;
use std::time::{Duration, Instant};

/// How long a machine without KVM may take from the switch until the kiosk runs. Nothing waits so long unless it is
/// broken.
pub const BOOT: Duration = Duration::from_secs(420);

/// All of it. The machine is switched on apart.
pub struct Lobby {
    /// Devices and services.
    pub hall: Hall,
    /// The office's host.
    pub host: UpdateHost,
    /// The kiosk.
    pub cabinet: Cabinet,
}

impl Lobby {
    /// A new cabinet in a new hall.
    ///
    /// # Panics
    /// When one of them cannot be had.
    #[must_use]
    pub fn open(built: &Built, inside: Inside) -> Self {
        let hall = Hall::of(built, PATIENT);
        Self { hall, host: UpdateHost::start(built), cabinet: Cabinet::new(built, inside) }
    }

    /// A cabinet that one can look into, settled by the office, whose kiosk runs and whose version is good.
    ///
    /// # Panics
    /// When it does not come so far.
    #[must_use]
    pub fn settled(built: &Built) -> (Self, Running) {
        let this = Self::open(built, Inside::Probe);
        let mut running = this.cabinet.switch_on(&this.wiring());
        running.wait_probe(Instant::now() + BOOT);
        office::settle(built, &this.hall, &this.host, Instant::now() + BOOT);
        office::hurry(&mut running);
        wait_good(&mut running);
        (this, running)
    }

    /// What is plugged into its cabinet.
    #[must_use]
    pub fn wiring(&self) -> Wiring {
        Wiring {
            printer: Some(self.hall.port("printer")),
            reader: Some(self.hall.port("reader")),
            update_host: Some(self.host.port()),
            ..Wiring::default()
        }
    }

    /// Switches the cabinet on and waits until it serves.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn switch_on(&self) -> Running {
        let mut running = self.cabinet.switch_on(&self.wiring());
        wait_good(&mut running);
        running
    }
}

/// Waits until the kiosk runs and the version counts as good, from wherever the machine is on its way there.
///
/// # Panics
/// When it does not come so far.
pub fn wait_good(running: &mut Running) {
    let deadline = Instant::now() + BOOT;
    running.wait_probe(deadline);
    // One that is not settled yet runs, too, but answers nobody.
    running.wait_told(
        "the kiosk to serve",
        deadline,
        "systemctl is-active -q kiosk.service && kiosk --config /data/hall/current/kiosk.toml idle",
    );
    running.wait_told("the version to be good", deadline, "systemctl is-active -q boot-complete.target");
}

/// The serial of the settings in force.
///
/// # Panics
/// When there are none.
pub fn serial(running: &mut Running) -> String {
    running.told("basename $(readlink /data/hall/current)").trim().to_owned()
}

/// Which version runs.
///
/// # Panics
/// When it has no number.
pub fn version(running: &mut Running) -> u32 {
    let said = running.told(". /usr/lib/os-release; echo \"$IMAGE_VERSION\"");
    said.trim().parse().unwrap_or_else(|_| panic!("a version {said:?}"))
}
