//! The zip around a bundle: files that are stored as they are, few and small, with plain names.

use super::{MANIFEST, SIGNATURE};
use crate::problem::Problems;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

/// A bundle is at most this long, in bytes.
pub const LONGEST_BUNDLE: usize = 32 * 1024 * 1024;
/// It has so many files at most.
pub const MOST_FILES: usize = 200;
/// A name is at most this long.
const LONGEST_NAME: usize = 100;

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Whether a name stays where it is: up to three parts of letters, digits, `-`, `_` and `.`, none of which begins
/// with a dot.
pub(super) fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    name.len() <= LONGEST_NAME && name.split('/').count() <= 3 && name.split('/').all(part)
}

fn broken(what: impl Into<String>) -> Problems {
    Problems::one("bundle", "file", what)
}

/// Takes a zip apart.
pub(super) fn unpack(bytes: &[u8]) -> Result<Files, Problems> {
    if bytes.len() > LONGEST_BUNDLE {
        return Err(broken(format!("is longer than {LONGEST_BUNDLE} bytes; use smaller pictures")));
    }
    let not_one = |_| broken("is no zip, or not whole; get it again from the office");
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(not_one)?;
    if zip.has_duplicate_names() {
        return Err(broken("holds a name twice; use `onedoor-hall bundle`"));
    }
    if zip.len() > MOST_FILES {
        return Err(broken(format!("has {} files; at most {MOST_FILES} are allowed", zip.len())));
    }
    let mut files = Files::new();
    let mut total = 0_u64;
    for number in 0..zip.len() {
        let file = zip.by_index(number).map_err(not_one)?;
        let name = std::str::from_utf8(file.name_raw()).ok().filter(|name| is_plain(name));
        let name = name.ok_or_else(|| {
            let shown = String::from_utf8_lossy(file.name_raw()).escape_debug().to_string();
            broken(format!("holds a file with the name {shown:.100}, which is not plain; rename it"))
        })?;
        let name = name.to_owned();
        let stored = file.compression() == CompressionMethod::Stored && !file.encrypted();
        if !stored || file.size() != file.compressed_size() || file.is_symlink() {
            return Err(broken(format!("{name} is not stored as it is; use `onedoor-hall bundle`")));
        }
        // Two entries may share the same bytes: what they come to is bounded, too.
        total = total.saturating_add(file.size());
        if total > LONGEST_BUNDLE as u64 {
            return Err(broken("its files overlap; get it again from the office"));
        }
        let size = file.size();
        let mut content = Vec::new();
        file.take(size + 1)
            .read_to_end(&mut content)
            .map_err(|_| broken(format!("{name} is damaged; get the bundle again from the office")))?;
        files.insert(name, content);
    }
    Ok(files)
}

/// Puts files into a zip; the same files make the same bytes.
pub(super) fn pack(manifest: &str, jws: &str, files: &Files) -> Result<Vec<u8>, Problems> {
    let failed = |error: &dyn std::fmt::Display| broken(format!("was not written: {error}"));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let first = [(MANIFEST, manifest.as_bytes()), (SIGNATURE, jws.as_bytes())];
    let rest = files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    for (name, content) in first.into_iter().chain(rest) {
        zip.start_file(name, options).map_err(|error| failed(&error))?;
        zip.write_all(content).map_err(|error| failed(&error))?;
    }
    let bytes = zip.finish().map_err(|error| failed(&error))?.into_inner();
    if bytes.len() > LONGEST_BUNDLE {
        return Err(broken(format!("would be longer than {LONGEST_BUNDLE} bytes; use smaller pictures")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(*name, options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "../x",
            "a/../../x",
            "/etc/passwd",
            "a//b",
            ".hidden",
            "a/.b",
            "a\\b",
            "a/b/c/d",
            "字",
            "a b",
            "a/",
        ] {
            let said = unpack(&zip(&[(name, b"x")])).expect_err(name).to_string();
            assert!(said.contains("not plain"), "{name}: {said}");
        }
        assert_eq!(unpack(&zip(&[("a/b.c", b"x")])).unwrap()["a/b.c"], b"x");
    }

    #[test]
    fn a_name_that_stands_there_twice_is_refused() {
        let mut bytes = zip(&[("name-1", b"one"), ("name-2", b"two")]);
        for at in 0..bytes.len() {
            if bytes[at..].starts_with(b"name-2") {
                bytes[at + 5] = b'1';
            }
        }
        let error = unpack(&bytes).expect_err("twice").to_string();
        assert!(error.contains("a name twice"), "{error}");
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        let names: Vec<String> = (0..=MOST_FILES).map(|n| format!("f{n}")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let whole = zip(&[("a", b"content")]);
        for (bytes, said) in [
            (vec![], "is no zip"),
            (b"PK\x03\x04".to_vec(), "is no zip"),
            (whole[..whole.len() - 5].to_vec(), "is no zip"),
            (zip(&many), "201 files"),
            (vec![0; LONGEST_BUNDLE + 1], "is longer"),
        ] {
            let error = unpack(&bytes).expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
