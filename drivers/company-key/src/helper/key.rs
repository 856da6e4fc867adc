//! What is done with one key: its certificate found, and a challenge signed.

use company_key::protocol::Answer;
use company_key::{Call, Sar};
use zeroize::Zeroizing;

use crate::skf::{Application, Container, Device, Failed, Library};

/// The id that goes into the signer's digest Z when none was agreed (GM/T 0009-2012, 10).
const SIGNER: &[u8] = b"1234567812345678";

/// The certificate for signing of the key with this name.
pub(crate) fn read(library: &Library, name: &[u8]) -> Answer {
    let found = library
        .connect(name)
        .and_then(|device| with_certificate(&device, |_, _, certificate| Answer::Certificate(certificate)));
    found.unwrap_or_else(Answer::from)
}

/// A signature over `challenge` by the key with this name, if it still holds `expected`.
pub(crate) fn prove(library: &Library, name: &[u8], expected: &[u8], pin: &[u8], challenge: &[u8]) -> Answer {
    let proven = library.connect(name).and_then(|device| {
        with_certificate(&device, |application, container, certificate| {
            if *certificate != expected {
                return Answer::Changed;
            }
            let signed = sign(&device, application, container, pin, challenge);
            // Whoever comes next must enter the PIN again.
            application.log_out();
            signed.map_or_else(Answer::from, |(r, s)| Answer::Signature(r, s))
        })
    });
    proven.unwrap_or_else(Answer::from)
}

fn sign(
    device: &Device<'_>,
    application: &Application<'_>,
    container: &Container<'_>,
    pin: &[u8],
    challenge: &[u8],
) -> Result<([u8; 32], [u8; 32]), Failed> {
    // A login left over from before proves nothing about this PIN.
    application.log_out();
    application.verify_pin(pin)?;
    let public_key = container.public_key()?;
    let digest = device.digest(&public_key, SIGNER, challenge)?;
    container.sign(&digest)
}

/// Finds the first container with a certificate for signing and works on it.
fn with_certificate<T>(
    device: &Device<'_>,
    work: impl FnOnce(&Application<'_>, &Container<'_>, Zeroizing<Vec<u8>>) -> T,
) -> Result<T, Failed> {
    let mut failed = Failed::Code(Call::ExportCertificate, Sar::CertificateNotFound, None);
    for name in device.applications()? {
        let application = device.open_application(&name)?;
        for name in application.containers()? {
            let container = application.open_container(&name)?;
            match container.certificate() {
                Ok(certificate) => return Ok(work(&application, &container, certificate)),
                Err(gone @ (Failed::Code(_, Sar::DeviceRemoved, _) | Failed::Misbehaved(_))) => {
                    return Err(gone);
                }
                // Libraries have many ways to say that a container is empty: the first one that says
                // something else is remembered for the case that no container holds a certificate.
                Err(Failed::Code(_, Sar::CertificateNotFound, _)) => {}
                Err(other) => failed = other,
            }
        }
    }
    Err(failed)
}

impl From<Failed> for Answer {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Code(Call::ExportCertificate, Sar::CertificateNotFound, _) => Self::NoCertificate,
            Failed::Code(call, code, tries) => Self::Refused { call, code, tries },
            Failed::Misbehaved(call) => Self::Misbehaved(call),
        }
    }
}
