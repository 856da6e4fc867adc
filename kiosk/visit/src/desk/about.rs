//! What a matter is about: looked at before it is picked, from a list or from what was found.

use super::Desk;
use super::session::{Origin, Session, Step};
use crate::catalogue::{Days, Item, ItemCode, Label, MaterialForm, Matter};
use crate::checklist::{Choice, Need};
use crate::event::Now;
use crate::intent::Intent;
use crate::screen::{About, NeedShown, Screen};

impl Desk {
    /// Shows what a matter is about; the way back leads to where the visitor is now.
    pub(super) fn look_at(&mut self, matter: Matter) {
        let offered = self.catalogue.is_offered(&matter);
        let Some(session) = self.session.as_mut().filter(|_| offered) else { return };
        session.step = match std::mem::replace(&mut session.step, Step::choose()) {
            Step::Choose { tab, page, .. } => Step::About { matter, from: Origin::List(tab, page) },
            Step::Search(looked) => Step::About { matter, from: Origin::Found(looked) },
            other => other,
        };
    }

    pub(super) fn touched_about(&mut self, intent: Intent) {
        let Some(Session { step: Step::About { matter, .. }, .. }) = &self.session else { return };
        match intent {
            Intent::Matter(picked) if picked == *matter => {
                self.pick(Intent::Matter(picked));
                self.look_away();
            }
            Intent::Back => self.look_away(),
            _ => {}
        }
    }

    fn look_away(&mut self) {
        let Some(session) = &mut self.session else { return };
        session.step = match std::mem::replace(&mut session.step, Step::choose()) {
            Step::About { from: Origin::List(tab, page), .. } => Step::Choose { tab, page, refused: None },
            Step::About { from: Origin::Found(looked), .. } => Step::Search(looked),
            other => other,
        };
    }

    /// What stands behind it, should there be nothing to tell.
    pub(super) fn screen_behind(&self, session: &Session, from: &Origin, now: Now) -> Screen {
        match from {
            Origin::List(tab, page) => Screen::Choose(self.choose_shown(session, tab, *page, None, now)),
            Origin::Found(looked) => Screen::Search(self.search_shown(session, looked)),
        }
    }

    pub(super) fn about(&self, session: &Session, matter: &Matter) -> Option<About> {
        let catalogue = &*self.catalogue;
        let alone = Choice { matters: vec![matter.clone()], ..Choice::default() };
        let items: Vec<&Item> =
            alone.items(catalogue).iter().filter_map(|code| catalogue.item(code)).collect();
        let longest = |days: fn(&Item) -> Days| Days(items.iter().map(|i| days(i).0).max().unwrap_or(0));
        let package = match matter {
            Matter::Package(code) => Some(catalogue.package(code)?),
            Matter::Item(_) => None,
        };
        let single = match matter {
            Matter::Item(code) => Some(catalogue.item(code)?),
            Matter::Package(_) => None,
        };
        let department = single.and_then(|item| catalogue.department(&item.department));
        Some(About {
            name: catalogue.name_of(matter)?.clone(),
            department: department.map(|department| department.name.clone()),
            legal: longest(|item| item.legal),
            promised: longest(|item| item.promised),
            needs: alone.needs(catalogue).iter().filter_map(|need| self.need_shown(need)).collect(),
            items: package.map(|p| self.items_named(&p.items)).unwrap_or_default(),
            options: package.map(|p| self.items_named(&p.options)).unwrap_or_default(),
            window: catalogue.window_of(matter).map(|w| (w.area.clone(), w.counters.clone())),
            online: package.map_or_else(|| single.and_then(|i| i.online.clone()), |p| p.online.clone()),
            picked: session.choice.matters.contains(matter),
            matter: matter.clone(),
        })
    }

    fn need_shown(&self, need: &Need) -> Option<NeedShown> {
        let material = self.catalogue.material(&need.material)?;
        Some(NeedShown {
            name: material.name.clone(),
            original: material.form == MaterialForm::Original,
            pages: material.pages,
            optional: need.optional,
        })
    }

    fn items_named(&self, items: &[ItemCode]) -> Vec<Label> {
        items.iter().filter_map(|code| Some(self.catalogue.item(code)?.name.clone())).collect()
    }
}
