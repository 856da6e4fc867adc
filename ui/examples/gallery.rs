//! Paints every sample view in both languages: `gallery [FOLDER] [NAME…]`.
//!
//! The pictures go to `/tmp/gallery/zh-NAME.png` and `/tmp/gallery/en-NAME.png`, or to another
//! folder; with names given, only those samples are painted.

use std::error::Error;
use std::path::PathBuf;
use visit::screen::Language;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().unwrap_or_else(|| "/tmp/gallery".to_owned()));
    let wanted: Vec<String> = words.collect();
    std::fs::create_dir_all(&folder)?;
    for (prefix, language) in [("zh", Language::Zh), ("en", Language::En)] {
        for sample in ui::samples::samples(language) {
            if wanted.is_empty() || wanted.iter().any(|w| w == sample.name) {
                let path = folder.join(format!("{prefix}-{}.png", sample.name));
                std::fs::write(&path, ui::render(&sample.view)?.png()?)?;
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}
