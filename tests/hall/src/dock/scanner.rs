//! What hands can do with the document scanner.

use super::hands::{Power, given};
use super::{Asked, Done, Refused, done};
use crate::setup::Hall;
use axum::extract::State;
use emulators::glass::Laid;
use emulators::printer::Cover;
use emulators::scanner::{Condition, Damage};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// `POST /api/scanner`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScannerHands {
    feeder: Option<Vec<PathBuf>>,
    #[serde(default, deserialize_with = "given")]
    flatbed: Option<Option<PathBuf>>,
    /// a printed ticket is laid on the glass
    ticket: Option<TicketLaid>,
    #[serde(default, deserialize_with = "given")]
    jam_at: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    mispick_at: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    multipick_at: Option<Option<u32>>,
    /// the connection breaks in the middle of this page
    #[serde(default, deserialize_with = "given")]
    cut_at: Option<Option<u32>>,
    /// this page arrives damaged
    #[serde(default, deserialize_with = "given")]
    damage_at: Option<Option<u32>>,
    hatch: Option<Cover>,
    door: Option<Cover>,
    /// what its feeder says of itself, whatever is true (an AdfState of eSCL)
    #[serde(default, deserialize_with = "given")]
    adf: Option<Option<String>>,
    /// by how many images it miscounts
    miscount: Option<i32>,
    condition: Option<Words>,
    /// whether it answers at all
    speech: Option<Speech>,
    /// so many jobs are refused as busy
    busy: Option<u32>,
    /// so many jobs are refused for their settings
    refuse: Option<u32>,
    power: Option<Power>,
}

/// A printed ticket on the glass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketLaid {
    /// which, from 1
    number: u32,
    /// how crooked it lies
    #[serde(default)]
    degrees: f64,
    /// dots of the head that did not print
    #[serde(default)]
    dead: Vec<usize>,
}

/// What the scanner as a whole says of itself.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Words {
    Ready,
    Testing,
    Stopped,
    Down,
}

/// Whether the scanner answers.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Speech {
    Clear,
    /// it takes connections, and that is all
    Silent,
}

impl From<Words> for Condition {
    fn from(words: Words) -> Self {
        match words {
            Words::Ready => Self::Ready,
            Words::Testing => Self::Testing,
            Words::Stopped => Self::Stopped,
            Words::Down => Self::Down,
        }
    }
}

/// Lays paper in, jams it, opens the hatch, pulls the plug.
pub(super) async fn scanner(State(hall): State<Hall>, Asked(hands): Asked<ScannerHands>) -> Done {
    let scanner = &hall.scanner;
    if let Some(sheets) = hands.feeder {
        scanner.load_feeder(sheets.iter().map(|p| p.as_path())).map_err(Refused::bad)?;
    }
    if let Some(paper) = hands.flatbed {
        scanner.load_flatbed(paper.as_deref().map(Path::new)).map_err(Refused::bad)?;
    }
    if let Some(TicketLaid { number, degrees, dead }) = hands.ticket {
        let missing = || Refused::missing("there is no such ticket");
        let picture = hall.printer.ticket_png(number).ok_or_else(missing)?;
        let laid = Laid { degrees, dead };
        let drawn = tokio::task::spawn_blocking(move || emulators::glass::scan(&picture, &laid)).await;
        let page = hall.papers.first().ok_or_else(missing)?.with_file_name(format!("ticket-{number}.jpg"));
        std::fs::write(&page, drawn.map_err(Refused::bad)?.map_err(Refused::bad)?).map_err(Refused::bad)?;
        scanner.load_flatbed(Some(&page)).map_err(Refused::bad)?;
    }
    hands.jam_at.inspect(|sheet| scanner.jam_at(*sheet));
    hands.mispick_at.inspect(|sheet| scanner.mispick_at(*sheet));
    hands.multipick_at.inspect(|sheet| scanner.multipick_at(*sheet));
    hands.cut_at.inspect(|image| scanner.cut_at(*image));
    hands.damage_at.inspect(|image| scanner.damage_at(image.map(|image| (image, Damage::Truncated))));
    hands.hatch.inspect(|hatch| scanner.hatch(*hatch == Cover::Open));
    hands.door.inspect(|door| scanner.door(*door == Cover::Open));
    hands.condition.inspect(|condition| scanner.condition((*condition).into()));
    hands.speech.inspect(|speech| scanner.silent(*speech == Speech::Silent));
    hands.busy.inspect(|times| scanner.busy(*times));
    hands.refuse.inspect(|times| scanner.refuse(*times));
    if hands.adf.is_some() || hands.miscount.is_some() {
        let mut quirks = hall.quirks.lock().unwrap_or_else(PoisonError::into_inner);
        quirks.adf_word = hands.adf.unwrap_or_else(|| quirks.adf_word.clone());
        quirks.miscount = hands.miscount.unwrap_or(quirks.miscount);
        scanner.set_quirks(quirks.clone());
    }
    if let Some(power) = hands.power {
        scanner.power(matches!(power, Power::On)).await.map_err(Refused::bad)?;
    }
    done()
}
