//! The page, as other programs see it: `qpdf`, and poppler's `pdftotext`, `pdfinfo`, `pdffonts`, `pdfdetach`.

use std::process::Command;

use super::*;
use crate::sample;
use crate::testing::fonts;

/// About as long as one is.
const SHORT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjRyeHhtZUFLdGtRVU5UX3VPSm9xY2NaSzhIZm5iTjdXVFg1ZEFnbGh6Z1UifQ.eyJraW9zayI6ImppYWRpbmctbG9iYnktMSIsIm1hZGUiOiIyMDI2LTAzLTAxVDE3OjQyOjA4KzA4OjAwIiwidmVyc2lvbiI6IjEuNC4wIiwicmVhZHkiOnRydWUsInNoYTI1NiI6IkFBQUFBQUFBQUFBQUFBQUFBQUFBQUEifQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Page {
    folder: tempfile::TempDir,
}

impl Page {
    fn of(report: &Report) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("page.pdf"), pdf(report, SHORT, &fonts()).unwrap()).unwrap();
        Self { folder }
    }

    #[track_caller]
    fn told(&self, program: &str, arguments: &[&str]) -> String {
        let done = Command::new(program).current_dir(&self.folder).args(arguments).output();
        let done = done.unwrap_or_else(|error| panic!("{program}: {error} (tools/setup)"));
        assert!(done.status.success(), "{program}: {done:?}");
        // poppler writes letters beyond the first plane wrongly where it tells of metadata.
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

#[test]
fn a_page_is_whole_and_is_read() {
    for (report, verdict) in [(sample::ready(), "可以使用 READY"), (sample::broken(), "有故障 NOT READY")]
    {
        let page = Page::of(&report);
        assert!(page.told("qpdf", &["--check", "page.pdf"]).contains("No syntax or stream encoding errors"));
        let info = page.told("pdfinfo", &["page.pdf"]);
        for line in
            ["Pages:           1", "Tagged:          yes", "A4", "终端就绪报告", "PDF version:     1.7"]
        {
            assert!(info.contains(line), "{line}: {info}");
        }
        let xmp = page.told("pdfinfo", &["-meta", "page.pdf"]);
        for line in [
            "<pdfaid:part>3</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
        ] {
            assert!(xmp.contains(line), "{line}: {xmp}");
        }
        // In the order in which it is drawn, words apart.
        let text = page.told("pdftotext", &["-raw", "page.pdf", "-"]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            verdict,
            "嘉定区政务服务中心",
            "jiading-lobby-1",
            "2026-03-01 17:42:08 +08:00",
            "TM-T88VI",
            "X2KF004217",
            "往返 Round trip",
            "打印 Printer 良好 good",
            "48 213",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        for fault in report.faults() {
            for words in [&fault.1.words.zh, &fault.1.words.en] {
                assert!(text.contains(words.as_str()), "{words}: {text}");
            }
        }
    }
}

#[test]
fn its_letters_are_inside_and_few() {
    let page = Page::of(&sample::broken());
    let fonts = page.told("pdffonts", &["page.pdf"]);
    let rows: Vec<_> = fonts.lines().skip(2).collect();
    assert_eq!(rows.len(), 2, "{fonts}");
    for row in rows {
        // embedded, a subset, and with what each glyph means
        assert!(row.contains("NotoSansCJKsc") && row.contains(" yes yes yes "), "{row}");
    }
    let length = std::fs::metadata(page.folder.path().join("page.pdf")).unwrap().len();
    assert!(length < 200_000, "{length} bytes");
}

/// The page as it would come out of a printer, and a reader of codes that knows nothing of this program.
#[test]
fn its_code_is_read_from_the_page() {
    for length in [SHORT.len(), crate::LONGEST_SHORT] {
        let short: String = SHORT.chars().cycle().take(length).collect();
        let page = Page { folder: tempfile::tempdir().unwrap() };
        let bytes = pdf(&sample::ready(), &short, &fonts()).unwrap();
        std::fs::write(page.folder.path().join("page.pdf"), bytes).unwrap();
        page.told("pdftoppm", &["-r", "200", "-gray", "-png", "-singlefile", "page.pdf", "page"]);
        assert_eq!(page.told("zbarimg", &["-q", "--raw", "page.png"]).trim_end(), short);
    }
}

#[test]
fn it_carries_the_report() {
    let page = Page::of(&sample::broken());
    let list = page.told("pdfdetach", &["-list", "page.pdf"]);
    assert!(list.contains("1 embedded files") && list.contains(ATTACHED), "{list}");
    page.told("pdfdetach", &["-save", "1", "-o", "report.json", "page.pdf"]);
    let json = std::fs::read(page.folder.path().join("report.json")).unwrap();
    assert_eq!(json, sample::broken().to_json());
}

#[test]
fn the_longest_report_is_one_page_and_says_what_it_leaves_out() {
    let report = sample::longest();
    let page = Page::of(&report);
    assert!(page.told("pdfinfo", &["page.pdf"]).contains("Pages:           1"));
    let text = page.told("pdftotext", &["-raw", "page.pdf", "-"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["of these devices", "8 more, 8 of them with faults", "more: ", "另有"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn no_words_lie_over_each_other_or_beside_the_page() {
    for report in [sample::ready(), sample::broken(), sample::longest()] {
        let boxes = Page::of(&report).told("pdftotext", &["-bbox", "page.pdf", "-"]);
        let number = |line: &str, name: &str| -> f32 {
            let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        let words: Vec<_> = boxes.lines().filter(|line| line.contains("<word")).collect();
        assert!(words.len() > 100, "{}", words.len());
        let sides = |line: &str| ["xMin", "yMin", "xMax", "yMax"].map(|name| number(line, name));
        for (place, word) in words.iter().enumerate() {
            let [left, top, right, low] = sides(word);
            assert!(left >= LEFT - 1.0 && right <= RIGHT + 1.0, "{word}");
            assert!(top >= 30.0 && low <= PAPER.1 - 30.0, "{word}");
            for other in &words[place + 1..] {
                let [from, above, to, below] = sides(other);
                // Boxes are as high as the font's tallest letter, so that those of two lines touch.
                let over = left.max(from) + 0.5 < right.min(to) && top.max(above) + 2.0 < low.min(below);
                assert!(!over, "{word}\n{other}");
            }
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let report = sample::broken();
    let fonts = fonts();
    let page = pdf(&report, SHORT, &fonts).unwrap();
    assert_eq!(page, pdf(&report, SHORT, &fonts).unwrap());
    assert_ne!(page, pdf(&sample::ready(), SHORT, &fonts).unwrap());
}

#[test]
fn letters_that_no_font_has_become_boxes() {
    let mut report = sample::ready();
    report.hall = crate::Words::clipped("厅🏛\u{e000}名", "Hall 🏛");
    let text = Page::of(&report).told("pdftotext", &["-raw", "page.pdf", "-"]);
    assert!(text.contains("厅□□名") && text.contains("Hall □"), "{text}");
}

#[test]
fn without_a_font_there_is_an_honest_error() {
    let noto = std::fs::read("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").unwrap();
    let cut = noto[..noto.len() / 2].to_vec();
    for bytes in [vec![], b"no font".to_vec(), vec![0; 10_000]] {
        let error = Fonts::new(bytes, noto.clone()).err().unwrap();
        assert!(matches!(error, PdfError::Font), "{error}");
    }
    // Half of one is none, or has not what the page needs.
    let refused = Fonts::new(noto.clone(), cut).and_then(|fonts| pdf(&sample::ready(), SHORT, &fonts));
    assert!(refused.is_err());
    let error = pdf(&sample::ready(), &"x".repeat(901), &fonts()).unwrap_err();
    assert!(matches!(error, PdfError::Code), "{error}");
}
