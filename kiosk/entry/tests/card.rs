//! Who gets in with a card: the real driver over a real pcscd, an emulated card, and this room's rules.
//!
//! Each test runs in a process of its own, as in the driver's tests.

use std::process::Command;
use std::time::{Duration, Instant};

use emulators::slot::EmulatedCard;
use emulators::social_card::PcscDaemon;
use emulators::staff_card::{Authority, Dates, Key, KeyKind, PivCard, Quirk, Wanted};
use entry::{
    Attempts, CARD_CHALLENGE_LASTS, Calendar, CardChallenge, CardKey, KioskName, Pass, Refusal,
    StaffCertificates, TooSoon, Who,
};
use staff_card::{Slot, SlotFault, StaffSlot};

const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
const FOLDER: &str = "ENTRY_TEST_FOLDER";
const SOON: Duration = Duration::from_secs(20);
const PIN: &str = "271828";

/// Noon on the first of January 2026.
const TODAY: Calendar = Calendar::Known(1_767_268_800);
const LONG: Dates = [(2020, 1, 1), (2049, 1, 1)];

/// The kiosk's side of the door.
struct Door {
    pcscd: PcscDaemon,
    slot: StaffSlot,
    hall: StaffCertificates,
    attempts: Attempts,
    now: Duration,
}

/// Why somebody stayed out.
#[derive(Debug)]
enum Outside {
    Slowed(TooSoon),
    Refused(Refusal),
    Card(SlotFault),
}

impl Door {
    /// What the kiosk does with a card, its challenge made of these bytes.
    fn enter(&mut self, pin: &str, chance: [u8; 32]) -> Result<Pass, Outside> {
        let kiosk: KioskName = "lobby-1".parse().unwrap();
        let challenge =
            CardChallenge::new(&kiosk, chance, &self.attempts, self.now).map_err(Outside::Slowed)?;
        let certificate = self.slot.certificate().map_err(|error| Outside::Card(error.fault))?;
        let technician = self.hall.check(&certificate, TODAY).map_err(Outside::Refused)?;
        let kind = match technician.key() {
            CardKey::P256 => staff_card::KeyKind::P256,
            CardKey::Rsa2048 => staff_card::KeyKind::Rsa2048,
        };
        let signature = self.slot.sign(pin.parse().unwrap(), kind, challenge.message()).map_err(|error| {
            if matches!(error.fault, SlotFault::WrongPin { .. } | SlotFault::PinBlocked) {
                self.attempts.failed(self.now);
            }
            Outside::Card(error.fault)
        })?;
        challenge.signed(technician, &signature, &mut self.attempts, self.now).map_err(Outside::Refused)
    }

    /// Puts a card in that stays in while `then` runs.
    fn with_card<T>(&mut self, card: PivCard, then: impl FnOnce(&mut Self) -> T) -> T {
        self.wait_for(Slot::Empty);
        let card = EmulatedCard::insert(self.pcscd.port(), card).unwrap();
        self.wait_for(Slot::Inserted);
        let outcome = then(self);
        card.remove();
        outcome
    }

    fn wait_for(&mut self, wanted: Slot) {
        let deadline = Instant::now() + SOON;
        while self.slot.poll(Duration::from_millis(200)).ok() != Some(wanted) {
            assert!(Instant::now() < deadline, "never {wanted:?}");
        }
    }
}

/// Runs `test` in a process of its own, at a door of this authority's hall.
fn at_the_door(name: &str, authority: &Authority, test: impl FnOnce(Door)) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(FOLDER, folder.path())
            .env(SOCKET, PcscDaemon::socket_in(folder.path()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    };
    let list = authority.list(LONG);
    test(Door {
        pcscd: PcscDaemon::start(folder.as_ref()).expect("run `make setup`"),
        slot: StaffSlot::open("Virtual PCD 00 00"),
        hall: StaffCertificates::new(authority.pem().as_bytes(), list.as_bytes()).unwrap(),
        attempts: Attempts::restored(0, Duration::ZERO),
        now: Duration::from_secs(60),
    });
}

fn card(kind: KeyKind, authority: &Authority, wanted: &Wanted<'_>) -> PivCard {
    let key = Key::new(kind);
    let certificate = authority.certify(key.pair(), wanted);
    PivCard::new(key, certificate, PIN)
}

#[test]
fn a_technician_comes_in_with_card_and_pin() {
    let authority = Authority::root("Hall");
    at_the_door("a_technician_comes_in_with_card_and_pin", &authority, |mut door| {
        for kind in [KeyKind::P256, KeyKind::Rsa2048] {
            let card = card(kind, &authority, &Wanted::default());
            let pass = door.with_card(card, |door| door.enter(PIN, [1; 32])).unwrap();
            let who = Who::Technician { name: "Technician 17".to_owned(), serial: "1234".to_owned() };
            assert_eq!(pass.who(), who);
        }
    });
}

#[test]
fn a_wrong_pin_stays_out_and_slows_the_next() {
    let authority = Authority::root("Hall");
    at_the_door("a_wrong_pin_stays_out_and_slows_the_next", &authority, |mut door| {
        let card = card(KeyKind::P256, &authority, &Wanted::default());
        door.with_card(card, |door| {
            for left in [2, 1] {
                let outside = door.enter("000000", [1; 32]).unwrap_err();
                let counted =
                    matches!(outside, Outside::Card(SlotFault::WrongPin { left: told }) if told == left);
                assert!(counted, "{outside:?}");
            }
            let outside = door.enter(PIN, [1; 32]).unwrap_err();
            assert!(matches!(outside, Outside::Slowed(TooSoon(left)) if left.as_secs() == 2), "{outside:?}");
            door.now += Duration::from_secs(2);
            let outside = door.enter("000000", [1; 32]).unwrap_err();
            assert!(matches!(outside, Outside::Card(SlotFault::PinBlocked)), "{outside:?}");
            door.now += Duration::from_secs(3600);
            let outside = door.enter(PIN, [1; 32]).unwrap_err();
            assert!(matches!(outside, Outside::Card(SlotFault::PinBlocked)), "{outside:?}");
        });
    });
}

#[test]
fn revoked_expired_and_foreign_cards_stay_out_before_a_pin_is_asked_for() {
    let name = "revoked_expired_and_foreign_cards_stay_out_before_a_pin_is_asked_for";
    let mut authority = Authority::root("Hall");
    authority.revoke(0xBAD);
    at_the_door(name, &authority, |mut door| {
        let wanted = Wanted::default();
        let stranger = Authority::root("Hall");
        for (card, refusal) in [
            (card(KeyKind::P256, &authority, &Wanted { serial: 0xBAD, ..wanted }), Refusal::Revoked),
            (
                card(KeyKind::P256, &authority, &Wanted { dates: [(2020, 1, 1), (2025, 1, 1)], ..wanted }),
                Refusal::Expired,
            ),
            (
                card(KeyKind::P256, &authority, &Wanted { dates: [(2027, 1, 1), (2028, 1, 1)], ..wanted }),
                Refusal::NotYetValid,
            ),
            (card(KeyKind::P256, &stranger, &wanted), Refusal::NotOurs),
        ] {
            let outside = door.with_card(card, |door| door.enter(PIN, [1; 32])).unwrap_err();
            assert!(matches!(outside, Outside::Refused(why) if why == refusal), "{outside:?}");
        }
        // No try of any card was used up: nothing was signed, and no PIN given.
        let text = door.slot.recorder().snapshot("test").to_string();
        assert!(text.contains("> 00 CB") && !text.contains("> 00 20"), "{text}");
    });
}

#[test]
fn another_s_certificate_and_a_replayed_signature_stay_out() {
    let authority = Authority::root("Hall");
    let name = "another_s_certificate_and_a_replayed_signature_stay_out";
    at_the_door(name, &authority, |mut door| {
        // The certificate of a technician, copied onto a card with another key.
        let certificate = authority.certify(Key::new(KeyKind::P256).pair(), &Wanted::default());
        let copied = PivCard::new(Key::new(KeyKind::P256), certificate, PIN);
        let otherwise = card(KeyKind::P256, &authority, &Wanted::default()).with(Quirk::SignsOtherwise);
        for card in [copied, otherwise] {
            let outside = door.with_card(card, |door| door.enter(PIN, [1; 32])).unwrap_err();
            assert!(matches!(outside, Outside::Refused(Refusal::WrongSignature)), "{outside:?}");
        }
        assert_eq!(door.attempts.failures(), 2);
        door.now += Duration::from_secs(2);
        // What was signed once opens once.
        let repeating = card(KeyKind::P256, &authority, &Wanted::default()).with(Quirk::RepeatsSignature);
        door.with_card(repeating, |door| {
            assert!(door.enter(PIN, [1; 32]).is_ok());
            let outside = door.enter(PIN, [2; 32]).unwrap_err();
            assert!(matches!(outside, Outside::Refused(Refusal::WrongSignature)), "{outside:?}");
        });
    });
}

#[test]
fn a_card_s_challenge_is_of_one_kiosk_and_ends() {
    let authority = Authority::root("Hall");
    let hall = StaffCertificates::new(authority.pem().as_bytes(), authority.list(LONG).as_bytes()).unwrap();
    let key = Key::new(KeyKind::P256);
    let certificate = authority.certify(key.pair(), &Wanted::default());
    let mut attempts = Attempts::restored(0, Duration::ZERO);
    let begun = Duration::from_secs(1);
    let challenge = |kiosk: &str, chance| {
        CardChallenge::new(&kiosk.parse().unwrap(), [chance; 32], &Attempts::restored(0, begun), begun)
            .unwrap()
    };
    let sign = |challenge: &CardChallenge| rcgen::SigningKey::sign(key.pair(), challenge.message()).unwrap();
    let (here, there, late) = (challenge("lobby-1", 1), challenge("lobby-2", 1), challenge("lobby-1", 1));
    let (signed_here, signed_there) = (sign(&here), sign(&there));
    let technician = || hall.check(&certificate, TODAY).unwrap();
    let other = here.signed(technician(), &signed_there, &mut attempts, begun);
    assert_eq!(other, Err(Refusal::WrongSignature));
    let over = late.signed(technician(), &signed_here, &mut attempts, begun + CARD_CHALLENGE_LASTS);
    assert_eq!(over, Err(Refusal::TooLate));
    assert!(challenge("lobby-1", 1).signed(technician(), &signed_here, &mut attempts, begun).is_ok());
}
