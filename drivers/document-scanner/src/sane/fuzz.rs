//! Entries for fuzzing: each runs one reader of a helper's bytes, or a whole scan, on arbitrary bytes.

use std::sync::Arc;

use link::record::Direction;
use sane_helper::{LENGTH_BYTES, MAX_FRAME, Reply, Request as Ask, body_length};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::redact::Frames;
use crate::fuzz::{Answer, SOURCES, check};
use crate::redact::{Follow, Kept};
use crate::sane::{Helpers, SaneProfile, SaneScanner};
use crate::settings::Request;
use crate::wire::{Dial, Dialled};

/// The messages, both ways.
pub fn messages(data: &[u8]) {
    let mut rest = data;
    while let Some((prefix, after)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let Ok(length) = body_length(*prefix) else { return };
        assert!((1..=MAX_FRAME).contains(&length));
        let Some((frame, after)) = after.split_at_checked(length) else { return };
        if let Ok(reply) = Reply::decode(frame) {
            let again = reply.encode().expect("what was read can be written");
            assert_eq!(Reply::decode(&again[LENGTH_BYTES..]), Ok(reply));
        }
        if let Ok(request) = Ask::decode(frame) {
            let again = request.encode().expect("what was read can be written");
            assert_eq!(Ask::decode(&again[LENGTH_BYTES..]), Ok(request));
        }
        rest = after;
    }
}

/// What is recorded of the pipes: of the same length, whatever crosses them in whatever pieces.
pub fn recorded(data: &[u8]) {
    let (first, second) = data.split_at(data.len() / 3);
    for direction in [Direction::ToDevice, Direction::FromDevice] {
        let once = kept(direction, &[data]);
        assert_eq!(once.len(), data.len());
        assert_eq!(kept(direction, &[first, second]), once);
    }
}

fn kept(direction: Direction, pieces: &[&[u8]]) -> Vec<u8> {
    let mut frames = Frames::new(direction, "avision:libusb:*");
    let mut all: Vec<Kept> = pieces.iter().flat_map(|piece| frames.crossed(piece)).collect();
    all.extend(frames.ended());
    let bytes = |kept| match kept {
        Kept::Bytes(bytes) => bytes,
        Kept::Zeros(count) => vec![0; count],
    };
    all.into_iter().flat_map(bytes).collect()
}

/// A profile file.
pub fn profile(data: &[u8]) {
    if let Ok(profile) = SaneProfile::from_toml(&String::from_utf8_lossy(data)) {
        assert!(profile.max_pages <= 999 && profile.max_page_bytes <= 1 << 30);
    }
}

/// A whole scan by a helper that says `data`, whatever it is asked.
pub fn job(data: &[u8]) {
    let (Some((choice, said)), Ok(dir)) = (data.split_first(), tempfile::tempdir()) else { return };
    let profile = SaneProfile {
        device: if choice & 0x80 == 0 { "test:0" } else { "test:*" }.into(),
        max_pages: 3,
        max_page_bytes: 4096,
        ..SaneProfile::default()
    };
    let scanner = SaneScanner::over(Helpers::Memory(Arc::new(Said(said.to_vec()))), profile);
    let request = Request::new(SOURCES[usize::from(choice % 3)], dir.path());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    let (events, _) = mpsc::channel(1);
    let pages = match runtime.block_on(scanner.scan(&request, events, CancellationToken::new())) {
        Ok(scanned) => scanned.pages,
        Err(error) => {
            let after = error.resume.map_or(0, |resume| resume.after_page);
            assert!(after as usize <= error.pages_stored.len(), "{error}");
            error.pages_stored
        }
    };
    check(&pages, dir.path());
}

/// Helpers that all say the same.
struct Said(Vec<u8>);

impl Dial for Said {
    fn dial(&self) -> Dialled {
        Dialled::Stream(Box::new(Answer::unasked(self.0.clone())))
    }

    fn note(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use sane_helper::{PROTOCOL, Status, Value};

    use super::*;
    use crate::jpeg::tests::jpeg;

    /// What a helper says in a scan from a device without options that goes well.
    fn good() -> Vec<u8> {
        let page = jpeg(2480, 0, 300, 200);
        let replies = [
            Reply::Ready { protocol: PROTOCOL, sane: (1, 2, 1) },
            Reply::Done,
            Reply::Options(vec![]),
            Reply::Options(vec![]),
            Reply::Started { width: 2480, lines: None, color: true },
            Reply::Piece(page[..150].to_vec()),
            Reply::Piece(page[150..].to_vec()),
            Reply::PageEnd { height_at: 25, lines: 3508 },
            Reply::Done,
            Reply::Done,
        ];
        let mut said = vec![2];
        said.extend(replies.iter().flat_map(|reply| reply.encode().unwrap()));
        said
    }

    #[test]
    fn the_good_helper_gives_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let said = Said(good()[1..].to_vec());
        let profile = SaneProfile::default().with_device("test:0").unwrap();
        let scanner = SaneScanner::over(Helpers::Memory(Arc::new(said)), profile);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let request = Request::new(SOURCES[2], dir.path());
        let (events, _) = mpsc::channel(1);
        let scanned = runtime.block_on(scanner.scan(&request, events, CancellationToken::new())).unwrap();
        check(&scanned.pages, dir.path());
        assert_eq!(scanned.pages[0].image.height, Some(3508));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn entries_take_anything(noise in vec(any::<u8>(), 0..64), code: i32, piece in vec(any::<u8>(), 0..64), at in 0usize..900, damage: u8) {
            let mut stream = Reply::Piece(piece).encode().unwrap();
            stream.extend(Reply::Failed(Status::from_code(code)).encode().unwrap());
            let value = Value::Text("ADF".into());
            stream.extend(Ask::Set { option: "source".into(), value }.encode().unwrap());
            stream.extend(&noise);
            for entry in [messages, recorded, profile, job] {
                entry(&stream);
                entry(&noise);
            }
            let mut said = good();
            let at = at % said.len();
            said[at] = damage;
            job(&said);
            recorded(&said[1..]);
            said.truncate(at);
            job(&said);
        }
    }
}
