//! What hands can do with the further ways to be known: the slot, codes, companies' keys.

use super::hands::{Entry, Power, given};
use super::{Asked, Done, Refused, done};
use crate::setup::Hall;
use crate::slot::{Service, Strange};
use crate::staff::StaffCard;
use axum::extract::State;
use emulators::cards::sample;
use emulators::code_scanner::Fault;
use emulators::pty::Access;
use serde::Deserialize;
use skf_vendor::{Company, Trouble};
use std::time::Duration;

/// How long a code can be looked up.
const CODE_LIVES: Duration = Duration::from_secs(60);

/// `POST /api/slot`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotHands {
    #[serde(default, deserialize_with = "given")]
    card: Option<Option<String>>,
    strange: Option<Strange>,
    /// a technician's card in his own slot
    #[serde(default, deserialize_with = "given")]
    staff: Option<Option<StaffCard>>,
    service: Option<Service>,
}

/// Puts a card in, takes it out, ends the service.
pub(super) async fn slot(State(hall): State<Hall>, Asked(hands): Asked<SlotHands>) -> Done {
    let Some(slot) = hall.slot.clone() else {
        return Err(Refused::missing("this hall has no slot: is pcscd installed?"));
    };
    let staff = hall.staff.clone();
    // A service that starts is waited for: off the loop.
    let handled = tokio::task::spawn_blocking(move || {
        if let Some(service) = hands.service {
            slot.set(service)?;
        }
        if let Some(which) = hands.staff {
            slot.set_staff(which.map(|which| staff.card(which)))?;
        }
        match hands.card {
            None => Ok(()),
            Some(None) => {
                slot.remove();
                Ok(())
            }
            Some(Some(name)) => slot.insert(&name, hands.strange),
        }
    });
    handled.await.map_err(Refused::bad)?.map_err(Refused::bad)?;
    done()
}

/// `POST /api/codes`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeHands {
    /// a code of this sample person's
    person: Option<String>,
    /// a code as it stands
    show: Option<String>,
    cable: Option<Power>,
    port: Option<Entry>,
    fault: Option<CodeFault>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CodeFault {
    /// a byte of the next code arrives damaged
    Garble,
    /// the next code has no end
    NoTerminator,
}

/// Shows a code, pulls the cable.
pub(super) async fn codes(State(hall): State<Hall>, Asked(hands): Asked<CodeHands>) -> Done {
    let scanner = &hall.codes;
    match hands.fault {
        None => {}
        Some(CodeFault::Garble) => scanner.inject(Fault::Garble),
        Some(CodeFault::NoTerminator) => scanner.inject(Fault::NoTerminator),
    }
    if let Some(entry) = hands.port {
        scanner.unplug();
        scanner.plug_for(Access::from(entry)).map_err(Refused::bad)?;
    }
    match hands.cable {
        None => {}
        Some(Power::Off) => scanner.unplug(),
        Some(Power::On) => scanner.plug().map_err(Refused::bad)?,
    }
    if let Some(person) = hands.person {
        let card = sample(&person)
            .ok_or_else(|| Refused::missing(format!("no sample card {person}; see GET /api/cards")))?;
        scanner.show(&hall.store.issue_code(card, CODE_LIVES));
    }
    if let Some(code) = hands.show {
        scanner.show(&code);
    }
    done()
}

/// `POST /api/key`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyHands {
    plug: Option<Company>,
    pull: Option<Company>,
    /// the next call of this function of the vendor's library goes wrong
    trouble: Option<Trouble>,
    /// every call of this function goes wrong, in every process that loads the library; `null` ends that
    #[serde(default, deserialize_with = "given")]
    lasting: Option<Option<Trouble>>,
}

/// The PIN of every key in the hall.
const PIN: &str = "123456";

/// Plugs a company's key in, pulls it, lets its vendor's library go wrong.
pub(super) async fn key(State(hall): State<Hall>, Asked(hands): Asked<KeyHands>) -> Done {
    let Some(desk) = &hall.keys else {
        return Err(Refused::missing("this hall has no vendor's library: build it with the workspace"));
    };
    if let Some(company) = hands.plug {
        desk.plug(company, PIN).map_err(Refused::bad)?;
    }
    if let Some(company) = hands.pull {
        desk.pull(company).map_err(Refused::bad)?;
    }
    if let Some(trouble) = hands.trouble {
        desk.trouble(trouble).map_err(Refused::bad)?;
    }
    if let Some(trouble) = hands.lasting {
        desk.lasting(trouble).map_err(Refused::bad)?;
    }
    done()
}
