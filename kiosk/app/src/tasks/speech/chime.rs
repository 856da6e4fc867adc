//! The sound that calls a visitor back: two bells, the second a fourth lower.

use std::f32::consts::TAU;

/// Samples a second.
pub(super) const RATE: u32 = 22_050;
/// When each bell is struck, in seconds, and its pitch in hertz: E6 and B5, where old ears still hear.
const BELLS: [(f32, f32); 2] = [(0.0, 1318.5), (0.28, 987.8)];
/// How long all of it takes; less than a pipe holds.
const SECONDS: f32 = 1.2;
/// A bell has lost two thirds after this time.
const FADES: f32 = 0.25;
/// No click when it is struck.
const STRUCK: f32 = 0.004;
const LOUD: f32 = 0.45 * 32_767.0;

/// Signed 16-bit samples, little-endian, one channel.
pub(super) fn samples() -> Vec<u8> {
    let count = (RATE as f32 * SECONDS) as u32;
    let at = |sample: u32| sample as f32 / RATE as f32;
    (0..count).flat_map(|sample| (level(at(sample)) as i16).to_le_bytes()).collect()
}

/// All bells at this time, within 16 bits.
fn level(seconds: f32) -> f32 {
    let bell = |(struck, pitch): (f32, f32)| {
        let since = seconds - struck;
        let swell = (since / STRUCK).clamp(0.0, 1.0);
        swell * (-since.max(0.0) / FADES).exp() * (TAU * pitch * since).sin()
    };
    // It ends in silence, not in a click.
    let rest = ((SECONDS - seconds) / 0.1).clamp(0.0, 1.0);
    LOUD * rest * BELLS.into_iter().map(bell).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_heard_does_not_crack_and_fits_into_a_pipe() {
        let bytes = samples();
        assert!(bytes.len() < 65_536);
        let samples: Vec<i16> = bytes.as_chunks::<2>().0.iter().map(|two| i16::from_le_bytes(*two)).collect();
        let loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((10_000..32_767).contains(&loudest), "{loudest}");
        assert_eq!((samples[0], samples[samples.len() - 1]), (0, 0), "a click");
        // How often it crosses zero in a tenth of a second: the pitch of the bell that is struck then.
        let crossings = |from: f32| {
            let from = (from * RATE as f32) as usize;
            samples[from..from + RATE as usize / 10]
                .windows(2)
                .filter(|two| (two[0] < 0) != (two[1] < 0))
                .count()
        };
        assert!((258..=268).contains(&crossings(0.05)), "{}", crossings(0.05));
        assert!((192..=215).contains(&crossings(0.7)), "{}", crossings(0.7));
    }
}
