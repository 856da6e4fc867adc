//! Those who learn who stands at the kiosk.

use super::company_key;
use super::identity::{self, CardReader, Codes, SocialCardSlot, Wish};
use crate::bus::{Bus, Health};
use crate::config::{CompanyKeyConfig, DeviceConfig, SlotConfig};
use crate::device::Line;
use crate::supervise::supervise;
use std::sync::Arc;
use std::sync::mpsc as blocking;
use visit::event::ReaderDo;
use visit::fault::Device;

/// Those who learn who stands at the kiosk, each on a thread of its own.
pub struct People {
    /// where what they learn goes
    pub bus: Bus,
}

impl People {
    /// The reader of resident-ID cards.
    pub fn reader(&self, config: DeviceConfig) -> blocking::Sender<ReaderDo> {
        self.owner("id-reader", Device::Reader, move |asks, wish, bus, health| {
            let mut profile = id_reader::Profile::for_model(&config.profile);
            // Every speed that the configuration lets pass is one of the standard's.
            profile.baud = id_reader::Baud::from_rate(config.baud).unwrap_or(profile.baud);
            let recorder = CardReader::recorder(&profile);
            let line = Line::new(config.port.clone(), config.baud, recorder.clone());
            health.record(recorder);
            identity::run(CardReader::new(line, profile), asks, wish, bus, health);
        })
    }

    /// The slot for social-security cards.
    pub fn slot(&self, config: SlotConfig) -> blocking::Sender<ReaderDo> {
        self.owner("card-slot", Device::CardSlot, move |asks, wish, bus, health| {
            let profile =
                social_card::Profile { reader: config.reader.clone(), ..social_card::Profile::generic() };
            let source = SocialCardSlot::new(profile);
            health.record(source.recorder().clone());
            identity::run(source, asks, wish, bus, health);
        })
    }

    /// The code scanner; what a code stands for the store says.
    pub fn codes(
        &self,
        config: DeviceConfig,
        store: Arc<store::Client>,
        runtime: tokio::runtime::Handle,
    ) -> blocking::Sender<ReaderDo> {
        self.owner("code-scanner", Device::CodeScanner, move |asks, wish, bus, health| {
            let profile = code_scanner::Profile::for_model(&config.profile);
            let recorder = Codes::recorder(&profile);
            let line = Line::new(config.port.clone(), config.baud, recorder.clone());
            let source = Codes::new(line, profile, store.clone(), runtime.clone());
            health.record(recorder);
            identity::run(source, asks, wish, bus, health);
        })
    }

    /// The place for companies' keys, which is asked for nothing.
    pub fn keys(&self, config: CompanyKeyConfig) {
        let bus = self.bus.clone();
        let mut health = Health::new(Device::CompanyKey, self.bus.clone());
        supervise("company-key", &self.bus, move || {
            company_key::run(&config, &bus, &mut health);
        });
    }

    /// One that is told what to look for, and goes on with that should it panic.
    fn owner(
        &self,
        name: &'static str,
        device: Device,
        mut run: impl FnMut(&blocking::Receiver<ReaderDo>, &mut Wish, &Bus, &mut Health) + Send + 'static,
    ) -> blocking::Sender<ReaderDo> {
        let (to, asks) = blocking::channel();
        let bus = self.bus.clone();
        let mut health = Health::new(device, self.bus.clone());
        let mut wish = Wish::NONE;
        supervise(name, &self.bus, move || run(&asks, &mut wish, &bus, &mut health));
        to
    }
}
