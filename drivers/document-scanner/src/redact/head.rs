//! Heads of HTTP messages.

/// What a body is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// XML.
    Document,
    /// JPEG.
    Picture,
    /// Anything else.
    #[default]
    Other,
}

/// How a body is framed (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Not at all: the head was interim, and another follows.
    Another,
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// In chunks.
    Chunked,
    /// Until the connection ends.
    UntilEnd,
}

/// Makes a head safe: values of fields that the driver does not read become `x`, hosts become
/// synthetic. Says what follows.
pub(crate) fn redact(head: &mut [u8]) -> (Content, Body) {
    let answer = head.starts_with(b"HTTP/");
    let status = head.get(9..12).unwrap_or_default().to_vec();
    let mut content = Content::Other;
    let mut body = if answer { Body::UntilEnd } else { Body::None };
    for line in head.split_mut(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            blank(line);
            continue;
        };
        let (name, value) = line.split_at_mut(colon);
        let text = String::from_utf8_lossy(value.get(1..).unwrap_or_default()).trim().to_ascii_lowercase();
        match name.to_ascii_lowercase().as_slice() {
            b"host" => host(value.get_mut(1..).unwrap_or_default()),
            b"location" => address(value),
            b"content-type" if text.contains("xml") => content = Content::Document,
            b"content-type" if text.contains("jpeg") || text.contains("jpg") => content = Content::Picture,
            b"content-length" => {
                if let (Ok(length), false) = (text.parse(), body == Body::Chunked) {
                    body = Body::Length(length);
                }
            }
            b"transfer-encoding" if text == "chunked" => body = Body::Chunked,
            b"content-type" | b"connection" => {}
            _ => blank(value.get_mut(1..).unwrap_or_default()),
        }
    }
    match (answer, status.first(), status.as_slice()) {
        (true, Some(b'1'), _) => body = Body::Another,
        (true, _, b"204" | b"304") => body = Body::None,
        _ => {}
    }
    if body == Body::Length(0) {
        body = Body::None;
    }
    (content, body)
}

fn blank(text: &mut [u8]) {
    text.iter_mut().filter(|byte| byte.is_ascii_graphic() || !byte.is_ascii()).for_each(|byte| *byte = b'x');
}

/// Makes the host in an address synthetic, if there is one.
pub(crate) fn address(text: &mut [u8]) {
    let Some(colon) = text.windows(3).position(|window| window == b"://") else { return };
    let rest = text.get_mut(colon + 3..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    host(rest.get_mut(..end).unwrap_or_default());
}

/// Makes a host synthetic: digits become 1, letters a. This machine itself is nobody's secret, and that
/// it is meant decides how some models are treated.
fn host(text: &mut [u8]) {
    let name = text.trim_ascii_start();
    if [&b"localhost"[..], b"127.", b"[::1]"].iter().any(|own| name.starts_with(own)) {
        return;
    }
    for byte in text {
        match byte {
            b'0'..=b'9' => *byte = b'1',
            b'a'..=b'z' | b'A'..=b'Z' => *byte = b'a',
            _ => {}
        }
    }
}
