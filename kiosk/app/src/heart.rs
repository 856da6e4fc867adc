//! Tells the service manager that the kiosk's screen is up, and then, again and again, that the kiosk lives
//! (`sd_notify(3)`). It lives while screen and desk both answer: a kiosk that only looks alive is started again.
//!
//! Without a service manager that listens, nothing is told and nothing is asked.

use sd_notify::NotifyState;
use std::sync::mpsc;
use std::time::Duration;

/// What a desk answers: whether somebody is there.
pub type Asked = Box<dyn FnOnce(bool) + Send>;
/// Asks the desk's own loop, in its turn.
pub type DeskLine = tokio::sync::mpsc::Sender<Asked>;

/// How often in the time that the service manager waits it is told.
const BEATS: u32 = 4;
/// How long the first frame may take; the service manager is less patient.
const FIRST: Duration = Duration::from_secs(300);

/// Begins to tell; `desk` is `None` while there is none and nobody is served.
pub fn start(screen: ui::Handle, desk: Option<DeskLine>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let thread = std::thread::Builder::new().name("heart".to_owned());
    if let Err(error) = thread.spawn(move || beat(&screen, desk.as_ref())) {
        tracing::error!(%error, "nobody can be told that the kiosk lives");
    }
}

fn beat(screen: &ui::Handle, desk: Option<&DeskLine>) {
    // The loop that answers a second time has painted in between.
    if !(screen_answers(screen, FIRST) && screen_answers(screen, FIRST)) {
        return;
    }
    tracing::info!("the screen is up");
    tell(NotifyState::Ready);
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let pause = patience / BEATS;
    loop {
        if screen_answers(screen, pause) && desk.is_none_or(|desk| desk_answers(desk, pause)) {
            tell(NotifyState::Watchdog);
        }
        // Until the next beat.
        std::thread::sleep(pause);
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

fn screen_answers(screen: &ui::Handle, within: Duration) -> bool {
    let (answer, answered) = mpsc::channel();
    screen.call(move || _ = answer.send(())) && answered.recv_timeout(within).is_ok()
}

/// A desk that has more to do than it gets done does not live.
fn desk_answers(desk: &DeskLine, within: Duration) -> bool {
    let (answer, answered) = mpsc::channel();
    let asked: Asked = Box::new(move |_| _ = answer.send(()));
    desk.try_send(asked).is_ok() && answered.recv_timeout(within).is_ok()
}
