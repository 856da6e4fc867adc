//! Checks of every sample view in every language: what can be touched, what is written, and where.

mod golden;
mod hands;
mod looks;
mod monkey;
mod reading;
mod touches;

use crate::handle::{Poster, Shared};
use crate::headless::{Canvas, DRAWN_FOR, mailbox};
use crate::live::{Live, Presence};
use crate::samples::{Sample, samples};
use crate::speech::Voice;
use crate::stage::Stage;
use slint::ComponentHandle;
use std::sync::mpsc::{Receiver, channel};
use visit::intent::Intent;
use visit::screen::{Language, View};

/// A screen in memory, laid out but painted only when asked to; touches are carried out at once.
struct Bench {
    live: Presence,
    heard: Receiver<Intent>,
}

impl Bench {
    fn new() -> Self {
        Self::with_voice(None)
    }

    fn with_voice(voice: Option<Box<dyn Voice>>) -> Self {
        let canvas = Canvas::of_this_thread(DRAWN_FOR.0, DRAWN_FOR.1).unwrap();
        let (tell, heard) = channel();
        let stage = Stage::new(move |intent| tell.send(intent).unwrap(), voice).unwrap();
        stage.kiosk().show().unwrap();
        canvas.renew();
        let live = Live::enter(stage, Some(canvas), Shared::new(Poster::Memory(mailbox())));
        Self { live, heard }
    }

    fn show(&self, view: &View) {
        self.live.stage.show(view);
        // As two frames would: what stands there only because something else is long, and what that moves.
        for _ in 0..2 {
            slint::platform::update_timers_and_animations();
            let _ = crate::inspect::elements(&self.live);
        }
    }
}

fn all() -> impl Iterator<Item = Sample> {
    [Language::Zh, Language::En].into_iter().flat_map(samples)
}

fn named(name: &str) -> View {
    all().find(|s| s.name == name).unwrap_or_else(|| panic!("no sample {name}")).view
}
