//! What a visitor leaves behind: nothing that tells who he was, but what he handed in, sealed, on its way.

use crate::common::{image, told, within};
use image_tests::journey::{Journey, PATIENT, resident};
use image_tests::lobby::Lobby;
use image_tests::running::Running;
use image_tests::twin::Twin;
use serde_json::Value;

/// Every place that is written to: memory, the EFI system partition, what the journal has, the kiosk's own data.
const PLACES: &str = "/run /tmp /var /dev/shm /efi /sys/firmware/efi/efivars /data";
/// What becomes of the memory of a program that crashes, and of the kiosk's.
const CRASH: &str = "cat /proc/sys/kernel/core_pattern; \
    grep '^Max core file size' /proc/$(systemctl show -P MainPID kiosk.service)/limits";

/// After somebody has taken a number and handed a page in, nothing that is written anywhere holds his name, his number
/// or where he lives, in any of the ways in which a card or a screen has them; that it would be found is seen by
/// laying it there. A kiosk that crashes leaves no image of its memory.
#[test]
fn nobody_is_known_afterwards() {
    let Some((built, _alone)) = image() else { return };
    let (lobby, mut running) = Lobby::settled(&built);
    let twin = Twin::open(PATIENT);
    let card = resident(7);
    let mut journey = Journey::new(&twin, &lobby.hall, &mut running);
    journey.take_number(&card).expect("no cut");
    journey.hand_in(&card, &["lease"]).expect("no cut");

    for key in ["number", "name", "address"] {
        let text = card[key].as_str().expect("a text");
        for form in forms(text) {
            let found = look_for(&mut running, &form);
            assert_eq!(found, "", "{key} of the visitor");
            running.told(&format!("printf '{}' >/run/laid", octal(&form)));
            assert_eq!(look_for(&mut running, &form), "/run/laid", "{key} would not have been found");
            running.told("rm /run/laid");
        }
        assert_eq!(journal(&mut running, text), "", "{key} in the journal");
    }
    told("neither name, number nor address is written anywhere");

    let crash = running.told(CRASH);
    assert_eq!(crash.lines().next(), Some("|/bin/false"), "{crash}");
    let limits = crash.lines().nth(1).unwrap_or_default();
    assert_eq!(limits.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{crash}");
    let main = "systemctl show -P MainPID kiosk.service";
    let before = running.told(main);
    running.told(&format!("kill -ABRT {}", before.trim()));
    let anew = format!("p=$({main}); [ \"$p\" != 0 ] && [ \"$p\" != {} ]", before.trim());
    running.wait_told("a new kiosk", within(60), &anew);
    let images = running.told(
        "find / -xdev -name 'core*' -size +64k -type f; find /data /run /var /tmp -name 'core*' -size +64k",
    );
    assert_eq!(images.trim(), "", "images of its memory");
    kept_in_bounds(&mut running);
}

/// What is written into the journal without end pushes out what is old, and fills nothing.
fn kept_in_bounds(running: &mut Running) {
    running.told("for n in 1 2 3 4; do head -c 12000000 /dev/urandom | base64 -w 40000 | systemd-cat; done; journalctl --sync");
    let kept = running.told("du -sk /run/log/journal | cut -f 1");
    let kept: u32 = kept.trim().parse().expect("KiB");
    told(&format!("the journal after 64 MB: {kept} KiB"));
    assert!(kept <= 34 << 10, "{kept} KiB");
}

/// The ways in which something is written: UTF-8, GB 18030 (cards), UTF-16 (cards), UTF-8 as JSON may have it.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (national, _, _) = encoding_rs::GB18030.encode(text);
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        escaped += &char::from_u32(unit.into())
            .filter(char::is_ascii)
            .map_or_else(|| format!("\\u{unit:04x}"), String::from);
    }
    let mut all = vec![text.as_bytes().to_vec(), national.into_owned(), wide, escaped.into_bytes()];
    all.dedup();
    all
}

/// Files that hold these bytes, or the most of them that can stand in one line.
fn look_for(running: &mut Running, bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == b'\n').max_by_key(|piece| piece.len()).unwrap_or_default();
    // Through a file, so that the bytes stand in no list of processes and in no script that would be found.
    let hex: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let found = running.ask(&format!(
        "LC_ALL=C grep -rlaP '{hex}' {PLACES} --devices=skip --exclude=probe.* --exclude=*.efi 2>/dev/null"
    ));
    found.text().trim().to_owned()
}

/// Lines of the journal that hold this text, as it shows them.
fn journal(running: &mut Running, text: &str) -> String {
    running.told("journalctl -b --no-pager -o json --all >/run/journal.json");
    let lines = running.ask(&format!("grep -F '{text}' /run/journal.json; rm /run/journal.json")).text();
    let by_the_kiosk = |line: &&str| {
        serde_json::from_str::<Value>(line).is_ok_and(|entry| entry["_SYSTEMD_UNIT"] != "probe.service")
    };
    lines.lines().filter(by_the_kiosk).collect()
}

fn octal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:03o}")).collect()
}
