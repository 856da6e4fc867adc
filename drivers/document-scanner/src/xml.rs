//! A small, bounded reading of the XML that scanners send.
//!
//! eSCL documents are short, and scanners differ in the prefixes they choose, in the order of the
//! elements and in what they add. So a document becomes a tree of local names, in which a caller
//! looks up what he knows; everything else is ignored. Size, depth and the number of elements are
//! bounded, entities other than the five of XML 1.0 (section 4.6) and character references are
//! dropped, and a document type declaration has no effect.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Largest document read, in bytes.
pub const MAX_XML_BYTES: usize = 256 * 1024;

/// Deepest nesting read; eSCL needs about ten.
const MAX_DEPTH: usize = 32;

/// Most elements read; the longest capabilities seen have a few hundred.
const MAX_ELEMENTS: usize = 16 * 1024;

/// Attributes looked at in one start tag.
const MAX_ATTRIBUTES: usize = 8;

/// Longest text kept of one element, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// A document that is not usable XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The document is longer than [`MAX_XML_BYTES`].
    #[error("an XML document is larger than {MAX_XML_BYTES} bytes")]
    TooLarge,
    /// The document is nested too deeply or has too many elements.
    #[error("an XML document has too many elements")]
    TooComplex,
    /// The document is not well-formed.
    #[error("an XML document is malformed near byte {near_byte}")]
    Malformed {
        /// Where reading stopped.
        near_byte: u64,
    },
    /// The document is another one than was asked for.
    #[error("the XML document {expected} was expected")]
    WrongRoot {
        /// The root element asked for, without prefix.
        expected: &'static str,
    },
    /// An element that must be there is missing or unreadable.
    #[error("the XML document has no usable {0}")]
    Missing(&'static str),
}

/// One element: its local name, its own text and its children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    /// The attributes `name` and `ref`, with which setting profiles point to each other.
    labels: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document whose root element is `root`.
    pub(crate) fn document(bytes: &[u8], root: &'static str) -> Result<Self, XmlError> {
        let found = read(bytes)?;
        if found.name == root { Ok(found) } else { Err(XmlError::WrongRoot { expected: root }) }
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The element at the end of a path of names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// Every child of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// The element's text without surrounding space.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text of a child, fit for a message: no control characters.
    pub(crate) fn words(&self, name: &str) -> Option<String> {
        let text: String = self.child(name)?.text().chars().filter(|c| !c.is_control()).collect();
        (!text.is_empty()).then_some(text)
    }

    /// The attribute `name` or `ref`.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// Whether a child says `true`; `None` when it says neither that nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.child(name)?.text() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// The number in a child.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.child(name)?.text().parse().ok()
    }

    fn append(&mut self, text: &str) {
        for c in text.chars() {
            if self.text.len() + c.len_utf8() > MAX_TEXT_BYTES {
                return;
            }
            self.text.push(c);
        }
    }
}

fn read(bytes: &[u8]) -> Result<Element, XmlError> {
    if bytes.len() > MAX_XML_BYTES {
        return Err(XmlError::TooLarge);
    }
    // Old firmware sends Latin-1 in names; one wrong letter must not hide a whole scanner.
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) => return Err(XmlError::Malformed { near_byte: reader.error_position() }),
        };
        match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() >= MAX_DEPTH || elements > MAX_ELEMENTS {
                    return Err(XmlError::TooComplex);
                }
                open.push(begun(&start));
            }
            Event::Empty(empty) => {
                elements += 1;
                if elements > MAX_ELEMENTS {
                    return Err(XmlError::TooComplex);
                }
                let element = begun(&empty);
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
            Event::End(_) => {
                let Some(element) = open.pop() else {
                    return Err(XmlError::Malformed { near_byte: reader.buffer_position() });
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    // The root is closed; what follows is none of our business.
                    None => return Ok(element),
                }
            }
            Event::Text(piece) => append(&mut open, &piece.xml10_content()),
            Event::CData(piece) => append(&mut open, &piece.xml10_content()),
            Event::GeneralRef(entity) => {
                let c = match entity.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    _ => predefined(&entity.xml10_content()),
                };
                if let Some(c) = c {
                    append(&mut open, c.encode_utf8(&mut [0; 4]));
                }
            }
            Event::Eof => return Err(XmlError::Malformed { near_byte: reader.buffer_position() }),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// An element of which the start tag was read.
fn begun(start: &BytesStart<'_>) -> Element {
    let mut labels = Vec::new();
    // What is wrong with an attribute is not worth a document: it is as if it were not there.
    for attribute in start.attributes().with_checks(false).flatten().take(MAX_ATTRIBUTES) {
        let label = match attribute.key.local_name().as_ref() {
            "name" => "name",
            "ref" => "ref",
            _ => continue,
        };
        if attribute.value.len() <= MAX_TEXT_BYTES {
            labels.push((label, attribute.value.into_owned()));
        }
    }
    Element { name: start.local_name().as_ref().to_owned(), labels, ..Element::default() }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.append(text);
    }
}

fn predefined(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn local_names_text_and_entities() {
        let text = b"\xEF\xBB\xBF<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><q:a xmlns:q='u'>\
            <b> one &amp; &#x4E2D;&x; </b><w:b><![CDATA[<two>]]></w:b><!-- no --><c/></q:a> trailing";
        let a = Element::document(text, "a").unwrap();
        let texts: Vec<_> = a.all("b").map(Element::text).collect();
        assert_eq!(texts, ["one & 中", "<two>"]);
        assert!(a.at(&["c"]).is_some() && a.at(&["c", "d"]).is_none());
    }

    #[test]
    fn labels_and_flags() {
        let text = "<a><p name='p1' s:ref = \"p2\" other='x' bad/><q>true</q><r>0</r><s>perhaps</s></a>";
        let a = Element::document(text.as_bytes(), "a").unwrap();
        let p = a.child("p").unwrap();
        assert_eq!((p.label("name"), p.label("ref"), p.label("other")), (Some("p1"), Some("p2"), None));
        let flags = ["q", "r", "s", "t"].map(|name| a.flag(name));
        assert_eq!(flags, [Some(true), Some(false), None, None]);
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(40);
        let wide = format!("<a>{}</a>", "<b/>".repeat(20_000));
        let huge = format!("<a>{}</a>", "x".repeat(MAX_XML_BYTES));
        assert_eq!(read(deep.as_bytes()).unwrap_err(), XmlError::TooComplex);
        assert_eq!(read(wide.as_bytes()).unwrap_err(), XmlError::TooComplex);
        assert_eq!(read(huge.as_bytes()).unwrap_err(), XmlError::TooLarge);
        for text in ["", "nothing", "<a>", "<a></b>", "<a", "</a>", "<a><b></a>"] {
            assert!(matches!(read(text.as_bytes()), Err(XmlError::Malformed { .. })), "{text}");
        }
        let long = read(format!("<a>{}</a>", "字".repeat(5_000)).as_bytes()).unwrap();
        assert!(long.text().len() <= MAX_TEXT_BYTES);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&bytes);
        }

        #[test]
        fn nor_does_anything_like_xml(text in "(<[a-c:/!?\\[]{0,4}[ >]|&[a-z#x0-9]{0,5};?|[a-z]|]]>|-->|\"){0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
