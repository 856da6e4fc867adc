//! The hall's certificates under the authority of the image's office, so that the hall's store knows a kiosk which the
//! office has approved.

use crate::built::Built;
use crate::tools::run;
use crate::words;
use std::fs;
use std::path::Path;

/// Makes `PREFIXstore` and `PREFIXclient`, key and certificate, in this folder, signed by an authority.
const LEAVES: &str = r#"
leaf() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$3" -keyout "$1.key" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\n' "$4" "$5" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2ca.pem" -CAkey "$2authority.key" -set_serial "0x$(openssl rand -hex 12)" \
        -days 3650 -extfile "$1.ext" -out "$1.pem"
    rm "$1.csr" "$1.ext"
}
prefix=$1
leaf "${prefix}store" "$prefix" store.hall.test DNS:localhost,DNS:store.hall.test,IP:127.0.0.1 serverAuth
leaf "${prefix}client" "$prefix" kiosk.hall.test DNS:kiosk.hall.test clientAuth
rm "${prefix}authority.key"
"#;

/// Makes the files that the hall would otherwise make for itself: those of its own authority, which is the office's,
/// and those of a stranger's.
///
/// # Panics
/// When the office's authority is not among the image's keys.
pub fn lay_out(built: &Built, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let place = |name: &str| folder.join(name);
    for (from, to) in [("office/ca.pem", "ca.pem"), ("office/ca.key", "authority.key")] {
        fs::copy(built.key(from), place(to)).expect("the office's authority");
    }
    let (key, certificate) = (place("wrong-authority.key"), place("wrong-ca.pem"));
    let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj /CN=stranger \
        -keyout \"$0\" -out \"$1\"";
    run("sh", words!["-c", make, &key, &certificate]);
    for prefix in ["", "wrong-"] {
        let script = format!("set -eu\ncd \"$0\"\n{LEAVES}");
        run("bash", words!["-c", &script, folder, prefix]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::attempt;

    /// A folder as image/build leaves it, with an authority in it.
    fn built() -> (tempfile::TempDir, Built) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("keys/office")).expect("a folder");
        fs::create_dir(folder.path().join("update")).expect("a folder");
        fs::write(folder.path().join("update/onedoor_7.efi"), "").expect("a file");
        let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=office \
            -keyout ca.key -out ca.pem";
        run("sh", words!["-c", &format!("cd '{}/keys/office' && {make}", folder.path().display())]);
        let built = Built::open(folder.path());
        (folder, built)
    }

    #[test]
    fn each_authority_signs_its_own() {
        let (folder, built) = built();
        let pki = folder.path().join("data/pki");
        lay_out(&built, &pki);
        for (ca, leaf, good) in [
            ("ca.pem", "store.pem", true),
            ("ca.pem", "client.pem", true),
            ("wrong-ca.pem", "wrong-client.pem", true),
            ("ca.pem", "wrong-client.pem", false),
        ] {
            let verified = attempt("openssl", words!["verify", "-CAfile", &pki.join(ca), &pki.join(leaf)]);
            assert_eq!(verified.is_some(), good, "{leaf} under {ca}");
        }
        assert!(!pki.join("authority.key").exists(), "no authority's key is left with the hall");
    }
}
