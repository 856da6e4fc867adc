//! Which device is the tactile pad, and how touches are turned with the screen: rules for udev.
//!
//! That whatever else has keys is silenced says the image (`90-onedoor-input.rules`), with or without a bundle.

use crate::bundle::{Network, Rotation};
use std::fmt::Write;

/// libinput's matrix for a screen that is turned.
fn matrix(rotation: Rotation) -> &'static str {
    match rotation {
        Rotation::None => "1 0 0 0 1 0",
        Rotation::Quarter => "0 1 0 -1 0 1",
        Rotation::Half => "-1 0 1 0 -1 1",
        Rotation::ThreeQuarters => "0 -1 1 1 0 0",
    }
}

pub(super) fn text(network: &Network) -> String {
    let mut text = String::from(
        "# Written by onedoor-provision.\n\
         ACTION==\"remove\", GOTO=\"onedoor_pad_end\"\n\
         SUBSYSTEM!=\"input\", GOTO=\"onedoor_pad_end\"\n",
    );
    // Many a panel's controller calls itself a mouse that knows where it is; of one that does not, libinput reads no
    // matrix.
    for kind in ["TOUCHSCREEN", "MOUSE", "TABLET"] {
        _ = writeln!(
            text,
            "ENV{{ID_INPUT_{kind}}}==\"1\", ENV{{LIBINPUT_CALIBRATION_MATRIX}}=\"{}\"",
            matrix(network.screen.rotation)
        );
    }
    for id in &network.pad.ids {
        let which = format!("ATTRS{{id/vendor}}==\"{}\", ATTRS{{id/product}}==\"{}\"", id.vendor, id.product);
        _ = writeln!(text, "{which}, ENV{{ONEDOOR_PAD}}=\"1\"");
        // It may have been silenced before a bundle named it.
        _ = writeln!(text, "KERNEL==\"input[0-9]*\", {which}, ATTR{{inhibited}}=\"0\"");
    }
    text.push_str("LABEL=\"onedoor_pad_end\"\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_lands_where_the_picture_was_turned_to() {
        // Where the point of a picture at `across` and `down` lies on a panel, once it is turned to the right
        // (SLINT_KMS_ROTATION): its upper edge is at the right, below, at the left.
        type Turn = fn(f64, f64) -> (f64, f64);
        let turns: [(Rotation, Turn); 4] = [
            (Rotation::None, |across, down| (across, down)),
            (Rotation::Quarter, |across, down| (1.0 - down, across)),
            (Rotation::Half, |across, down| (1.0 - across, 1.0 - down)),
            (Rotation::ThreeQuarters, |across, down| (down, 1.0 - across)),
        ];
        for (rotation, turn) in turns {
            let numbers: Vec<f64> = matrix(rotation).split(' ').map(|n| n.parse().unwrap()).collect();
            let [a, b, c, d, e, f] = numbers[..] else { panic!("{rotation:?}: six numbers") };
            for (across, down) in [(0.0, 0.0), (0.25, 0.125), (1.0, 0.5)] {
                let (x, y) = turn(across, down);
                assert_eq!((a * x + b * y + c, d * x + e * y + f), (across, down), "{rotation:?}");
            }
        }
    }
}
