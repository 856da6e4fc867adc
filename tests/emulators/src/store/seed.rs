//! The licences that the stores of the model hall begin with: of the invented people of
//! [`crate::cards`], and of the companies whose keys the hall has.

use super::issue::LicenceType;
use super::licences::{Holder, Licence, Licences};
use crate::cards::{Card, Kind, samples};

/// The companies of tests/skf-vendor, by their credit codes: an agency and a snack bar.
const AGENCY: &str = "91310114MA1GAMP1XF";
const SHOP: &str = "92310114MA1DEMQ2LE";

/// What the municipal store has: everybody's identity, and what each has besides.
pub(super) fn municipal() -> Licences {
    use LicenceType::{
        BusinessLicence, FoodBusinessLicence, HouseholdRegister, HygieneLicence, MarriageCertificate,
        RealEstateCertificate, SocialSecurityCard,
    };
    let mut licences = Licences::default();
    let mut serial = 0;
    let mut next = || {
        serial += 1;
        serial
    };
    for (name, card) in samples() {
        if card.kind() != Kind::Resident || card.number().is_empty() {
            continue;
        }
        let mut give = |licence| licences.give(Holder::of(&card), licence);
        give(identity(&card, next()));
        if name != "expired" {
            let serial = next();
            give(Licence::issued(HouseholdRegister, serial, &format!("31011{:04}", 1000 + serial)));
        }
        let card_number = |serial| format!("C{:08}", 20_240_000 + serial);
        match name {
            "man" => {
                let serial = next();
                give(Licence::issued(SocialSecurityCard, serial, &card_number(serial)).until("2034-05-31"));
                give(Licence::issued(RealEstateCertificate, next(), "沪(2021)嘉字不动产权第012345号"));
            }
            "woman" => {
                let serial = next();
                // Suspended: its holder reported it lost.
                let lost = Licence::issued(SocialSecurityCard, serial, &card_number(serial));
                give(lost.until("2031-08-31").in_status("02"));
                give(Licence::issued(MarriageCertificate, next(), "J310114-2019-001234"));
            }
            _ => {}
        }
    }
    for company in [AGENCY, SHOP] {
        licences.give(Holder::company(company), Licence::issued(BusinessLicence, next(), company));
    }
    let food = Licence::issued(FoodBusinessLicence, next(), "JY23101140012345");
    licences.give(Holder::company(SHOP), food.until("2029-03-14"));
    // Run out, and the store says so.
    let hygiene = Licence::issued(HygieneLicence, next(), "沪嘉卫公证字〔2019〕第000123号");
    licences.give(Holder::company(SHOP), hygiene.until("2023-06-30").in_status("05"));
    licences
}

/// What the district's own store has: one licence that the municipal store has too, and one that it
/// does not have yet.
pub(super) fn district() -> Licences {
    let mut licences = Licences::default();
    let business = format!(".{}.", LicenceType::BusinessLicence.code());
    for (holder, licence) in municipal().all().filter(|(_, one)| one.cert_identifier.contains(&business)) {
        licences.give(holder.clone(), licence.clone());
    }
    let hygiene = Licence::issued(LicenceType::HygieneLicence, 9001, "沪嘉卫公证字〔2024〕第000456号")
        .until("2028-09-30");
    licences.give(Holder::company(SHOP), hygiene);
    licences
}

/// The identity card as a licence, which ends when the card does.
fn identity(card: &Card, serial: u32) -> Licence {
    let licence = Licence::issued(LicenceType::ResidentId, serial, card.number());
    match card.valid_until() {
        // Over for years, so that the store has noticed.
        Some(day) if day < "2026" => licence.until(&dashed(day)).in_status("05"),
        Some(day) => licence.until(&dashed(day)),
        None => licence,
    }
}

/// `20380612` as `2038-06-12`.
fn dashed(day: &str) -> String {
    let part = |range| day.get(range).unwrap_or_default();
    format!("{}-{}-{}", part(0..4), part(4..6), part(6..8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::sample;
    use std::collections::HashSet;

    #[test]
    fn every_first_licence_has_an_identifier_of_its_own_and_days_of_the_calendar() {
        let municipal = municipal();
        let all: Vec<_> = municipal.all().collect();
        assert!(all.len() > 20, "{}", all.len());
        let identifiers: HashSet<_> = all.iter().map(|(_, licence)| &licence.cert_identifier).collect();
        assert_eq!(identifiers.len(), all.len());
        for (_, licence) in &all {
            let day = licence.valid_until.as_deref().unwrap_or("2000-01-01");
            assert!(day.parse::<jiff::civil::Date>().is_ok(), "{licence:?}");
        }
    }

    #[test]
    fn what_each_has_is_plausible() {
        let municipal = municipal();
        let names = |holder: &Holder| -> Vec<(String, String)> {
            let held = municipal.all().filter(|(owner, _)| *owner == holder);
            held.map(|(_, licence)| (licence.cert_name.clone(), licence.cert_status.clone())).collect()
        };
        let of = |name| names(&Holder::of(&sample(name).expect("a sample")));
        let has = |held: &[(&str, &str)]| -> Vec<(String, String)> {
            held.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
        };
        assert_eq!(of("expired"), has(&[("居民身份证", "05")]));
        assert_eq!(of("old_man"), has(&[("居民身份证", "01"), ("户口簿", "01")]));
        assert_eq!(of("hong_kong"), []);
        let shop = [("营业执照", "01"), ("食品经营许可证", "01"), ("公共场所卫生许可证", "05")];
        assert_eq!(names(&Holder::company(SHOP)), has(&shop));
        let district = district();
        let ids = |licences: &Licences| -> HashSet<String> {
            licences.all().map(|(_, licence)| licence.cert_identifier.clone()).collect()
        };
        assert_eq!(ids(&district).intersection(&ids(&municipal)).count(), 2, "both companies' own");
        assert_eq!(district.count(), 3);
    }
}
