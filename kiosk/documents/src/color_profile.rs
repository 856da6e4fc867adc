//! A small sRGB profile, built here so that no foreign file has to be carried along.
//!
//! It is an ICC display profile of version 4.2 (ISO 15076-1:2005) with the primaries of
//! IEC 61966-2-1, adapted to D50, and its transfer curve in parametric form.

/// Offset of the tag table: right after the header (ISO 15076-1, 7.2).
const HEADER_BYTES: usize = 128;

/// D50, the white of the profile connection space, in s15Fixed16.
const D50: [i32; 3] = [0xF6D6, 0x1_0000, 0xD32D];

/// Red, green and blue of sRGB (x, y = 0.64, 0.33; 0.30, 0.60; 0.15, 0.06; white 0.3127, 0.3290) in
/// XYZ, adapted to D50 with the matrix below.
const PRIMARIES: [[f64; 3]; 3] = [
    [0.436_042_0, 0.222_484_8, 0.013_920_3],
    [0.385_114_1, 0.716_904_5, 0.097_067_6],
    [0.143_046_7, 0.060_610_6, 0.713_917_5],
];

/// The Bradford adaptation from that white to D50, row by row.
const ADAPTATION: [[f64; 3]; 3] = [
    [1.047_887_4, 0.022_919_7, -0.050_215_5],
    [0.029_583_2, 0.990_482_0, -0.017_078_6],
    [-0.009_251_6, 0.015_072_1, 0.751_683_3],
];

/// The curve of IEC 61966-2-1 as g, a, b, c, d of function type 3 (ISO 15076-1, 10.16).
const CURVE: [f64; 5] = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45];

/// The profile's bytes; the same on every call.
pub(crate) fn srgb() -> Vec<u8> {
    let [red, green, blue] = PRIMARIES.map(|xyz| xyz_type(xyz.map(fixed)));
    let curve = curve_type();
    let tags = [
        (*b"desc", text_type("sRGB IEC61966-2.1")),
        (*b"cprt", text_type("Public domain")),
        (*b"wtpt", xyz_type(D50)),
        (*b"chad", adaptation_type()),
        (*b"rXYZ", red),
        (*b"gXYZ", green),
        (*b"bXYZ", blue),
        (*b"rTRC", curve.clone()),
        (*b"gTRC", curve.clone()),
        (*b"bTRC", curve),
    ];
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data: Vec<u8> = vec![];
    let data_at = HEADER_BYTES + 4 + 12 * tags.len();
    let mut last: Option<(u32, &Vec<u8>)> = None;
    for (signature, bytes) in &tags {
        // Equal neighbours, the three curves, share one place (7.3.4).
        let at = match last {
            Some((at, same)) if same == bytes => at,
            _ => {
                let at = (data_at + data.len()) as u32;
                data.extend_from_slice(bytes);
                data.resize(data.len().next_multiple_of(4), 0);
                at
            }
        };
        last = Some((at, bytes));
        table.extend_from_slice(signature);
        table.extend_from_slice(&at.to_be_bytes());
        table.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    }
    let mut profile = header((data_at + data.len()) as u32);
    profile.append(&mut table);
    profile.append(&mut data);
    profile
}

/// The 128 bytes of ISO 15076-1, 7.2.
fn header(size: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(size.to_be_bytes());
    header.extend([0; 4]); // no preferred colour engine
    header.extend(0x0420_0000u32.to_be_bytes());
    header.extend(b"mntrRGB XYZ ");
    // The moment the profile was designed; fixed, so that documents come out the same every time.
    for number in [2026u16, 1, 1, 0, 0, 0] {
        header.extend(number.to_be_bytes());
    }
    header.extend(b"acsp");
    header.extend([0; 4]); // no platform
    header.extend([0; 4]); // flags
    header.extend([0; 8]); // maker and model of a device: none
    header.extend([0; 8]); // attributes: reflective, glossy, positive, colour
    header.extend([0; 4]); // perceptual intent
    D50.iter().for_each(|n| header.extend(n.to_be_bytes()));
    header.resize(HEADER_BYTES, 0); // creator, profile identifier, reserved
    header
}

/// multiLocalizedUnicodeType with one record, en-US (10.13).
fn text_type(text: &str) -> Vec<u8> {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut tag = b"mluc\0\0\0\0".to_vec();
    for number in [1u32, 12] {
        tag.extend(number.to_be_bytes());
    }
    tag.extend(b"enUS");
    for number in [utf16.len() as u32, 28] {
        tag.extend(number.to_be_bytes());
    }
    tag.extend(utf16);
    tag
}

/// XYZType (10.27).
fn xyz_type(xyz: [i32; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    xyz.iter().for_each(|n| tag.extend(n.to_be_bytes()));
    tag
}

/// s15Fixed16ArrayType of the chromatic adaptation matrix (9.2.11, 10.18).
fn adaptation_type() -> Vec<u8> {
    let mut tag = b"sf32\0\0\0\0".to_vec();
    ADAPTATION.iter().flatten().for_each(|n| tag.extend(fixed(*n).to_be_bytes()));
    tag
}

/// parametricCurveType, function type 3 (10.16).
fn curve_type() -> Vec<u8> {
    let mut tag = b"para\0\0\0\0\0\x03\0\0".to_vec();
    CURVE.iter().for_each(|n| tag.extend(fixed(*n).to_be_bytes()));
    tag
}

/// A number in s15Fixed16 (4.6); all numbers here are far inside its range.
fn fixed(value: f64) -> i32 {
    (value * 65536.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_laid_out_as_its_table_says() {
        let profile = srgb();
        let number = |at: usize| u32::from_be_bytes(profile[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(number(0), profile.len());
        assert_eq!(&profile[36..40], b"acsp");
        assert_eq!(&profile[12..24], b"mntrRGB XYZ ");
        assert!(profile.len() < 700);
        for tag in 0..number(128) {
            let (at, size) = (number(132 + 12 * tag + 4), number(132 + 12 * tag + 8));
            assert!(at % 4 == 0 && at >= 132 + 12 * number(128) && at + size <= profile.len());
        }
    }

    #[test]
    fn red_green_and_blue_make_white() {
        for axis in 0..3 {
            let sum: i32 = PRIMARIES.iter().map(|xyz| fixed(xyz[axis])).sum();
            assert!((sum - D50[axis]).abs() <= 3, "axis {axis}: {sum}");
        }
    }

    #[test]
    fn the_curve_is_continuous_and_reaches_one() {
        let [g, a, b, c, d] = CURVE;
        assert!(((a * d + b).powf(g) - c * d).abs() < 1e-6);
        assert!(((a + b).powf(g) - 1.0).abs() < 1e-12);
    }
}
