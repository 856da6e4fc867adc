use super::super::settings::{Colour, Region};
use super::*;

const LOOK: Look = Look { dpi: 150, colour: Colour::Grey, region: Region::WHOLE };

fn settings(source: Source) -> Settings {
    Settings { source: Some(source), look: LOOK }
}

fn machine(sheets: &[&str]) -> Machine {
    let mut machine = Machine::new(Duration::from_secs(60));
    machine.load(sheets.iter().map(Sheet::from).collect());
    machine
}

/// Feeds until a refusal; returns the fronts and backs taken and the refusal.
fn feed(machine: &mut Machine, id: &str) -> (Vec<String>, Refusal) {
    let mut taken = Vec::new();
    loop {
        match machine.next(id) {
            Ok(take) => {
                taken.push(take.paper.map_or("white".to_owned(), |path| path.to_string_lossy().into_owned()));
                machine.finish(id, true);
            }
            Err(refusal) => return (taken, refusal),
        }
    }
}

const SIMPLEX: Source = Source::Feeder { duplex: false };
const DUPLEX: Source = Source::Feeder { duplex: true };

#[test]
fn the_feeder_gives_its_sheets_in_order() {
    let mut machine = machine(&["a", "b"]);
    assert_eq!(machine.adf_state(), "ScannerAdfLoaded");
    let id = machine.begin(settings(SIMPLEX)).expect("a job");
    assert_eq!((machine.adf_state(), machine.state()), ("ScannerAdfProcessing", "Processing"));
    assert_eq!(machine.begin(settings(Source::Platen)), Err(Refusal::Busy));
    let (taken, refusal) = feed(&mut machine, &id);
    assert_eq!((taken.join(" "), refusal), ("a b".to_owned(), Refusal::NoMore));
    assert_eq!(machine.jobs.front().map(|job| job.state), Some(JobState::Completed));
    assert_eq!((machine.adf_state(), machine.state()), ("ScannerAdfEmpty", "Idle"));
    assert_eq!(machine.begin(settings(SIMPLEX)), Err(Refusal::NotReady));
}

#[test]
fn duplex_gives_front_and_back_of_each_sheet() {
    let mut machine = machine(&[]);
    machine.load(vec![Sheet { front: "a".into(), back: Some("A".into()) }, Sheet::from("b")]);
    let id = machine.begin(settings(DUPLEX)).expect("a job");
    let (taken, refusal) = feed(&mut machine, &id);
    assert_eq!((taken.join(" "), refusal), ("a A b white".to_owned(), Refusal::NoMore));
}

#[test]
fn trouble_at_a_sheet_stands_until_attended_to() {
    for trouble in Trouble::ALL {
        let mut machine = machine(&["a", "b", "c"]);
        machine.plan.set(trouble, Some(2));
        let source = if trouble.strikes_simplex() { SIMPLEX } else { DUPLEX };
        let expected = if trouble.strikes_simplex() { "a" } else { "a white" };
        let id = machine.begin(settings(source)).expect("a job");
        let (taken, refusal) = feed(&mut machine, &id);
        assert_eq!((taken.join(" "), refusal), (expected.to_owned(), Refusal::NotReady));
        assert_eq!((machine.standing(), machine.adf_state()), (Some(trouble), trouble.adf_state()));
        assert_eq!(machine.state(), "Stopped");
        assert_eq!(machine.next(&id), Err(Refusal::NotReady), "it stands");
        assert_eq!(machine.begin(settings(SIMPLEX)), Err(Refusal::NotReady));
        assert!(machine.begin(settings(Source::Platen)).is_ok(), "the glass still works");
        machine.load(vec!["b".into()]);
        if !trouble.ends_with_new_paper() {
            assert_eq!(machine.standing(), Some(trouble), "paper does not mend it");
            machine.attend_to(trouble);
        }
        assert_eq!(machine.standing(), None);
        assert_eq!(machine.next(&id), Err(Refusal::NoMore), "the old job stays ended");
    }
}

#[test]
fn attended_to_the_feeder_goes_on_where_it_was() {
    for trouble in Trouble::ALL {
        let mut machine = machine(&["a", "b", "c"]);
        machine.plan.set(trouble, Some(2));
        let id = machine.begin(settings(DUPLEX)).expect("a job");
        feed(&mut machine, &id);
        machine.attend_to(trouble);
        let id = machine.begin(settings(DUPLEX)).expect("another job");
        let (taken, refusal) = feed(&mut machine, &id);
        assert_eq!(
            (taken.join(" "), refusal),
            ("b white c white".to_owned(), Refusal::NoMore),
            "{trouble:?}"
        );
    }
}

#[test]
fn sheets_of_odd_length_trouble_only_both_sides() {
    let mut machine = machine(&["a"]);
    machine.plan.set(Trouble::SheetTooLong, Some(1));
    let id = machine.begin(settings(SIMPLEX)).expect("a job");
    assert_eq!(feed(&mut machine, &id).0, ["a"]);
}

#[test]
fn a_scanner_in_no_condition_to_scan() {
    for (condition, state, ended) in [
        (Condition::Testing, "Testing", JobState::Processing),
        (Condition::Stopped, "Stopped", JobState::Aborted),
        (Condition::Down, "Down", JobState::Aborted),
    ] {
        let mut machine = machine(&["a", "b"]);
        let id = machine.begin(settings(SIMPLEX)).expect("a job");
        machine.set_condition(condition);
        assert_eq!((machine.state(), machine.jobs.front().map(|job| job.state)), (state, Some(ended)));
        assert!(machine.next(&id).is_err());
        assert_eq!(machine.begin(settings(SIMPLEX)), Err(Refusal::Busy));
        machine.set_condition(Condition::Ready);
        assert_eq!(machine.next(&id).is_ok(), condition == Condition::Testing);
    }
}

#[test]
fn models_differ() {
    let mut machine = machine(&[]);
    machine.quirks.jam_when_empty = true;
    assert_eq!(machine.adf_state(), "ScannerAdfJam");
    machine.quirks = Quirks { processing_when_empty: true, ..Quirks::default() };
    assert_eq!(machine.adf_state(), "ScannerAdfProcessing");
    machine.quirks = Quirks { drops_blank_backs: true, delivers_at_most: Some(75), ..Quirks::default() };
    machine.load(vec![Sheet { front: "a".into(), back: Some("A".into()) }, Sheet::from("b")]);
    let id = machine.begin(settings(DUPLEX)).expect("a job");
    assert_eq!(machine.next(&id).expect("an image").look.dpi, 75);
    machine.finish(&id, true);
    assert_eq!(feed(&mut machine, &id).0, ["A", "b"]);
    machine.quirks.adf_word = Some("ScannerAdfOnFire".to_owned());
    assert_eq!(machine.adf_state(), "ScannerAdfOnFire");
}

#[test]
fn jobs_are_turned_away_so_many_times() {
    let mut machine = machine(&["a"]);
    (machine.busy, machine.refuse) = (1, 1);
    assert_eq!(machine.begin(settings(SIMPLEX)), Err(Refusal::Busy));
    assert_eq!(machine.begin(settings(SIMPLEX)), Err(Refusal::NotReady));
    assert!(machine.begin(settings(SIMPLEX)).is_ok());
    machine.cancel_at_panel();
    assert_eq!(machine.jobs.front().map(|job| job.reason), Some("JobCanceledAtDevice"));
}

#[test]
fn an_open_hatch_stops_the_feeder_only() {
    let mut machine = machine(&["a", "b"]);
    let id = machine.begin(settings(SIMPLEX)).expect("a job");
    assert!(machine.next(&id).is_ok());
    machine.finish(&id, true);
    machine.hatch_open = true;
    assert_eq!(machine.next(&id), Err(Refusal::NotReady));
    assert_eq!(machine.adf_state(), "ScannerAdfHatchOpen");
    let glass = machine.begin(settings(Source::Platen)).expect("a job on the glass");
    assert!(machine.next(&glass).is_ok());
}

#[test]
fn one_image_at_a_time_and_only_one_from_the_glass() {
    let mut machine = machine(&[]);
    machine.flatbed = Some("card".into());
    machine.not_ready = 1;
    let id = machine.begin(settings(Source::Platen)).expect("a job");
    assert_eq!(machine.next(&id), Err(Refusal::Wait));
    let take = machine.next(&id).expect("the image");
    assert_eq!(take.paper, Some("card".into()));
    assert_eq!(machine.next(&id), Err(Refusal::Busy));
    machine.finish(&id, true);
    assert_eq!(machine.next(&id), Err(Refusal::NoMore));
    assert_eq!(machine.next("another"), Err(Refusal::NoMore));
}

#[test]
fn a_broken_transfer_aborts_and_a_cancelled_job_ends() {
    let mut machine = machine(&["a", "b"]);
    machine.plan.cut = Some(1);
    let id = machine.begin(settings(SIMPLEX)).expect("a job");
    assert!(machine.next(&id).expect("an image").cut);
    machine.finish(&id, false);
    assert_eq!(machine.jobs.front().map(|job| job.state), Some(JobState::Aborted));
    let id = machine.begin(settings(SIMPLEX)).expect("a job");
    assert!(!machine.next(&id).expect("an image").cut, "cut only once");
    assert!(machine.cancel(&id));
    machine.finish(&id, true);
    assert_eq!(machine.next(&id), Err(Refusal::NoMore));
    assert!(!machine.cancel("another"));
}

#[test]
fn a_job_nobody_asks_after_is_given_up() {
    let mut machine = Machine::new(Duration::ZERO);
    machine.load(vec!["a".into()]);
    let first = machine.begin(settings(SIMPLEX)).expect("a job");
    assert!(machine.begin(settings(SIMPLEX)).is_ok());
    assert_eq!(machine.next(&first), Err(Refusal::NoMore));
}
