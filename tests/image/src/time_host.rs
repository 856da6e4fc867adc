//! A time server that proves who it is (NTS, RFC 8915): chronyd on this machine's loopback. Its key exchange is shown
//! to the guest at an address of its own ([`crate::running::TIME_HOST`]); time itself is asked where this says, at the
//! guest's door to the loopback.

use crate::running::LOOPBACK;
use crate::tools::{run, until};
use crate::words;
use machine::held::{self, Held};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;

/// The name that its certificate is for.
pub const NAME: &str = "time.hall.test";

/// Who signed its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The one that the hall trusts with the time.
    Halls,
    /// Another one.
    Stranger,
}

/// Makes both authorities, and a certificate of each for the server.
const MAKE: &str = r#"
cd "$0"
for who in hall stranger; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj "/CN=$who time" \
        -keyout "$who-ca.key" -out "$who-ca.pem"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$1" -keyout "$who.key" -out "$who.csr"
    printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n' "$1" >ext
    openssl x509 -req -in "$who.csr" -CA "$who-ca.pem" -CAkey "$who-ca.key" -set_serial 7 -days 30 -extfile ext -out "$who.pem"
done
"#;

/// A time server; gone when dropped.
pub struct TimeHost {
    folder: TempDir,
    exchange: u16,
    time: u16,
    chronyd: Option<Held>,
}

impl TimeHost {
    /// Starts one with a certificate of this authority's.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(authority: Authority) -> Self {
        let folder = tempfile::Builder::new().prefix("time-host").tempdir().expect("a folder");
        run("sh", words!["-euc", MAKE, folder.path(), NAME]);
        let exchange = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let time = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = |address: std::io::Result<std::net::SocketAddr>| address.expect("a free port").port();
        let mut this = Self { folder, exchange: port(exchange), time: port(time), chronyd: None };
        this.go_on(authority);
        this
    }

    /// Its port for the exchange of keys, on the loopback (TCP).
    #[must_use]
    pub fn exchange(&self) -> u16 {
        self.exchange
    }

    /// Its port for the time, on the loopback (UDP).
    #[must_use]
    pub fn time(&self) -> u16 {
        self.time
    }

    /// The certificate of the authority that the hall trusts.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("hall-ca.pem")
    }

    /// Goes on with a certificate of this authority's.
    ///
    /// # Panics
    /// When it does not start.
    pub fn go_on(&mut self, authority: Authority) {
        self.chronyd = None;
        let folder = self.folder.path();
        fs::write(folder.join("chrony.conf"), self.configuration(authority)).expect("settings");
        let log = fs::File::create(folder.join("chronyd.log")).expect("a log");
        let mut command = held::command("/usr/sbin/chronyd");
        // It neither sets this machine's clock nor asks to be root.
        command.args(["-d", "-x", "-U", "-f"]).arg(folder.join("chrony.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut chronyd = Held::start(&mut command).expect("chronyd; `make setup` installs it");
        let said = || fs::read_to_string(folder.join("chronyd.log")).unwrap_or_default();
        until(
            "chronyd",
            || TcpStream::connect((Ipv4Addr::LOCALHOST, self.exchange)).ok().map(drop),
            || chronyd.ended().ok().flatten().map(|ended| format!("{ended}: {}", said())),
        );
        self.chronyd = Some(chronyd);
    }

    fn configuration(&self, authority: Authority) -> String {
        let who = match authority {
            Authority::Halls => "hall",
            Authority::Stranger => "stranger",
        };
        let (folder, exchange, time) = (self.folder.path().display(), self.exchange, self.time);
        let user = run("id", words!["-un"]);
        format!(
            "user {user}\npidfile {folder}/chronyd.pid\ncmdport 0\nbindcmdaddress /\nbindaddress 127.0.0.1\nport {time}\n\
             local stratum 3\nallow 127.0.0.1\nntsport {exchange}\nntsserverkey {folder}/{who}.key\n\
             ntsservercert {folder}/{who}.pem\nntsntpserver {LOOPBACK}\nntsprocesses 0\n"
        )
    }
}
