//! The one component of the toolkit, and how a view gets onto it.

use crate::error::UiError;
use crate::fonts;
use crate::images::Pictured;
use crate::reader::{Key, Pressed, Reader};
use crate::reading;
use crate::speech::Voice;
use crate::toolkit::{self as t, Hand, Kiosk};
use crate::wording::{ScreenWords, word};
use crate::words::Tongue;
use slint::{ComponentHandle, Model, ModelRc, VecModel};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use visit::intent::Intent;
use visit::look::{Contrast, Look, TextSize};
use visit::screen::{Language, View};

/// The component with everything it needs; lives on the thread of the screen.
pub(crate) struct Stage {
    kiosk: Kiosk,
    zh: Tongue,
    en: Tongue,
    reader: Rc<Reader>,
    name: Cell<&'static str>,
    pictured: RefCell<Pictured>,
    logo: RefCell<Pictured>,
}

impl Stage {
    /// Makes the component; the toolkit must have its platform.
    pub(crate) fn new(
        on_intent: impl Fn(Intent) + 'static,
        voice: Option<Box<dyn Voice>>,
    ) -> Result<Self, UiError> {
        let read = |language, file| Tongue::read(language).map_err(|e| UiError::Words(file, e.to_string()));
        let zh = read(Language::Zh, "zh.toml")?;
        let en = read(Language::En, "en.toml")?;
        fonts::bring();
        let kiosk = Kiosk::new()?;
        let reader = Rc::new(Reader::new(voice));
        let on_intent = Rc::new(on_intent);
        listen(&kiosk, &reader, Rc::clone(&on_intent));
        kiosk.global::<Hand>().on_touched(move |id| {
            // Every id on the screen is an intent; a test touches them all.
            if let Some(intent) = Intent::parse(&id) {
                on_intent(intent);
            }
        });
        Ok(Self {
            kiosk,
            zh,
            en,
            reader,
            name: Cell::new(""),
            pictured: RefCell::default(),
            logo: RefCell::default(),
        })
    }

    /// What moves by itself does so from now on.
    pub(crate) fn live(self) -> Self {
        self.kiosk.global::<t::Look>().set_lives(true);
        self
    }

    /// The component.
    pub(crate) fn kiosk(&self) -> &Kiosk {
        &self.kiosk
    }

    /// The name of the screen shown; empty before the first.
    pub(crate) fn name(&self) -> &'static str {
        self.name.get()
    }

    /// Puts a view onto the component; it is painted in the next frame.
    pub(crate) fn show(&self, view: &View) {
        let tongue = match view.language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        };
        let words = tongue.words(view.look.plain);
        self.look(view.look);
        let worded = word(words, view);
        let read = reading::read(words, view, &worded);
        let name = view.screen.name();
        if self.name.replace(name) != name {
            let hand = self.kiosk.global::<Hand>();
            hand.set_scene(hand.get_scene().wrapping_add(1));
            self.forget_others(&worded.screen);
        }
        let pictured = Pictured::on(&view.screen);
        if *self.pictured.borrow() != pictured {
            self.kiosk.set_picture(pictured.image());
            self.pictured.replace(pictured);
        }
        let logo = view.logo.clone().map_or(Pictured::Nothing, Pictured::Page);
        if *self.logo.borrow() != logo {
            self.kiosk.set_logo(logo.image());
            self.logo.replace(logo);
        }
        self.put(worded.screen);
        if self.kiosk.get_frame() != worded.frame {
            let hand = self.kiosk.global::<Hand>();
            hand.set_page_up(worded.frame.up.clone());
            hand.set_page_down(worded.frame.down.clone());
            self.kiosk.set_frame(worded.frame);
        }
        self.reader.shown(words, view, read);
        ring(&self.kiosk, &self.reader);
    }
}

/// Connects fingers and keys with whoever reads the screen.
fn listen(kiosk: &Kiosk, reader: &Rc<Reader>, on_intent: Rc<impl Fn(Intent) + 'static>) {
    let hand = kiosk.global::<Hand>();
    let (weak, reading) = (kiosk.as_weak(), Rc::clone(reader));
    hand.on_down(move || {
        reading.finger();
        if let Some(kiosk) = weak.upgrade() {
            ring(&kiosk, &reading);
        }
    });
    let (weak, reading) = (kiosk.as_weak(), Rc::clone(reader));
    hand.on_key(move |text, dead| {
        let (Some(key), Some(kiosk)) = (Key::of(&text).filter(|_| !dead), weak.upgrade()) else { return };
        match reading.pressed(key) {
            Pressed { touch: Some(id), .. } => kiosk.global::<Hand>().invoke_touched(id.into()),
            Pressed { touch: None, begins: true } => on_intent(Intent::SpeechOn),
            // Whoever listens to the screen is still there.
            Pressed { touch: None, begins: false } => on_intent(Intent::Stay),
        }
        ring(&kiosk, &reading);
    });
}

/// Shows what has the focus.
fn ring(kiosk: &Kiosk, reader: &Reader) {
    let (hand, focused) = (kiosk.global::<Hand>(), reader.focused());
    if hand.get_focused() != focused.as_str() {
        hand.set_focused(focused.into());
    }
}

impl Stage {
    fn look(&self, look: Look) {
        let shown = self.kiosk.global::<t::Look>();
        shown.set_contrast(match look.contrast {
            Contrast::Standard => t::Contrast::Own,
            Contrast::BlackOnWhite => t::Contrast::BlackOnWhite,
            Contrast::WhiteOnBlack => t::Contrast::WhiteOnBlack,
            Contrast::YellowOnBlack => t::Contrast::YellowOnBlack,
        });
        shown.set_size(match look.size {
            TextSize::Small => 0.85,
            TextSize::Standard => 1.,
            TextSize::Large => 1.2,
            TextSize::Largest => 1.4,
        });
        shown.set_reach(look.reach);
        shown.set_plain(look.plain);
    }
}

/// Writes, for every kind of screen, what depends on its words: putting them onto the component
/// (lists row by row, so that a row under a finger stays the same row) and forgetting them when
/// another screen comes (nobody's name stays behind in memory).
macro_rules! screens {
    ($($kind:ident: $get:ident $set:ident [$($list:ident),*];)*) => {
        impl Stage {
            fn put(&self, words: ScreenWords) {
                match words {
                    $(ScreenWords::$kind(new) => {
                        #[allow(unused_mut)]
                        let mut new = new;
                        let old = self.kiosk.$get();
                        $(keep(&mut new.$list, &old.$list);)*
                        if new != old {
                            self.kiosk.$set(new);
                        }
                    })*
                }
            }

            fn forget_others(&self, now: &ScreenWords) {
                $(if !matches!(now, ScreenWords::$kind(_)) {
                    self.kiosk.$set(Default::default());
                })*
            }
        }
    };
}

screens! {
    Home: get_home set_home [notes];
    Identify: get_identify set_identify [others];
    Choose: get_choose set_choose [tabs, more_tabs, rows, fors];
    Search: get_search set_search [rows, keys];
    About: get_about set_about [facts, rows];
    Company: get_company set_company [cells, digits, letters];
    Wait: get_wait set_wait [];
    Number: get_number set_number [windows, missing];
    Cancel: get_cancel set_cancel [];
    Licences: get_licences set_licences [texts, materials];
    Materials: get_materials set_materials [rows];
    HandIn: get_hand_in set_hand_in [];
    Scan: get_scan set_scan [];
    Scanning: get_scanning set_scanning [];
    Review: get_review set_review [notes];
    Receipt: get_receipt set_receipt [rows];
    Goodbye: get_goodbye set_goodbye [];
    Service: get_service set_service [steps, meanwhile];
    Room: get_room set_room [facts, cells, pad, rows, keys, acts];
    Panel: get_panel set_panel [cells];
    Look: get_look set_look [sizes, contrasts];
    Help: get_help set_help [texts];
}

/// Moves the rows of `new` into the list that is already shown, changing only what differs.
fn keep<T: Clone + PartialEq + 'static>(new: &mut ModelRc<T>, shown: &ModelRc<T>) {
    let Some(list) = shown.as_any().downcast_ref::<VecModel<T>>() else { return };
    for (at, row) in new.iter().enumerate() {
        match list.row_data(at) {
            Some(old) if old == row => {}
            Some(_) => list.set_row_data(at, row),
            None => list.push(row),
        }
    }
    while list.row_count() > new.row_count() {
        list.remove(list.row_count() - 1);
    }
    *new = shown.clone();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stay_the_same_lists() {
        let shown: ModelRc<i32> = ModelRc::new(VecModel::from(vec![1, 2, 3]));
        for want in [vec![1, 5, 3], vec![1], vec![], vec![4, 5, 6, 7]] {
            let mut new = ModelRc::new(VecModel::from(want.clone()));
            keep(&mut new, &shown);
            assert_eq!(new, shown);
            assert_eq!(shown.iter().collect::<Vec<_>>(), want);
        }
    }
}
