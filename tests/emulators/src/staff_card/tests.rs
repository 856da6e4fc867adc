//! The card by its bytes, and its keys and certificates by what others make of them.

use super::*;
use crate::slot::Contacts;

const SELECT: [u8; 14] = [0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
const GET_CERTIFICATE: [u8; 11] = [0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x00];
const VERIFY: [u8; 13] = [0x00, 0x20, 0x00, 0x80, 0x08, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0xFF, 0xFF];

fn card(kind: KeyKind) -> PivCard {
    let authority = Authority::root("Authority");
    let key = Key::new(kind);
    let certificate = authority.certify(key.pair(), &Wanted::default());
    PivCard::new(key, certificate, "123456")
}

fn ask(card: &mut PivCard, command: &[u8]) -> Vec<u8> {
    card.answer(command).expect("the card is there")
}

/// A hash to be signed with P-256.
fn sign() -> Vec<u8> {
    [&[0x00, 0x87, 0x11, 0x9A, 0x26, 0x7C, 0x24, 0x82, 0x00, 0x81, 0x20][..], &[7; 32], &[0x00]].concat()
}

#[test]
fn nothing_is_given_before_it_is_selected_and_nothing_signed_before_the_pin() {
    let mut card = card(KeyKind::P256);
    assert_eq!(ask(&mut card, &GET_CERTIFICATE), [0x6D, 0x00]);
    let selected = ask(&mut card, &SELECT);
    let template = [0x61, 0x11, 0x4F, 0x06, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00, 0x79, 0x07, 0x4F, 0x05];
    assert_eq!(selected, [&template[..], &SELECT[5..10], &[0x90, 0x00]].concat());
    assert_eq!(ask(&mut card, &sign()), [0x69, 0x82]);
    assert_eq!(ask(&mut card, &VERIFY), [0x90, 0x00]);
    let signed = ask(&mut card, &sign());
    assert_eq!((signed[0], signed[2], &signed[signed.len() - 2..]), (0x7C, 0x82, &[0x90, 0x00][..]));
    card.reset();
    assert_eq!(ask(&mut card, &sign()), [0x6D, 0x00]);
    ask(&mut card, &SELECT);
    assert_eq!(ask(&mut card, &sign()), [0x69, 0x82]);
}

#[test]
fn the_pin_is_counted_and_blocked() {
    let mut card = card(KeyKind::P256);
    ask(&mut card, &SELECT);
    let mut wrong = VERIFY;
    wrong[10] = 0x37;
    assert_eq!(ask(&mut card, &VERIFY[..4]), [0x63, 0xC3]);
    assert_eq!(ask(&mut card, &wrong), [0x63, 0xC2]);
    assert_eq!(ask(&mut card, &VERIFY), [0x90, 0x00]);
    assert_eq!(ask(&mut card, &VERIFY[..4]), [0x90, 0x00]);
    for left in [[0x63, 0xC2], [0x63, 0xC1], [0x69, 0x83], [0x69, 0x83]] {
        assert_eq!(ask(&mut card, &wrong), left);
    }
    assert_eq!(ask(&mut card, &VERIFY), [0x69, 0x83]);
    assert_eq!(ask(&mut card, &sign()), [0x69, 0x82]);
    assert_eq!(ask(&mut card, &[0x00, 0x20, 0x00, 0x81, 0x00]), [0x6A, 0x88]);
}

#[test]
fn a_long_answer_is_fetched_in_pieces() {
    let mut card = card(KeyKind::Rsa2048);
    ask(&mut card, &SELECT);
    let mut object = ask(&mut card, &GET_CERTIFICATE);
    while let [.., 0x61, le] = object[..] {
        object.truncate(object.len() - 2);
        object.extend(ask(&mut card, &[0x00, 0xC0, 0x00, 0x00, le]));
    }
    let end = [0x71, 0x01, 0x00, 0xFE, 0x00, 0x90, 0x00];
    assert!(object.starts_with(&[0x53, 0x82]) && object.ends_with(&end), "{object:02X?}");
    let none = [0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x0A, 0x00];
    assert_eq!(ask(&mut card, &none), [0x6A, 0x82]);
}

/// An RSA block comes in two pieces, and what is signed is the block again under the public exponent.
#[test]
fn the_rsa_key_undoes_its_own_power() {
    let mut card = card(KeyKind::Rsa2048);
    ask(&mut card, &SELECT);
    ask(&mut card, &VERIFY);
    let block = [&[0x00, 0x01][..], &[0xFF; 221], &[0x00], &[0x5A; 32]].concat();
    let template = tlv::tlv(0x7C, &[vec![0x82, 0x00], tlv::tlv(0x81, &block)].concat());
    let (first, second) = template.split_at(255);
    let first = [&[0x10, 0x87, 0x07, 0x9A, 0xFF][..], first].concat();
    assert_eq!(ask(&mut card, &first), [0x90, 0x00]);
    let length = u8::try_from(second.len()).expect("a byte");
    let second = [&[0x00, 0x87, 0x07, 0x9A, length][..], second, &[0x00]].concat();
    let mut signed = ask(&mut card, &second);
    assert_eq!(signed.split_off(256), [0x61, 0x08]);
    signed.extend(ask(&mut card, &[0x00, 0xC0, 0x00, 0x00, 0x08]));
    let (tag, signature, word) = tlv::read(&signed)
        .and_then(|(_, inside, word)| tlv::read(inside).map(|(tag, signature, _)| (tag, signature, word)))
        .expect("a signature");
    assert_eq!((tag, signature.len(), word), (0x82, 256, &[0x90, 0x00][..]));
    let spki = Key::new(KeyKind::Rsa2048).pair().public_key_pem();
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("key"), spki).expect("a file");
    std::fs::write(at("signature"), signature).expect("a file");
    let undone = std::process::Command::new("openssl")
        .args(["pkeyutl", "-verifyrecover", "-pubin", "-pkeyopt", "rsa_padding_mode:none", "-inkey"])
        .args([&at("key"), std::path::Path::new("-in"), &at("signature")])
        .output()
        .expect("openssl runs");
    assert_eq!(undone.stdout, block, "{}", String::from_utf8_lossy(&undone.stderr));
}

/// openssl, which no one here wrote, finds chain, list and purpose good, and a revoked one bad.
#[test]
fn openssl_believes_the_authority() {
    let mut authority = Authority::root("Authority");
    let key = Key::new(KeyKind::P256);
    let good = authority.certify(key.pair(), &Wanted::default());
    let gone = authority.certify(key.pair(), &Wanted { serial: 0xBAD, ..Wanted::default() });
    authority.revoke(0xBAD);
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("ca.pem"), authority.pem()).expect("a file");
    std::fs::write(at("crl.pem"), authority.list([(2020, 1, 1), (2049, 1, 1)])).expect("a file");
    for (der, wanted) in [(good, "OK"), (gone, "certificate revoked")] {
        std::fs::write(at("card.der"), der).expect("a file");
        let output = std::process::Command::new("openssl")
            .args(["verify", "-crl_check", "-CAfile"])
            .arg(at("ca.pem"))
            .arg("-CRLfile")
            .arg(at("crl.pem"))
            .arg(at("card.der"))
            .output()
            .expect("openssl runs");
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(wanted), "{said}");
    }
}
