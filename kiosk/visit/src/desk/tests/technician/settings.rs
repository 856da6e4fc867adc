//! What the hall set for a kiosk.

use super::*;

#[test]
fn the_settings_before_are_wanted_once_a_stay_and_where_there_are_any() {
    let mut hall = Lobby::let_in();
    let wanted = |hall: &Lobby| hall.asked().iter().any(|asked| matches!(asked, RoomDo::SettingsBack(6)));
    let known = |serial, next, before| KioskShown {
        certificate_days: 9,
        clock_ahead: None,
        free: None,
        self_test: None,
        settings: Some(SettingsShown { serial: Some(serial), next, before, ..SettingsShown::default() }),
    };
    hall.touch("room.settings");
    assert!(hall.asked().iter().any(|asked| matches!(asked, RoomDo::LookKiosk(_))));
    assert!(matches!(hall.room(), Room::Settings(None)), "nothing is said before it is known");
    assert!(!wanted(hall.touch("settings.back")));
    let stay = hall.stay();
    hall.hear(Event::Kiosk(stay, known(7, None, None)));
    assert!(!wanted(hall.touch("settings.back")));
    hall.hear(Event::Kiosk(stay, known(7, Some(8), Some(6))));
    assert!(!wanted(hall.touch("settings.back")), "others come into use already");
    hall.hear(Event::Kiosk(stay, known(7, None, Some(6))));
    // The same finger, on the overview: there it stands nowhere.
    assert!(!wanted(hall.touch("back").touch("settings.back")));
    assert!(wanted(hall.touch("room.settings").touch("settings.back")));
    assert!(matches!(hall.room(), Room::Settings(Some(SettingsShown { going_back: true, .. }))));
    assert!(!wanted(hall.touch("settings.back")), "twice would be back and forth");
    hall.hear(Event::Kiosk(stay, known(7, Some(6), Some(7))));
    assert!(!wanted(hall.touch("settings.back")));
}

#[test]
fn the_logo_stands_on_every_screen_once_it_was_read() {
    let mut hall = Lobby::let_in();
    assert_eq!(hall.desk.view(hall.now).logo, None);
    let logo = Arc::new(Preview { width: 1, height: 1, rgb: vec![9; 3] });
    hall.hear(Event::Logo(Arc::clone(&logo)));
    assert_eq!(hall.desk.view(hall.now).logo.as_ref(), Some(&logo));
    hall.touch("finish");
    assert_eq!(hall.desk.view(hall.now).logo, Some(logo));
}
