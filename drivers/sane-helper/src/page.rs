//! One page on its way: raw bytes in, pieces of a JPEG stream out.

use sane_helper::{MAX_PIECE, Refusal, Reply, Status};

use crate::api::Parameters;
use crate::bands::{BAND_LINES, Bands};
use crate::lines::{LineFormat, MAX_SIDE};

/// A page that is being scanned. Of it a band and its compressed form are in memory.
pub(crate) struct Page {
    format: LineFormat,
    bands: Bands,
    /// The beginning of a raw line.
    raw: Vec<u8>,
    /// The beginning of a band.
    band: Vec<u8>,
    lines: usize,
    /// Compressed, not sent yet.
    ready: Vec<u8>,
    begun: bool,
    ended: bool,
}

/// What became of a page.
pub(crate) enum PageError {
    Failed(Status),
    Refused(Refusal),
}

impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Page {
    /// A page with these parameters.
    pub(crate) fn new(image: &Parameters, dpi: u16) -> Result<Self, Refusal> {
        let format = LineFormat::new(image)?;
        let bands = Bands::new(format.width, format.color, dpi)?;
        Ok(Self {
            format,
            bands,
            raw: vec![],
            band: vec![],
            lines: 0,
            ready: vec![],
            begun: false,
            ended: false,
        })
    }

    /// What the kiosk is told of it at the start.
    pub(crate) fn started(&self, image: &Parameters) -> Reply {
        let lines = u32::try_from(image.lines).ok().filter(|&lines| lines > 0);
        Reply::Started { width: self.format.width as u32, lines, color: self.format.color }
    }

    /// The next piece, or the end of the page; calls `read` for as many raw bytes as that takes.
    pub(crate) fn next(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> Result<usize, Status>,
    ) -> Result<Reply, PageError> {
        let mut buffer = vec![0; MAX_PIECE];
        while self.ready.is_empty() && !self.ended {
            match read(&mut buffer) {
                Ok(came) => self.take(&buffer[..came])?,
                Err(Status::Eof) => self.end()?,
                // Only before its first byte does this mean that there was no sheet.
                Err(Status::NoDocs) if self.begun => return Err(Refusal::Incomplete.into()),
                Err(status) => return Err(PageError::Failed(status)),
            }
        }
        if self.ready.is_empty() {
            return Ok(Reply::PageEnd { height_at: self.bands.height_at(), lines: self.lines as u16 });
        }
        let rest = self.ready.split_off(self.ready.len().min(MAX_PIECE));
        Ok(Reply::Piece(std::mem::replace(&mut self.ready, rest)))
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        self.begun |= !bytes.is_empty();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.format.raw_bytes - self.raw.len()));
            self.raw.extend(now);
            bytes = later;
            if self.raw.len() == self.format.raw_bytes {
                self.take_line()?;
            }
        }
        Ok(())
    }

    fn take_line(&mut self) -> Result<(), Refusal> {
        if self.lines == MAX_SIDE {
            return Err(Refusal::Image { what: format!("more than {MAX_SIDE} lines") });
        }
        self.lines += 1;
        self.format.convert(&self.raw, &mut self.band);
        self.raw.clear();
        if self.lines.is_multiple_of(BAND_LINES) {
            self.bands.add(&self.band, &mut self.ready)?;
            self.band.clear();
        }
        Ok(())
    }

    /// Ends the page; a line that was only begun is left out, as it is by other programs.
    fn end(&mut self) -> Result<(), Refusal> {
        if self.lines == 0 {
            return Err(Refusal::Incomplete);
        }
        if !self.band.is_empty() {
            self.bands.add(&self.band, &mut self.ready)?;
        }
        self.bands.end(&mut self.ready);
        self.ended = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY_40: Parameters =
        Parameters { format: 0, last_frame: 1, bytes_per_line: 40, pixels_per_line: 40, lines: -1, depth: 8 };

    /// Feeds `raw` in chunks of `chunk` bytes, with an empty one before each; returns the pieces and the end.
    fn scan(image: &Parameters, raw: &[u8], chunk: usize) -> Result<(Vec<Vec<u8>>, Reply), PageError> {
        let mut page = Page::new(image, 200)?;
        let mut chunks = raw.chunks(chunk).flat_map(|c| [&[][..], c]);
        let mut pieces = vec![];
        loop {
            let reply = page.next(|buffer| {
                let chunk = chunks.next().ok_or(Status::Eof)?;
                buffer[..chunk.len()].copy_from_slice(chunk);
                Ok(chunk.len())
            })?;
            match reply {
                Reply::Piece(piece) => pieces.push(piece),
                end => return Ok((pieces, end)),
            }
        }
    }

    #[test]
    fn a_page_of_unknown_height_in_any_chunks() {
        let raw: Vec<u8> = (0..40 * 150).map(|i| (i / 40) as u8).collect();
        for chunk in [1, 39, 40, 41, 4096] {
            let Ok((pieces, Reply::PageEnd { height_at, lines: 150 })) = scan(&GREY_40, &raw, chunk) else {
                panic!("chunks of {chunk}");
            };
            let mut stream = pieces.concat();
            stream[height_at as usize..][..2].copy_from_slice(&150_u16.to_be_bytes());
            let shown = turbojpeg::decompress(&stream, turbojpeg::PixelFormat::GRAY).unwrap();
            assert_eq!((shown.width, shown.height), (40, 150));
            let near = shown.pixels.iter().zip(&raw).all(|(a, b)| a.abs_diff(*b) < 8);
            assert!(near, "chunks of {chunk}");
        }
    }

    #[test]
    fn large_bands_come_in_pieces_and_only_a_few_at_once() {
        let wide = Parameters { bytes_per_line: 20_000, pixels_per_line: 20_000, ..GREY_40 };
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(20_000 * 70)
        .collect();
        let Ok((pieces, _)) = scan(&wide, &noise, 65_536) else { panic!("refused") };
        assert!(pieces.len() > 10 && pieces.iter().all(|p| (1..=MAX_PIECE).contains(&p.len())));
    }

    #[test]
    fn endless_and_empty_pages_are_refused() {
        let narrow = Parameters { bytes_per_line: 1, pixels_per_line: 1, ..GREY_40 };
        let endless = scan(&narrow, &vec![0; MAX_SIDE + 1], 4096);
        assert!(matches!(endless, Err(PageError::Refused(Refusal::Image { .. }))));
        for raw in [&[][..], &[0; 39]] {
            let empty = scan(&GREY_40, raw, 4096);
            assert!(matches!(empty, Err(PageError::Refused(Refusal::Incomplete))));
        }
    }

    #[test]
    fn a_feeder_runs_empty_before_a_page_or_in_the_middle() {
        let mut page = Page::new(&GREY_40, 200).unwrap_or_else(|_| panic!("refused"));
        let before = page.next(|_| Err(Status::NoDocs));
        assert!(matches!(before, Err(PageError::Failed(Status::NoDocs))));
        let mut reads = [Ok(1), Err(Status::NoDocs)].into_iter();
        let middle = page.next(|_| reads.next().unwrap());
        assert!(matches!(middle, Err(PageError::Refused(Refusal::Incomplete))));
    }
}
