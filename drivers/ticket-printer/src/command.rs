//! The ESC/POS commands the kiosk uses, byte for byte (Epson ESC/POS command reference).

/// ESC @: every setting as at power-up. Also switches automatic status off.
pub(crate) const INITIALISE: [u8; 2] = [0x1B, 0x40];
/// DLE ENQ 2: leave an error whose cause was removed, and forget what was still to be printed.
pub(crate) const LEAVE_ERROR: [u8; 3] = [0x10, 0x05, 0x02];
/// DLE ENQ 1: leave an error whose cause was removed, and print on from where it occurred.
pub(crate) const GO_ON: [u8; 3] = [0x10, 0x05, 0x01];
/// DLE DC4 8: empty the receive and the print buffer; answered by 37 25 00.
pub(crate) const CLEAR: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];
/// DLE EOT 14h: the six bytes of a KPM150.
pub(crate) const FULL_STATUS: [u8; 3] = [0x10, 0x04, 0x14];
/// GS I 66: who made it.
pub(crate) const WHOSE: [u8; 3] = [0x1D, 0x49, 0x42];
/// GS I 67: which model it is.
pub(crate) const WHICH: [u8; 3] = [0x1D, 0x49, 0x43];
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
/// Empty lines that bring the last printed one over the tear bar.
pub(crate) const LINES_TO_TEAR_BAR: u8 = 4;

/// DLE EOT n: real-time status, n 1 to 4.
pub(crate) const fn real_time_status(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// ESC d n: feed n lines.
pub(crate) const fn feed(lines: u8) -> [u8; 3] {
    [0x1B, 0x64, lines]
}

/// White paper of so many dots: ESC J where it is known how many of its `units` make a dot (1 or 2),
/// else a picture of one byte across without a black dot in it (GS v 0).
pub(crate) fn white(mut dots: u32, units: u8, out: &mut Vec<u8>) {
    let most = u8::MAX.checked_div(units).map(u32::from);
    while dots > 0 {
        if let Some(most) = most {
            let now = dots.min(most);
            out.extend([0x1B, 0x4A, u8::try_from(now).unwrap_or(0) * units]);
            dots -= now;
        } else {
            // The printer makes two rows out of each where they are even in number.
            let twice = dots.is_multiple_of(2);
            let now = if twice { (dots / 2).min(255) } else { dots.min(255) };
            out.extend(raster(if twice { 2 } else { 0 }, 1, u8::try_from(now).unwrap_or(0)));
            out.extend(std::iter::repeat_n(0, usize::try_from(now).unwrap_or(0)));
            dots -= if twice { now * 2 } else { now };
        }
    }
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
        let table: [(&[u8], &str); 22] = [
            (&INITIALISE, "1B 40"),
            (&LEAVE_ERROR, "10 05 02"),
            (&GO_ON, "10 05 01"),
            (&CLEAR, "10 14 08 01 03 14 01 06 02 08"),
            (&FULL_STATUS, "10 04 14"),
            (&WHOSE, "1D 49 42"),
            (&WHICH, "1D 49 43"),
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
        let fed = |dots, units| {
            let mut out = Vec::new();
            white(dots, units, &mut out);
            out
        };
        assert_eq!(fed(30, 1), [0x1B, 0x4A, 30]);
        assert_eq!(fed(200, 2), [0x1B, 0x4A, 254, 0x1B, 0x4A, 146]);
        assert_eq!(fed(6, 0), [0x1D, 0x76, 0x30, 2, 1, 0, 3, 0, 0, 0, 0]);
        assert_eq!(fed(1, 0), [0x1D, 0x76, 0x30, 0, 1, 0, 1, 0, 0]);
        assert_eq!(fed(0, 0), []);
        assert_eq!(qr_level(0x31)[7], 0x31);
        assert_eq!(QR_PRINT, [0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x51, 0x30]);
    }
}
