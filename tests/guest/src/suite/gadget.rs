//! Devices on the guest's own USB controllers (dummy_hcd), behind the kernel's gadget stack.

mod functionfs;
mod printer;
mod reader;

pub use printer::UsbPrinter;
pub use reader::{Layout, Trouble, UsbReader};
