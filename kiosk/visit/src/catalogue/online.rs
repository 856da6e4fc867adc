//! Where a matter can be done without coming to the hall.

/// The address of a page at which a matter can be done online; short enough for a code that a telephone reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlineAddress(String);

impl OnlineAddress {
    /// The most characters of an address.
    pub const LONGEST: usize = 200;

    /// Accepts `https://`, a host, and what follows it, all in visible ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let host = text.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
        let good = text.len() <= Self::LONGEST
            && text.bytes().all(|b| b.is_ascii_graphic())
            && host.bytes().all(letter)
            && host.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        good.then(|| Self(text.to_owned()))
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_behind_https() {
        let long = |n: usize| format!("https://a.cn/{}", "x".repeat(n - 13));
        for (text, good) in [
            ("https://zwdt.sh.gov.cn/matter/1?from=kiosk", true),
            ("https://localhost", true),
            (&long(200), true),
            (&long(201), false),
            ("http://zwdt.sh.gov.cn/", false),
            ("zwdt.sh.gov.cn", false),
            ("https://", false),
            ("https:///matter", false),
            ("https://a b", false),
            ("https://user@host/", false),
            ("https://政务.cn/", false),
            ("https://a.cn/事项", false),
            ("", false),
        ] {
            assert_eq!(OnlineAddress::new(text).is_some(), good, "{text}");
        }
    }
}
