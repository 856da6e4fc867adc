use super::*;

const FAULTS: [Fault; 11] = [
    Fault::Unrecoverable,
    Fault::Supply,
    Fault::CoverOpen,
    Fault::PaperOut,
    Fault::Cutter,
    Fault::Mechanical,
    Fault::HeadHot,
    Fault::Unnamed,
    Fault::WaitingForButton,
    Fault::Feeding,
    Fault::Offline,
];

#[test]
fn the_ladders_are_those_that_are_written_down() {
    use Remedy::{Clear, GoOn, Initialise, LeaveError, Resynchronise};
    use Rung::{People, PowerCycle, Reopen, ResetPort, Send, Service, Wait};
    let whole = Profile::named("epson-tm-compatible");
    let plain = Profile { has_enquiry: false, has_clear: false, ..whole.clone() };
    let ticket = Holds::Ticket;
    let fault = Trouble::Fault;
    let table: [(Trouble, Holds, &Profile, &[Rung]); 13] = [
        (fault(Fault::PaperOut), ticket, &whole, &[People, Send(Initialise)]),
        (fault(Fault::WaitingForButton), ticket, &plain, &[People, Send(Initialise)]),
        (fault(Fault::Cutter), ticket, &whole, &[People, Send(LeaveError), PowerCycle, Service]),
        (fault(Fault::Cutter), Holds::OnlyTheCut, &whole, &[People, Send(GoOn), PowerCycle, Service]),
        (fault(Fault::Mechanical), ticket, &plain, &[People, PowerCycle, Service]),
        (fault(Fault::HeadHot), ticket, &whole, &[Wait]),
        (fault(Fault::Offline), ticket, &whole, &[Wait, Send(Initialise), PowerCycle, Service]),
        (
            fault(Fault::Unnamed),
            ticket,
            &whole,
            &[Send(LeaveError), Send(Clear), Send(Resynchronise), PowerCycle, Service],
        ),
        (fault(Fault::Supply), ticket, &whole, &[PowerCycle, Service]),
        (
            Trouble::Silent,
            ticket,
            &whole,
            &[Wait, Send(Resynchronise), Reopen, ResetPort, PowerCycle, Service],
        ),
        (
            Trouble::BrokenOff,
            ticket,
            &whole,
            &[Send(Clear), Send(Resynchronise), Reopen, ResetPort, PowerCycle, Service],
        ),
        (Trouble::BrokenOff, ticket, &plain, &[Send(Resynchronise), Reopen, ResetPort, PowerCycle, Service]),
        (Trouble::Gone, ticket, &plain, &[Reopen, ResetPort, PowerCycle, Service]),
    ];
    for (trouble, holds, profile, expected) in table {
        assert_eq!(rungs(trouble, holds, profile), expected, "{trouble:?}");
    }
}

#[test]
fn every_trouble_has_a_way_and_none_prints_a_ticket_late() {
    let faults = FAULTS.map(Trouble::Fault);
    for trouble in faults.into_iter().chain([Trouble::Silent, Trouble::BrokenOff, Trouble::Gone]) {
        for profile in Profile::shipped() {
            let ladder = rungs(trouble, Holds::Ticket, &profile);
            assert!(!ladder.is_empty(), "{trouble:?}");
            assert!(!ladder.contains(&Rung::Send(Remedy::GoOn)), "{trouble:?}");
        }
    }
}

#[test]
fn a_rung_is_tried_as_often_as_it_is_worth_and_the_last_for_ever() {
    let mut ladder = Ladder::new(Trouble::Gone, Holds::Ticket, &Profile::generic());
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(ladder.rung());
        ladder.did_not_help();
    }
    use Rung::{PowerCycle, Reopen, ResetPort, Service};
    assert_eq!(seen, [Reopen, Reopen, Reopen, ResetPort, ResetPort]);
    ladder.did_not_help();
    assert_eq!(ladder.rung(), PowerCycle);
    ladder.people_are_done();
    assert_eq!(ladder.rung(), Service);
    ladder.people_are_done();
    ladder.did_not_help();
    assert_eq!((ladder.rung(), ladder.trouble()), (Service, Trouble::Gone));
}
