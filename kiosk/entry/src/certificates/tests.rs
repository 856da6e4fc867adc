//! Which cards are technicians', and which are not.

use emulators::staff_card::{Authority, Dates, Key, KeyKind, TECHNICIAN as EMULATED, Usage, Wanted};
use proptest::prelude::*;
use rcgen::KeyUsagePurpose;

use super::*;

/// Noon on the first of January 2026.
const NOW: Calendar = Calendar::Known(1_767_268_800);

/// From 2020 to 2049, around whenever it is.
const LONG: Dates = [(2020, 1, 1), (2049, 1, 1)];

fn key() -> Key {
    Key::new(KeyKind::P256)
}

fn hall(authority: &Authority) -> StaffCertificates {
    StaffCertificates::new(authority.pem().as_bytes(), authority.list(LONG).as_bytes()).unwrap()
}

#[track_caller]
fn refused(hall: &StaffCertificates, certificate: &[u8], calendar: Calendar) -> Refusal {
    hall.check(certificate, calendar).expect_err("it is not a technician's")
}

#[test]
fn the_purpose_is_the_one_that_is_documented() {
    assert_eq!(TECHNICIAN_DER, EMULATED);
    // 2.25 in one byte, then the number in base 128.
    let number = EMULATED[1..].iter().fold(0_u128, |sum, byte| sum << 7 | u128::from(byte & 0x7F));
    assert_eq!((EMULATED[0], format!("2.25.{number}")), (2 * 40 + 25, TECHNICIAN.to_owned()));
}

#[test]
fn a_technician_of_this_hall_is_known_by_name_and_key() {
    let authority = Authority::root("Hall");
    for (kind, card) in [(KeyKind::P256, CardKey::P256), (KeyKind::Rsa2048, CardKey::Rsa2048)] {
        let certificate = authority.certify(Key::new(kind).pair(), &Wanted::default());
        let technician = hall(&authority).check(&certificate, NOW).unwrap();
        assert_eq!((technician.name(), technician.key()), ("Technician 17", card));
        assert_eq!(technician.into_parts().1, "1234");
    }
}

#[test]
fn cards_of_others_and_for_other_things_stay_out() {
    let (authority, stranger) = (Authority::root("Hall"), Authority::root("Hall"));
    let (hall, key) = (hall(&authority), key());
    let wanted = Wanted::default();
    let none = Wanted { usage: Usage::Unsaid, ..wanted };
    for (certificate, refusal) in [
        // The same name and another key: not this hall's.
        (stranger.certify(key.pair(), &wanted), Refusal::NotOurs),
        (Authority::root("Other").certify(key.pair(), &wanted), Refusal::NotOurs),
        // A kiosk's own certificate, which this authority signs as well.
        (authority.certify(key.pair(), &Wanted { usage: Usage::ClientAuth, ..wanted }), Refusal::WrongUse),
        (authority.certify(key.pair(), &none), Refusal::WrongUse),
        (authority.certify(key.pair(), &Wanted { key_usage: None, ..wanted }), Refusal::WrongUse),
        (
            authority
                .certify(key.pair(), &Wanted { key_usage: Some(KeyUsagePurpose::KeyEncipherment), ..wanted }),
            Refusal::WrongUse,
        ),
        (authority.certify(key.pair(), &Wanted { name: "", ..wanted }), Refusal::Unreadable),
        (authority.certify(key.pair(), &Wanted { name: "two\nlines", ..wanted }), Refusal::Unreadable),
        (authority.certify(key.pair(), &Wanted { name: &"a".repeat(65), ..wanted }), Refusal::Unreadable),
        (b"no certificate".to_vec(), Refusal::Unreadable),
        (vec![], Refusal::Unreadable),
        (vec![0x30; LONGEST_CERTIFICATE + 1], Refusal::Unreadable),
    ] {
        assert_eq!(refused(&hall, &certificate, NOW), refusal);
    }
    let mut behind = authority.certify(key.pair(), &wanted);
    behind.push(0);
    assert_eq!(refused(&hall, &behind, NOW), Refusal::Unreadable);
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert_eq!(refused(&hall, &authority.certify(&p384, &wanted), NOW), Refusal::WrongUse);
}

#[test]
fn time_is_held_to_while_it_is_known() {
    let authority = Authority::root("Hall");
    let key = key();
    let card = |dates| authority.certify(key.pair(), &Wanted { dates, ..Wanted::default() });
    let hall = hall(&authority);
    let over = card([(2020, 1, 1), (2025, 12, 31)]);
    let to_come = card([(2026, 2, 1), (2030, 1, 1)]);
    assert_eq!(refused(&hall, &over, NOW), Refusal::Expired);
    assert_eq!(refused(&hall, &to_come, NOW), Refusal::NotYetValid);
    // The last second and the one after it.
    assert!(hall.check(&over, Calendar::Known(1_767_139_200)).is_ok());
    assert_eq!(refused(&hall, &over, Calendar::Known(1_767_139_201)), Refusal::Expired);
    let stale = authority.list([(2025, 1, 1), (2025, 12, 1)]);
    let hall = StaffCertificates::new(authority.pem().as_bytes(), stale.as_bytes()).unwrap();
    assert_eq!(refused(&hall, &card(LONG), NOW), Refusal::ListTooOld);
}

#[test]
fn a_clock_that_may_be_wrong_keeps_out_whom_it_surely_can() {
    let mut authority = Authority::root("Hall");
    let key = key();
    let certify = |authority: &Authority, serial, dates| {
        authority.certify(key.pair(), &Wanted { serial, dates, ..Wanted::default() })
    };
    authority.revoke(0xBAD);
    let list = authority.list([(2025, 6, 1), (2025, 7, 1)]);
    let hall = StaffCertificates::new(authority.pem().as_bytes(), list.as_bytes()).unwrap();
    let broken = Calendar::NotBefore(0);
    // Whether it is still good, and whether the list is, nobody can say: 1970 it is not.
    assert!(hall.check(&certify(&authority, 1, [(2025, 1, 1), (2025, 7, 1)]), broken).is_ok());
    // One that begins after all that is known: the hall would not have given it out before.
    assert!(hall.check(&certify(&authority, 1, [(2040, 1, 1), (2041, 1, 1)]), broken).is_ok());
    // Over before the list was made, or before the moment that is known.
    let over = certify(&authority, 1, [(2020, 1, 1), (2025, 5, 31)]);
    assert_eq!(refused(&hall, &over, broken), Refusal::Expired);
    let later = certify(&authority, 1, [(2020, 1, 1), (2025, 12, 31)]);
    assert!(hall.check(&later, broken).is_ok());
    assert_eq!(refused(&hall, &later, Calendar::NotBefore(1_767_268_800)), Refusal::Expired);
    let revoked = certify(&authority, 0xBAD, LONG);
    assert_eq!(refused(&hall, &revoked, broken), Refusal::Revoked);
}

#[test]
fn a_revoked_card_stays_out_and_without_the_right_list_every_card_does() {
    let mut authority = Authority::root("Hall");
    let key = key();
    let card = authority.certify(key.pair(), &Wanted { serial: 0xBAD, ..Wanted::default() });
    let other = authority.certify(key.pair(), &Wanted { serial: 0xBAE, ..Wanted::default() });
    let before = authority.list(LONG);
    authority.revoke(0xBAD);
    let after = authority.list(LONG);
    let with = |list: &str| StaffCertificates::new(authority.pem().as_bytes(), list.as_bytes()).unwrap();
    assert!(with(&before).check(&card, NOW).is_ok());
    assert_eq!(refused(&with(&after), &card, NOW), Refusal::Revoked);
    assert!(with(&after).check(&other, NOW).is_ok());
    // A list by another who calls himself the same, and one of another name.
    for name in ["Hall", "Other"] {
        let foreign = Authority::root(name).list(LONG);
        assert_eq!(refused(&with(&foreign), &other, NOW), Refusal::NoList, "{name}");
    }
}

#[test]
fn an_intermediate_authority_is_as_good_as_its_root_says() {
    let mut root = Authority::root("Root");
    let intermediate = root.intermediate("Staff", LONG);
    let card = intermediate.certify(key().pair(), &Wanted::default());
    let both = [root.pem(), intermediate.pem()].concat();
    let hall = |root: &Authority| {
        let lists = [root.list(LONG), intermediate.list(LONG)].concat();
        StaffCertificates::new(both.as_bytes(), lists.as_bytes()).unwrap()
    };
    assert!(hall(&root).check(&card, NOW).is_ok());
    // Its own list is wanted too, and the root's.
    let half = StaffCertificates::new(both.as_bytes(), intermediate.list(LONG).as_bytes()).unwrap();
    assert_eq!(refused(&half, &card, NOW), Refusal::NoList);
    root.revoke(2);
    assert_eq!(refused(&hall(&root), &card, NOW), Refusal::Revoked);
    let over = root.intermediate("Staff", [(2020, 1, 1), (2025, 1, 1)]);
    let late = over.certify(key().pair(), &Wanted::default());
    let both = [root.pem(), over.pem()].concat();
    let lists = [root.list(LONG), over.list(LONG)].concat();
    let hall = StaffCertificates::new(both.as_bytes(), lists.as_bytes()).unwrap();
    assert_eq!(refused(&hall, &late, NOW), Refusal::Expired);
}

#[test]
fn settings_that_cannot_be_used_are_told() {
    let authority = Authority::root("Hall");
    let (pem, list) = (authority.pem().as_bytes(), authority.list(LONG));
    let intermediate = authority.intermediate("Staff", LONG);
    let many = authority.pem().repeat(MOST + 1);
    for (authorities, lists, error) in [
        (&b""[..], list.as_bytes(), SettingError::Authorities),
        (list.as_bytes(), list.as_bytes(), SettingError::Authorities),
        (many.as_bytes(), list.as_bytes(), SettingError::Authorities),
        (intermediate.pem().as_bytes(), list.as_bytes(), SettingError::NoRoot),
        (pem, b"", SettingError::Lists),
        (pem, pem, SettingError::Lists),
        (pem, &[0x30, 0x82, 0x01], SettingError::Lists),
    ] {
        assert_eq!(StaffCertificates::new(authorities, lists).err(), Some(error));
    }
    let der = CertificateRevocationListDer::from_pem_slice(list.as_bytes()).unwrap();
    assert!(StaffCertificates::new(pem, &der).is_ok());
}

#[test]
fn only_the_card_s_own_key_signs_and_only_this_message() {
    let authority = Authority::root("Hall");
    let (own, other) = (key(), key());
    let certificate = authority.certify(own.pair(), &Wanted::default());
    let technician = hall(&authority).check(&certificate, NOW).unwrap();
    let sign = |key: &Key, message: &[u8]| rcgen::SigningKey::sign(key.pair(), message).unwrap();
    assert_eq!(technician.verify(b"message", &sign(&own, b"message")), Ok(()));
    for signature in [
        sign(&own, b"massage"),
        sign(&other, b"message"),
        vec![],
        vec![0; 64],
        sign(&own, b"message").iter().chain(&[0]).copied().collect(),
    ] {
        assert_eq!(technician.verify(b"message", &signature), Err(Refusal::WrongSignature));
    }
}

proptest! {
    #[test]
    fn any_bytes_may_be_on_a_card(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let hall = hall(&Authority::root("Hall"));
        prop_assert_eq!(refused(&hall, &bytes, NOW), Refusal::Unreadable);
    }

    /// A certificate with one byte changed is refused, whatever the byte was, but where the change is in
    /// what nobody signs and nothing reads, which there is not.
    #[test]
    fn a_certificate_with_a_changed_byte_is_no_technician_s(at: prop::sample::Index, by in 1u8..) {
        let authority = Authority::root("Hall");
        let mut certificate = authority.certify(key().pair(), &Wanted::default());
        let at = at.index(certificate.len());
        certificate[at] ^= by;
        prop_assert!(hall(&authority).check(&certificate, NOW).is_err(), "byte {}", at);
    }

    #[test]
    fn any_bytes_may_be_set(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let authority = Authority::root("Hall");
        prop_assert!(StaffCertificates::new(&bytes, authority.list(LONG).as_bytes()).is_err());
        prop_assert!(StaffCertificates::new(authority.pem().as_bytes(), &bytes).is_err());
    }
}
