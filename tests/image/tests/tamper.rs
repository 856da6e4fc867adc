//! Who changes the disk while the power is off: nothing that was changed runs, and /data opens nowhere else.

use crate::common::{image, told, wait_up, within};
use image_tests::addon::{self, Signer};
use image_tests::cabinet::{Cabinet, Inside};
use image_tests::disk::{self, Disk};
use image_tests::running::{Running, WIDTH, Wiring};
use image_tests::tools::{built_beside, run};
use image_tests::twin::ALIKE;
use image_tests::words;
use machine::picture::Picture;

/// Seconds from the switch until a machine without KVM has refused something.
const REFUSAL: u64 = 300;
/// What systemd-boot is told, the keys' enrolment among it.
const LOADER: &str = "loader/loader.conf";
/// Where systemd-boot looks for kernels.
const KERNELS: &str = "/EFI/Linux";

/// The control for all that follows: the same disk, changed and changed back, starts.
#[test]
fn a_disk_that_was_changed_back_starts() {
    let Some((built, _alone)) = image() else { return };
    let slot = format!("onedoor_{}", built.version());
    let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| {
        for _ in 0..2 {
            disk.flip(disk.part(&slot), 1024);
        }
    });
    wait_up(&mut cabinet.switch_on(&Wiring::default()), within(420));
}

/// One bit of the root's superblock: the hash tree refuses the block before the file system sees it.
#[test]
fn a_bit_of_the_root_is_refused() {
    let Some((built, _alone)) = image() else { return };
    let slot = format!("onedoor_{}", built.version());
    let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| disk.flip(disk.part(&slot), 1024));
    refused_by_verity(&mut cabinet.switch_on(&Wiring::default()), "the root");
}

/// One bit of the hash tree's first block: it no longer has the hash that is signed with the kernel.
#[test]
fn a_bit_of_the_hash_tree_is_refused() {
    let Some((built, _alone)) = image() else { return };
    let tree = format!("onedoor_{}_verity", built.version());
    // Behind veritysetup's own header of one block.
    let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| disk.flip(disk.part(&tree), 4096 + 8));
    refused_by_verity(&mut cabinet.switch_on(&Wiring::default()), "the hash tree");
}

/// The machine starts anew, again and again, and never comes so far that anything of the root runs.
fn refused_by_verity(running: &mut Running, what: &str) {
    running.wait_reset("a restart", within(REFUSAL));
    running.wait_reset("another restart", within(REFUSAL));
    let said: Vec<_> = running.console().all().into_iter().map(|line| line.text).collect();
    let own = said.iter().find(|line| line.contains("onedoor:") || line.contains("verity"));
    told(&format!("{what}: the machine starts anew; it says {own:?}"));
    assert!(running.try_ask("true").is_none(), "a shell of the changed root answers");
}

/// One bit somewhere in the root that nothing reads at the start: whoever reads it has the machine start anew, and
/// never sees what is there.
#[test]
fn a_bit_deep_in_the_root_is_never_read() {
    let Some((built, _alone)) = image() else { return };
    let slot = format!("onedoor_{}", built.version());
    // Which places the start leaves alone is not known: the first of these at which a changed bit lets it through.
    for tenth in (1..10).rev() {
        let mut at = 0;
        let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| {
            at = last_byte(disk, &slot) / 10 * tenth;
            disk.flip(disk.part(&slot), at);
        });
        let mut running = cabinet.switch_on(&Wiring::default());
        if !comes_up(&mut running) {
            told(&format!("the start reads what lies at {tenth} tenths"));
            continue;
        }
        // Past what is read ahead or lies in memory already.
        let block = at / 4096;
        // In a moment: the shell has to answer before the machine is gone.
        running.begin(&format!(
            "sleep 3; dd if=/dev/dm-0 of=/dev/null bs=4096 skip={block} count=1 iflag=direct"
        ));
        running.wait_reset("the restart of a machine whose root is changed", within(120));
        told(&format!("what lies at {tenth} tenths is never read"));
        return;
    }
    panic!("wherever a bit was changed, the start read it");
}

/// Whether it starts, and does not start anew instead.
fn comes_up(running: &mut Running) -> bool {
    let deadline = within(420);
    while running.resets() == 0 {
        let up = running.try_ask("systemctl is-active -q sysinit.target");
        if up.is_some_and(|said| said.status == 0) {
            return true;
        }
        if std::time::Instant::now() > deadline {
            running.in_vain("a start or a restart");
        }
    }
    false
}

/// The last byte of a partition that is not zero: inside the file system, since what is behind it is empty.
fn last_byte(disk: &Disk, part: &str) -> u64 {
    use std::os::unix::fs::FileExt;
    let part = disk.part(part);
    let file = std::fs::File::open(disk.path()).expect("the disk");
    let mut piece = vec![0; 1 << 20];
    let mut end = part.length;
    while end > 0 {
        let start = end.saturating_sub(piece.len() as u64);
        let piece = &mut piece[..usize::try_from(end - start).expect("a piece")];
        file.read_exact_at(piece, part.start + start).expect("the disk's bytes");
        if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
            return start + last as u64;
        }
        end = start;
    }
    panic!("an empty partition");
}

/// One bit of the kernel's file, which holds the kernel, its command line and the first programs: its signature no
/// longer fits, and the firmware does not start it.
#[test]
fn a_bit_of_the_kernel_is_refused() {
    let Some((built, _alone)) = image() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| {
        let (kernel, file) = (format!("{KERNELS}/{}", built.kernel()), folder.path().join("kernel"));
        disk.take(&kernel, &file);
        let length = std::fs::metadata(&file).expect("the kernel").len();
        disk::flip(&file, length / 2);
        disk.put(&file, &kernel);
        assert_eq!(disk.names(KERNELS), [built.kernel()], "nothing else could start");
    });
    let mut running = cabinet.switch_on(&Wiring::default());
    let refusal = |line: &str| {
        let line = line.to_lowercase();
        line.contains("access denied") || line.contains("security violation")
    };
    let line = running.wait_line("the firmware's refusal", 0, within(REFUSAL), refusal);
    told(&format!("the kernel: {:?}", line.text));
    assert!(running.try_ask("true").is_none(), "a shell answers");
}

/// Words for the kernel that somebody else signed are not heard; those that the hall signed are, which is how the
/// tests look in.
#[test]
fn a_strangers_words_are_not_heard() {
    let Some((built, _alone)) = image() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let cabinet = Cabinet::changed(&built, Inside::Probe, |disk| {
        for (name, signer) in [("ours", addon::Signer::Ours), ("stranger", Signer::Stranger)] {
            let work = folder.path().join(name);
            std::fs::create_dir(&work).expect("a folder");
            let file = addon::make(&built, &format!("onedoor.test={name}"), signer, &work);
            disk.put(&file, &format!("/loader/addons/{name}.addon.efi"));
        }
    });
    let mut running = cabinet.switch_on(&Wiring::default());
    wait_up(&mut running, within(420));
    let line = running.told("cat /proc/cmdline");
    assert!(line.contains("onedoor.test=ours"), "{line}");
    assert!(!line.contains("onedoor.test=stranger"), "{line}");
}

/// /data is opened by this machine's TPM alone: what is written there is not to be read from the disk, and the same
/// disk beside another TPM does not open.
#[test]
fn data_opens_on_no_other_machine() {
    let Some((built, _alone)) = image() else { return };
    const MARK: &str = "onedoor-mark-that-nobody-else-writes";
    let mut cabinet = Cabinet::new(&built, Inside::Probe);
    let mut running = cabinet.switch_on(&Wiring::default());
    wait_up(&mut running, within(420));
    running.wait_told("/data", within(420), "mountpoint -q /data");
    running.told(&format!("for n in $(seq 1000); do echo {MARK} $n; done >/data/mark; sync"));
    running.cut();

    let disk = cabinet.look_at_disk();
    let data = disk.part("data");
    let find = format!(
        "tail -c +{} \"$0\" | head -c {} | grep -a -c -F {MARK} || true",
        data.start + 1,
        data.length
    );
    assert_eq!(run("sh", words!["-c", &find, disk.path()]).trim(), "0", "it lies open on the disk");
    std::fs::remove_file(disk.path()).expect("the copy");

    // On its own machine it opens.
    let mut running = cabinet.switch_on(&Wiring::default());
    running.wait_probe(within(420));
    running.wait_told("/data on its own machine", within(420), &format!("grep -q {MARK} /data/mark"));
    running.cut();

    cabinet.new_tpm();
    let wanted = sample("closed-sealed");
    let mut running = cabinet.switch_on(&Wiring::default());
    running.wait_screen("the words on data that does not open", within(REFUSAL), |picture| {
        words_of(picture).difference(&words_of(&wanted)) < ALIKE
    });
    running.wait_probe(within(60));
    let opened = running.ask("mountpoint -q /data || test -e /dev/mapper/data");
    assert_ne!(opened.status, 0, "/data opens on another machine");
    told("another TPM: /data does not open, and the screen says so");
}

/// While Secure Boot is off, nothing is sealed to what every other system would find, too: the screen says so. Once the
/// firmware, which has never run, takes the hall's keys from the disk, the next start is the first.
#[test]
fn without_secure_boot_no_data_is_made() {
    let Some((built, _alone)) = image() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, none) = (folder.path().join("loader.conf"), folder.path().join("none.conf"));
    std::fs::write(&none, "timeout 0\nsecure-boot-enroll off\n").expect("a file");
    let mut cabinet = Cabinet::blank(&built, Inside::Probe);
    cabinet.change(|disk| {
        disk.take(LOADER, &theirs);
        disk.put(&none, LOADER);
    });
    let wanted = sample("closed-insecure");
    let mut running = cabinet.switch_on(&Wiring::default());
    running.wait_screen("the words on Secure Boot", within(REFUSAL), |picture| {
        words_of(picture).difference(&words_of(&wanted)) < ALIKE
    });
    running.wait_probe(within(60));
    assert_ne!(running.ask("ls /dev/disk/by-partlabel/data").status, 0, "there is a place for data");
    running.cut();

    cabinet.change(|disk| disk.put(&theirs, LOADER));
    let mut running = cabinet.switch_on(&Wiring::default());
    running.wait_reset("the restart with the hall's keys", within(REFUSAL));
    wait_up(&mut running, within(420));
    running.wait_told("/data", within(420), "mountpoint -q /data");
    told("without Secure Boot no /data is made; with it, it is");
}

/// A sample of what screens show, in Chinese, as it looks at first.
fn sample(name: &str) -> Picture {
    let folder = tempfile::tempdir().expect("a folder");
    let gallery = built_beside("examples/gallery", "ONEDOOR_GALLERY").display().to_string();
    run(&gallery, words![folder.path(), name]);
    Picture::read(&folder.path().join(format!("zh-{name}-standard-own.png"))).expect("a sample")
}

/// What a screen says of what is wrong: below the hall's name and the clock, above the reason.
fn words_of(picture: &Picture) -> Picture {
    picture.part(0, 200, WIDTH, 900)
}
