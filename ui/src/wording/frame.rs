//! What stands around every screen: hall, clock, language, the way out and the way on.

use super::{Voice, act, clock};
use crate::toolkit as t;
use visit::intent::Intent;
use visit::number::TicketNumber;
use visit::screen::{News, Purpose, Room, Screen, View};

impl Voice<'_> {
    pub(super) fn frame(&self, view: &View) -> t::FrameWords {
        let frame = &self.words.frame;
        let ending = view.ending_in;
        // Where nobody is served there is nobody who could do these.
        let served =
            |act: t::Act| if matches!(view.screen, Screen::Closed(_)) { t::Act::default() } else { act };
        // What has just come is read first: the second of a double tap is no answer to it.
        let too_soon = [Intent::LicencesYes, Intent::Finish].map(|intent| intent.to_string());
        let settled = |mut act: t::Act| {
            act.enabled &= !(view.just_come && too_soon.iter().any(|id| act.id == id.as_str()));
            act
        };
        t::FrameWords {
            shown: shown(&view.screen),
            hall: self.label(&view.hall).into(),
            clock: clock(view.clock).into(),
            language: act(Intent::Language, frame.language.plain(), true),
            look: served(act(Intent::Look, frame.look.plain(), view.screen != Screen::Look)),
            help: served(act(Intent::Help, frame.help.plain(), !matches!(view.screen, Screen::Help(_)))),
            up: act(Intent::ScrollUp, frame.up.plain(), true),
            down: act(Intent::ScrollDown, frame.down.plain(), true),
            reached: if view.look.reach {
                frame.reached.plain().into()
            } else {
                slint::SharedString::default()
            },
            leave: settled(self.leave(&view.screen)),
            finishing: matches!(
                view.screen,
                Screen::Number(_)
                    | Screen::Materials(_)
                    | Screen::Receipt(_)
                    | Screen::Goodbye(_)
                    | Screen::Room(Room::Overview(..))
                    | Screen::Look
                    | Screen::Help(_)
            ),
            done: match &view.screen {
                Screen::Number(_) | Screen::Goodbye(_) => true,
                Screen::Materials(materials) => materials.done == materials.count,
                _ => false,
            },
            go: settled(self.go(&view.screen)),
            news: self.news(view.news.as_ref()).into(),
            ending: ending
                .map(|s| {
                    if has_pages(&view.screen) { &frame.ending_pages } else { &frame.ending }
                        .with(&[("seconds", &s)])
                })
                .unwrap_or_default()
                .into(),
            stay: ending.map(|_| act(Intent::Stay, frame.stay.plain(), true)).unwrap_or_default(),
            reminder: match &view.screen {
                Screen::Number(number) => self.card(number.card),
                _ => t::Note::default(),
            },
        }
    }

    fn news(&self, news: Option<&News>) -> String {
        let frame = &self.words.frame;
        match news {
            Some(News::Called(number)) => frame.called.with(&[("number", number)]),
            Some(News::Missed(number)) => frame.missed.with(&[("number", number)]),
            Some(News::SentBack(material)) => frame.sent_back.with(&[("name", &self.label(material))]),
            None => String::new(),
        }
    }

    /// Around what fills the whole screen there is nothing. The pad's key back leads out all the same.
    pub(super) fn no_frame(&self) -> t::FrameWords {
        let leave = act(Intent::Back, self.words.frame.back.plain(), true);
        t::FrameWords { shown: t::Shown::Panel, leave, ..Default::default() }
    }

    /// One screen back, or out.
    fn leave(&self, screen: &Screen) -> t::Act {
        let words = self.words;
        match screen {
            Screen::Home(_) | Screen::Closed(_) => t::Act::default(),
            // Without a ticket he must have noted it.
            Screen::Number(number) if !number.is_on_paper() => {
                act(Intent::Finish, words.number.noted.plain(), true)
            }
            Screen::Number(_) | Screen::Materials(_) | Screen::Receipt(_) => {
                act(Intent::Finish, words.frame.finish.plain(), true)
            }
            Screen::Goodbye(_) => act(Intent::Finish, words.goodbye.finish.plain(), true),
            Screen::CancelAsk { .. } => act(Intent::Back, words.cancel.keep.plain(), true),
            Screen::Review(_) => act(Intent::Back, words.review.back.plain(), true),
            Screen::Licences(_) => act(Intent::Back, words.licences.no.plain(), true),
            Screen::Look | Screen::Help(_) => act(Intent::Back, words.frame.done.plain(), true),
            Screen::Room(Room::Overview(..)) => act(Intent::Finish, words.room.leave.plain(), true),
            Screen::Room(_) => act(Intent::Back, words.frame.back.plain(), true),
            Screen::Identify(_)
            | Screen::Choose(_)
            | Screen::Search(_)
            | Screen::About(_)
            | Screen::Company(_)
            | Screen::Wait(_)
            | Screen::HandInAsk(_)
            | Screen::Scan(_)
            | Screen::Scanning(_)
            | Screen::Service(_) => act(Intent::Back, words.frame.back.plain(), true),
        }
    }

    /// The one thing that most visitors do next.
    fn go(&self, screen: &Screen) -> t::Act {
        let words = self.words;
        match screen {
            Screen::Choose(choose) => self.confirm(choose.purpose, choose.open_number, choose.can_confirm),
            Screen::Search(search) => self.confirm(search.purpose, search.open_number, search.can_confirm),
            Screen::About(about) => self.choose_this(about),
            Screen::Company(_) => act(Intent::Confirm, words.company.confirm.plain(), true),
            Screen::HandInAsk(ask) => self.hand_in_yes(ask),
            Screen::Scan(scan) if scan.asking.is_some() => t::Act::default(),
            Screen::Scan(scan) => act(Intent::ScanStart, words.scan.start.plain(), scan.scanner),
            Screen::Review(review) if review.asking.is_some() => t::Act::default(),
            Screen::Review(_) => act(Intent::ScanAccept, words.review.accept.plain(), true),
            Screen::Licences(_) => act(Intent::LicencesYes, words.licences.yes.plain(), true),
            Screen::Receipt(receipt) => self.print_receipt(receipt),
            Screen::Room(room) => self.room_go(room),
            Screen::Home(_)
            | Screen::Identify(_)
            | Screen::Wait(_)
            | Screen::Number(_)
            | Screen::CancelAsk { .. }
            | Screen::Materials(_)
            | Screen::Scanning(_)
            | Screen::Goodbye(_)
            | Screen::Service(_)
            | Screen::Closed(_)
            | Screen::Look
            | Screen::Help(_) => t::Act::default(),
        }
    }

    /// Takes what is picked.
    fn confirm(&self, purpose: Purpose, number: Option<TicketNumber>, enabled: bool) -> t::Act {
        let words = &self.words.choose;
        let label = match purpose {
            Purpose::Papers => &words.confirm_papers,
            Purpose::Number | Purpose::Relative if number.is_some() => &words.confirm_again,
            Purpose::Number | Purpose::Relative => &words.confirm_number,
        };
        act(Intent::Confirm, label.plain(), enabled)
    }
}

fn shown(screen: &Screen) -> t::Shown {
    match screen {
        Screen::Home(_) => t::Shown::Home,
        Screen::Identify(_) => t::Shown::Identify,
        Screen::Choose(_) => t::Shown::Choose,
        Screen::Search(_) => t::Shown::Search,
        Screen::About(_) => t::Shown::About,
        Screen::Company(_) => t::Shown::Company,
        Screen::Wait(_) => t::Shown::Wait,
        Screen::Number(_) => t::Shown::Number,
        Screen::CancelAsk { .. } => t::Shown::Cancel,
        Screen::Licences(_) => t::Shown::Licences,
        Screen::Materials(_) => t::Shown::Materials,
        Screen::HandInAsk(_) => t::Shown::HandIn,
        Screen::Scan(_) => t::Shown::Scan,
        Screen::Scanning(_) => t::Shown::Scanning,
        Screen::Review(_) => t::Shown::Review,
        Screen::Receipt(_) => t::Shown::Receipt,
        Screen::Goodbye(_) => t::Shown::Goodbye,
        Screen::Service(_) | Screen::Closed(_) => t::Shown::Service,
        Screen::Room(_) => t::Shown::Room,
        Screen::Look => t::Shown::Look,
        Screen::Help(_) => t::Shown::Help,
    }
}

/// Whether pages were scanned that nobody has accepted: they go with whoever goes.
fn has_pages(screen: &Screen) -> bool {
    match screen {
        Screen::Scan(scan) => scan.have > 0,
        Screen::Review(_) => true,
        _ => false,
    }
}
