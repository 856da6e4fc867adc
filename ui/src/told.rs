//! The screen's words for what others print or write down: a technician reads the same on paper as he saw.

use crate::error::UiError;
use crate::wording::Voice;
use crate::words::Words;
use visit::fault::{Device, Fault};
use visit::screen::Language;
use visit::technician::{Failure, Looped, Measure, Test};

/// Something in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// in Chinese
    pub zh: String,
    /// in English
    pub en: String,
}

/// Both languages, read once.
pub struct Lexicon {
    zh: Words,
    en: Words,
}

impl Lexicon {
    /// Reads the words.
    ///
    /// # Errors
    /// [`UiError::Words`]; not in a program that was built, for a test reads them.
    pub fn read() -> Result<Self, UiError> {
        let read =
            |language, file| Words::read(language).map_err(|error| UiError::Words(file, error.to_string()));
        Ok(Self { zh: read(Language::Zh, "zh.toml")?, en: read(Language::En, "en.toml")? })
    }

    fn both(&self, say: impl Fn(&Voice<'_>) -> String) -> Told {
        Told {
            zh: say(&Voice::plainly(&self.zh, Language::Zh)),
            en: say(&Voice::plainly(&self.en, Language::En)),
        }
    }

    /// What a device is called.
    pub fn device(&self, device: Device) -> Told {
        self.both(|voice| voice.words.device(device).to_owned())
    }

    /// What a test is called.
    pub fn test(&self, test: Test) -> Told {
        self.both(|voice| voice.words.test(test).map_or(test.key(), |said| said.name.plain()).to_owned())
    }

    /// What is wrong.
    pub fn fault(&self, fault: Fault) -> Told {
        self.both(|voice| {
            voice.words.fault(fault).map_or(fault.code(), |said| said.told.title.plain()).to_owned()
        })
    }

    /// Why a test failed.
    pub fn failure(&self, why: Failure) -> Told {
        self.both(|voice| voice.failure(why))
    }

    /// What was measured, in English, which has the units that both languages know.
    pub fn measure(&self, measure: Measure) -> String {
        self.both(|voice| voice.measure(measure)).en
    }

    /// How long the print head and the paper will do.
    pub fn forecast(&self, looped: &Looped) -> Told {
        self.both(|voice| voice.forecast(looped))
    }
}
