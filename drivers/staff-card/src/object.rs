//! What is around a certificate and a signature when the card gives them.

use zeroize::Zeroizing;

use crate::{SlotFault, Step, tlv};
use tlv::Place;

/// A certificate is at most this long, in bytes; the largest that a PIV card must hold has 1856 (SP
/// 800-73-4 part 1, table 7).
pub const LONGEST_CERTIFICATE: usize = 4096;

/// A signature is at most this long, in bytes: that of RSA-2048.
const LONGEST_SIGNATURE: usize = 256;

/// CertInfo's bit for a certificate compressed by gzip (SP 800-73-4 part 1, appendix A, table 39).
const COMPRESSED: u8 = 0x01;

/// The certificate in an object 53 { 70 certificate, 71 CertInfo, FE check }, of which nobody looks at the
/// last, as the standard has it. Other tags are passed over.
pub(crate) fn certificate(object: &[u8]) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
    let malformed = SlotFault::Malformed(Step::Certificate);
    let Some(parts) = certificate_parts(object) else { return Err(malformed) };
    if parts.info & COMPRESSED != 0 {
        return Err(SlotFault::CompressedCertificate);
    }
    let der = object.get(parts.certificate).unwrap_or_default();
    if der.is_empty() {
        return Err(SlotFault::NoCertificate);
    }
    if der.len() > LONGEST_CERTIFICATE {
        return Err(malformed);
    }
    Ok(Zeroizing::new(der.to_vec()))
}

/// Where the certificate lies, and what is said of it.
pub(crate) struct CertificateParts {
    pub(crate) certificate: Place,
    info: u8,
}

pub(crate) fn certificate_parts(object: &[u8]) -> Option<CertificateParts> {
    let parts = tlv::all(object, tlv::whole(object, 0x53)?)?;
    let place = |wanted: u8| parts.iter().find(|(tag, _)| *tag == wanted).map(|(_, place)| place.clone());
    let certificate = place(0x70)?;
    let info = place(0x71).and_then(|place| object.get(place)?.first().copied()).unwrap_or(0);
    Some(CertificateParts { certificate, info })
}

/// The signature in a template 7C { 82 signature }.
pub(crate) fn signature(template: &[u8]) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
    let signature = signature_place(template).and_then(|place| template.get(place));
    match signature {
        Some(signature) if (1..=LONGEST_SIGNATURE).contains(&signature.len()) => {
            Ok(Zeroizing::new(signature.to_vec()))
        }
        _ => Err(SlotFault::Malformed(Step::Sign)),
    }
}

/// Where the signature lies.
pub(crate) fn signature_place(template: &[u8]) -> Option<Place> {
    let parts = tlv::all(template, tlv::whole(template, 0x7C)?)?;
    match &parts[..] {
        [(0x82, place)] => Some(place.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(parts: &[(u8, &[u8])]) -> Vec<u8> {
        let parts: Vec<_> = parts.iter().map(|(tag, value)| tlv::tlv(*tag, value)).collect();
        tlv::tlv(0x53, &parts.concat())
    }

    #[test]
    fn a_certificate_is_taken_out_of_its_object() {
        let der = [0x30; 300];
        for whole in [
            object(&[(0x70, &der), (0x71, &[0]), (0xFE, &[])]),
            object(&[(0x70, &der), (0x71, &[0]), (0x72, &[1, 2]), (0xFE, &[])]),
            object(&[(0x70, &der)]),
        ] {
            assert_eq!(*certificate(&whole).unwrap(), der);
        }
        let long = [0x30; LONGEST_CERTIFICATE + 1];
        for (whole, code) in [
            (object(&[(0x70, &der), (0x71, &[1]), (0xFE, &[])]), "compressed-certificate"),
            (object(&[(0x70, &[]), (0x71, &[0]), (0xFE, &[])]), "no-certificate"),
            (object(&[(0x70, &long), (0x71, &[0])]), "malformed"),
            (object(&[(0x71, &[0])]), "malformed"),
            (object(&[(0x70, &der)])[..290].to_vec(), "malformed"),
            (vec![], "malformed"),
        ] {
            assert_eq!(certificate(&whole).unwrap_err().code(), code);
        }
    }

    #[test]
    fn a_signature_is_taken_out_of_its_template() {
        assert_eq!(*signature(&[0x7C, 0x04, 0x82, 0x02, 0xAA, 0xBB]).unwrap(), [0xAA, 0xBB]);
        for wrong in [
            &[0x7C, 0x02, 0x82, 0x00][..],
            &[0x7C, 0x04, 0x81, 0x02, 0xAA, 0xBB],
            &[0x7C, 0x05, 0x82, 0x02, 0xAA, 0xBB],
            &[0x7C, 0x06, 0x82, 0x01, 0xAA, 0x82, 0x01, 0xAA],
            &tlv::tlv(0x7C, &tlv::tlv(0x82, &[1; 257])),
            &[],
        ] {
            assert_eq!(signature(wrong).unwrap_err().code(), "malformed", "{wrong:02X?}");
        }
    }
}
