//! Against folders laid out as the kernel lays out its own.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::SerialLink;

struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for folder in
            ["dev/serial/by-path", "dev/serial/by-id", "sys/class/tty", "sys/bus/usb/devices", "sys/drivers"]
        {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, link: &str, target: &Path) {
        let link = self.path(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, link).unwrap();
    }

    /// A USB device with one interface of this class, in the driver's hands if one is named.
    fn usb(&self, place: &str, ids: (&str, &str), class: &str, driver: Option<&str>) {
        let device = format!("sys/devices/usb1/{place}");
        for (name, text) in [
            ("idVendor", ids.0),
            ("idProduct", ids.1),
            ("bDeviceClass", "00"),
            ("busnum", "1"),
            ("devnum", "7"),
            ("manufacturer", "Maker"),
            ("product", "Thing"),
        ] {
            self.write(&format!("{device}/{name}"), &format!("{text}\n"));
        }
        self.write(&format!("{device}/{place}:1.0/bInterfaceClass"), &format!("{class}\n"));
        if let Some(driver) = driver {
            fs::create_dir_all(self.path(&format!("sys/drivers/{driver}"))).unwrap();
            self.link(&format!("{device}/{place}:1.0/driver"), &self.path(&format!("sys/drivers/{driver}")));
        }
        self.link(&format!("sys/bus/usb/devices/{place}"), &self.path(&device));
        self.link(&format!("sys/bus/usb/devices/{place}:1.0"), &self.path(&format!("{device}/{place}:1.0")));
        self.write("dev/bus/usb/001/007", "");
    }

    fn discover(&self) -> Vec<Found> {
        Roots { dev: self.path("dev"), sys: self.path("sys") }.discover()
    }
}

fn terminal() -> (rustix::fd::OwnedFd, String) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&side).unwrap();
    unlockpt(&side).unwrap();
    let path = ptsname(&side, Vec::new()).unwrap().into_string().unwrap();
    (side, path)
}

#[test]
fn a_serial_converter_is_named_by_its_place() {
    let machine = Machine::new();
    machine.usb("1-2.3", ("0403", "6001"), "ff", Some("ftdi_sio"));
    machine.write("sys/devices/usb1/1-2.3/serial", "A50285BI\n");
    let port = machine.path("sys/devices/usb1/1-2.3/1-2.3:1.0/ttyUSB0");
    fs::create_dir_all(&port).unwrap();
    machine.link("sys/class/tty/ttyUSB0/device", &port);
    machine.write("dev/ttyUSB0", "");
    let node = machine.path("dev/ttyUSB0");
    machine.link("dev/serial/by-path/pci-0-usb-0:2.3:1.0-port0", &node);
    machine.link("dev/serial/by-id/usb-FTDI_A50285BI-if00", &node);
    // A console and a port that is not there are none.
    fs::create_dir_all(machine.path("sys/class/tty/tty1")).unwrap();
    fs::create_dir_all(machine.path("sys/class/tty/ttyS3/device")).unwrap();
    machine.write("sys/class/tty/ttyS3/type", "0\n");

    let found = machine.discover();
    let [port] = &found[..] else { panic!("{found:?}") };
    let by_path = machine.path("dev/serial/by-path/pci-0-usb-0:2.3:1.0-port0");
    assert_eq!(port.address, Address::Serial(by_path.to_str().unwrap().to_owned()));
    assert_eq!(port.names.len(), 2, "{:?}", port.names);
    assert!(port.names[1].ends_with("/ttyUSB0"));
    assert_eq!(port.description, "serial port on USB Maker Thing 0403:6001:A50285BI@1-2.3");
    assert_eq!(port.permitted, Permitted::Yes);
    let line = port.to_string();
    assert!(line.contains("A50285BI@1-2.3; can be opened; also ") && line.ends_with("/ttyUSB0"), "{line}");

    let roots = Roots { dev: machine.path("dev"), sys: machine.path("sys") };
    let behind = roots.usb_behind(by_path.to_str().unwrap()).unwrap();
    assert_eq!(behind.to_string(), "0403:6001:A50285BI@1-2.3");
}

#[test]
fn a_port_that_a_program_holds_is_in_use() {
    let machine = Machine::new();
    let (_side, path) = terminal();
    let name = Path::new(&path).file_name().unwrap().to_str().unwrap().to_owned();
    fs::create_dir_all(machine.path(&format!("sys/class/tty/{name}/device"))).unwrap();
    machine.link(&format!("dev/{name}"), Path::new(&path));
    let permitted = || machine.discover()[0].permitted.clone();
    assert_eq!(permitted(), Permitted::Yes);
    let link = SerialLink::open(&path, 115_200).unwrap();
    assert_eq!(permitted(), Permitted::InUse);
    drop(link);
    assert_eq!(permitted(), Permitted::Yes);
}

#[test]
fn usb_devices_of_interest_are_listed_and_who_has_them_is_said() {
    let machine = Machine::new();
    machine.usb("1-1", ("0400", "c35a"), "ff", None);
    machine.usb("1-2", ("0416", "5011"), "07", Some("usblp"));
    machine.usb("1-3", ("076b", "3021"), "0b", Some("usbfs"));
    machine.usb("1-4", ("046d", "c52b"), "03", Some("usbhid"));
    machine.write("sys/devices/usb1/1-2/serial", "TP80-1\n");
    let found = machine.discover();
    let told: Vec<(String, Permitted)> =
        found.iter().map(|f| (f.address.to_string(), f.permitted.clone())).collect();
    assert_eq!(
        told,
        [
            ("usb:0400:c35a@1-1".to_owned(), Permitted::Yes),
            ("usb:0416:5011:TP80-1".to_owned(), Permitted::Yes),
            ("usb:076b:3021@1-3".to_owned(), Permitted::InUse),
        ]
    );
}

#[test]
fn what_may_not_be_opened_is_listed_with_the_reason() {
    let machine = Machine::new();
    machine.usb("1-1", ("0400", "c35a"), "ff", None);
    let node = machine.path("dev/bus/usb/001/007");
    fs::set_permissions(&node, fs::Permissions::from_mode(0o000)).unwrap();
    // A superuser may open everything: then the node is as good as gone for the test's purpose.
    if rustix::process::geteuid().is_root() {
        fs::remove_file(&node).unwrap();
    }
    let found = machine.discover();
    assert!(matches!(&found[0].permitted, Permitted::No(why) if why.contains("001/007")), "{found:?}");
    assert!(matches!(refused(&node, Errno::ACCESS), Permitted::No(why) if why.contains("group")));
}

#[test]
fn odd_attributes_are_survived() {
    let machine = Machine::new();
    machine.usb("1-1", ("zzzz", "c35a"), "ff", None);
    machine.usb("1-2", ("0400", "c35a"), "ff", None);
    machine.write("sys/devices/usb1/1-2/serial", "a\u{7}b\n");
    machine.write("sys/devices/usb1/1-2/product", &"x".repeat(5_000));
    let found = machine.discover();
    let [device] = &found[..] else { panic!("{found:?}") };
    assert_eq!(device.address.to_string(), "usb:0400:c35a@1-2", "the serial number is not believed");
    assert_eq!(device.description, "USB Maker 0400:c35a@1-2");
}
