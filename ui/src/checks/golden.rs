//! Screens that a person has looked at, as they were then. They change on purpose only: with
//! `GOLDEN=renew` in the environment the test writes them anew, for somebody to look at.

use crate::Picture;
use crate::samples::samples;
use std::path::PathBuf;
use visit::look::{Contrast, Look, TextSize};
use visit::screen::Language;

/// Kept at a third of their size: what is seen at arm's length, and no more.
const SMALLER: usize = 3;
/// By how much a point may differ, of 255: another version of the renderer smooths edges a little otherwise.
const GIVE: u8 = 48;
/// So many points may differ by more, of a hundred thousand.
const ODD: usize = 60;

fn chosen() -> Vec<(&'static str, Language, Look)> {
    let own = Look::default();
    let large = Look { size: TextSize::Largest, ..own };
    let contrast = |contrast| Look { contrast, ..own };
    vec![
        ("home", Language::Zh, own),
        ("home", Language::En, contrast(Contrast::YellowOnBlack)),
        ("identify", Language::Zh, own),
        ("choose-popular", Language::Zh, own),
        ("choose-popular", Language::Zh, Look { reach: true, ..own }),
        ("search-found", Language::En, own),
        ("about-online", Language::Zh, own),
        ("number", Language::Zh, own),
        ("number-not-printed", Language::En, own),
        ("materials", Language::Zh, contrast(Contrast::WhiteOnBlack)),
        ("review", Language::Zh, own),
        ("look", Language::Zh, contrast(Contrast::BlackOnWhite)),
        ("help", Language::En, large),
        ("goodbye", Language::Zh, own),
        ("repair", Language::Zh, own),
        ("repair-gone", Language::En, Look { contrast: Contrast::WhiteOnBlack, ..large }),
        ("touch-result", Language::Zh, own),
        ("pad", Language::En, contrast(Contrast::YellowOnBlack)),
    ]
}

/// Each point the mean of those that it stands for.
fn smaller(picture: &Picture) -> Picture {
    let (width, height) = (picture.width as usize / SMALLER, picture.height as usize / SMALLER);
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..3 * width {
            let (x, part) = (x / 3 * SMALLER, x % 3);
            let mut sum = 0u32;
            for row in y * SMALLER..(y + 1) * SMALLER {
                for column in x..x + SMALLER {
                    sum += u32::from(picture.rgb[3 * (row * picture.width as usize + column) + part]);
                }
            }
            rgb.push((sum / (SMALLER * SMALLER) as u32) as u8);
        }
    }
    Picture { width: width as u32, height: height as u32, rgb }
}

fn decoded(file: &PathBuf) -> Option<Vec<u8>> {
    let bytes = std::fs::read(file).ok()?;
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    let mut rgb = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut rgb).ok()?;
    Some(rgb)
}

fn odd(a: &[u8], b: &[u8]) -> usize {
    if a.len() != b.len() {
        return usize::MAX;
    }
    a.iter().zip(b).filter(|(a, b)| a.abs_diff(**b) > GIVE).count()
}

#[test]
fn the_chosen_screens_look_as_somebody_has_seen_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let renew = std::env::var_os("GOLDEN").is_some_and(|what| what == "renew");
    let mut other = Vec::new();
    for (at, (name, language, look)) in chosen().into_iter().enumerate() {
        let sample = samples(language).into_iter().find(|s| s.name == name).expect(name);
        let mut view = sample.view;
        view.look = look;
        let now = smaller(&crate::render(&view).unwrap());
        let file = folder.join(format!("{:02}-{name}.png", at + 1));
        if renew {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, now.png().unwrap()).unwrap();
        }
        let golden = decoded(&file).unwrap_or_default();
        let odd = odd(&now.rgb, &golden);
        if odd > now.rgb.len() * ODD / 100_000 {
            let seen = std::env::temp_dir().join(format!("golden-{:02}-{name}.png", at + 1));
            std::fs::write(&seen, now.png().unwrap()).unwrap();
            other.push(format!("{} is otherwise in {odd} places: {}", file.display(), seen.display()));
        }
    }
    assert!(other.is_empty(), "look at them; if they are meant so, GOLDEN=renew\n{}", other.join("\n"));
}

#[test]
fn another_screen_is_noticed() {
    let shown = |name: &str| smaller(&crate::render(&super::named(name)).unwrap()).rgb;
    let (home, lunch) = (shown("home"), shown("home-lunch"));
    assert_eq!(odd(&home, &home), 0);
    assert!(odd(&home, &lunch) > home.len() * ODD / 100_000);
}
