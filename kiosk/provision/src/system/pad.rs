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
    _ = writeln!(
        text,
        "ENV{{ID_INPUT_TOUCHSCREEN}}==\"1\", ENV{{LIBINPUT_CALIBRATION_MATRIX}}=\"{}\"",
        matrix(network.screen.rotation)
    );
    for id in &network.pad.ids {
        let which = format!("ATTRS{{id/vendor}}==\"{}\", ATTRS{{id/product}}==\"{}\"", id.vendor, id.product);
        _ = writeln!(text, "{which}, ENV{{ONEDOOR_PAD}}=\"1\"");
        // It may have been silenced before a bundle named it.
        _ = writeln!(text, "KERNEL==\"input[0-9]*\", {which}, ATTR{{inhibited}}=\"0\"");
    }
    text.push_str("LABEL=\"onedoor_pad_end\"\n");
    text
}
