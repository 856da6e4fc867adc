use super::*;
use crate::decoder::Op;
use crate::error::PrintRefused;
use crate::profile::Profile;
use crate::scripted::{Printing, Scripted};
use link::LinkError;

const COVER_OPEN: [u8; 4] = [0x1A, 0x16, 0x12, 0x12];
const PAPER_OUT: [u8; 4] = [0x1A, 0x32, 0x12, 0x7E];
const CUTTER: [u8; 4] = [0x1A, 0x52, 0x1A, 0x12];

/// One whose proofs are long believed in, however slow.
fn with_ids() -> Profile {
    Profile {
        reply_timeout: Duration::from_millis(160),
        proof_timeout: Duration::from_secs(20),
        ..Profile::named("epson-tm-compatible")
    }
}

fn without_ids() -> Profile {
    Profile { reply_timeout: Duration::from_millis(160), ..Profile::generic() }
}

/// Prints a whole ticket of two lines.
fn print(link: Scripted, profile: Profile) -> (Outcome, Vec<Step>, Scripted) {
    let mut printer = Printer::new(link, profile);
    printer.preflight().expect("well before the ticket");
    printer.begin(b"\x1b@header\n").expect("sent");
    let mut steps = Vec::new();
    let outcome = printer.finish(b"A048\nwait\n", JobId::new(7), &mut |step| steps.push(step));
    (outcome, steps, printer.into_link())
}

fn is_body(op: &Op) -> bool {
    matches!(op, Op::Line { text, .. } if text == "A048")
}

fn answers_nothing_queued(p: &mut Printing) {
    (p.answers_ids, p.answers_queued) = (false, false);
}

fn cuts(link: &Scripted) -> usize {
    link.printing.done.iter().filter(|op| **op == Op::Cut).count()
}

/// Once asked for the `n`th time, the printer goes on.
fn runs_at(n: usize) -> impl FnMut(usize, &mut Printing) + Send {
    move |asked, p| p.runs = asked == 1 || asked >= n
}

#[test]
fn a_ticket_is_confirmed_text_and_cut() {
    let (outcome, steps, link) = print(Scripted::well(), with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
    assert_eq!(steps, [Step::BytesSent, Step::TextProven, Step::CutProven]);
    // Body, identifier, cut, identifier leave in one write; the cutter is asked last.
    let [.., ticket, cutter] = link.writes.as_slice() else { panic!() };
    let mut expected = b"A048\nwait\n\x1d(H\x06\x0000".to_vec();
    expected.extend(JobId::new(7).behind_text());
    expected.extend(b"\x1dVB\x00\x1d(H\x06\x0000");
    expected.extend(JobId::new(7).behind_cut());
    expected.extend(b"\x1dr\x01");
    assert_eq!((ticket, cutter), (&expected, &b"\x10\x04\x03".to_vec()));
}

#[test]
fn a_printer_that_answers_only_the_newest_identifier_proves_both() {
    let link = Scripted::well().with(|p| p.newest_id_only = true).on_status(runs_at(2));
    let (outcome, steps, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
    assert_eq!(steps, [Step::BytesSent, Step::TextProven, Step::CutProven]);
}

#[test]
fn a_slow_printer_that_answers_is_waited_for() {
    // Twelve polls are more than one reply time-out.
    let link = Scripted::well().on_status(runs_at(12));
    let (outcome, _, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
}

#[test]
fn a_printer_that_only_answers_polls_is_given_up() {
    let begun = Instant::now();
    let (outcome, _, link) = print(Scripted::well().with(|p| p.answers_ids = false), with_ids());
    assert!(
        matches!(
            outcome,
            Outcome::Unknown(Evidence::QueuedStatusAnswered, UnknownReason::ProofNeverComes { .. })
        ),
        "{outcome:?}"
    );
    assert!(begun.elapsed() >= with_ids().reply_timeout * MOST_TIMEOUTS);
    assert_eq!(cuts(&link), 1, "sent once");
}

#[test]
fn no_reply_is_unknown() {
    let link = Scripted::well().on_status(|asked, p| p.mute = asked > 1).with(answers_nothing_queued);
    let (outcome, steps, _) = print(link, with_ids());
    let Outcome::Unknown(Evidence::BytesSent, reason @ UnknownReason::NoReply { .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.to_string().contains("see whether it came out"));
    assert_eq!(steps, [Step::BytesSent]);
}

#[test]
fn a_fault_in_mid_ticket_is_named() {
    for (status, fault) in [(COVER_OPEN, Fault::CoverOpen), (PAPER_OUT, Fault::PaperOut)] {
        for profile in [with_ids(), without_ids()] {
            let link = Scripted::well().with(|p| p.fault_behind = Some((is_body, status)));
            let (outcome, steps, link) = print(link, profile);
            let Outcome::Unknown(Evidence::BytesSent, UnknownReason::Fault(found)) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!((found, steps), (fault, vec![Step::BytesSent]));
            assert_eq!(cuts(&link), 0);
        }
    }
}

#[test]
fn automatic_status_names_the_fault_at_once() {
    let link = Scripted::well().with(|p| {
        p.fault_behind = Some((is_body, COVER_OPEN));
        p.answers_ids = false;
    });
    let mut printer = Printer::new(link, with_ids());
    printer.begin(b"\x1b@header\n").expect("sent");
    let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |_| {});
    assert!(matches!(outcome, Outcome::Unknown(_, UnknownReason::Fault(Fault::CoverOpen))), "{outcome:?}");
}

#[test]
fn a_fault_reported_before_the_body_keeps_the_number_in_the_kiosk() {
    let mut printer = Printer::new(Scripted::well().saying(&[0x38, 0, 0, 0]), with_ids());
    let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |_| {});
    let Outcome::FailedBeforeSending(PrintRefused::Fault(Fault::CoverOpen)) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(printer.into_link().writes.is_empty());
}

#[test]
fn a_stuck_cutter_leaves_the_text_confirmed() {
    let link = Scripted::well().with(|p| p.fault_behind = Some((|op| *op == Op::Cut, CUTTER)));
    let (outcome, steps, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessId)), "{outcome:?}");
    assert_eq!(steps, [Step::BytesSent, Step::TextProven]);

    // The identifier behind the cut comes all the same, but the cutter says that it is stuck.
    let link = Scripted::well()
        .with(|p| p.fault_behind = Some((|op| matches!(op, Op::ProcessId(_)), CUTTER)))
        .on_status(|_, p| p.runs = true);
    let (outcome, steps, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessId)), "{outcome:?}");
    assert_eq!(steps, [Step::BytesSent, Step::TextProven]);
}

#[test]
fn older_answers_do_not_prove_a_ticket() {
    // Another ticket's identifier while this one prints.
    let [a, b, c, d] = JobId::new(6).behind_cut();
    let stale = [0x37, 0x22, a, b, c, d, 0];
    let link = Scripted::well().with(answers_nothing_queued).on_status(move |asked, p| {
        if asked == 2 {
            p.says.extend(stale);
        }
    });
    let (outcome, _, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Unknown(Evidence::BytesSent, _)), "{outcome:?}");

    // This one's, from before it was sent.
    let [a, b, c, d] = JobId::new(7).behind_cut();
    let early = [0x37, 0x22, a, b, c, d, 0];
    let link = Scripted::well().with(answers_nothing_queued).saying(&early);
    let outcome = Printer::new(link, with_ids()).finish(b"A048\n", JobId::new(7), &mut |_| {});
    assert!(matches!(outcome, Outcome::Unknown(Evidence::BytesSent, _)), "{outcome:?}");
}

#[test]
fn without_identifiers_a_ticket_is_sent_and_no_more() {
    let (outcome, steps, link) = print(Scripted::well(), without_ids());
    assert!(matches!(outcome, Outcome::Sent(Evidence::QueuedStatusAnswered)), "{outcome:?}");
    assert_eq!(steps, [Step::BytesSent]);
    assert_eq!(cuts(&link), 1);
    let (outcome, _, _) = print(Scripted::well().with(|p| p.answers_queued = false), without_ids());
    assert!(matches!(outcome, Outcome::Sent(Evidence::BytesSent)), "{outcome:?}");
    let mute = Scripted::well().on_status(|asked, p| p.mute = asked > 1).with(|p| p.answers_queued = false);
    let (outcome, _, _) = print(mute, without_ids());
    assert!(
        matches!(outcome, Outcome::Unknown(Evidence::BytesSent, UnknownReason::NoReply { .. })),
        "{outcome:?}"
    );
}

#[test]
fn without_a_cutter_the_text_is_all_there_is_to_prove() {
    let profile = Profile { has_cutter: false, ..with_ids() };
    let (outcome, _, link) = print(Scripted::well(), profile);
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessId)), "{outcome:?}");
    assert!(link.printing.done.ends_with(&[Op::Feed(4), Op::QueuedStatus]));
}

#[test]
fn a_transfer_broken_off_is_unknown_from_its_first_byte() {
    for (takes, before) in [(0, true), (1, false), (9, false)] {
        let mut printer = Printer::new(Scripted::well().with(|p| p.takes = takes), with_ids());
        let outcome = printer.finish(b"A048\nwait\n", JobId::new(1), &mut |_| panic!("no step"));
        match outcome {
            Outcome::FailedBeforeSending(PrintRefused::Printer(_)) => assert!(before),
            Outcome::Unknown(Evidence::SendStarted, UnknownReason::Printer(_)) => assert!(!before),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_connection_lost_while_waiting_is_unknown() {
    let link = Scripted::well().with(answers_nothing_queued).on_status(|asked, p| {
        p.hangs_up = asked > 1;
    });
    let (outcome, _, _) = print(link, with_ids());
    assert!(
        matches!(
            outcome,
            Outcome::Unknown(
                Evidence::BytesSent,
                UnknownReason::Printer(PrinterError::Link { source: LinkError::HungUp, .. })
            )
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_hot_head_is_waited_for() {
    let link = Scripted::well().on_status(|asked, p| {
        p.runs = asked == 1 || asked > 4;
        p.status = if p.runs { [0x12; 4] } else { [0x1A, 0x52, 0x52, 0x12] };
    });
    let (outcome, _, _) = print(link, with_ids());
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
}

#[test]
fn answers_that_came_while_the_kiosk_was_held_up_still_count() {
    let mut printer = Printer::new(Scripted::well(), with_ids());
    let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |step| {
        if step == Step::TextProven {
            std::thread::sleep(with_ids().reply_timeout * (MOST_TIMEOUTS + 1));
        }
    });
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
}

#[test]
fn noise_without_end_ends_the_wait() {
    let begun = Instant::now();
    let link = Scripted::well().with(|p| {
        answers_nothing_queued(p);
        p.babbles = true;
    });
    let outcome = Printer::new(link, with_ids()).finish(b"A048\n", JobId::new(1), &mut |_| {});
    assert!(matches!(outcome, Outcome::Unknown(Evidence::BytesSent, _)), "{outcome:?}");
    assert!(begun.elapsed() < with_ids().reply_timeout * (MOST_TIMEOUTS + 2));
}

#[test]
fn a_profile_that_promises_too_much_is_found_out() {
    // It is well and knows no GS ( H; whether it answers GS r or not.
    for (answers_queued, evidence, within) in
        [(true, Evidence::QueuedStatusAnswered, 1), (false, Evidence::BytesSent, 4)]
    {
        let profile = Profile {
            reply_timeout: Duration::from_secs(5),
            proof_timeout: Duration::from_millis(400),
            ..with_ids()
        };
        let link = Scripted::well().with(|p| (p.answers_ids, p.answers_queued) = (false, answers_queued));
        let mut printer = Printer::new(link, profile.clone());
        assert_eq!(printer.proofs(), Proofs::Untried);
        let begun = Instant::now();
        let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |_| {});
        let Outcome::Unknown(found, reason @ UnknownReason::ProofNeverComes { .. }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((found, printer.proofs()), (evidence, Proofs::Missing));
        assert!(reason.to_string().contains("has_process_id"), "{reason}");
        assert!(
            begun.elapsed() < Duration::from_secs(within) && begun.elapsed() >= Duration::from_millis(100)
        );

        // With the profile it deserves its tickets are sent, and no more.
        printer.set_profile(profile.without_process_id());
        assert_eq!(printer.proofs(), Proofs::Untried);
        printer.link_mut().printing.answers_queued = true;
        let outcome = printer.finish(b"A049\n", JobId::new(2), &mut |_| {});
        assert!(matches!(outcome, Outcome::Sent(Evidence::QueuedStatusAnswered)), "{outcome:?}");
    }
}

#[test]
fn a_proof_given_once_is_remembered() {
    let mut printer = Printer::new(Scripted::well(), with_ids());
    let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |_| {});
    assert!(matches!(outcome, Outcome::Confirmed(_)), "{outcome:?}");
    assert_eq!(printer.proofs(), Proofs::Given);
}

#[test]
fn a_printer_with_a_fault_is_not_suspected() {
    // It stops for a hot head, longer than its proof may take, and goes on.
    let profile = Profile { proof_timeout: Duration::from_millis(60), ..with_ids() };
    let link = Scripted::well().on_status(|asked, p| {
        p.runs = asked > 8;
        p.status = if p.runs { [0x12; 4] } else { [0x1A, 0x52, 0x52, 0x12] };
    });
    let mut printer = Printer::new(link, profile);
    printer.link_mut().printing.runs = false;
    let outcome = printer.finish(b"A048\n", JobId::new(7), &mut |_| {});
    assert!(matches!(outcome, Outcome::Confirmed(Evidence::ProcessIdAfterCut)), "{outcome:?}");
}

#[test]
fn going_off_line_is_asked_about_at_once() {
    // It says so by itself, on a line where nothing is asked for a long time.
    let profile = Profile { has_asb: false, reply_timeout: Duration::from_secs(2), ..with_ids() };
    let begun = Instant::now();
    let link = Scripted::well()
        .with(|p| p.runs = false)
        .saying(&[0x37, 0x23, 0x64, 0])
        .with(|p| p.status = COVER_OPEN);
    let outcome = Printer::new(link, profile).finish(b"A048\n", JobId::new(7), &mut |_| {});
    assert!(matches!(outcome, Outcome::Unknown(_, UnknownReason::Fault(Fault::CoverOpen))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_printer_of_six_bytes_prints_too() {
    let profile = Profile { reply_timeout: Duration::from_millis(160), ..Profile::named("custom-kpm150") };
    let (outcome, _, _) = print(Scripted::well().with(|p| p.full = Some([0; 4])), profile.clone());
    assert!(matches!(outcome, Outcome::Sent(Evidence::QueuedStatusAnswered)), "{outcome:?}");
    let link = Scripted::well()
        .with(|p| (p.full, p.answers_queued) = (Some([0; 4]), false))
        .on_status(|asked, p| p.full = Some([u8::from(asked > 1), 0, 0, 0]));
    let (outcome, _, _) = print(link, profile);
    assert!(matches!(outcome, Outcome::Unknown(_, UnknownReason::Fault(Fault::PaperOut))), "{outcome:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(32))]

    /// Whatever the printer says, a ticket is confirmed only by its own identifier.
    #[test]
    fn no_other_answer_confirms_a_ticket(
        says in proptest::collection::vec(proptest::prop_oneof![
            proptest::strategy::Just(0x37u8), proptest::strategy::Just(0x22), proptest::strategy::Just(0),
            proptest::strategy::Just(0x12), proptest::num::u8::ANY], 0..200)
    ) {
        let ids = [JobId::new(7).behind_text(), JobId::new(7).behind_cut()];
        let given = says.windows(7).any(|w| ids.iter().any(|id| w[2..6] == id[..]));
        let profile = Profile { reply_timeout: Duration::from_millis(50), ..with_ids() };
        let link = Scripted::well().with(|p| (p.answers_ids, p.mute) = (false, true));
        let mut printer = Printer::new(link, profile);
        let mut at_send = Some(says);
        let outcome = printer.finish_saying(b"A048\n", JobId::new(7), &mut at_send);
        if !given {
            proptest::prop_assert!(!matches!(outcome, Outcome::Confirmed(_) | Outcome::Sent(_)), "{:?}", outcome);
        }
    }
}

impl Printer<Scripted> {
    fn link_mut(&mut self) -> &mut Scripted {
        &mut self.link
    }

    /// Prints while the printer says something as soon as the ticket has reached it.
    fn finish_saying(&mut self, body: &[u8], job: JobId, says: &mut Option<Vec<u8>>) -> Outcome {
        self.link.when_sent = says.take();
        self.finish(body, job, &mut |_| {})
    }
}
