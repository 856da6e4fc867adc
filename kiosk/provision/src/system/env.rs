//! Variables for the kiosk's service.

use crate::bundle::Network;

pub(super) fn text(network: &Network) -> String {
    format!(
        "# Written by onedoor-provision.\nSLINT_KMS_ROTATION={}\nONEDOOR_BRIGHTNESS={}\nONEDOOR_VOLUME={}\n",
        network.screen.rotation.degrees(),
        network.screen.brightness,
        network.sound.volume
    )
}
