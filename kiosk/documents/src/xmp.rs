//! The XMP packet of a document: what ISO 19005-2 (6.6.2 to 6.6.4) wants to read about it.

use crate::meta::Meta;
use crate::xml::escaped;

/// The packet in UTF-8. What the document information dictionary says stands here too, in the same
/// words, as 6.6.3 asks.
pub(crate) fn packet(meta: &Meta) -> Vec<u8> {
    let title = escaped(meta.title());
    let producer = escaped(meta.producer());
    let created = meta.created().xmp();
    // The mark in begin="" is U+FEFF, which tells readers the encoding.
    format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         <pdfaid:part>2</pdfaid:part>\n\
         <pdfaid:conformance>B</pdfaid:conformance>\n\
         </rdf:Description>\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:format>application/pdf</dc:format>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         </rdf:Description>\n\
         <rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">\n\
         <xmp:CreateDate>{created}</xmp:CreateDate>\n\
         </rdf:Description>\n\
         <rdf:Description rdf:about=\"\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\n\
         <pdf:Producer>{producer}</pdf:Producer>\n\
         </rdf:Description>\n\
         </rdf:RDF>\n\
         </x:xmpmeta>\n\
         <?xpacket end=\"r\"?>"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Created;

    #[test]
    fn the_packet_names_part_and_conformance_and_escapes_text() {
        let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
        let meta = Meta::new("执照 <副本> & more", created, "0.1.0", "seed").unwrap();
        let packet = String::from_utf8(packet(&meta)).unwrap();
        for piece in [
            "begin=\"\u{FEFF}\"",
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>B</pdfaid:conformance>",
            ">执照 &lt;副本&gt; &amp; more</rdf:li>",
            "<xmp:CreateDate>2026-11-23T09:30:00+08:00</xmp:CreateDate>",
            "<pdf:Producer>Onedoor 0.1.0</pdf:Producer>",
        ] {
            assert!(packet.contains(piece), "{piece}");
        }
    }
}
