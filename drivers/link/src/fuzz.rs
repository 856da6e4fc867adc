//! Entries for fuzzing: each runs one parser on arbitrary bytes.

use crate::Address;
use crate::record::{Next, Recording, Replay};

/// A recording's text: what is read is written alike, and can be played to its end.
pub fn recording(data: &[u8]) {
    let Ok(Ok(recording)) = std::str::from_utf8(data).map(Recording::parse) else { return };
    let written = recording.to_string();
    assert_eq!(Recording::parse(&written).as_ref(), Ok(&recording), "{written}");
    let Ok(mut replay) = Replay::new(&recording, &recording.driver) else { return };
    // A driver that does nothing is out of turn at the first call at the latest.
    while let Some(Next::Opened | Next::Call(_)) = replay.next() {}
    drop(replay.finish());
}

/// An address: what is read is written alike.
pub fn address(data: &[u8]) {
    let Ok(Ok(address)) = std::str::from_utf8(data).map(str::parse::<Address>) else { return };
    assert_eq!(address.to_string().parse().as_ref(), Ok(&address));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived(data in prop::collection::vec(any::<u8>(), 0..200), tail in "[-+0-9.:@>< #!*A-Fa-f\n]{0,200}") {
            let head = "onedoor-recording 1\ndriver d\nprofile p\nlink l\nfault f\n\n";
            recording(&data);
            recording(format!("{head}{tail}").as_bytes());
            recording(format!("{head}+0.000000 ! opened\n+1.000000 > AA {tail}").as_bytes());
            address(&data);
            address(format!("usb:0400:c35a{tail}").as_bytes());
        }
    }
}
