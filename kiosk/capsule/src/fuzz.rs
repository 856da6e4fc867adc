//! An entry for fuzzing: runs the parser on arbitrary bytes.

use crate::Capsule;
use crate::text::seal;

/// A capsule's text, under a seal that fits: what is read is written alike.
pub fn capsule(data: &[u8]) {
    drop(Capsule::parse(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let sealed = text.to_owned() + &seal(text);
    let Ok(mut capsule) = Capsule::parse(sealed.as_bytes()) else { return };
    drop(capsule.story().to_string());
    let read = capsule.clone();
    let written = capsule.seal();
    assert_eq!(capsule, read, "what was short enough stays so");
    assert_eq!(Capsule::parse(written.as_bytes()).as_ref(), Ok(&read), "{written}");
}
