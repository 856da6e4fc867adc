//! Screens that are plugged in and out. The toolkit looks for one as it starts and never again: the program is begun
//! again with another one, as soon as nobody is there. Without any the kiosk runs all the same, unseen: what waits is
//! sent, and whoever asks from afar is answered.

use crate::bus::{Bus, Health};
use crate::heart::{Asked, DeskLine};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use visit::fault::{Device, Fault};

/// Where the kernel tells what is plugged in (`Documentation/ABI`, drm connectors).
const CONNECTORS: &str = "/sys/class/drm";
/// How often it is looked: the kernel looks at some connectors itself each ten seconds only.
const GLANCE: Duration = Duration::from_secs(1);
/// A screen is there, or gone, once it was seen so often, one look after the other: a plug wobbles.
const STEADY: u32 = 3;
/// A plug that never stops wobbling begins no more often: five starts in two minutes are a program that crashes.
const NOT_BEFORE: Duration = Duration::from_secs(30);
/// What is drawn in memory while nobody sees it, in pixels.
const UNSEEN: (u32, u32) = (1080, 1920);

/// The connectors of this machine that have a screen.
type Plugged = BTreeSet<String>;

/// Where this program's screen is, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Screens {
    folder: PathBuf,
    /// what it was begun with; `None` where there are no connectors to look at
    began: Option<Plugged>,
    since: Instant,
}

impl Screens {
    /// Those of this machine, as they are now.
    pub fn of_machine() -> Self {
        Self::of(Path::new(CONNECTORS))
    }

    fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), began: plugged(folder), since: Instant::now() }
    }

    /// Where the kiosk is to be shown, which would be shown at `wanted` if there is a screen.
    pub fn shown(&self, wanted: ui::Backend) -> ui::Backend {
        let (width, height) = UNSEEN;
        match (wanted, &self.began) {
            (ui::Backend::Kms, Some(began)) if began.is_empty() => {
                tracing::warn!("no screen is plugged in; the kiosk runs unseen until one is");
                ui::Backend::Headless { width, height }
            }
            (wanted, _) => wanted,
        }
    }

    /// Whether there is a screen at all; where there are no connectors, the toolkit has found something else.
    pub fn is_seen(&self) -> bool {
        self.began.as_ref().is_none_or(|began| !began.is_empty())
    }

    /// Tells whether a screen is there, and cancels `stop` once the program has to be begun again with another one and
    /// nobody is there.
    pub(crate) async fn watch(self, desk: Option<DeskLine>, bus: Bus, stop: CancellationToken) {
        let Some(began) = self.began else { return };
        // Of several one alone is drawn on, and it is not known which.
        let one = began.len() == 1;
        let mut health = Health::new(Device::Kiosk, bus);
        let mut looks = Looks::begun(began);
        while !stop.is_cancelled() {
            // Until a plug may have been put in or pulled: the kernel calls nobody who only reads its files.
            tokio::time::sleep(GLANCE).await;
            let folder = self.folder.clone();
            let Ok(Some(now)) = tokio::task::spawn_blocking(move || plugged(&folder)).await else { continue };
            let begin = looks.look(&now);
            // With another one nothing is seen either, until this program has begun again.
            let unseen = looks.lost && (one || now.is_empty()) || looks.began.is_empty();
            health.tell(if unseen { vec![Fault::ScreenUnplugged] } else { vec![] }).await;
            if begin && self.since.elapsed() >= NOT_BEFORE && nobody_is_there(desk.as_ref()).await {
                tracing::info!("a screen was plugged in; beginning again with it");
                stop.cancel();
            }
        }
    }
}

/// Whether the desk says so; where there is none, nobody is served.
async fn nobody_is_there(desk: Option<&DeskLine>) -> bool {
    let Some(desk) = desk else { return true };
    let (answer, answered) = oneshot::channel();
    let asked: Asked = Box::new(move |somebody| _ = answer.send(somebody));
    desk.send(asked).await.is_ok() && answered.await == Ok(false)
}

/// The connectors with a screen, by their names; `None` where there is no connector.
fn plugged(folder: &Path) -> Option<Plugged> {
    let connectors = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| {
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), status.trim() == "connected"))
    });
    let connectors: Vec<(String, bool)> = connectors.collect();
    (!connectors.is_empty())
        .then(|| connectors.into_iter().filter_map(|(name, connected)| connected.then_some(name)).collect())
}

/// What was seen so far.
struct Looks {
    began: Plugged,
    /// looks in a row without a screen that it was begun with
    without: u32,
    /// such a screen has been gone since
    lost: bool,
    /// looks in a row that had another screen
    steady: u32,
}

impl Looks {
    fn begun(began: Plugged) -> Self {
        Self { began, without: 0, lost: false, steady: 0 }
    }

    /// Whether there is another screen to begin with. One that is plugged in beside those that there are is not.
    fn look(&mut self, now: &Plugged) -> bool {
        self.without = if self.began.is_subset(now) { 0 } else { self.without + 1 };
        self.lost |= self.without >= STEADY;
        let other = !now.is_empty() && (self.lost || self.began.is_empty());
        self.steady = if other { self.steady + 1 } else { 0 };
        self.steady >= STEADY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &str) -> Plugged {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn another_screen_is_begun_with_once_it_stays() {
        for (began, looks, begins) in [
            ("a", &["a", "a", "a", "a"][..], false),
            ("a", &["", "", "", ""], false),
            ("a", &["", "", "a", "a", "a", "a"], false),
            ("a", &["", "", "", "a", "a"], false),
            ("a", &["", "", "", "a", "a", "a"], true),
            ("a", &["", "", "", "a", "", "a", "a"], false),
            ("a", &["b", "b", "b"], false),
            ("a", &["b", "b", "b", "b", "b"], true),
            ("a", &["a b", "a b", "a b", "a b"], false),
            ("a b", &["b", "b", "b", "b", "b"], true),
            ("", &["", "", "", ""], false),
            ("", &["a", "a"], false),
            ("", &["a", "a", "a"], true),
        ] {
            let mut seen = Looks::begun(set(began));
            let last = looks.iter().map(|now| seen.look(&set(now))).last();
            assert_eq!(last, Some(begins), "{began:?} {looks:?}");
        }
    }

    #[test]
    fn a_kiosk_without_a_screen_runs_unseen() {
        let folder = tempfile::tempdir().expect("a folder");
        let shown = || Screens::of(folder.path()).shown(ui::Backend::Kms);
        let put = |name: &str, status: &str| {
            let connector = folder.path().join(name);
            std::fs::create_dir_all(&connector).expect("a folder");
            std::fs::write(connector.join("status"), status).expect("a file");
        };
        // Without connectors there is nothing to wait for: the toolkit says what it misses.
        std::fs::create_dir(folder.path().join("card0")).expect("a folder");
        assert_eq!(shown(), ui::Backend::Kms);
        put("card0-HDMI-A-1", "disconnected\n");
        let (width, height) = UNSEEN;
        assert_eq!(shown(), ui::Backend::Headless { width, height });
        assert_eq!(Screens::of(folder.path()).shown(ui::Backend::Window), ui::Backend::Window);
        put("card0-eDP-1", "connected\n");
        assert_eq!(shown(), ui::Backend::Kms);
        assert_eq!(plugged(folder.path()), Some(set("card0-eDP-1")));
        assert_eq!(plugged(&folder.path().join("none")), None);
    }
}
