//! What hands and eyes try, in pixels: the touch panel, the screen, the tactile pad.

use super::{Bench, named};
use crate::inspect::{drag, elements, press, tap};
use crate::reader::Key;
use std::collections::BTreeSet;
use visit::fault::Fault;
use visit::intent::Intent;
use visit::screen::{ColoursShown, Repair, Room, Screen, StepState, TestState, TouchShown, View};
use visit::technician::{Cell, Cells, Colour, PadKey};

const CELL: (i32, i32) = (1080 / Cell::COLUMNS as i32, 1920 / Cell::ROWS as i32);

fn room(room: Room) -> View {
    View { screen: Screen::Room(room), ..named("touch") }
}

fn panel(done: Cells) -> View {
    room(Room::Touch(TouchShown { done, state: TestState::Running }))
}

/// The cells that were told of, in this order.
fn crossed(bench: &Bench) -> Vec<Cell> {
    let cell = |intent| match intent {
        Intent::Cell(cell) => cell,
        other => panic!("{other:?}"),
    };
    bench.heard.try_iter().map(cell).collect()
}

#[test]
fn every_cell_is_reached_by_a_finger_that_taps() {
    let bench = Bench::new();
    bench.show(&panel(Cells::default()));
    for cell in Cell::all() {
        let (x, y) = (i32::from(cell.column()) * CELL.0, i32::from(cell.row()) * CELL.1);
        // Near the lower left corner: what lies in the middle covers no cell from there to here.
        tap(&bench.live, x + 12, y + CELL.1 - 12);
        assert_eq!(crossed(&bench), [cell]);
    }
    // To the last pixel.
    for (x, y, row, column) in [(0, 0, 0, 0), (1079, 0, 0, 5), (0, 1919, 9, 0), (1079, 1919, 9, 5)] {
        tap(&bench.live, x, y);
        assert_eq!(crossed(&bench), [Cell::at(row, column).unwrap()], "{x},{y}");
    }
}

#[test]
fn a_finger_that_slides_tells_each_cell_once_and_only_what_it_really_crossed() {
    let bench = Bench::new();
    bench.show(&panel(Cells::default()));
    // Across what lies in the middle, too.
    drag(&bench.live, &[(20, 1000), (1060, 1000)]);
    let row: Vec<Cell> = (0..Cell::COLUMNS).map(|column| Cell::at(5, column).unwrap()).collect();
    assert_eq!(crossed(&bench), row);
    // A panel that is dead in a strip sees the finger here and then there.
    tap(&bench.live, 90, 90);
    tap(&bench.live, 450, 90);
    let told: Vec<_> = crossed(&bench).iter().map(|cell| cell.column()).collect();
    assert_eq!(told, [0, 2]);
    // What is done is no news.
    bench.show(&panel(row.iter().copied().collect()));
    drag(&bench.live, &[(20, 1140), (1060, 1140)]);
    assert_eq!(crossed(&bench), []);
    // All of it in one go, as a technician does it.
    bench.show(&panel(Cells::default()));
    let lanes = (0..Cell::ROWS).flat_map(|row| {
        let y = i32::from(row) * CELL.1 + CELL.1 / 2;
        if row % 2 == 0 { [(10, y), (1070, y)] } else { [(1070, y), (10, y)] }
    });
    drag(&bench.live, &lanes.collect::<Vec<_>>());
    assert_eq!(crossed(&bench).into_iter().collect::<Cells>(), Cells::ALL);
}

fn colours_in(picture: &crate::Picture) -> BTreeSet<[u8; 3]> {
    picture.rgb.as_chunks::<3>().0.iter().copied().collect()
}

#[test]
fn a_colour_fills_the_whole_screen_and_a_touch_anywhere_goes_on() {
    let bench = Bench::new();
    for colour in Colour::ALL {
        let view = room(Room::Colours(ColoursShown { colour: Some(colour), state: TestState::Running }));
        bench.show(&view);
        for (x, y) in [(0, 0), (1079, 0), (540, 960), (0, 1919), (1079, 1919), (200, 70)] {
            tap(&bench.live, x, y);
            assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::ColourNext], "{colour:?}");
        }
        bench.live.paint();
        let shown = bench.live.canvas.as_ref().expect("a canvas").picture();
        let want: Vec<[u8; 3]> = match colour {
            Colour::Red => vec![[255, 0, 0]],
            Colour::Green => vec![[0, 255, 0]],
            Colour::Blue => vec![[0, 0, 255]],
            Colour::White => vec![[255; 3]],
            Colour::Black => vec![[0; 3]],
            Colour::Checker => vec![[0; 3], [255; 3]],
            Colour::Ramp => {
                let greys = colours_in(&shown);
                assert!(greys.iter().all(|[r, g, b]| r == g && g == b), "{greys:?}");
                assert!(greys.contains(&[0; 3]) && greys.contains(&[255; 3]));
                assert_eq!(greys.len(), 32);
                continue;
            }
        };
        assert_eq!(colours_in(&shown).into_iter().collect::<Vec<_>>(), want, "{colour:?}");
        if colour == Colour::Checker {
            let (pixels, _) = shown.rgb.as_chunks::<3>();
            let row = shown.width as usize;
            let even = |at: usize| pixels[at] != pixels[at + 1] && pixels[at] != pixels[at + row];
            assert!((0..row * 200).filter(|at| at % row + 1 < row).all(even), "not point by point");
        }
    }
}

#[test]
fn keys_that_are_tried_do_nothing_else() {
    let bench = Bench::new();
    bench.show(&named("pad"));
    let keys = [Key::Up, Key::Down, Key::Back, Key::Next, Key::Select];
    for (key, want) in keys.into_iter().zip(PadKey::ALL) {
        press(&bench.live, &key.text());
        assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::PadKey(want)]);
    }
    // When it is over they lead through the screen as everywhere.
    bench.show(&named("pad-missed"));
    press(&bench.live, &Key::Down.text());
    assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::SpeechOn]);
}

#[test]
fn the_pads_key_back_leads_out_where_a_dead_panel_lets_nobody() {
    for name in ["touch", "colour-red"] {
        let bench = Bench::new();
        bench.show(&named(name));
        press(&bench.live, &Key::Back.text());
        assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::Back], "{name}");
    }
}

#[test]
fn nothing_else_lies_on_a_screen_that_is_tried() {
    let bench = Bench::new();
    for (name, want) in [("touch", "back"), ("colour-red", "colour.next")] {
        bench.show(&named(name));
        let found: Vec<String> = elements(&bench.live).into_iter().map(|e| e.id).collect();
        assert_eq!(found, [want], "{name}");
    }
}

/// The repair of a fault when everything before a step is done.
fn at_step(fault: Fault, step: usize) -> View {
    let steps = (0..5).map(|at| if at < step { StepState::Ticked } else { StepState::Open }).collect();
    let repair = Repair { fault, still: true, steps, test: fault.proof(), outcome: TestState::Untried };
    View { screen: Screen::Room(Room::Repair(repair)), ..named("repair") }
}

#[test]
fn each_drawing_is_drawn_and_like_no_other() {
    use Fault::*;
    let drawn = [
        (ReaderAbsent, 0),
        (ReaderAbsent, 1),
        (ReaderAbsent, 2),
        (ReaderAbsent, 3),
        (PrinterPower, 0),
        (ReaderSelfTest, 0),
        (ReaderInUse, 0),
        (StoreChecksum, 0),
        (KeyHelperDied, 0),
        (PaperOut, 0),
        (PaperOut, 1),
        (PaperOut, 2),
        (PaperOut, 3),
        (CutterJammed, 0),
        (CutterJammed, 1),
        (PrinterOffline, 1),
        (PrinterFeeding, 0),
        (ScannerJam, 0),
        (ScannerJam, 1),
        (ScannerJam, 2),
        (ScannerSilent, 3),
        (FeederOverloaded, 0),
        (FeederOverloaded, 1),
        (CodeScannerGarbled, 0),
        (CodeScannerGarbled, 2),
        (SlotGarbled, 1),
        (SlotSilent, 0),
        (HeadHot, 0),
        (HeadHot, 1),
        (StoreRefusesKiosk, 0),
        (StoreUntrusted, 0),
        (LedgerFailed, 2),
        (RecorderFailed, 0),
    ];
    let bench = Bench::new();
    let mut seen = BTreeSet::new();
    for (fault, step) in drawn {
        bench.show(&at_step(fault, step));
        bench.live.paint();
        let kiosk = bench.live.stage.kiosk();
        let found = i_slint_backend_testing::ElementHandle::find_by_element_type_name(kiosk, "RepairDrawing");
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{fault:?} {step}");
        let (at, size) = (found[0].absolute_position(), found[0].size());
        assert!(at.x >= 48. && at.x + size.width <= 1032. && size.width >= 500., "{fault:?}: {at:?}");
        let picture = bench.live.canvas.as_ref().expect("a canvas").picture();
        let rows = picture.rgb.chunks_exact(3 * picture.width as usize);
        let rows = rows.skip(at.y as usize).take(size.height as usize);
        let part: Vec<u8> =
            rows.flat_map(|row| &row[3 * at.x as usize..3 * (at.x + size.width) as usize]).copied().collect();
        let ink = part.as_chunks::<3>().0.iter().filter(|pixel| **pixel != [255; 3]).count();
        assert!(ink * 12 > part.len() / 3, "{fault:?} {step}: hardly anything is drawn");
        assert!(seen.insert(part), "{fault:?} {step} is drawn like another");
    }
}
