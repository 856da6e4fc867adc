//! Entries for fuzzing: each runs one parser, or a whole exchange, on arbitrary bytes.

use std::time::Instant;

use link::record::{Direction, Recorder, Recording, What};
use link::{Link, LinkError};

use crate::frame::{self, Scan};
use crate::{
    CardRedactor, DRIVER, Document, Profile, Reader, SamIdentifier, Text, document, payload, replay,
};

/// A reply's frame: what is found lies within what came.
pub fn frame(data: &[u8]) {
    match frame::scan(data) {
        Ok(Scan::Incomplete { garbage }) => assert!(garbage <= data.len()),
        Ok(Scan::Complete { reply, end }) => assert!(end <= data.len() && reply.data.len() + 11 <= end),
        Err(_) => {}
    }
}

/// A text record of any layout, as it is and with each of the four types.
pub fn record(data: &[u8]) {
    drop(Document::parse(data));
    for kind in *b" JIY" {
        let mut record = data.to_vec();
        if let Some(unit) = record.get_mut(248..250) {
            unit.copy_from_slice(&[kind, 0]);
        }
        let before = Document::parse(&record).map(|d| d.kind());
        document::make_synthetic(&mut record);
        let after = Document::parse(&record).map(|d| d.kind());
        assert_eq!(after, before, "a synthetic record is what the real one was");
    }
}

/// A field of text.
pub fn text(data: &[u8]) {
    let text = Text::from_ucs2(data);
    assert!(data.starts_with(text.raw()));
}

/// Everything that replies carry besides records.
pub fn payloads(data: &[u8]) {
    drop(payload::appended_addresses(data));
    let _ = payload::text_record(data, false);
    let _ = payload::text_record(data, true);
    drop(payload::CardManagementNumber::from_data(data));
    let _ = SamIdentifier::from_data(data);
}

/// The redactor, in pieces and whole: the same either way, and of the same length.
pub fn redactor(data: &[u8]) {
    let Some((&[command, parameter, piece], stream)) = data.split_first_chunk() else { return };
    let redacted = |piece: usize| {
        let recorder = Recorder::new(DRIVER, "generic", CardRedactor::default());
        recorder.crossed(Direction::ToDevice, &frame::request(command, parameter, &[]));
        stream.chunks(piece).for_each(|bytes| recorder.crossed(Direction::FromDevice, bytes));
        bytes_from_device(&recorder.snapshot("fuzz"))
    };
    let pieces = redacted(usize::from(piece).max(1));
    // Beyond this a cut frame is given up where the recorder's patience ends, which pieces move.
    if stream.len() < 8 * 1024 {
        assert_eq!(pieces, redacted(stream.len().max(1)), "pieces make no difference");
    }
    assert_eq!(pieces.len(), stream.len());
}

/// A session with a module that says anything, and the replay of its recording.
pub fn exchange(data: &[u8]) {
    let recorder = Recorder::new(DRIVER, "sam-v-cmn", CardRedactor::default());
    let link = link::record::Recorded::new(Babble { rest: data }, recorder.clone());
    let mut reader = Reader::new(link, Profile::for_model("sam-v-cmn"));
    drop(reader.poll());
    drop(reader.read());
    drop(reader.appended_addresses());
    let _ = reader.probe_presence();
    drop(reader.read_with_fingerprint());
    let recording = recorder.snapshot("fuzz");
    if let Err(difference) = replay(&recording) {
        panic!("{difference}\n{recording}");
    }
}

fn bytes_from_device(recording: &Recording) -> Vec<u8> {
    let pieces = recording.events.iter().filter_map(|event| match &event.what {
        What::Crossed(Direction::FromDevice, bytes) => Some(bytes.as_slice()),
        What::Crossed(Direction::ToDevice, _) | What::Note(_) | What::Mark(_) => None,
    });
    pieces.collect::<Vec<_>>().concat()
}

/// Arbitrary bytes as a device: each read is led by a byte that says how many come, 0 being a
/// time-out.
struct Babble<'a> {
    rest: &'a [u8],
}

impl Link for Babble<'_> {
    fn read(&mut self, buf: &mut [u8], _: Instant) -> Result<usize, LinkError> {
        let Some((&count, rest)) = self.rest.split_first() else {
            return Err(LinkError::Timeout { taken: 0 });
        };
        // A whole record is longer than a byte can say.
        let count = (usize::from(count) * 8).min(rest.len()).min(buf.len());
        let (now, later) = rest.split_at(count);
        self.rest = later;
        if now.is_empty() {
            return Err(LinkError::Timeout { taken: 0 });
        }
        for (to, from) in buf.iter_mut().zip(now) {
            *to = *from;
        }
        Ok(now.len())
    }

    fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), LinkError> {
        Ok(())
    }

    fn name(&self) -> &str {
        "babble"
    }

    fn is_late(&mut self, _: Instant) -> bool {
        false
    }
}
