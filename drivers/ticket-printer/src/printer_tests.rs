use super::*;
use crate::decoder::Op;
use crate::scripted::Scripted;
use crate::status::{Cover, Paper};

fn quick(model: &str) -> Profile {
    Profile { reply_timeout: Duration::from_millis(80), ..Profile::named(model) }
}

fn printer(link: Scripted) -> Printer<Scripted> {
    Printer::new(link, quick("epson-tm-compatible"))
}

#[test]
fn all_four_questions_go_in_one_write() {
    let mut printer = printer(Scripted::well());
    let status = printer.status().expect("answered");
    assert!(status.is_online() && status.paper() == Paper::Ok && status.cover() == Cover::Closed);
    let link = printer.into_link();
    assert_eq!(link.writes, [b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04".to_vec()]);
}

#[test]
fn initialising_switches_automatic_status_on_again() {
    let mut with = printer(Scripted::well());
    with.init().expect("sent");
    assert_eq!(with.into_link().writes, [b"\x1b@\x1da\x0e".to_vec()]);
    let mut without = Printer::new(Scripted::well(), quick("generic"));
    without.init().expect("sent");
    assert_eq!(without.into_link().writes, [b"\x1b@".to_vec()]);
}

#[test]
fn older_answers_are_thrown_away_before_asking() {
    // A cover that was open, a queued status and half an automatic one.
    let link = Scripted::well().saying(&[0x1A, 0x16, 0x12, 0x12, 0x0C, 0x38, 0x00]);
    let status = printer(link).status().expect("answered");
    assert_eq!(status.fault(), None);
}

#[test]
fn automatic_status_between_the_answers_does_not_disturb() {
    let link = Scripted::well().on_status(|_, p| p.says.extend([0x10, 0, 3, 0]));
    assert_eq!(printer(link).status().expect("answered").fault(), None);
}

#[test]
fn preflight_refuses_what_keeps_it_from_printing() {
    let table = [
        ([0x1A, 0x32, 0x12, 0x7E], Fault::PaperOut, "out of paper; put in a new roll"),
        ([0x1A, 0x16, 0x12, 0x12], Fault::CoverOpen, "cover"),
        ([0x1A, 0x52, 0x1A, 0x12], Fault::Cutter, "cutter"),
        ([0x1A, 0x52, 0x32, 0x12], Fault::Unrecoverable, "service"),
        ([0x1A, 0x52, 0x52, 0x12], Fault::HeadHot, "hot"),
        ([0x1A, 0x12, 0x12, 0x12], Fault::Offline, "off line"),
    ];
    for (status, fault, says) in table {
        let refused = printer(Scripted::well().with(|p| p.status = status)).preflight();
        let Err(PrintRefused::Fault(found)) = refused else { panic!("{refused:?}") };
        assert_eq!(found, fault);
        assert!(found.to_string().contains(says), "{found}");
    }
}

#[test]
fn little_paper_is_no_reason_to_refuse() {
    let low = |p: &mut crate::scripted::Printing| p.status = [0x12, 0x12, 0x12, 0x1E];
    let status = printer(Scripted::well().with(low)).preflight().expect("prints");
    assert_eq!(status.paper(), Paper::Low);
    let profile = Profile { near_end_sensor: false, ..quick("generic") };
    let status = Printer::new(Scripted::well().with(low), profile).preflight().expect("prints");
    assert_eq!(status.paper(), Paper::Ok);
}

#[test]
fn silence_is_told_with_what_to_do() {
    let refused = printer(Scripted::well().with(|p| p.mute = true)).preflight();
    let Err(PrintRefused::Printer(error @ PrinterError::NoAnswer { answers: 0, strange: 0, .. })) = refused
    else {
        panic!("{refused:?}")
    };
    let text = error.to_string();
    assert!(text.contains("serial scripted") && text.contains("check its power"), "{text}");
}

#[test]
fn a_lost_connection_is_told() {
    let refused = printer(Scripted::well().with(|p| p.hangs_up = true)).preflight();
    let Err(PrintRefused::Printer(PrinterError::Link { source: LinkError::HungUp, .. })) = refused else {
        panic!("{refused:?}")
    };
}

#[test]
fn a_broken_transfer_must_be_recovered_first() {
    let mut printer = printer(Scripted::well().with(|p| p.takes = 3));
    let stalled = printer.begin(b"\x1b@header\n");
    assert!(matches!(stalled, Err(PrinterError::Stalled { sent: 3, of: 9, .. })), "{stalled:?}");
    printer.link.printing.takes = usize::MAX;
    let refused = printer.preflight();
    assert!(matches!(refused, Err(PrintRefused::Printer(PrinterError::NeedsRecovery { .. }))), "{refused:?}");
    printer.recover().expect("sent");
    assert!(printer.preflight().is_ok());
    let link = printer.into_link();
    assert!(link.writes.contains(&vec![0; 8192]));
}

#[test]
fn a_mended_error_is_left_at_once_and_in_real_time() {
    let mut printer = printer(Scripted::well());
    printer.apply(Remedy::LeaveError).expect("sent");
    assert_eq!(printer.into_link().writes, [[0x10, 0x05, 0x02]]);
}

#[test]
fn zeros_end_the_longest_command() {
    let mut picture = crate::command::raster(0, 72, 113).to_vec();
    picture.resize(8 + 72 * 113, 0xFF);
    let half = picture.len() / 2;
    let mut printer = printer(Scripted::well().with(|p| p.takes = half));
    assert!(printer.begin(&picture).is_err());
    printer.link.printing.takes = usize::MAX;
    printer.recover().expect("sent");
    // The printer carries out what comes after: it answers again.
    assert!(printer.preflight().is_ok());
    assert!(printer.into_link().printing.done.contains(&Op::Init));
}

#[test]
fn an_abandoned_header_is_cut_off() {
    let mut printer = printer(Scripted::well());
    printer.begin(b"\x1b@header\n").expect("sent");
    printer.abandon().expect("sent");
    assert_eq!(printer.into_link().printing.done.last(), Some(&Op::Cut));
}

#[test]
fn each_remedy_is_its_own_command() {
    let table: [(Remedy, &[u8]); 4] = [
        (Remedy::GoOn, &[0x10, 0x05, 0x01]),
        (Remedy::LeaveError, &[0x10, 0x05, 0x02]),
        (Remedy::Initialise, b"\x1b@\x1da\x0e"),
        (Remedy::Clear, &[0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08]),
    ];
    for (remedy, bytes) in table {
        let mut printer = printer(Scripted::well());
        printer.apply(remedy).expect("sent");
        assert_eq!(printer.into_link().writes[0], bytes, "{remedy:?}");
    }
    let mut printer = printer(Scripted::well());
    printer.apply(Remedy::Resynchronise).expect("sent");
    assert_eq!(printer.into_link().writes[0], [0; 8192]);
}

#[test]
fn a_cleared_printer_is_initialised_once_it_says_so() {
    // Behind a broken transfer, among other answers, held up by flow control.
    let answer: &[u8] = &[0x12, 0x13, 0x37, 0x22, b'0', b'0', b'0', b'1', 0, 0x37, 0x11, 0x25, 0x00];
    let mut printer = printer(Scripted::well().with(|p| (p.takes, p.cleared) = (9, answer)));
    assert!(printer.begin(b"\x1b@header A048\n").is_err());
    printer.link.printing.takes = usize::MAX;
    printer.apply(Remedy::Clear).expect("cleared");
    assert!(printer.preflight().is_ok());
    let link = printer.into_link();
    assert_eq!(link.writes[2], b"\x1b@\x1da\x0e");
    assert!(!link.writes.concat().windows(8).any(|bytes| bytes == [0; 8]), "no zeros are needed");
}

#[test]
fn nothing_is_sent_to_a_printer_that_has_not_said_that_it_is_clear() {
    for (link, why) in [
        (Scripted::well().with(|p| p.cleared = &[]), "silence"),
        (Scripted::well().with(|p| (p.cleared, p.babbles) = (&[], true)), "noise"),
        (Scripted::well().with(|p| p.cleared = &[0x37, 0x26, 0x00]), "another answer"),
    ] {
        let mut printer = printer(link);
        let cleared = printer.apply(Remedy::Clear);
        assert!(matches!(cleared, Err(PrinterError::NotCleared { .. })), "{why}: {cleared:?}");
        assert!(matches!(printer.begin(b"header"), Err(PrinterError::NeedsRecovery { .. })), "{why}");
        assert_eq!(printer.link.writes.len(), 1, "{why}");
        printer.recover().expect("sent");
        printer.begin(b"header").expect("sent");
    }
}

#[test]
fn a_printer_says_who_it_is() {
    let id = |link: Scripted| printer(link).identify().expect("asked");
    let known = id(Scripted::well().saying(b"\x5Fold\0"));
    assert_eq!((known.maker.as_deref(), known.model.as_deref()), (Some("EPSON"), Some("TM-T88VI")));
    assert_eq!(Profile::identified(&known).map(|p| p.model).as_deref(), Some("epson-tm-compatible"));
    assert_eq!(id(Scripted::well().with(|p| p.identity = [b"", b""])), PrinterId::default());
    let half = id(Scripted::well().with(|p| p.identity = [b"\x5FEPS\xFFON\0", b"\x5FR1\0"]));
    assert_eq!((half.maker, half.model.as_deref()), (None, Some("R1")));
}

#[test]
fn a_printer_of_six_bytes_is_asked_for_them_too() {
    let profile = quick("custom-kpm150");
    let link = Scripted::well().with(|p| p.full = Some([0x20, 0, 0, 0]));
    let mut kiosk = Printer::new(link, profile.clone());
    let status = kiosk.preflight().expect("well");
    assert_eq!(status.notices(), [crate::status::Notice::TicketNotTaken]);
    assert_eq!(kiosk.into_link().writes[0].len(), 15);
    let hot = Scripted::well().with(|p| p.full = Some([0, 0, 1, 0]));
    let refused = Printer::new(hot, profile.clone()).preflight();
    assert!(matches!(refused, Err(PrintRefused::Fault(Fault::HeadHot))), "{refused:?}");
    // One that answers the four questions and not the fifth does not say how it is.
    let refused = Printer::new(Scripted::well(), profile).preflight();
    assert!(
        matches!(refused, Err(PrintRefused::Printer(PrinterError::NoAnswer { answers: 4, .. }))),
        "{refused:?}"
    );
}

#[test]
fn noise_without_end_ends_the_wait_for_status() {
    let begun = Instant::now();
    let status = printer(Scripted::well().with(|p| (p.babbles, p.mute) = (true, true))).status();
    // A line that is garbled is told from one that is silent.
    assert!(matches!(status, Err(PrinterError::NoAnswer { answers: 0, strange: 1.., .. })), "{status:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_line_that_is_not_serial_has_no_speed() {
    let profile = Profile { baud: 1200, ..quick("generic") };
    let serial = Printer::new(Scripted::well(), profile.clone());
    assert_eq!(serial.speed.time(1200), Duration::from_secs(10));
    let usb = Printer::over(Scripted::well(), profile, LineSpeed::Unpaced);
    assert_eq!(usb.speed.time(1200), Duration::from_millis(12));
}
