//! SANE, the second back end: scanners that libsane drives, in a helper process.
//!
//! The back ends of SANE are C code of many hands that runs in the process which calls it. So the
//! program `onedoor-sane-helper` calls it, and [`SaneScanner`] talks to that program over pipes (see
//! [`sane_helper`] for the messages). A back end that crashes, hangs or prints nonsense costs one scan:
//! the pages stored so far stay, and the next use starts a new helper.
//!
//! Every operation has a helper of its own, which ends with it. That costs some hundredths of a second
//! and in return a scanner that was unplugged is found again, a library that lost its way is forgotten,
//! and nothing holds the device in between.

mod choice;
mod faults;
mod helper;
mod job;
mod profile;
mod scanner;

pub use helper::HelperProgram;
pub use profile::{OptionSetting, SaneProfile};
pub use scanner::{SaneCapabilities, SaneScanner};

/// Feeds arbitrary bytes to what the driver reads from the helper, for fuzzing.
#[doc(hidden)]
pub fn fuzz_messages(data: &[u8]) {
    use sane_helper::{LENGTH_BYTES, MAX_FRAME, Reply, Request, body_length};

    let mut rest = data;
    while let Some((prefix, after)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let Ok(length) = body_length(*prefix) else { return };
        assert!((1..=MAX_FRAME).contains(&length));
        let Some((frame, after)) = after.split_at_checked(length) else { return };
        if let Ok(reply) = Reply::decode(frame) {
            let again = reply.encode().expect("what was read can be written");
            assert_eq!(Reply::decode(&again[LENGTH_BYTES..]), Ok(reply));
        }
        if let Ok(request) = Request::decode(frame) {
            let again = request.encode().expect("what was read can be written");
            assert_eq!(Request::decode(&again[LENGTH_BYTES..]), Ok(request));
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use sane_helper::{Reply, Status};

    proptest! {
        #[test]
        fn the_fuzz_entry_takes_anything(noise in vec(any::<u8>(), 0..64), code: i32, piece in vec(any::<u8>(), 0..64)) {
            let mut stream = Reply::Piece(piece).encode().unwrap();
            stream.extend(Reply::Failed(Status::from_code(code)).encode().unwrap());
            stream.extend(noise);
            super::fuzz_messages(&stream);
        }
    }
}
