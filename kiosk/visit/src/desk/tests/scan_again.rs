//! A page that is to be scanned again, and a feeder that is stopped.

use super::papers::{at_page, dropped, order, with_blank_pages};
use super::*;

#[test]
fn one_page_again_comes_in_its_place_and_the_old_one_goes_only_then() {
    let mut hall = Lobby::at_review(3);
    at_page(&mut hall, 2).touch("page.again");
    assert!(matches!(hall.screen(), Screen::Scan(scan) if scan.again == Some(2)));
    hall.touch("scan.start");
    assert!(matches!(hall.last[..], [Action::Scan(_, _, Sheets::One, _)]), "{:?}", hall.last);
    hall.scan(ScanEvent::Ended(Some(ScanProblem::FeederEmpty)));
    let still = |scan: &ScanReady| scan.again == Some(2) && scan.problem == Some(ScanProblem::FeederEmpty);
    assert!(matches!(hall.screen(), Screen::Scan(scan) if still(&scan)), "it is still to be scanned again");
    hall.touch("back");
    assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.pages) == (2, 3)), "nothing is lost");
    hall.touch("page.again").touch("scan.start").page(4);
    assert_eq!(dropped(&hall), [2]);
    hall.scan(ScanEvent::Ended(None));
    assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.pages, r.problem) == (2, 3, None)));
    // Whatever is added then comes last, all of it.
    hall.touch("scan.add").touch("scan.start");
    assert!(matches!(hall.last[..], [Action::Scan(_, _, Sheets::All, _)]), "{:?}", hall.last);
    hall.page(5).page(6).scan(ScanEvent::Ended(None));
    let pages: Vec<u32> = order(&mut hall).into_iter().map(|(page, _)| page).collect();
    assert_eq!(pages, [1, 4, 3, 5, 6]);
}

#[test]
fn further_sheets_do_not_come_in_silence_beside_the_one_that_was_wanted() {
    let problem = |hall: &Lobby| match hall.screen() {
        Screen::Review(review) => (review.pages, review.problem),
        other => panic!("{other:?}"),
    };
    for page in 1..=3_u32 {
        let mut hall = Lobby::at_review(3);
        at_page(&mut hall, page as usize).touch("page.again").touch("scan.start").page(11);
        // The scanner does not stop by itself.
        hall.page(12);
        assert_eq!(dropped(&hall), [12]);
        assert!(hall.last.iter().any(|action| matches!(action, Action::StopScan(_))));
        hall.scan(ScanEvent::Ended(None));
        assert_eq!(problem(&hall), (3, Some(ScanProblem::OnlyOne)), "page {page}");
        let wanted = (1..=3).map(|n| if n == page { 11 } else { n });
        let order: Vec<u32> = order(&mut hall).into_iter().map(|(page, _)| page).collect();
        assert_eq!(order, wanted.collect::<Vec<_>>());
    }
    // It stops, and the rest lies in the feeder until somebody takes it out.
    let mut hall = Lobby::at_review(3);
    hall.touch("page.again").touch("scan.start").page(11).scan(ScanEvent::Ended(None));
    for (feeder, told) in [(Feeder::Loaded, Some(ScanProblem::OnlyOne)), (Feeder::Empty, None)] {
        hall.hear(Event::Feeder(feeder));
        assert_eq!(problem(&hall), (3, told), "{feeder:?}");
    }
}

#[test]
fn who_stops_the_feeder_is_told_that_sheets_may_lie_in_it() {
    let mut hall = Lobby::at_review(2);
    hall.touch("scan.add").touch("scan.start").page(3).touch("scan.stop").scan(ScanEvent::Ended(None));
    let told = [
        (Feeder::Loaded, Some(ScanProblem::Stopped)),
        (Feeder::Empty, None),
        (Feeder::Unknown, Some(ScanProblem::Stopped)),
    ];
    for (feeder, told) in told {
        hall.hear(Event::Feeder(feeder));
        assert!(
            matches!(hall.screen(), Screen::Review(r) if (r.pages, r.problem) == (3, told)),
            "{feeder:?}: {:?}",
            hall.screen()
        );
    }
    // Whoever goes on knows.
    hall.touch("scan.add").touch("scan.start").page(4).scan(ScanEvent::Ended(None));
    assert!(matches!(hall.screen(), Screen::Review(r) if (r.pages, r.problem) == (4, None)));
    // What is really wrong is told instead.
    hall.touch("scan.add").touch("scan.start").touch("scan.stop");
    hall.scan(ScanEvent::Ended(Some(ScanProblem::BadPage)));
    assert!(matches!(hall.screen(), Screen::Review(r) if r.problem == Some(ScanProblem::BadPage)));
}

/// From the feeder as from the glass, and whatever the feeder's sensor says.
#[test]
fn a_page_that_was_not_scanned_again_after_all_is_told_to_be_the_old_one() {
    for (source, feeder) in [
        ("source.feeder", Feeder::Loaded),
        ("source.feeder", Feeder::Empty),
        ("source.flatbed", Feeder::Unknown),
    ] {
        let mut hall = Lobby::at_review(3);
        at_page(&mut hall, 2).touch("page.again").touch(source).touch("scan.start").touch("scan.stop");
        hall.scan(ScanEvent::Ended(None)).hear(Event::Feeder(feeder));
        let told = Some(ScanProblem::NotReplaced);
        assert!(
            matches!(hall.screen(), Screen::Review(r) if (r.page, r.pages, r.problem) == (2, 3, told)),
            "{source}, {feeder:?}: {:?}",
            hall.screen()
        );
        // Of no other page that is said.
        hall.touch("preview.next");
        assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.problem) == (3, None)));
        at_page(&mut hall, 2);
        // The next attempt says what became of it.
        hall.touch("page.again").touch("scan.start").page(11).hear(Event::Feeder(Feeder::Empty));
        hall.scan(ScanEvent::Ended(None));
        assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.pages, r.problem) == (2, 3, None)));
    }
    // The scan ends by itself without a page, or in a way that he does not want to try again.
    for ended in [None, Some(ScanProblem::FeederEmpty), Some(ScanProblem::BadPage)] {
        let mut hall = Lobby::at_review(3);
        at_page(&mut hall, 1).touch("page.again").touch("scan.start").scan(ScanEvent::Ended(ended));
        if ended.is_some() {
            assert_eq!(hall.screen().name(), "scan", "{ended:?}");
            hall.touch("back");
        }
        let told = Some(ScanProblem::NotReplaced);
        assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.problem) == (1, told)), "{ended:?}");
        // Nor is it said of the page that takes its place.
        hall.touch("page.remove").touch("answer.yes");
        assert!(matches!(hall.screen(), Screen::Review(r) if (r.page, r.pages, r.problem) == (1, 2, None)));
    }
}

/// A blank page that was to be scanned again and was not is asked about once more; what is said of it is not said of
/// the next one that is asked about.
#[test]
fn a_blank_page_that_was_not_scanned_again_is_still_asked_about() {
    for ended in [None, Some(ScanProblem::FeederEmpty)] {
        let mut hall = with_blank_pages();
        hall.touch("page.again").touch("scan.start").scan(ScanEvent::Ended(ended));
        if ended.is_some() {
            hall.touch("back");
        }
        let seen = |hall: &mut Lobby| match hall.screen() {
            Screen::Review(review) => (review.page, review.asking, review.problem),
            other => panic!("{other:?}"),
        };
        let (blank, told) = (Some(ReviewAsk::Blank), Some(ScanProblem::NotReplaced));
        assert_eq!(seen(&mut hall), (1, blank, told), "{ended:?}");
        hall.touch("answer.yes");
        assert_eq!(seen(&mut hall), (3, blank, None), "{ended:?}");
    }
}
