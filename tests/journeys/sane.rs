//! A hall whose scanner only SANE knows: the real helper, libsane and its virtual scanner, behind a
//! library that does what a vendor's may do. Nobody but the kiosk speaks to it, so no hand at the dock
//! causes its faults: a file in the journey's own folder does.

use crate::hall::{Hall, Opening, name, says, word};
use crate::papers::{bytes, images_listed, open, to_materials, wait_held};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const MATTER: &str = "package.open-restaurant";
/// A scanner that answers again is ready within this time, as the screen tells it.
const READY: Duration = Duration::from_secs(3);

/// SANE's virtual scanner, and the library before it.
struct Sane {
    folder: tempfile::TempDir,
}

impl Sane {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("dll.conf"), "test\n").expect("a configuration");
        std::fs::write(folder.path().join("test.conf"), "geometry_max 300\n").expect("a configuration");
        let sane = Self { folder };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../drivers/sane-helper/tests/odd/libsane.c");
        let built = Command::new("cc")
            .args(["-Wall", "-Werror", "-shared", "-fPIC", "-DOPEN"])
            .arg(format!("-DTRIGGER=\"{}\"", sane.trouble().display()))
            .arg(source)
            .arg("-o")
            .arg(sane.library())
            .args(["-Wl,--no-as-needed", "-l:libsane.so.1"])
            .status();
        assert!(built.expect("cc; run `make setup`").success(), "run `make setup`");
        sane
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("libsane.so")
    }

    fn trouble(&self) -> PathBuf {
        self.folder.path().join("trouble")
    }

    /// From now on this happens: each opening of the device ends with a status, as a number, or with a
    /// crash, or each page does.
    fn trouble_is(&self, what: &str) {
        // In one step, so that nobody reads half of it.
        let written = self.folder.path().join("written");
        std::fs::write(&written, what).expect("a file");
        std::fs::rename(written, self.trouble()).expect("its name");
    }

    /// From now on all is well.
    fn mend(&self) {
        std::fs::remove_file(self.trouble()).expect("no trouble");
    }

    fn hall(&self) -> Hall {
        let settings = format!(
            "[scanner]\nurl = \"\"\nsane = \"test:0\"\nprofile = \"test\"\nlibrary = {:?}\nsane_config = {:?}\n",
            self.library(),
            self.folder.path(),
        );
        Opening::default().settings(&settings).open()
    }
}

/// Access denied, a crash, no memory: the screen says each, numbers
/// are given meanwhile, and without a restart the scanner is ready within 3 s of answering again.
#[test]
fn what_a_back_end_does_and_says() {
    let sane = Sane::new();
    let hall = sane.hall();
    for (code, ends, person) in [("S12", "11", "man"), ("S13", "crash", "woman"), ("S17", "10", "old_man")] {
        sane.trouble_is(ends);
        let state = hall.wait(code, |state| says(state, code));
        assert_eq!(name(&state), "home", "{code}");
        let ticket = hall.take_number(person, MATTER);
        assert!(ticket.number.starts_with('A') && !ticket.reprint, "{ticket:?}");
        hall.wait_screen("home");
        sane.mend();
        let mended = Instant::now();
        hall.wait(&format!("{code} to go"), |state| !says(state, code));
        let took = mended.elapsed();
        println!("{code} gone {took:?} after the mend");
        assert!(took < READY, "{code}: gone only after {took:?}");
    }
}

/// A page through SANE from the glass to the store; and what is sealed of a fault meanwhile can be played
/// again without a scanner.
#[test]
fn a_page_through_sane_and_a_capsule_of_what_went_wrong() {
    let sane = Sane::new();
    let hall = sane.hall();
    to_materials(&hall, "man");
    open(&hall, "id-card");
    hall.touch("source.flatbed");
    // Looks at the device stay well: what is recorded of the fault can only be the scan.
    sane.trouble_is("crash-start");
    hall.touch("scan.start");
    hall.wait("the reason", |state| name(state) == "scan" && says(state, &word("fault.S13.title")));
    sane.mend();
    hall.touch("scan.start");
    hall.wait_screen("review");
    hall.touch("scan.accept");
    let images = images_listed(&bytes(&hall, &wait_held(&hall, 1)[0]));
    assert_eq!(images, [["2480", "3507", "3", "300", "300"]], "width, height, components, dots an inch");

    let performed = kiosk::replay::replay(&crate::capsules::sealed(&hall, "S13")).expect("a capsule");
    let own = performed.into_iter().next().expect("a recording: its own comes first");
    let played = own.outcome.expect("the same again");
    let mut died = played.calls.iter().filter(|c| c.outcome.as_deref() == Some("helper-died after 0 pages"));
    assert_eq!(died.next().map(|call| call.call.as_str()), Some("scan flatbed 300 colour a4 1"));
}
