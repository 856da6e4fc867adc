//! The command line's pages: the hall's sample papers, as the scanner would deliver them.

use crate::hall::Hall;
use crate::papers::paper;
use std::path::Path;
use std::process::{Command, Output};

fn kiosk(arguments: &[&Path], json: bool) -> Output {
    let mut command = Command::new(crate::papers::kiosk_program());
    command.arg("page").args(arguments);
    if json {
        command.arg("--json");
    }
    command.output().expect("the kiosk's program")
}

/// Two papers become one document that another program reads, the same bytes each time, with one line
/// on each page; and what is no scan is named and leaves no document.
#[test]
fn scans_become_a_document_on_the_command_line() {
    let hall = Hall::open();
    let folder = tempfile::tempdir().expect("a folder");
    let papers = ["lease", "business-licence"].map(|name| paper(&hall, name));
    let papers = papers.each_ref().map(Path::new);
    let out = |name: &str| folder.path().join(name);
    let (first, second) = (out("first/a.pdf"), out("second/a.pdf"));
    for path in [&first, &second] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let done = kiosk(&[papers[0], papers[1], path], true);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let told: Vec<serde_json::Value> = String::from_utf8(done.stdout)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object"))
            .collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|page| page["angle"].is_number() && page["blank"] == false), "{told:?}");
    }
    let bytes = std::fs::read(&first).expect("a document");
    assert!(bytes == std::fs::read(&second).expect("a document"), "not the same bytes");
    let checked = Command::new("qpdf").arg("--check").arg(&first).output().expect("qpdf");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    let none = out("none.jpg");
    std::fs::write(&none, b"no picture").expect("a file");
    let refused = kiosk(&[&none, &out("none.pdf")], false);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.starts_with("kiosk: "), "{said}");
    assert!(!out("none.pdf").exists());
}
