use proptest::prelude::*;

use super::*;
use crate::capabilities::tests::SAMPLE;
use crate::jpeg::Look;
use crate::jpeg::tests::jpeg;

/// What is kept of a message that crosses in pieces of `size` bytes.
fn kept(message: &[u8], size: usize) -> Vec<u8> {
    let mut redactor = Redactor::default();
    let mut all: Vec<Kept> = message.chunks(size).flat_map(|piece| redactor.crossed(piece)).collect();
    all.extend(redactor.ended());
    all.into_iter()
        .flat_map(|kept| match kept {
            Kept::Bytes(bytes) => bytes,
            Kept::Zeros(count) => vec![0; count],
        })
        .collect()
}

fn chunked(content_type: &str, body: &[u8], size: usize) -> Vec<u8> {
    let mut message =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n")
            .into_bytes();
    for piece in body.chunks(size) {
        message.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        message.extend(piece);
        message.extend(b"\r\n");
    }
    message.extend(b"0\r\n\r\n");
    message
}

#[test]
fn a_page_keeps_its_form_and_loses_its_picture() {
    let mut page = jpeg(2480, 3508, 300, 5_000);
    let remark = [&[0xFF, 0xFE, 0, 12][..], b"Wang Xiaom"].concat();
    page.splice(20..20, remark);
    page[4_000..4_004].copy_from_slice(&[0xFF, 0x00, 0xFF, 0xD3]);
    for message in [
        [
            format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", page.len())
                .as_bytes(),
            &page,
        ]
        .concat(),
        chunked("image/jpeg", &page, 700),
        [b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", &page[..]].concat(),
    ] {
        for size in [1, 7, 1000, usize::MAX] {
            let kept = kept(&message, size.min(message.len()));
            assert_eq!(kept.len(), message.len());
            assert!(!kept.windows(4).any(|w| w == b"Wang" || w == [0x55; 4]), "no remark, no picture");
            assert!(kept.windows(2).any(|w| w == [0xFF, 0xD9]), "the end of the image");
            assert!(kept.starts_with(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"));
        }
    }
    // Without the framing it is a whole image of the same size still.
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", page.len());
    let kept = kept(&[head.as_bytes(), &page].concat(), 512);
    let mut look = Look::default();
    look.over(&kept[head.len()..]).unwrap();
    assert_eq!(look.end().unwrap().0.width, 2480);
}

/// Chunks may end between the bytes of a marker.
#[test]
fn a_page_in_chunks_of_any_size_stays_whole() {
    let mut page = jpeg(2480, 3508, 300, 400);
    page[300..304].copy_from_slice(&[0xFF, 0x00, 0xFF, 0xD3]);
    for size in 1..20 {
        let text = kept(&chunked("image/jpeg", &page, size), 64);
        let body = text.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        let (mut rest, mut image) = (&text[body..], vec![]);
        loop {
            let line = rest.iter().position(|b| *b == b'\n').unwrap();
            let digits = std::str::from_utf8(&rest[..line]).unwrap().trim();
            let length = usize::from_str_radix(digits, 16).unwrap();
            if length == 0 {
                break;
            }
            image.extend(&rest[line + 1..][..length]);
            rest = &rest[line + 1 + length + 2..];
        }
        let mut look = Look::default();
        look.over(&image).unwrap();
        assert_eq!(look.end().unwrap().0.width, 2480, "{size}");
    }
}

#[test]
fn a_long_page_is_kept_in_few_bytes() {
    let page = jpeg(2480, 3508, 300, 4_000_000);
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", page.len());
    let mut redactor = Redactor::default();
    let kept: Vec<_> =
        [head.as_bytes(), &page].concat().chunks(8192).flat_map(|piece| redactor.crossed(piece)).collect();
    let bytes: usize = kept.iter().map(|k| if let Kept::Bytes(bytes) = k { bytes.len() } else { 0 }).sum();
    assert!(bytes < 1_000, "{bytes}");
}

#[test]
fn documents_and_heads_do_not_name_the_device() {
    let xml = SAMPLE
        .replace("<pwg:SerialNumber>SN1", "<!-- made for Mr Li --><pwg:SerialNumber>S&amp;N-1")
        .replace(
            "<scan:UUID>",
            "<scan:AdminURI>http://10.2.30.4/a1</scan:AdminURI><x:Room x:who=\"Li4\">301</x:Room><scan:UUID>",
        );
    let message = chunked("text/xml", xml.as_bytes(), 97);
    for size in [1, 64, message.len()] {
        let kept = String::from_utf8(kept(&message, size)).unwrap();
        assert_eq!(kept.len(), message.len());
        for gone in ["SN1", "Mr Li", "Li4", "301", "10.2.30.4"] {
            assert!(!kept.contains(gone), "{gone}");
        }
    }
    let plain =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{xml}", xml.len());
    let text = String::from_utf8(kept(plain.as_bytes(), 50)).unwrap();
    for there in [
        "<pwg:SerialNumber>X&amp;X-0<",
        "http://11.1.11.1/a1",
        "<x:Room x:who=\"xxx\">000<",
        ">Lobby A4<",
        ">x-0</scan:UUID>",
    ] {
        assert!(text.contains(there), "{there}: {text}");
    }
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && crate::Capabilities::parse(body.as_bytes()).is_ok());

    let request = b"GET /eSCL/ScannerStatus HTTP/1.1\r\nHost: Scan9.hall:8080\r\nX-Who: Li 4\r\n\r\n";
    let text = String::from_utf8(kept(request, 9)).unwrap();
    assert_eq!(text, "GET /eSCL/ScannerStatus HTTP/1.1\r\nHost: aaaa1.aaaa:1111\r\nX-Who: xx x\r\n\r\n");
    let answer =
        b"HTTP/1.1 201 Created\r\nLocation: http://10.0.0.7:80/eSCL/ScanJobs/7\r\nContent-Length: 0\r\n\r\n";
    let text = String::from_utf8(kept(answer, 9)).unwrap();
    assert!(text.contains("Location: http://11.1.1.1:11/eSCL/ScanJobs/7\r\n"), "{text}");
}

#[test]
fn what_breaks_off_is_blank() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 900\r\n\r\n<a><SerialNumber>SN1";
    let kept = kept(cut, 11);
    assert_eq!(kept.len(), cut.len());
    assert!(kept.ends_with(&[0; 20]));
}

/// A page with thumbnails in its header, and where it holds what nobody may see.
fn page_with_thumbnails(noise: &[u8]) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut page = jpeg(2480, 3508, 300, 64);
    let (mut header, scan) = (page.drain(..20).collect::<Vec<_>>(), page);
    // In the JFIF header itself, in an extension of it (T.871, 10.1 and 10.2), and in a reserved segment.
    let length = u8::try_from(noise.len() + 16).unwrap();
    header.splice(4..6, [0, length]);
    let thumbnail = header.len()..header.len() + noise.len();
    let mut secret = vec![thumbnail];
    header.extend(noise);
    for head in
        [[0xFF, 0xE0, 0, length, b'J', b'F', b'X', b'X', 0, 0x13], [0xFF, 0x40, 0, length, 1, 2, 3, 4, 5, 6]]
    {
        header.extend(head);
        secret.push(header.len()..header.len() + noise.len());
        header.extend(noise);
        header.extend([0; 8]);
    }
    let (scan, end) = scan.split_at(scan.len() - 2);
    header.extend(scan);
    let begin = header.len();
    for byte in noise.iter().chain(noise).map(|byte| byte.rotate_left(3)) {
        // A zero behind each FF.
        header.extend([byte, 0].get(..1 + usize::from(byte == 0xFF)).unwrap());
    }
    secret.push(begin..header.len());
    header.extend(end);
    (header, secret)
}

#[test]
fn thumbnails_go_and_a_page_with_them_stays_whole() {
    let noise: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(167) ^ 0x5A).collect();
    let (page, _) = page_with_thumbnails(&noise);
    let mut kept = vec![];
    let (mut picture, mut keep) = (Picture::default(), Keep::default());
    picture.crossed(&page, &mut keep);
    for part in keep.take() {
        match part {
            Kept::Bytes(bytes) => kept.extend(bytes),
            Kept::Zeros(count) => kept.resize(kept.len() + count, 0),
        }
    }
    assert_eq!(kept.len(), page.len());
    let (mut then, mut now) = (Look::default(), Look::default());
    then.over(&page).unwrap();
    now.over(&kept).unwrap();
    assert_eq!(now.end(), then.end());
    assert_eq!(now.end().unwrap().0.stated_dpi, Some(300));
}

/// Damage that makes a frame header of a picture's own bytes keeps none of them.
#[test]
fn no_frame_header_is_made_of_a_picture() {
    let mut noise = vec![0; 60];
    // As entropy-coded bytes: C2 00 FF 00 00 00 08 08.
    noise[30..37].copy_from_slice(&[0x58, 0, 0xFF, 0, 0, 1, 1]);
    let (mut page, _) = page_with_thumbnails(&noise);
    let shown = [0xC2, 0, 0xFF, 0, 0, 0, 8, 8];
    let at = page.windows(8).position(|part| part == shown).unwrap();
    page[at - 1] = 0xFF;
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", page.len());
    let kept = kept(&[head.as_bytes(), &page].concat(), 7);
    assert!(!kept.windows(8).any(|part| part == shown));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn of_a_picture_and_its_thumbnails_no_eight_bytes_stay_whatever_is_damaged(
        noise in proptest::collection::vec(any::<u8>(), 40..200),
        damage in proptest::collection::vec((any::<usize>(), any::<bool>(), any::<[u8; 4]>(), 1usize..5), 0..6),
        size in 1usize..200,
    ) {
        let (page, secret) = page_with_thumbnails(&noise);
        let mut damaged = page.clone();
        for (at, marker, mut bytes, count) in damage {
            if marker {
                // What looks like a segment, of some length or of one that the picture gives it.
                bytes[0] = 0xFF;
            }
            let at = at % (page.len() - 4);
            damaged[at..at + count].copy_from_slice(&bytes[..count]);
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", page.len());
        let kept = kept(&[head.as_bytes(), &damaged].concat(), size);
        prop_assert_eq!(kept.len(), head.len() + page.len());
        let there: std::collections::HashSet<&[u8]> = kept.windows(8).collect();
        for part in secret.into_iter().flat_map(|range| page[range].windows(8)) {
            // What is all the same shows nothing, and a number among zeros stands in every header.
            let shows = part.iter().any(|byte| *byte != part[0]) && part.iter().filter(|b| **b != 0).count() > 3;
            prop_assert!(!shows || !there.contains(part), "{:02X?}", part);
        }
    }

    #[test]
    fn lengths_stay_whatever_comes(message: Vec<u8>, size in 1usize..40) {
        prop_assert_eq!(kept(&message, size).len(), message.len());
    }

    #[test]
    fn and_in_any_body(body: Vec<u8>, size in 1usize..40, chunk in 1usize..90, jpeg: bool) {
        let message = chunked(if jpeg { "image/jpeg" } else { "text/xml" }, &body, chunk);
        let whole = kept(&message, message.len());
        prop_assert_eq!(whole.len(), message.len());
        prop_assert_eq!(kept(&message, size), whole);
    }
}
