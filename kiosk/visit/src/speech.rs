//! Whether the kiosk speaks, how fast and how loud: a setting of the visit that is going on.

use crate::intent::Intent;

/// How fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rate {
    /// for whoever listens carefully
    Slow,
    /// as people speak
    #[default]
    Normal,
    /// for whoever is used to it
    Fast,
}

/// How loud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Volume {
    /// for headphones
    Low,
    /// for one person in front
    #[default]
    Middle,
    /// for whoever hears badly
    High,
}

/// The setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Speech {
    /// what is on the screen is spoken
    pub on: bool,
    /// how fast
    pub rate: Rate,
    /// how loud
    pub volume: Volume,
}

impl Speech {
    /// What a touch makes of it; `None`: the touch is about something else.
    #[must_use]
    pub fn after(self, intent: &Intent) -> Option<Self> {
        match intent {
            Intent::SpeechOn => Some(Self { on: true, ..self }),
            Intent::SpeechOff => Some(Self { on: false, ..self }),
            Intent::SpeechSlower => Some(Self { rate: self.rate.slower(), ..self }),
            Intent::SpeechFaster => Some(Self { rate: self.rate.faster(), ..self }),
            Intent::SpeechLouder => Some(Self { volume: self.volume.louder(), ..self }),
            Intent::SpeechQuieter => Some(Self { volume: self.volume.quieter(), ..self }),
            _ => None,
        }
    }
}

impl Rate {
    fn slower(self) -> Self {
        match self {
            Self::Fast => Self::Normal,
            Self::Normal | Self::Slow => Self::Slow,
        }
    }

    fn faster(self) -> Self {
        match self {
            Self::Slow => Self::Normal,
            Self::Normal | Self::Fast => Self::Fast,
        }
    }
}

impl Volume {
    fn louder(self) -> Self {
        match self {
            Self::Low => Self::Middle,
            Self::Middle | Self::High => Self::High,
        }
    }

    fn quieter(self) -> Self {
        match self {
            Self::High => Self::Middle,
            Self::Middle | Self::Low => Self::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touches_change_it_and_stop_at_the_ends() {
        let said = |ids: &[&str]| {
            ids.iter().fold(Speech::default(), |speech, id| {
                speech.after(&Intent::parse(id).expect("an intent")).expect("of speech")
            })
        };
        let default = Speech::default();
        assert!(!default.on);
        for (ids, want) in [
            (&["speech.on"][..], Speech { on: true, ..default }),
            (&["speech.on", "speech.off"], default),
            (&["speech.slower"], Speech { rate: Rate::Slow, ..default }),
            (&["speech.slower", "speech.slower", "speech.faster"], default),
            (&["speech.faster", "speech.faster"], Speech { rate: Rate::Fast, ..default }),
            (&["speech.louder", "speech.louder"], Speech { volume: Volume::High, ..default }),
            (&["speech.quieter", "speech.quieter", "speech.louder"], default),
        ] {
            assert_eq!(said(ids), want, "{ids:?}");
        }
        assert_eq!(default.after(&Intent::Stay), None);
    }
}
