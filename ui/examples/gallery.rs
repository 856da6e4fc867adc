//! Paints sample views: `gallery FOLDER [all] [NAME…]`.
//!
//! Every sample in both languages as it looks at first; with `all`, in every size, contrast and place within
//! reach as well. The pictures are `FOLDER/LANGUAGE-NAME-SIZE-CONTRAST[-reach].png`, and `FOLDER/index.html` is
//! a page to leaf through them. With names given, only those samples are painted.

use std::error::Error;
use std::path::{Path, PathBuf};
use visit::look::{Contrast, Look, TextSize};
use visit::screen::Language;

/// The page: what is chosen above is shown below, with arrow keys to the next screen.
const PAGE: &str = include_str!("gallery.html");

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1).peekable();
    let folder = PathBuf::from(words.next().unwrap_or_else(|| "/tmp/gallery".to_owned()));
    let all = words.next_if(|word| word == "all").is_some();
    let wanted: Vec<String> = words.collect();
    std::fs::create_dir_all(&folder)?;
    let looks = if all { every_look() } else { vec![Look::default()] };
    let mut names = Vec::new();
    for (language, prefix) in [(Language::Zh, "zh"), (Language::En, "en")] {
        for sample in ui::samples::samples(language) {
            if !wanted.is_empty() && !wanted.iter().any(|w| w == sample.name) {
                continue;
            }
            for look in &looks {
                let mut view = sample.view.clone();
                view.look = *look;
                let file = format!("{prefix}-{}-{}.png", sample.name, name(*look));
                std::fs::write(folder.join(&file), ui::render(&view)?.png()?)?;
            }
            if language == Language::Zh {
                names.push(sample.name);
            }
        }
    }
    write_page(&folder, &names, &looks)?;
    println!("{} pictures; open {}", 2 * names.len() * looks.len(), folder.join("index.html").display());
    Ok(())
}

fn every_look() -> Vec<Look> {
    let mut looks = Vec::new();
    for reach in [false, true] {
        for contrast in Contrast::ALL {
            looks.extend(TextSize::ALL.map(|size| Look { size, contrast, reach, plain: false }));
        }
    }
    looks
}

/// Such as `large-white-on-black-reach`.
fn name(look: Look) -> String {
    let size = match look.size {
        TextSize::Small => "small",
        TextSize::Standard => "standard",
        TextSize::Large => "large",
        TextSize::Largest => "largest",
    };
    let contrast = match look.contrast {
        Contrast::Standard => "own",
        Contrast::BlackOnWhite => "black-on-white",
        Contrast::WhiteOnBlack => "white-on-black",
        Contrast::YellowOnBlack => "yellow-on-black",
    };
    format!("{size}-{contrast}{}", if look.reach { "-reach" } else { "" })
}

fn write_page(folder: &Path, names: &[&str], looks: &[Look]) -> std::io::Result<()> {
    let list = |items: &mut dyn Iterator<Item = String>| {
        items.map(|item| format!("<option>{item}</option>")).collect::<String>()
    };
    let page = PAGE
        .replace("{screens}", &list(&mut names.iter().map(|name| (*name).to_owned())))
        .replace("{looks}", &list(&mut looks.iter().map(|look| name(*look))));
    std::fs::write(folder.join("index.html"), page)
}
