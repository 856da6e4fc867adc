//! The lists that a visitor picks from, and those that lead to further ones.

use super::session::{Origin, Session, Step};
use super::{Desk, MATTERS_A_PAGE};
use crate::catalogue::{DepartmentCode, Item, Label, Matter, Theme};
use crate::event::Now;
use crate::intent::Tab;
use crate::screen::{Choose, Folder, MatterShown, Refusal};

/// Rows of one page of a list, for whoever wants less at a time.
const PLAIN_A_PAGE: usize = 4;

impl Desk {
    pub(super) fn choose_shown(
        &self,
        session: &Session,
        tab: &Tab,
        page: usize,
        refused: Option<Refusal>,
        now: Now,
    ) -> Choose {
        Choose {
            who: session.who(),
            purpose: session.purpose,
            open_number: session.open_number(),
            tabs: self.lists(now),
            tab: tab.clone(),
            whose: self.whose(tab),
            folders: self.on_page(self.folders(tab), page).collect(),
            matters: self.matters_shown(session, tab, page, now),
            page: page + 1,
            pages: self.pages_of_list(tab, now),
            picked: self.names_of(&session.choice),
            can_confirm: !session.choice.matters.is_empty(),
            refused,
        }
    }

    /// The lists of this hall; one in which nothing would stand is none.
    fn lists(&self, now: Now) -> Vec<Tab> {
        let all = [
            Tab::Packages,
            Tab::Popular,
            Tab::Items(Theme::Business),
            Tab::Items(Theme::Personal),
            Tab::Groups,
            Tab::Departments,
        ];
        // Whoever wants it plain finds what most people come for; the search finds all else.
        let is_plain = |tab: &Tab| matches!(tab, Tab::Packages | Tab::Popular | Tab::Items(Theme::Personal));
        let plain = self.manner.look.plain;
        all.into_iter().filter(|tab| self.has_list(tab, now) && (!plain || is_plain(tab))).collect()
    }

    fn rows_a_page(&self) -> usize {
        if self.manner.look.plain { PLAIN_A_PAGE } else { MATTERS_A_PAGE }
    }

    fn on_page<T>(&self, rows: Vec<T>, page: usize) -> impl Iterator<Item = T> + use<T> {
        let count = self.rows_a_page();
        rows.into_iter().skip(page * count).take(count)
    }

    /// Pages of lists hold more or fewer rows from now on: what is shown begins anew, in a list that there is.
    pub(super) fn lists_changed(&mut self, now: Now) {
        let lists = self.lists(now);
        let first = lists.first().cloned().unwrap_or(Tab::Packages);
        let Some(session) = &mut self.session else { return };
        let (tab, page) = match &mut session.step {
            Step::Choose { tab, page, .. } | Step::About { from: Origin::List(tab, page), .. } => (tab, page),
            Step::Search(looked) | Step::About { from: Origin::Found(looked), .. } => {
                (&mut looked.from.0, &mut looked.from.1)
            }
            _ => return,
        };
        *page = 0;
        if !lists.contains(tab) {
            *tab = first;
        }
    }

    /// Whether something stands in a list.
    pub(super) fn has_list(&self, tab: &Tab, now: Now) -> bool {
        self.rows_of(tab, now) > 0
    }

    /// How many pages a list has, at least 1.
    pub(super) fn pages_of_list(&self, tab: &Tab, now: Now) -> usize {
        self.rows_of(tab, now).div_ceil(self.rows_a_page()).max(1)
    }

    /// The list, and the page of it, that leads to a group's or a department's.
    pub(super) fn list_around(&self, tab: &Tab) -> Option<(Tab, usize)> {
        let around = match tab {
            Tab::Group(_) => Tab::Groups,
            Tab::Department(_) => Tab::Departments,
            Tab::Popular | Tab::Packages | Tab::Items(_) | Tab::Groups | Tab::Departments => return None,
        };
        let at = self.folders(&around).iter().position(|folder| folder.tab == *tab).unwrap_or(0);
        Some((around, at / self.rows_a_page()))
    }

    fn rows_of(&self, tab: &Tab, now: Now) -> usize {
        self.matters(tab, now).len() + self.folders(tab).len()
    }

    fn matters_shown(&self, session: &Session, tab: &Tab, page: usize, now: Now) -> Vec<MatterShown> {
        let matters = self.on_page(self.matters(tab, now), page);
        matters.filter_map(|matter| self.matter_shown(session, matter)).collect()
    }

    /// The matters of a list that holds some.
    fn matters(&self, tab: &Tab, now: Now) -> Vec<Matter> {
        let catalogue = &*self.catalogue;
        let single = |wanted: &dyn Fn(&Item) -> bool| {
            let items = catalogue.items.iter().filter(|item| item.alone && wanted(item));
            items.map(|item| Matter::Item(item.code.clone())).collect()
        };
        match tab {
            Tab::Popular => self.popular(now),
            Tab::Packages => catalogue.packages.iter().map(|p| Matter::Package(p.code.clone())).collect(),
            Tab::Items(theme) => single(&|item| item.theme == *theme),
            Tab::Group(code) => catalogue.group(code).map(|g| g.matters.clone()).unwrap_or_default(),
            Tab::Department(code) => single(&|item| item.department == *code),
            Tab::Groups | Tab::Departments => Vec::new(),
        }
    }

    /// What most people came for today, filled up with what the hall calls popular.
    fn popular(&self, now: Now) -> Vec<Matter> {
        let today = self.popular.iter().filter(|(day, _)| *day == now.wall.date());
        let seen = today.flat_map(|(_, matters)| matters);
        let mut popular: Vec<Matter> = Vec::new();
        for matter in seen.chain(&self.catalogue.hall.popular) {
            // The ledger may still know what the catalogue has no longer.
            if !popular.contains(matter) && self.catalogue.is_offered(matter) {
                popular.push(matter.clone());
            }
        }
        popular.truncate(self.rows_a_page());
        popular
    }

    /// What leads to further lists, in a list of groups or departments.
    fn folders(&self, tab: &Tab) -> Vec<Folder> {
        let catalogue = &*self.catalogue;
        match tab {
            Tab::Groups => {
                let folder = |group: &crate::catalogue::Group| Folder {
                    tab: Tab::Group(group.code.clone()),
                    name: group.name.clone(),
                    count: group.matters.len(),
                };
                catalogue.groups.iter().map(folder).collect()
            }
            Tab::Departments => {
                let folder = |department: &crate::catalogue::Department| Folder {
                    tab: Tab::Department(department.code.clone()),
                    name: department.name.clone(),
                    count: self.items_of(&department.code),
                };
                // What a department does in packages alone cannot be picked here.
                catalogue.departments.iter().map(folder).filter(|folder| folder.count > 0).collect()
            }
            Tab::Popular | Tab::Packages | Tab::Items(_) | Tab::Group(_) | Tab::Department(_) => Vec::new(),
        }
    }

    fn items_of(&self, department: &DepartmentCode) -> usize {
        self.catalogue.items.iter().filter(|item| item.alone && item.department == *department).count()
    }

    fn whose(&self, tab: &Tab) -> Option<Label> {
        match tab {
            Tab::Group(code) => self.catalogue.group(code).map(|group| group.name.clone()),
            Tab::Department(code) => self.catalogue.department(code).map(|d| d.name.clone()),
            Tab::Popular | Tab::Packages | Tab::Items(_) | Tab::Groups | Tab::Departments => None,
        }
    }
}
