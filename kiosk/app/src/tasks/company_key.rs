//! The place for companies' keys: its owner tells the desk which company is plugged in.
//!
//! A certificate can be read by anyone: what it says stands in place of typing and proves nothing.

use crate::bus::{Bus, Health};
use crate::config::CompanyKeyConfig;
use crate::faults::keys::key_fault;
use company_key::{HelperConfig, KeyError, KeyFault, KeyHost, Keys, Profile, Redactor};
use link::record::Recorder;
use std::time::Duration;
use visit::event::Event;
use visit::fault::Fault;
use visit::identity::{CompanyCode, CompanyOffer};

/// How often is looked whether a key was plugged in or drawn out.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Owns the place for keys, for ever.
pub fn run(config: &CompanyKeyConfig, bus: &Bus, health: &mut Health) {
    let profile = Profile::for_model(&config.profile);
    let recorder = Recorder::new("company-key", &profile.model, Redactor);
    health.record(recorder.clone());
    // Whatever was plugged in before this began is not known any more.
    bus.send_blocking(Event::CompanyKey(None));
    let helper = HelperConfig::beside_this_program(&config.library).map(|beside| HelperConfig {
        helper: config.helper.clone().unwrap_or(beside.helper),
        environment: config.environment.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        library: beside.library,
    });
    let helper = match helper {
        Ok(helper) => helper,
        Err(error) => {
            tracing::error!(%error, "company key: where the kiosk's programs are is not known");
            health.tell_blocking(vec![Fault::KeyHelperMissing]);
            return;
        }
    };
    let mut owner = Owner {
        host: KeyHost::new(helper, profile).recorded(recorder),
        health,
        bus: bus.clone(),
        seen: None,
        offered: false,
    };
    loop {
        owner.look();
        std::thread::sleep(LOOK_EVERY);
    }
}

struct Owner<'a> {
    host: KeyHost,
    health: &'a mut Health,
    bus: Bus,
    /// the keys as they were last known; kept while the library fails, so that a key that stays plugged
    /// in is not offered to the next visitor as if it had just come
    seen: Option<Keys>,
    /// whether the desk knows of an offer
    offered: bool,
}

impl Owner<'_> {
    fn look(&mut self) {
        let looked = self.host.poll().and_then(|keys| {
            if self.seen.as_ref() == Some(&keys) {
                return Ok(());
            }
            // Taken back before anything else is offered.
            self.tell(None);
            let offer = self.offer(&keys)?;
            self.seen = Some(keys);
            self.tell(offer);
            Ok(())
        });
        match looked {
            Ok(()) => self.health.tell_blocking(vec![]),
            Err(error) => {
                let faults: Vec<Fault> = key_fault(&error.fault).into_iter().collect();
                tracing::debug!(%error, "company key");
                self.health.tell_blocking(faults);
            }
        }
    }

    /// The company of the one key that is plugged in; a key that cannot be used offers nothing.
    fn offer(&mut self, keys: &Keys) -> Result<Option<CompanyOffer>, KeyError> {
        let Keys::One(_) = keys else { return Ok(None) };
        match self.host.read() {
            Ok(certificate) => {
                let name = certificate.organisation().to_owned();
                let code = CompanyCode::parse(certificate.uscc().as_str());
                Ok(code.ok().map(|code| CompanyOffer { code, name: (!name.is_empty()).then_some(name) }))
            }
            // Pulled or exchanged meanwhile: looked at again.
            Err(error @ KeyError { fault: KeyFault::Removed | KeyFault::Changed, .. }) => Err(error),
            Err(error) if key_fault(&error.fault).is_none() => {
                tracing::info!(%error, "company key");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn tell(&mut self, offer: Option<CompanyOffer>) {
        if offer.is_some() || self.offered {
            self.offered = offer.is_some();
            self.bus.send_blocking(Event::CompanyKey(offer));
        }
    }
}
