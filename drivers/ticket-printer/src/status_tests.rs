use super::*;

fn real_time(bytes: [u8; 4]) -> Status {
    Status::from_real_time(StatusLayout::Epson, bytes)
}

/// As seen on an independent emulator: DLE EOT 1, 2, 4, with no error cause in 3.
#[test]
fn real_time_answers_as_seen() {
    let table = [
        ([0x12, 0x12, 0x12, 0x12], None, Paper::Ok, Cover::Closed, true),
        ([0x1A, 0x32, 0x12, 0x7E], Some(Fault::PaperOut), Paper::Out, Cover::Closed, false),
        ([0x12, 0x12, 0x12, 0x1E], None, Paper::Low, Cover::Closed, true),
        ([0x1A, 0x16, 0x12, 0x12], Some(Fault::CoverOpen), Paper::Ok, Cover::Open, false),
    ];
    for (bytes, fault, paper, cover, online) in table {
        let status = real_time(bytes);
        assert!(!status.shows(R), "fixed bits are no signs");
        assert_eq!(
            (status.fault(), status.paper(), status.cover(), status.is_online()),
            (fault, paper, cover, online),
            "{bytes:02X?}"
        );
    }
}

#[test]
fn automatic_status_as_seen() {
    let table = [
        ([0x10, 0, 0, 0], None, Paper::Ok),
        ([0x10, 0, 3, 0], None, Paper::Low),
        ([0x18, 0, 0x0F, 0], Some(Fault::PaperOut), Paper::Out),
        ([0x38, 0, 0, 0], Some(Fault::CoverOpen), Paper::Ok),
        ([0x18, 0x08, 0, 0], Some(Fault::Cutter), Paper::Ok),
        ([0x18, 0x20, 0, 0], Some(Fault::Unrecoverable), Paper::Ok),
    ];
    for (bytes, fault, paper) in table {
        let status = Status::from_auto(bytes);
        assert_eq!((status.fault(), status.paper()), (fault, paper), "{bytes:02X?}");
    }
    assert_eq!(Status::from_queued(0x0F).paper(), Paper::Out);
    assert_eq!(Status::from_queued(0x03).paper(), Paper::Low);
}

/// What is in the reference about each bit, and what it comes to. Bits that are not named are fixed or
/// reserved and say nothing.
#[test]
fn every_bit_has_its_meaning() {
    use Meaning::{Fault as F, Nothing, Notice as N};
    let low = N(Notice::PaperLow);
    let out = F(Fault::PaperOut);
    let real_time_bits = [
        (1, 2, DrawerPin, Nothing),
        (1, 3, OffLine, F(Fault::Offline)),
        (1, 5, WaitingForRecovery, F(Fault::WaitingForButton)),
        (1, 6, FeedButton, N(Notice::ButtonPressed)),
        (2, 2, CoverOpen, F(Fault::CoverOpen)),
        (2, 3, FeedingByButton, F(Fault::Feeding)),
        (2, 5, PaperEndStop, out),
        (2, 6, Error, F(Fault::Unnamed)),
        (3, 2, Recoverable, F(Fault::Mechanical)),
        (3, 3, CutterError, F(Fault::Cutter)),
        (3, 5, Unrecoverable, F(Fault::Unrecoverable)),
        (3, 6, AutoRecoverable, F(Fault::HeadHot)),
        (4, 2, NearEnd, low),
        (4, 3, NearEnd, low),
        (4, 5, PaperEnd, out),
        (4, 6, PaperEnd, out),
    ];
    let automatic_bits = [
        (1, 2, DrawerPin, Nothing),
        (1, 3, OffLine, F(Fault::Offline)),
        (1, 5, CoverOpen, F(Fault::CoverOpen)),
        (1, 6, FeedingByButton, F(Fault::Feeding)),
        (2, 0, WaitingForRecovery, F(Fault::WaitingForButton)),
        (2, 1, FeedButton, N(Notice::ButtonPressed)),
        (2, 2, Recoverable, F(Fault::Mechanical)),
        (2, 3, CutterError, F(Fault::Cutter)),
        (2, 5, Unrecoverable, F(Fault::Unrecoverable)),
        (2, 6, AutoRecoverable, F(Fault::HeadHot)),
        (3, 0, NearEnd, low),
        (3, 1, NearEnd, low),
        (3, 2, PaperEnd, out),
        (3, 3, PaperEnd, out),
    ];
    let full_bits = [
        (1, 0, PaperEnd, out),
        (1, 2, NearEnd, low),
        (1, 5, TicketWaiting, N(Notice::TicketNotTaken)),
        (1, 6, VirtualPaperEnd, low),
        (1, 7, Notch, Nothing),
        (2, 0, HeadUp, F(Fault::CoverOpen)),
        (2, 1, CoverOpen, F(Fault::CoverOpen)),
        (2, 2, Spooling, N(Notice::Busy)),
        (2, 3, MotorRuns, N(Notice::Busy)),
        (2, 5, Key, N(Notice::ButtonPressed)),
        (2, 6, Key, N(Notice::ButtonPressed)),
        (3, 0, HeadTemperature, F(Fault::HeadHot)),
        (3, 1, Communication, N(Notice::GarbledLine)),
        (3, 3, SupplyVoltage, F(Fault::Supply)),
        (3, 5, CommandRefused, N(Notice::CommandRefused)),
        (3, 7, NotchMissing, F(Fault::Mechanical)),
        (4, 0, Unrecoverable, F(Fault::Unrecoverable)),
        (4, 7, Unrecoverable, F(Fault::Unrecoverable)),
    ];
    let decode: [fn([u8; 4]) -> Status; 3] = [real_time, Status::from_auto, Status::from_full];
    let tables: [&[(usize, u32, Sign, Meaning)]; 3] = [&real_time_bits, &automatic_bits, &full_bits];
    for (decode, table) in decode.into_iter().zip(tables) {
        for n in 1..=4 {
            for bit in 0..8u32 {
                let mut bytes = [0; 4];
                bytes[n - 1] = 1 << bit;
                let shown: Vec<Sign> = decode(bytes).signs().collect();
                let named = table.iter().find(|row| (row.0, row.1) == (n, bit));
                match named {
                    Some((_, _, sign, meaning)) => {
                        assert_eq!(shown, [*sign], "n {n} bit {bit}");
                        assert_eq!(sign.meaning(), *meaning, "n {n} bit {bit}");
                    }
                    // The last byte of a KPM150 is errors through and through.
                    None if n == 4 && shown == [Unrecoverable] => {}
                    None => assert!(shown.iter().all(|sign| *sign == R), "n {n} bit {bit}: {shown:?}"),
                }
            }
        }
    }
}

#[test]
fn a_presenter_has_a_bit_of_its_own() {
    let table =
        [(0x72, Paper::Out, vec![Notice::TicketNotTaken]), (0x52, Paper::Ok, vec![Notice::TicketNotTaken])];
    for (byte, paper, notices) in table {
        let status = Status::from_real_time(StatusLayout::Ppu231, [0x12, 0x12, 0x12, byte]);
        assert_eq!((status.paper(), status.notices()), (paper, notices));
    }
}

#[test]
fn the_sign_of_each_bit_is_itself() {
    for (at, sign) in Sign::ALL.into_iter().enumerate() {
        assert_eq!(sign as usize, at);
    }
}

#[test]
fn the_cause_people_remove_first_comes_first() {
    let table = [
        // The cover is open, the paper is out, the cutter is stuck: in this order.
        ([0x1A, 0x76, 0x1A, 0x72], Fault::CoverOpen),
        ([0x1A, 0x72, 0x1A, 0x72], Fault::PaperOut),
        ([0x1A, 0x52, 0x1A, 0x12], Fault::Cutter),
        ([0x1A, 0x52, 0x3E, 0x12], Fault::Unrecoverable),
        ([0x1A, 0x52, 0x12, 0x12], Fault::Unnamed),
        ([0x3A, 0x12, 0x12, 0x12], Fault::WaitingForButton),
    ];
    for (bytes, fault) in table {
        assert_eq!(real_time(bytes).fault(), Some(fault), "{bytes:02X?}");
    }
}

#[test]
fn a_missing_sensor_is_not_believed() {
    assert_eq!(real_time([0x12, 0x12, 0x12, 0x1E]).without_near_end().paper(), Paper::Ok);
    assert_eq!(real_time([0x12, 0x12, 0x12, 0x72]).without_near_end().paper(), Paper::Out);
}

#[test]
fn a_round_is_whole_when_all_its_answers_have_come() {
    let mut plain = Answers::none(StatusLayout::Epson);
    for byte in [0x1A, 0x16, 0x12, 0x12] {
        assert_eq!(plain.status(), None);
        plain.take(byte);
    }
    assert_eq!(plain.status().and_then(|status| status.fault()), Some(Fault::CoverOpen));
    let mut six = Answers::none(StatusLayout::Kpm150);
    (0..4).for_each(|_| six.take(0x12));
    assert_eq!(six.status(), None);
    six.take_full([0x20, 0, 0x08, 0]);
    let status = six.status().expect("whole");
    assert_eq!((status.fault(), status.notices()), (Some(Fault::Supply), vec![Notice::TicketNotTaken]));
}
