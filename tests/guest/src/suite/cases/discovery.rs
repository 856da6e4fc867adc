//! What discovery says of the guest's devices.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use guest::report::{Ask, Converter};
use link::{Address, Found, LinkError, Permitted, discover};

use super::serial::path;
use super::{PLUGGED, Stage, Verdict, ensure, within, words};

/// The argument with which this program looks and says what it may not open.
pub const LOOK: &str = "look";
/// Nobody, with no group.
const NOBODY: u32 = 65_534;

/// The guest's devices, by the names by which a hall would write them.
fn expected() -> [String; 5] {
    [
        path(Converter::Reader),
        path(Converter::Printer),
        "usb:0400:c35a:IDR-SPLIT-1".to_owned(),
        "usb:0400:c35a:IDR-SINGLE-1".to_owned(),
        "usb:0416:5011:TP80-1".to_owned(),
    ]
}

/// Each is found, may be opened, and keeps its name when it is plugged in again.
pub fn everything(stage: &mut Stage) -> Verdict {
    within(PLUGGED, all_permitted)?;
    // Put back in the other order, the converters get each other's numbers.
    for converter in [Converter::Printer, Converter::Reader] {
        stage.host.ask(Ask::Unplug(converter))?;
    }
    stage.single.unplug().map_err(words)?;
    stage.printer.unplug().map_err(words)?;
    within(PLUGGED, || ensure(found().len() == 1, format!("still there: {:?}", found())))?;
    for converter in [Converter::Printer, Converter::Reader] {
        stage.host.ask(Ask::Plug(converter))?;
    }
    stage.printer.plug().map_err(words)?;
    stage.single.plug().map_err(words)?;
    within(PLUGGED, all_permitted)
}

fn all_permitted() -> Verdict {
    let found = found();
    for name in expected() {
        let Some(device) = found.iter().find(|device| device.address.to_string() == name) else {
            return Err(format!("{name} is not among {found:?}"));
        };
        ensure(device.permitted == Permitted::Yes, format!("{name}: {:?}", device.permitted))?;
    }
    ensure(found.len() == expected().len(), format!("more than is plugged in: {found:?}"))
}

/// What is discovered, but for the ports that a PC has anyway.
fn found() -> Vec<Found> {
    let is_built_in = |address: &Address| address.to_string().starts_with("/dev/ttyS");
    discover().into_iter().filter(|device| !is_built_in(&device.address)).collect()
}

/// Nobody sees as much, is told of each device that it is not permitted, and cannot open it.
pub fn not_permitted(_: &mut Stage) -> Verdict {
    // Where the program lies, only its owner may come.
    let program = "/run/suite";
    fs::copy("/proc/self/exe", program).map_err(words)?;
    let output =
        Command::new(program).arg(LOOK).uid(NOBODY).gid(NOBODY).current_dir("/").output().map_err(words)?;
    let said = String::from_utf8_lossy(&output.stdout);
    for name in expected() {
        let line = said.lines().find(|line| line.starts_with(&name));
        let Some(line) = line else { return Err(format!("{name} is not in {said}")) };
        ensure(line.ends_with(REFUSED), format!("nobody is told: {line}"))?;
    }
    Ok(())
}

/// What a line of [`look`] ends with that says both.
const REFUSED: &str = "not permitted, and not opened";

/// Says of each device whether it may be opened and whether it can.
pub fn look() {
    let soon = || std::time::Instant::now() + std::time::Duration::from_secs(2);
    for device in found() {
        let permitted = match &device.permitted {
            Permitted::No(why) if why.contains("add the user") => "not permitted".to_owned(),
            other => format!("{other:?}"),
        };
        let opened = match device.address.open(115_200, soon()) {
            Err(LinkError::NotPermitted(_)) => "not opened".to_owned(),
            other => format!("{:?}", other.map(|link| link.name().to_owned())),
        };
        println!("{}: {permitted}, and {opened}", device.address);
    }
}
