//! Tells the service manager that the kiosk's screen is up, and then, again and again, that the kiosk lives
//! (`sd_notify(3)`). It lives while screen and desk both answer: a kiosk that only looks alive is started again.
//!
//! Without a service manager that listens, nothing is told and nothing is asked.

use sd_notify::NotifyState;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

/// What a desk answers: whether somebody is there.
pub type Asked = Box<dyn FnOnce(bool) + Send>;
/// Asks the desk's own loop, in its turn.
pub type DeskLine = tokio::sync::mpsc::Sender<Asked>;

/// How often in the time that the service manager waits it is told.
const BEATS: u32 = 4;
/// How long the first frame may take; the service manager is less patient.
const FIRST: Duration = Duration::from_secs(300);
/// How long a kiosk whose screen is up may take until somebody is served, or it is known why nobody is.
const STARTS_WITHIN: Duration = Duration::from_secs(300);

/// What has to answer besides the screen; set once.
#[derive(Clone, Default)]
pub struct Heart(Arc<OnceLock<Option<DeskLine>>>);

impl Heart {
    /// Begins to tell.
    pub fn start(&self, screen: ui::Handle) {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return;
        }
        let heart = self.clone();
        let thread = std::thread::Builder::new().name("heart".to_owned());
        if let Err(error) = thread.spawn(move || heart.beat(&screen)) {
            tracing::error!(%error, "nobody can be told that the kiosk lives");
        }
    }

    /// Somebody is served from now on.
    pub fn serves(&self, desk: DeskLine) {
        let _ = self.0.set(Some(desk));
    }

    /// Nobody is, and the screen says why.
    pub fn serves_nobody(&self) {
        let _ = self.0.set(None);
    }

    fn desk_answers(&self, begun: Instant, within: Duration) -> bool {
        match self.0.get() {
            None => begun.elapsed() < STARTS_WITHIN,
            Some(None) => true,
            Some(Some(desk)) => desk_answers(desk, within),
        }
    }

    fn beat(&self, screen: &ui::Handle) {
        // The loop that answers a second time has painted in between.
        if !(screen_answers(screen, FIRST) && screen_answers(screen, FIRST)) {
            return;
        }
        tracing::info!("the screen is up");
        tell(NotifyState::Ready);
        let Some(patience) = sd_notify::watchdog_enabled() else { return };
        let (pause, begun) = (patience / BEATS, Instant::now());
        loop {
            if screen_answers(screen, pause) && self.desk_answers(begun, pause) {
                tell(NotifyState::Watchdog);
            }
            // Until the next beat.
            std::thread::sleep(pause);
        }
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
