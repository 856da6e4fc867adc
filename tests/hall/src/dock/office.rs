//! What is done behind the windows: documents are looked through, licences issued, and the district's
//! own store is switched on and off.

use super::hands::Power;
use super::{Asked, Done, Refused, done};
use crate::setup::Hall;
use axum::extract::State;
use emulators::cards::sample;
use emulators::store::{Holder, Licence, LicenceType, Review, Store};
use serde::Deserialize;

/// `POST /api/store`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreHands {
    review: Option<Judged>,
    licence: Option<LicenceHands>,
    district: Option<Power>,
}

/// What was found of a material: `{"material": ID, "result": "accepted"}`, or
/// `"returned"` with `reason` and perhaps `text`.
#[derive(Deserialize)]
struct Judged {
    material: String,
    #[serde(flatten)]
    review: Review,
}

/// Whose licences change, in which store, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LicenceHands {
    /// a sample person
    person: Option<String>,
    /// or a company's credit code
    company: Option<String>,
    /// in the district's own store, not in the municipal one
    #[serde(default)]
    district: bool,
    /// first, all that there are are taken away
    #[serde(default)]
    take: bool,
    give: Option<Given>,
}

/// A licence: of a type and else as the hall's authorities issue them, where nothing else is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    r#type: LicenceType,
    number: Option<String>,
    status: Option<String>,
    valid_until: Option<String>,
    /// instead of the right one
    identifier: Option<String>,
    /// whose it is said to be, instead of the right one
    holder: Option<String>,
}

/// Reviews a material, gives and takes licences, switches the district's store.
pub(super) async fn store(State(hall): State<Hall>, Asked(hands): Asked<StoreHands>) -> Done {
    if let Some(Judged { material, review }) = hands.review {
        hall.store.review(&material, review).map_err(Refused::bad)?;
    }
    if let Some(power) = hands.district {
        let district = hall.district.as_ref().ok_or_else(no_district)?;
        match power {
            Power::On => district.switch_on().await.map_err(Refused::bad)?,
            Power::Off => district.switch_off().await,
        }
    }
    if let Some(hands) = hands.licence {
        let store = if hands.district {
            let district = hall.district.as_ref().ok_or_else(no_district)?;
            district.store().await.ok_or_else(|| Refused::bad("the district's store is off"))?
        } else {
            hall.store.clone()
        };
        licence(&store, hands)?;
    }
    done()
}

fn no_district() -> Refused {
    Refused::missing("this hall's district has no store of its own: start the hall with --district")
}

fn licence(store: &Store, hands: LicenceHands) -> Result<(), Refused> {
    let holder = match (hands.person, hands.company) {
        (Some(person), None) => sample(&person)
            .map(|card| Holder::of(&card))
            .ok_or_else(|| Refused::missing(format!("no sample card {person}; see GET /api/cards")))?,
        (None, Some(company)) => Holder::company(&company),
        _ => return Err(Refused::bad("a licence is either a person's or a company's")),
    };
    if hands.take {
        store.take_licences(&holder);
    }
    if let Some(given) = hands.give {
        store.give_licence(holder, issue(given));
    }
    Ok(())
}

fn issue(given: Given) -> Licence {
    // Far above the serial numbers of the licences that the stores begin with.
    let serial = 50_000 + jiff::Timestamp::now().subsec_microsecond().unsigned_abs();
    let number = given.number.unwrap_or_else(|| format!("N{serial:08}"));
    let mut licence = Licence::issued(given.r#type, serial, &number);
    licence.valid_until = given.valid_until;
    if let Some(status) = given.status {
        licence.cert_status = status;
    }
    if let Some(identifier) = given.identifier {
        licence.cert_identifier = identifier;
    }
    licence.holder_code = given.holder;
    licence
}
