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
    assert!(status.online && status.paper == Paper::Ok && status.cover == Cover::Closed);
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
    assert_eq!(status.paper, Paper::Low);
    let profile = Profile { near_end_sensor: false, ..quick("generic") };
    let status = Printer::new(Scripted::well().with(low), profile).preflight().expect("prints");
    assert_eq!(status.paper, Paper::Ok);
}

#[test]
fn silence_is_told_with_what_to_do() {
    let refused = printer(Scripted::well().with(|p| p.mute = true)).preflight();
    let Err(PrintRefused::Printer(error @ PrinterError::NoAnswer { answers: 0, .. })) = refused else {
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
    printer.leave_error().expect("sent");
    assert_eq!(printer.into_link().writes, [[0x10, 0x05, 0x02]]);
}

#[test]
fn zeros_end_the_longest_command() {
    let mut picture = Vec::new();
    crate::raster::Bitmap::blank(576, 113).print(0, &mut picture);
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
