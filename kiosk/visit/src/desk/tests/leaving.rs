//! What is left behind.

use super::*;

#[test]
fn a_sound_calls_back_who_leaves_something_until_it_is_taken() {
    let sounds = |hall: &mut Lobby, seconds: u64| {
        let mut heard = 0;
        for _ in 0..seconds {
            hall.pass(1);
            heard += hall.last.iter().filter(|action| matches!(action, Action::Remind)).count();
        }
        heard
    };
    let at_once = |hall: &Lobby| hall.last.iter().any(|action| matches!(action, Action::Remind));
    let mut hall = Lobby::at_number();
    hall.card(CardEvent::Presence(CardReminder::Present));
    assert!(!at_once(&hall), "he is not going yet");
    hall.touch("finish");
    assert!(at_once(&hall));
    assert_eq!(sounds(&mut hall, 8), 2);
    hall.card(CardEvent::Presence(CardReminder::Taken));
    assert_eq!(sounds(&mut hall, 4), 0);
    // Papers in the feeder, when he has scanned; whoever took a number left none.
    for (mut hall, left) in [(Lobby::at_review(1), true), (Lobby::at_number(), false)] {
        hall.touch("back").touch("answer.yes").touch("finish");
        assert_eq!((hall.screen().name(), at_once(&hall)), ("goodbye", false));
        hall.hear(Event::Feeder(Feeder::Loaded));
        assert_eq!(at_once(&hall), left);
        hall.hear(Event::Feeder(Feeder::Empty));
        assert_eq!(sounds(&mut hall, 4), 0);
        assert_eq!(
            hall.desk.next_deadline(hall.now).is_some_and(|at| at > hall.now.tick),
            hall.screen().name() == "goodbye"
        );
    }
}
