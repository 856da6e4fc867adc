//! The ESC/POS commands the kiosk uses, byte for byte (Epson ESC/POS command reference).

/// ESC @: every setting as at power-up. Also switches automatic status off.
pub(crate) const INITIALISE: [u8; 2] = [0x1B, 0x40];
/// DLE ENQ 2: leave an error whose cause was removed, and forget what was still to be printed.
pub(crate) const LEAVE_ERROR: [u8; 3] = [0x10, 0x05, 0x02];
/// FS &: two bytes with the high bit set are one Chinese character.
pub(crate) const CHINESE_ON: [u8; 2] = [0x1C, 0x26];
/// GS a: report on/off-line, errors and paper unasked.
pub(crate) const AUTO_STATUS: [u8; 3] = [0x1D, 0x61, 0x0E];
/// LF: print the line and go to the next.
pub(crate) const LINE_FEED: u8 = 0x0A;
/// GS V 66 0: feed to the cutter and cut all but a point, so that the ticket does not fall.
pub(crate) const FEED_AND_CUT: [u8; 4] = [0x1D, 0x56, 0x42, 0x00];
/// GS r 1: queued paper status, answered when all before it was processed.
pub(crate) const QUEUED_PAPER_STATUS: [u8; 3] = [0x1D, 0x72, 0x01];
/// GS ( k: print the stored QR code.
pub(crate) const QR_PRINT: [u8; 8] = [0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30];
/// GS ( k: QR model 2.
pub(crate) const QR_MODEL_2: [u8; 9] = [0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00];

/// The longest single command ever sent, in bytes. [`crate::Printer::recover`] sends as many zeros,
/// so that they complete whatever command was broken off.
pub(crate) const LONGEST_COMMAND: usize = 8192;

/// DLE EOT n: real-time status, n 1 to 4.
pub(crate) const fn real_time_status(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// ESC d n: feed n lines.
pub(crate) const fn feed(lines: u8) -> [u8; 3] {
    [0x1B, 0x64, lines]
}

/// ESC a n: 0 left, 1 centre, 2 right.
pub(crate) const fn align(n: u8) -> [u8; 3] {
    [0x1B, 0x61, n]
}

/// ESC E n: emphasised or not.
pub(crate) const fn bold(on: bool) -> [u8; 3] {
    [0x1B, 0x45, on as u8]
}

/// GS ! n: size; the high half is width − 1, the low half height − 1.
pub(crate) const fn size(width: u8, height: u8) -> [u8; 3] {
    [0x1D, 0x21, ((width - 1) << 4) | (height - 1)]
}

/// GS ( k: side of a QR module in dots.
pub(crate) const fn qr_module(dots: u8) -> [u8; 8] {
    [0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, dots]
}

/// GS ( k: error correction, `n` 30h L to 33h H.
pub(crate) const fn qr_level(n: u8) -> [u8; 8] {
    [0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, n]
}

/// GS ( k: the head of "store", to be followed by `k` bytes of data.
pub(crate) const fn qr_store(k: u16) -> [u8; 8] {
    let [low, high] = (k + 3).to_le_bytes();
    [0x1D, 0x28, 0x6B, low, high, 0x31, 0x50, 0x30]
}

/// GS v 0: the head of a raster of `width` bytes by `rows` dots, to be followed by the data.
/// `scale` bit 0 doubles the width, bit 1 the height.
pub(crate) const fn raster(scale: u8, width: u8, rows: u8) -> [u8; 8] {
    [0x1D, 0x76, 0x30, scale, width, 0, rows, 0]
}

/// GS ( H function 48: report `id` when everything before it was printed.
pub(crate) const fn process_id(id: [u8; 4]) -> [u8; 11] {
    let [a, b, c, d] = id;
    [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_reference() {
        let table: [(&[u8], &str); 16] = [
            (&INITIALISE, "1B 40"),
            (&CHINESE_ON, "1C 26"),
            (&FEED_AND_CUT, "1D 56 42 00"),
            (&QUEUED_PAPER_STATUS, "1D 72 01"),
            (&AUTO_STATUS, "1D 61 0E"),
            (&real_time_status(4), "10 04 04"),
            (&feed(5), "1B 64 05"),
            (&align(1), "1B 61 01"),
            (&bold(true), "1B 45 01"),
            (&size(2, 2), "1D 21 11"),
            (&size(8, 1), "1D 21 70"),
            (&QR_MODEL_2, "1D 28 6B 04 00 31 41 32 00"),
            (&qr_module(4), "1D 28 6B 03 00 31 43 04"),
            (&qr_store(300), "1D 28 6B 2F 01 31 50 30"),
            (&raster(0, 72, 24), "1D 76 30 00 48 00 18 00"),
            (&process_id(*b"0001"), "1D 28 48 06 00 30 30 30 30 30 31"),
        ];
        for (bytes, expected) in table {
            let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02X}")).collect();
            assert_eq!(hex.join(" "), expected);
        }
        assert_eq!(qr_level(0x31)[7], 0x31);
        assert_eq!(QR_PRINT, [0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x51, 0x30]);
    }
}
