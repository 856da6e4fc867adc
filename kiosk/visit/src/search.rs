//! Finding a matter by a part of its name: in Chinese, by its pinyin in full or by initials, or in English.
//!
//! Someone who looks for 开饭店 types 开饭, `kaifandian`, `kfd`, `kaifd` or `restaurant`.

use crate::catalogue::{Catalogue, Label, Matter};
use ib_matcher::matcher::{IbMatcher, PinyinMatchConfig};

/// Characters that are looked for, at most.
pub const LONGEST: usize = 24;

/// Knows how characters are read; made once, for it holds a table of all of them.
#[derive(Default)]
pub struct Finder(PinyinMatchConfig<'static>);

/// How well a name fits: less is better, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// it does not begin so
    within: bool,
    /// a single matter, where a package may do more in one go
    single: bool,
    /// how much more the name says
    characters: usize,
}

impl Finder {
    /// The matters that a visitor may pick and whose names hold every word that was typed, those that fit
    /// best first. None while nothing is typed.
    pub fn find(&self, catalogue: &Catalogue, typed: &str) -> Vec<Matter> {
        let words: Vec<_> = typed.split_whitespace().map(|word| self.word(word)).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let packages = catalogue.packages.iter().map(|p| (&p.name, Matter::Package(p.code.clone())));
        let alone = catalogue.items.iter().filter(|item| item.alone);
        let items = alone.map(|item| (&item.name, Matter::Item(item.code.clone())));
        let mut found: Vec<(Fit, Matter)> = packages
            .chain(items)
            .filter_map(|(name, matter)| Some((fit(&words, name, &matter)?, matter)))
            .collect();
        // Of those that fit alike the catalogue's order stays.
        found.sort_by_key(|(fit, _)| *fit);
        found.into_iter().map(|(_, matter)| matter).collect()
    }

    fn word(&self, word: &str) -> IbMatcher<'_> {
        // As it stays when its case is folded: the matcher takes a letter and its folded form to be equally long.
        let folded = word.chars().take(LONGEST).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        let word: String = folded.collect();
        // Whoever types is seldom at the end of a syllable.
        IbMatcher::builder(word.as_str()).pinyin(self.0.shallow_clone()).is_pattern_partial(true).build()
    }
}

fn fit(words: &[IbMatcher<'_>], name: &Label, matter: &Matter) -> Option<Fit> {
    let mut within = false;
    for word in words {
        let starts = [chinese(word, &name.zh), english(word, &name.en)];
        within |= starts.into_iter().flatten().min()? > 0;
    }
    let single = matches!(matter, Matter::Item(_));
    Some(Fit { within, single, characters: name.zh.chars().count() })
}

/// Where a name begins to be the word.
fn chinese(word: &IbMatcher<'_>, name: &str) -> Option<usize> {
    word.find(name).map(|found| found.start())
}

/// The same, of a name that has words: only their beginnings count.
fn english(word: &IbMatcher<'_>, name: &str) -> Option<usize> {
    let beginnings = name.char_indices().scan(false, |inside, (at, c)| {
        let before = std::mem::replace(inside, c.is_alphanumeric());
        Some((!before && c.is_alphanumeric()).then_some(at))
    });
    let begins = |at: &usize| name.get(*at..).is_some_and(|rest| word.test(rest).is_some());
    beginnings.flatten().find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jiading() -> Catalogue {
        let text = include_str!("../../../halls/jiading.toml");
        Catalogue::parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    fn names(typed: &str) -> Vec<String> {
        let catalogue = jiading();
        let found = Finder::default().find(&catalogue, typed);
        found.iter().map(|matter| catalogue.name_of(matter).unwrap().zh.clone()).collect()
    }

    #[test]
    fn a_matter_is_found_however_it_is_typed() {
        for typed in [
            "kfd",
            "KFD",
            "kaifandian",
            "kaifan",
            "kaif",
            "kaifd",
            "开饭店",
            "饭店",
            "restaurant",
            "Open Rest",
            "open restaurant",
            "  kfd ",
        ] {
            assert_eq!(names(typed).first().map(String::as_str), Some("开饭店"), "{typed}");
        }
    }

    #[test]
    fn nothing_is_found_by_nothing_and_by_what_is_nowhere() {
        for typed in ["", "   ", "zzzz", "estaurant", "开店饭", "!", "kfd restaurantx"] {
            assert_eq!(names(typed), Vec::<String>::new(), "{typed:?}");
        }
    }

    #[test]
    fn what_begins_so_comes_first_and_packages_before_single_matters() {
        let catalogue = jiading();
        for typed in ["k", "s", "shui", "yy", "card"] {
            let found = Finder::default().find(&catalogue, typed);
            let word = Finder::default();
            let words = [word.word(typed)];
            let fits: Vec<_> =
                found.iter().map(|m| fit(&words, catalogue.name_of(m).unwrap(), m).unwrap()).collect();
            assert!(fits.is_sorted() && !fits.is_empty(), "{typed}: {fits:?}");
        }
    }

    #[test]
    fn every_matter_is_found_by_its_whole_name_in_both_languages() {
        let (catalogue, finder) = (jiading(), Finder::default());
        let packages = catalogue.packages.iter().map(|p| (&p.name, Matter::Package(p.code.clone())));
        let alone = catalogue.items.iter().filter(|item| item.alone);
        for (name, matter) in packages.chain(alone.map(|i| (&i.name, Matter::Item(i.code.clone())))) {
            for typed in [&name.zh, &name.en] {
                // As much as the keyboard takes.
                let typed: String = typed.chars().take(LONGEST).collect();
                assert!(finder.find(&catalogue, &typed).contains(&matter), "{typed}");
            }
        }
    }

    /// Its capital is that of another letter, which is shorter.
    #[test]
    fn a_letter_that_is_shorter_when_it_is_folded_is_looked_for() {
        let every = ('\u{80}'..='\u{1FFFF}').map(String::from);
        let finder = Finder::default();
        every.for_each(|typed| drop(finder.word(&typed)));
        assert_eq!(finder.find(&jiading(), "\u{1FBE}"), []);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_only_matters_of_the_catalogue_are_found(typed in ".{0,40}") {
            let catalogue = jiading();
            for matter in Finder::default().find(&catalogue, &typed) {
                assert!(catalogue.name_of(&matter).is_some());
            }
        }
    }
}
