//! What the chosen matters ask to be handed in: each material once.

use crate::catalogue::{Catalogue, ItemCode, MaterialCode, Matter, PackageCode};
use std::collections::BTreeSet;

/// One material, and the items that ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// which material
    pub material: MaterialCode,
    /// which items ask for it, in the order of the catalogue
    pub items: Vec<ItemCode>,
    /// whether the visitor may say that it does not concern him: every item that asks for it allows it
    pub optional: bool,
}

/// What a visitor picked: matters in the order of picking, and ticked options of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// the matters
    pub matters: Vec<Matter>,
    /// ticked options
    pub options: BTreeSet<(PackageCode, ItemCode)>,
}

impl Choice {
    /// Picks a matter, or drops it together with its ticked options.
    pub fn toggle(&mut self, matter: Matter) {
        if let Some(at) = self.matters.iter().position(|m| *m == matter) {
            self.matters.remove(at);
            if let Matter::Package(gone) = &matter {
                self.options.retain(|(package, _)| package != gone);
            }
        } else {
            self.matters.push(matter);
        }
    }

    /// Ticks or unticks an option of a package that is picked; of any other nothing happens.
    pub fn toggle_option(&mut self, package: PackageCode, item: ItemCode) {
        if !self.matters.contains(&Matter::Package(package.clone())) {
            return;
        }
        let tick = (package, item);
        if !self.options.remove(&tick) {
            self.options.insert(tick);
        }
    }

    /// Every item behind the choice, each once, in the order of picking.
    pub fn items(&self, catalogue: &Catalogue) -> Vec<ItemCode> {
        let mut items: Vec<ItemCode> = Vec::new();
        let mut take = |code: &ItemCode| {
            if !items.contains(code) {
                items.push(code.clone());
            }
        };
        for matter in &self.matters {
            match matter {
                Matter::Item(code) => take(code),
                Matter::Package(code) => {
                    let Some(package) = catalogue.package(code) else { continue };
                    package.items.iter().for_each(&mut take);
                    package
                        .options
                        .iter()
                        .filter(|item| self.options.contains(&(code.clone(), (*item).clone())))
                        .for_each(&mut take);
                }
            }
        }
        items
    }

    /// What has to be handed in, each material once, in the order it is first asked for.
    pub fn needs(&self, catalogue: &Catalogue) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for code in self.items(catalogue) {
            let Some(item) = catalogue.item(&code) else { continue };
            for material in &item.materials {
                let optional = item.optional.contains(material);
                match needs.iter_mut().find(|n| n.material == *material) {
                    Some(need) => {
                        need.items.push(code.clone());
                        need.optional &= optional;
                    }
                    None => {
                        let (material, items) = (material.clone(), vec![code.clone()]);
                        needs.push(Need { material, items, optional });
                    }
                }
            }
        }
        needs
    }
}
