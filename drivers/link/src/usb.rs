//! Devices on the universal serial bus, through libusb: transfers with deadlines, no kernel driver.
//!
//! * [`UsbIdentity`]: which device is meant, by what it says of itself and where it is plugged in.
//! * [`UsbDevice`]: its interfaces and endpoints, bulk and control transfers, the port reset.
//! * [`UsbLink`]: one bulk pair of it as a [`Link`](crate::Link).

mod device;
mod identity;
mod pair;

pub use device::{TransferKind, UsbDevice, UsbEndpoint, UsbInterface};
pub use identity::{IdentityError, UsbIdentity};
pub use pair::UsbLink;
