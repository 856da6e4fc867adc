//! A kiosk and its hall's office, as programs, over a real web server: from the first boot to a renewed certificate.

use jiff::{SignedDuration, Timestamp};
use provision::status::{Enrolment, State, Trouble};
use provision::{Disk, Places, apply, keys, office};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const RECOVERY: &str = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";
const VOLUME: &str = "0b5fd2b8-6d4c-4e0f-9f0e-1a2b3c4d5e6f";

const NETWORK: &str = r#"
[[host]]
name = "store.hall.example"
addresses = ["10.0.0.2"]
[[host]]
name = "time.hall.example"
addresses = ["10.0.0.4"]
[[time]]
server = "time.hall.example"
"#;

const KIOSK: &str = r#"
[kiosk]
name = "lobby-1"
letter = "A"
[reader]
port = "usb:0400:c35a"
[printer]
port = "/dev/ttyS1"
[scanner]
sane = "test:0"
[store]
url = "https://store.hall.example"
"#;

/// nginx, until it is dropped.
struct Server {
    folder: PathBuf,
}

impl Server {
    fn command(folder: &Path) -> Command {
        let mut nginx = Command::new("/usr/sbin/nginx");
        nginx.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
        nginx.arg("-e").arg(folder.join("error.log"));
        nginx
    }

    /// It listens when this returns: its first process ends then.
    fn start(folder: &Path, port: u16) -> Self {
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let text = include_str!("office.conf")
            .replace("@USER@", user)
            .replace("@FOLDER@", folder.to_str().unwrap())
            .replace("@PORT@", &port.to_string());
        std::fs::write(folder.join("nginx.conf"), text).unwrap();
        let started = Self::command(folder).output().expect("nginx is missing; run `make setup`");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Self { folder: folder.to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = Self::command(&self.folder).args(["-s", "stop"]).output();
        assert!(std::thread::panicking() || stopped.is_ok_and(|said| said.status.success()));
    }
}

/// A CA, and a certificate of it for 127.0.0.1, with its key.
fn server_certificate() -> (String, String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "the office's servers");
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, key);
    let own = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    (authority, certificate.signed_by(&own, &issuer).unwrap().pem(), own.serialize_pem())
}

/// A kiosk's disk, an office's desk, and the office's web server.
struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
    desk: PathBuf,
    web: PathBuf,
    user: String,
    port: u16,
}

struct Said {
    lines: Vec<String>,
    wrong: String,
    fine: bool,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let lines = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        let wrong = String::from_utf8(output.stderr).unwrap();
        Self { lines, wrong, fine: output.status.success() }
    }
}

impl Said {
    #[track_caller]
    fn fine(self) -> Self {
        assert!(self.fine, "{}", self.wrong);
        self
    }

    fn value(&self, word: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
    }

    fn changes(&self) -> Vec<&str> {
        let known = ["restart-kiosk", "reload-network"];
        self.lines.iter().map(String::as_str).filter(|line| known.contains(line)).collect()
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [root, desk, web] = ["kiosk", "desk", "web"].map(|name| folder.path().join(name));
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
        let uid = rustix::process::geteuid().as_raw().to_string();
        let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid)).unwrap();
        let user = line.split(':').next().unwrap().to_owned();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = Self { _folder: folder, root, desk, web, user, port };
        world.hall(&["new-keys", "keys", "--hall", "jiading"], None).fine();
        let keys = |name: &str| std::fs::read_to_string(world.desk.join("keys").join(name)).unwrap();
        let site = world.places().site();
        for folder in [&site, &world.web.join("files/requests"), &world.web.join("files/certificates")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::create_dir_all(world.web.join("files/escrow")).unwrap();
        let (authority, certificate, key) = server_certificate();
        let office = format!("https://127.0.0.1:{port}");
        for (path, text) in [
            (site.join("site.toml"), format!("office = \"{office}\"\nupdates = \"{office}/updates\"\n")),
            (site.join("update-ca.pem"), authority + &keys("ca.pem")),
            (site.join("bundle.pub"), keys("bundle.pub")),
            (site.join("escrow.pub"), keys("escrow.pub")),
            (world.web.join("server.pem"), certificate),
            (world.web.join("server.key"), key),
            (world.web.join("kiosks.pem"), keys("ca.pem")),
        ] {
            std::fs::write(path, text).unwrap();
        }
        world
    }

    fn places(&self) -> Places {
        Places::new(&self.root, &self.user)
    }

    fn run(&self, program: &str, arguments: &[&str], input: Option<&str>) -> Said {
        std::fs::create_dir_all(&self.desk).unwrap();
        let mut command = Command::new(program);
        command.current_dir(&self.desk).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who wants no input may be gone already.
        _ = child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes());
        child.wait_with_output().unwrap().into()
    }

    fn hall(&self, arguments: &[&str], input: Option<&str>) -> Said {
        self.run(env!("CARGO_BIN_EXE_onedoor-hall"), arguments, input)
    }

    fn kiosk(&self, arguments: &[&str], input: Option<&str>) -> Said {
        let root = self.root.to_str().unwrap();
        let all = [&["--root", root, "--user", &self.user], arguments].concat();
        self.run(env!("CARGO_BIN_EXE_onedoor-provision"), &all, input)
    }

    fn enrolment(&self) -> Enrolment {
        Enrolment::read(&self.places()).unwrap()
    }

    fn served(&self, name: &str) -> PathBuf {
        self.web.join("files").join(name)
    }

    /// The folder that bundles are made of.
    fn folder(&self, request: &Path, fingerprint: &str) {
        let folder = self.desk.join("hall");
        for name in ["kiosks", "secrets", "trust", "examples"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let halls = concat!(env!("CARGO_MANIFEST_DIR"), "/../../halls");
        std::fs::copy(format!("{halls}/jiading.toml"), folder.join("catalogue.toml")).unwrap();
        let catalogue = std::fs::read_to_string(folder.join("catalogue.toml")).unwrap();
        for line in catalogue.lines() {
            if let Some(name) = line.strip_prefix("example = \"").and_then(|l| l.strip_suffix('"')) {
                std::fs::copy(format!("{halls}/{name}"), folder.join(name)).unwrap();
            }
        }
        for name in ["store-ca", "time-ca"] {
            std::fs::copy(self.desk.join("keys/ca.pem"), folder.join(format!("trust/{name}.pem"))).unwrap();
        }
        let kiosk = format!("[[kiosk]]\nname = \"lobby-1\"\nfingerprint = \"{fingerprint}\"\n");
        std::fs::write(folder.join("bundle.toml"), format!("hall = \"jiading\"\n{kiosk}")).unwrap();
        std::fs::write(folder.join("network.toml"), NETWORK).unwrap();
        std::fs::write(folder.join("kiosks/lobby-1.toml"), KIOSK).unwrap();
        let request = request.to_str().unwrap();
        let sealing = ["seal", request, "hall/secrets/lobby-1.sealed", "--name", "lobby-1"];
        let keys = ["--hall-key", "keys/hall.key", "--fingerprint", fingerprint];
        self.hall(&[&sealing[..], &keys].concat(), None).fine();
    }

    fn bundle(&self, out: &Path, serial: Option<&str>) {
        let serial = serial.map_or(vec![], |serial| vec!["--serial", serial]);
        let making = ["bundle", "hall", out.to_str().unwrap(), "--key", "keys/bundle.key"];
        self.hall(&[&making[..], &serial].concat(), None).fine();
    }

    /// Puts a bundle before the kiosks. nginx tells files apart by length and second: each gets a second of its own.
    fn publish(&self, bytes: &[u8]) {
        let path = self.served("hall.bundle");
        let last = path.metadata().and_then(|about| about.modified()).unwrap_or(std::time::UNIX_EPOCH);
        std::fs::write(&path, bytes).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(last + Duration::from_secs(1)).unwrap();
    }

    fn made(&self, serial: Option<&str>) -> Vec<u8> {
        let out = self.desk.join("made.bundle");
        self.bundle(&out, serial);
        std::fs::read(out).unwrap()
    }

    fn approve(&self, request: &Path, out: &Path, fingerprint: &str, days: &str) -> Said {
        let (request, out) = (request.to_str().unwrap(), out.to_str().unwrap());
        let approving = ["approve", request, out, "--ca", "keys", "--name", "lobby-1", "--days", days];
        self.hall(&approving, Some(&format!("{fingerprint}\n")))
    }

    /// What the programs do, at another time.
    fn ask_at(&self, now: Timestamp) -> Enrolment {
        let (places, disk) = (self.places(), Disk::new());
        let keys = keys::ensure(&places, &disk).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let asked = office::run(&places, &disk, &keys, now, Duration::from_secs(20));
        runtime.block_on(asked).unwrap().enrolment
    }
}

/// Everything below a folder: names, and where links lead or what files hold.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, about) = (entry.path(), entry.path().symlink_metadata().unwrap());
        if about.is_dir() {
            found.extend(tree(&path));
        }
        let content = if about.is_symlink() {
            std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if about.is_file() {
            std::fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        found.push((path, content));
    }
    found.sort();
    found
}

#[test]
fn a_kiosk_is_set_up_served_and_renewed() {
    let world = World::new();
    let hall = world.places().hall();
    let booted = world.kiosk(&["boot"], None).fine();
    let fingerprint = booted.value("fingerprint").unwrap().to_owned();
    assert!(!hall.join("current").exists());
    assert_eq!(world.enrolment().state, State::Starting);

    // Nobody there: no more than that is wrong.
    let asked = world.kiosk(&["office"], None);
    assert!(!asked.fine && asked.changes().is_empty(), "{:?}", asked.lines);
    let said = world.enrolment();
    assert_eq!((said.state, said.trouble), (State::NoNetwork, Some(Trouble::Unreachable)));

    let _server = Server::start(&world.web, world.port);
    let asked = world.kiosk(&["office"], None).fine();
    assert_eq!((asked.value("state"), asked.changes().len()), (Some("asked"), 0));
    let request = world.served(&format!("requests/{fingerprint}.request"));
    let first = std::fs::read(&request).unwrap();
    world.kiosk(&["office"], None).fine();
    assert_eq!(std::fs::read(&request).unwrap(), first, "what was looked at is what is approved");

    // The disk's key waits until the office knows the kiosk.
    let escrow = ["escrow", "--uuid", VOLUME, "--key-from", "-"];
    let nothing = world.kiosk(&escrow, Some(""));
    assert!(!nothing.fine && nothing.wrong.contains("is no recovery key"), "{}", nothing.wrong);
    world.kiosk(&escrow, Some(&format!("{RECOVERY}\n"))).fine();
    let beside = world.places().efi().join("recovery.sealed");
    assert!(beside.is_file());
    world.kiosk(&["office"], None).fine();
    let sealed = world.served(&format!("escrow/{fingerprint}.sealed"));
    assert!(!sealed.exists(), "given by a kiosk that nobody has approved");

    // Approved by whoever compared the fingerprint.
    let certificate = world.served(&format!("certificates/{fingerprint}.pem"));
    let other = world.approve(&request, &certificate, "0000-0000-0000-0000-0000", "365");
    assert!(!other.fine && !certificate.exists(), "{}", other.wrong);
    world.approve(&request, &certificate, &fingerprint.to_lowercase(), "365").fine();
    let asked = world.kiosk(&["office"], None).fine();
    assert_eq!(asked.value("state"), Some("approved"), "{}", asked.wrong);
    assert_eq!(asked.changes(), ["restart-kiosk"]);

    // The disk's key has reached the office, and opens there alone.
    assert_eq!(std::fs::read(&sealed).unwrap(), std::fs::read(&beside).unwrap());
    assert!(!world.places().keys().join("recovery.sealed").exists());
    let opening = ["open-recovery", "--key", "keys/escrow.key", sealed.to_str().unwrap()];
    assert_eq!(world.hall(&opening, None).fine().lines, [RECOVERY]);

    // The hall's settings.
    world.folder(&request, &fingerprint);
    world.publish(&world.made(None));
    let checking = ["check", "made.bundle", "--pub", "keys/bundle.pub"];
    assert!(world.hall(&checking, None).fine().lines[0].starts_with("jiading: serial 1, "));
    let asked = world.kiosk(&["office"], None).fine();
    assert_eq!((asked.value("state"), asked.value("serial")), (Some("ready"), Some("1")));
    assert_eq!(asked.changes(), ["restart-kiosk", "reload-network"]);
    assert_eq!(std::fs::read(world.places().keys().join("hall.key")).unwrap().len(), 32);
    let firewall = std::fs::read_to_string(world.places().run().join("firewall.nft")).unwrap();
    assert!(firewall.contains("ip daddr 10.0.0.2 tcp dport 443"), "{firewall}");
    let configuration = std::fs::read_to_string(hall.join("current/kiosk.toml")).unwrap();
    assert!(configuration.contains("[store]") && configuration.contains("kiosk-key.pem"), "{configuration}");
    assert!(world.kiosk(&["office"], None).fine().changes().is_empty());
    let log = std::fs::read_to_string(world.web.join("access.log")).unwrap();
    assert!(log.lines().last().unwrap().contains("\"GET /hall.bundle HTTP/1.1\" 304"), "{log}");

    // A newer one, and back, until there is one that is newer still; from a stick, too.
    world.publish(&world.made(None));
    assert_eq!(world.kiosk(&["office"], None).fine().value("serial"), Some("2"));
    assert_eq!(world.kiosk(&["back"], None).fine().changes(), ["restart-kiosk"]);
    let asked = world.kiosk(&["office"], None).fine();
    assert_eq!((asked.value("serial"), asked.changes().len()), (Some("1"), 0));
    let stick = world.desk.join("stick.bundle");
    world.bundle(&stick, Some("5"));
    let taken = world.kiosk(&["take", "stick.bundle"], None).fine();
    assert_eq!((taken.value("serial"), taken.changes()), (Some("5"), vec!["restart-kiosk"]));
    assert_eq!(world.enrolment().serial, Some(5));

    // A certificate is renewed long before it ends, with a new key that the old one vouches for.
    let later = Timestamp::now() + SignedDuration::from_hours(300 * 24);
    let said = world.ask_at(later);
    assert_eq!(said.state, State::Ready);
    let renewal = std::fs::read(&request).unwrap();
    assert_ne!(renewal, first);
    let old = std::fs::read(world.places().keys().join("kiosk.pem")).unwrap();
    world.approve(&request, &certificate, &fingerprint, "3650").fine();
    let said = world.ask_at(later);
    assert!(said.certificate_ends.unwrap() > later + SignedDuration::from_hours(24 * 3000), "{said:?}");
    assert_ne!(std::fs::read(world.places().keys().join("kiosk.pem")).unwrap(), old);
    assert_eq!(world.kiosk(&["boot"], None).fine().value("fingerprint"), Some(fingerprint.as_str()));
    assert!(world.kiosk(&["office"], None).fine().changes().is_empty());
    // Somebody else's new key under this fingerprint is not approved, whoever typed it.
    let strange = String::from_utf8(renewal).unwrap().replace("\"signature\": \"M", "\"signature\": \"N");
    let forged = world.desk.join("forged.request");
    std::fs::write(&forged, &strange).unwrap();
    assert!(!world.approve(&forged, &world.desk.join("forged.pem"), &fingerprint, "365").fine);
}

#[test]
fn whatever_the_office_or_a_stick_gives_the_old_stays_whole() {
    let world = World::new();
    let booted = world.kiosk(&["boot"], None).fine();
    let fingerprint = booted.value("fingerprint").unwrap().to_owned();
    let server = Server::start(&world.web, world.port);
    world.kiosk(&["office"], None).fine();
    let request = world.served(&format!("requests/{fingerprint}.request"));
    let certificate = world.served(&format!("certificates/{fingerprint}.pem"));
    world.approve(&request, &certificate, &fingerprint, "365").fine();
    world.folder(&request, &fingerprint);
    world.publish(&world.made(Some("3")));
    world.kiosk(&["office"], None).fine();
    assert_eq!(apply::current(&world.places()), Some(3));

    // Others that the office might serve, by mistake or because somebody else does.
    let forget = || std::fs::remove_file(world.desk.join("hall/last-serial")).unwrap();
    let made = |serial| {
        forget();
        world.made(Some(serial))
    };
    let (older, newer) = (made("2"), made("4"));
    forget();
    world.hall(&["new-keys", "strange"], None).fine();
    let signing = ["bundle", "hall", "strange.bundle", "--key", "strange/bundle.key", "--serial", "4"];
    world.hall(&signing, None).fine();
    let strange = std::fs::read(world.desk.join("strange.bundle")).unwrap();
    let dimmer = format!("{NETWORK}[screen]\nbrightness = 50\n");
    std::fs::write(world.desk.join("hall/network.toml"), dimmer).unwrap();
    let another = made("3");
    let description = world.desk.join("hall/bundle.toml");
    let named = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, named.replace(&fingerprint, "0000-0000-0000-0000-0000")).unwrap();
    let foreign = made("4");
    std::fs::write(&description, named.replace("lobby-1", "lobby-2")).unwrap();
    let in_hall = |name: &str| world.desk.join("hall").join(name);
    std::fs::remove_file(in_hall("kiosks/lobby-1.toml")).unwrap();
    std::fs::write(in_hall("kiosks/lobby-2.toml"), KIOSK.replace("lobby-1", "lobby-2")).unwrap();
    std::fs::rename(in_hall("secrets/lobby-1.sealed"), in_hall("secrets/lobby-2.sealed")).unwrap();
    let renamed = made("4");
    let mut damaged = newer.clone();
    damaged[newer.len() / 2] ^= 1;
    let cut = newer[..newer.len() - 100].to_vec();
    let long = [newer, vec![0; 33 * 1024 * 1024]].concat();

    let before = tree(&world.places().data());
    for (what, bytes, trouble) in [
        ("older", older, Trouble::BundleOlder),
        ("another with the same serial", another, Trouble::BundleWrong),
        ("a strange key's", strange, Trouble::BundleWrong),
        ("for others", foreign, Trouble::BundleWrong),
        ("sealed for another name", renamed, Trouble::Secrets),
        ("damaged", damaged, Trouble::BundleWrong),
        ("cut off", cut, Trouble::BundleWrong),
        ("too long", long, Trouble::TooLong),
        ("nothing", Vec::new(), Trouble::BundleWrong),
    ] {
        world.publish(&bytes);
        let asked = world.kiosk(&["office"], None);
        assert!(!asked.fine && asked.changes().is_empty(), "{what}: {:?}", asked.lines);
        let said = world.enrolment();
        assert_eq!((said.state, said.trouble, said.serial), (State::Ready, Some(trouble), Some(3)), "{what}");
        assert!(said.said.as_ref().is_some_and(|said| !said.is_empty()));
        // Nor is it fetched again, and what is wrong is told all the same.
        let asked = world.kiosk(&["office"], None);
        assert!(!asked.fine && asked.changes().is_empty(), "{what}: {:?}", asked.lines);
        let again = world.enrolment();
        assert_eq!(
            (again.state, again.trouble, &again.said),
            (said.state, said.trouble, &said.said),
            "{what}"
        );
        let log = std::fs::read_to_string(world.web.join("access.log")).unwrap();
        let answers: Vec<_> = log.lines().filter(|line| line.contains("GET /hall.bundle ")).collect();
        let known = trouble != Trouble::TooLong;
        assert_eq!(answers.last().unwrap().contains("\" 304"), known, "{what}: {answers:?}");
        let taken = world.kiosk(&["take", world.served("hall.bundle").to_str().unwrap()], None);
        assert!(!taken.fine && taken.lines.is_empty() && !taken.wrong.is_empty(), "{what}");
        assert!(tree(&world.places().data()) == before, "{what} left something behind");
    }
    drop(server);

    // Whoever answers in the office's place is not believed.
    let (_, certificate, key) = server_certificate();
    std::fs::write(world.web.join("server.pem"), certificate).unwrap();
    std::fs::write(world.web.join("server.key"), key).unwrap();
    let _server = Server::start(&world.web, world.port);
    assert!(!world.kiosk(&["office"], None).fine);
    assert_eq!(world.enrolment().trouble, Some(Trouble::Untrusted));
    assert!(tree(&world.places().data()) == before);
}
