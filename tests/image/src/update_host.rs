//! The hall's update host: nginx with TLS on this machine's loopback, which QEMU shows the guest at an address of its
//! own ([`crate::running::UPDATE_HOST`]).

use crate::built::Built;
use crate::tools::until;
use machine::held::{self, Held};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// The name that the tests' images know it by.
pub const NAME: &str = "office.onedoor.test";
/// At which rate it answers while it is slow, in bytes a second: an update takes minutes then.
const SLOW: &str = "256k";

/// How fast it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as the machine allows.
    Fast,
    /// So slow that something can happen in the middle of a file.
    Slow,
}

/// A web server; gone when dropped.
pub struct UpdateHost {
    folder: TempDir,
    port: u16,
    nginx: Option<Held>,
}

impl UpdateHost {
    /// Starts one with the office's own certificate.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(built: &Built) -> Self {
        let folder = tempfile::Builder::new().prefix("update-host").tempdir().expect("a folder");
        for name in ["www/updates", "www/requests", "www/certificates", "www/escrow", "body"] {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        for (key, name) in [("office/tls.key", "host.key"), ("office/tls.crt", "host.pem")] {
            fs::copy(built.key(key), folder.path().join(name)).expect("the office's key and certificate");
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let mut this = Self { folder, port: free.expect("a free port").port(), nginx: None };
        this.go_on(Pace::Fast);
        this
    }

    /// Its port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it serves, and where it puts what it is sent.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("www")
    }

    /// What it was asked, one `METHOD PATH STATUS` a line.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Goes down, in the middle of whatever it sends.
    pub fn go_down(&mut self) {
        self.nginx = None;
        // Its worker does not notice by itself; the port is free when it is gone.
        let port = self.port;
        until(
            "nginx to be gone",
            || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err().then_some(()),
            || None,
        );
    }

    /// Comes up, if it was down, or goes on at another pace.
    ///
    /// # Panics
    /// When it does not start.
    pub fn go_on(&mut self, pace: Pace) {
        if self.nginx.is_some() {
            self.go_down();
        }
        let folder = self.folder.path();
        fs::write(folder.join("nginx.conf"), configuration(folder, self.port, pace)).expect("settings");
        let mut command = held::command("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
        command.arg("-e").arg(folder.join("error.log"));
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        let mut nginx = Held::start(command.stdin(Stdio::null())).expect("nginx; `make setup` installs it");
        let port = self.port;
        let log = || fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        until(
            "nginx",
            || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok().map(drop),
            || nginx.ended().ok().flatten().map(|ended| format!("{ended}: {}", log())),
        );
        self.nginx = Some(nginx);
    }
}

/// One process, which ends with its value: with a master beside it, a killed nginx would leave its worker behind.
fn configuration(folder: &Path, port: u16, pace: Pace) -> String {
    let folder = folder.display();
    let rate = match pace {
        Pace::Fast => "0",
        Pace::Slow => SLOW,
    };
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    log_format short '$request_method $uri $status';
    access_log {folder}/access.log short;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server_tokens off;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {folder}/host.pem;
        ssl_certificate_key {folder}/host.key;
        root {folder}/www;
        limit_rate {rate};
        client_max_body_size 1m;
        location ~ ^/(requests|escrow)/[0-9A-Za-z._-]+$ {{
            dav_methods PUT;
            dav_access user:rw;
        }}
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{attempt, run};
    use crate::words;

    /// A folder as image/build leaves it, with an authority in it.
    fn built() -> (TempDir, Built) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["update", "keys"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        fs::write(folder.path().join("update/onedoor_7.efi"), "").expect("a file");
        let make = "mkdir keys/office && cd keys/office && openssl req -x509 -newkey ec -pkeyopt \
            ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=office -addext subjectAltName=DNS:$0 -keyout tls.key \
            -out tls.crt";
        run("sh", words!["-c", &format!("cd '{}' && {make}", folder.path().display()), NAME]);
        let built = Built::open(folder.path());
        (folder, built)
    }

    #[test]
    fn files_are_served_and_taken_by_those_who_trust_it() {
        let (folder, built) = built();
        assert_eq!(built.version(), 7);
        let mut host = UpdateHost::start(&built);
        fs::write(host.folder().join("hall.bundle"), "a bundle").expect("a file");
        let curl = |more: &[&std::ffi::OsStr]| {
            let ca = built.key("office/tls.crt");
            let resolve = format!("{NAME}:{}:127.0.0.1", host.port());
            let mut all = words!["-sSf", "--max-time", "20", "--cacert", &ca, "--resolve", &resolve].to_vec();
            all.extend(more);
            attempt("curl", &all)
        };
        let url = |path: &str| format!("https://{NAME}:{}/{path}", host.port());
        assert_eq!(curl(words![&url("hall.bundle")]).expect("the bundle"), "a bundle");
        let file = folder.path().join("request");
        fs::write(&file, "a request").expect("a file");
        curl(words!["-T", &file, &url("requests/ab12.request")]).expect("an answer");
        assert_eq!(fs::read_to_string(host.folder().join("requests/ab12.request")).expect("it"), "a request");
        assert!(curl(words!["-T", &file, &url("hall.bundle")]).is_none(), "nobody changes what is served");
        let log = host.requests();
        assert!(log.contains(&"PUT /requests/ab12.request 201".to_owned()), "{log:?}");
        host.go_down();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).is_err());
        host.go_on(Pace::Slow);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, host.port())).is_ok());
    }
}
