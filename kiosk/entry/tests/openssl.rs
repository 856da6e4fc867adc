//! A hall that makes its cards' certificates and its list with openssl, as the README says they must be.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use entry::{Attempts, Calendar, CardChallenge, Refusal, StaffCertificates, TECHNICIAN, Technician, Who};

const SETTINGS: &str = "
[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
CN = Hall
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = hall
[hall]
database = index.txt
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
[list]
authorityKeyIdentifier = keyid
";

/// Runs openssl in `folder`.
#[track_caller]
fn openssl(folder: &Path, line: &str) {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A hall's authority, a technician's key and certificate, and a list on which nobody is.
fn hall() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("hall.cnf"), SETTINGS).unwrap();
    fs::write(folder.join("index.txt"), "").unwrap();
    fs::write(folder.join("crlnumber"), "01\n").unwrap();
    let purposes = format!("keyUsage = critical, digitalSignature\nextendedKeyUsage = {TECHNICIAN}\n");
    fs::write(folder.join("card.ext"), purposes).unwrap();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 60 -config hall.cnf");
    openssl(
        folder,
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout card.key -out card.csr \
         -config hall.cnf -subj /CN=Technician-4",
    );
    openssl(
        folder,
        "x509 -req -in card.csr -CA ca.pem -CAkey ca.key -set_serial 77 -days 30 -extfile card.ext -out card.pem",
    );
    openssl(folder, "x509 -in card.pem -outform DER -out card.der");
    openssl(folder, "ca -config hall.cnf -gencrl -crlexts list -out list.pem");
    dir
}

fn check(folder: &Path) -> Result<Technician, Refusal> {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let hall = StaffCertificates::new(&read("ca.pem"), &read("list.pem")).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    hall.check(&read("card.der"), Calendar::Known(now.as_secs()))
}

#[test]
fn a_card_made_with_openssl_opens_until_it_is_revoked() {
    let dir = hall();
    let folder = dir.path();
    let technician = check(folder).unwrap();
    let now = Duration::from_secs(1);
    let mut attempts = Attempts::restored(0, now);
    let challenge = CardChallenge::new(&"lobby-1".parse().unwrap(), [7; 32], &attempts, now).unwrap();
    fs::write(folder.join("message"), challenge.message()).unwrap();
    openssl(folder, "dgst -sha256 -sign card.key -out signature message");
    let signature = fs::read(folder.join("signature")).unwrap();
    let pass = challenge.signed(technician, &signature, &mut attempts, now).unwrap();
    let who = Who::Technician { name: "Technician-4".to_owned(), serial: "4D".to_owned() };
    assert_eq!(pass.who(), who);

    openssl(folder, "ca -config hall.cnf -revoke card.pem");
    openssl(folder, "ca -config hall.cnf -gencrl -crlexts list -out list.pem");
    assert_eq!(check(folder).unwrap_err(), Refusal::Revoked);
}
