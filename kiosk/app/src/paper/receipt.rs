//! How a receipt for papers looks on paper.

use ticket_printer::{Align, Level, Line, ModuleDots, QrText, Scale, Size, Ticket};
use visit::screen::{Language, MaterialState};
use visit::ticket::ReceiptContents;

/// More papers than this make a receipt longer than an arm; the code stands for the rest too.
const PAPERS_SHOWN: usize = 40;

/// What every receipt says beside its contents.
struct Words {
    heading: &'static str,
    reprint: &'static str,
    number: &'static str,
    received: &'static str,
    accepted: &'static str,
    stored: &'static str,
    again: &'static str,
    not_needed: &'static str,
    more: &'static str,
    code: &'static str,
    proves: &'static str,
    at: &'static str,
}

const ZH: Words = Words {
    heading: "材料回执",
    reprint: "补打",
    number: "排队号",
    received: "电子证照库已收到",
    accepted: "审核通过",
    stored: "存在本机，待发送",
    again: "未收下，要重新交",
    not_needed: "这次不需要",
    more: "其余材料也在回执码内",
    code: "回执码",
    proves: "凭回执码可以查证交过的每一页",
    at: "打印时间",
};

const EN: Words = Words {
    heading: "Receipt for papers",
    // The mark itself is the hall's, in the language of the windows.
    reprint: "补打 REPRINT",
    number: "Number",
    received: "received by the store",
    accepted: "approved",
    stored: "stored here, will be sent",
    again: "not taken, hand in again",
    not_needed: "not needed this time",
    more: "the code stands for the others too",
    code: "Receipt code",
    proves: "The code proves every page handed in",
    at: "Printed",
};

/// Lays a receipt out.
pub fn lay_out_receipt(contents: &ReceiptContents) -> Ticket {
    let language = contents.language;
    let words = match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    let tall = Size { width: Scale::ONE, height: Scale::TWO };
    let bold = |text: String| Line::Text { text, align: Align::Left, size: tall, bold: true };
    let mut lines = vec![
        Line::Text { text: contents.hall.of(language).into(), align: Align::Centre, size: tall, bold: true },
        Line::centred(words.heading, Size::square(Scale::TWO)),
    ];
    if contents.reprint {
        lines.push(Line::centred(words.reprint, Size::square(Scale::TWO)));
    }
    if let Some(number) = contents.number {
        lines.push(Line::centred(format!("{} {number}", words.number), tall));
    }
    lines.push(Line::Rule);
    for paper in contents.papers.iter().take(PAPERS_SHOWN) {
        lines.push(bold(paper.name.of(language).to_owned()));
        let pages = pages(paper.pages, language);
        lines.push(Line::text(format!("  {pages}{}", told(words, paper.state))));
    }
    if contents.papers.len() > PAPERS_SHOWN {
        lines.push(Line::text(words.more));
    }
    lines.push(Line::Rule);
    lines.push(Line::centred(words.code, Size::NORMAL));
    lines.push(Line::Text { text: contents.code.to_string(), align: Align::Centre, size: tall, bold: true });
    if let Ok(data) = QrText::new(contents.code.0.clone()) {
        let module = ModuleDots::new(6).unwrap_or(ModuleDots::FOUR);
        lines.push(Line::Qr { data, module, level: Level::M });
    }
    lines.push(Line::centred(words.proves, Size::NORMAL));
    lines.push(Line::text(format!("{} {}", words.at, contents.at.strftime("%Y-%m-%d %H:%M"))));
    Ticket { lines }
}

/// How many pages there are, before what is said of them.
fn pages(count: usize, language: Language) -> String {
    match (language, count) {
        (Language::Zh, count) => format!("{count} 页，"),
        (Language::En, 1) => "1 page, ".to_owned(),
        (Language::En, count) => format!("{count} pages, "),
    }
}

/// Only what the store said is received.
fn told(words: &Words, state: MaterialState) -> &'static str {
    match state {
        MaterialState::Received => words.received,
        MaterialState::Accepted => words.accepted,
        MaterialState::Returned(_) if !state.is_open() => words.not_needed,
        MaterialState::Refused(_) | MaterialState::Returned(_) => words.again,
        MaterialState::Stored
        | MaterialState::Sending(_)
        | MaterialState::Sent
        | MaterialState::Missing
        | MaterialState::AtWindow
        | MaterialState::InStore
        | MaterialState::Checking
        | MaterialState::Unknown
        | MaterialState::NotApplicable => words.stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visit::catalogue::Label;
    use visit::event::CustodyCode;
    use visit::screen::{PaperTold, ReturnReason};

    fn contents(language: Language, reprint: bool) -> ReceiptContents {
        let label = |zh: &str, en: &str| Label { zh: zh.into(), en: en.into() };
        let paper = |name, pages, state| PaperTold { name, pages, state };
        ReceiptContents {
            language,
            hall: label("嘉定区政务服务中心", "Jiading Service Centre"),
            number: None,
            reprint,
            papers: vec![
                paper(label("营业执照", "Business licence"), 1, MaterialState::Received),
                paper(label("平面图", "Floor plan"), 12, MaterialState::Sending(40)),
                paper(label("章程", "Articles"), 2, MaterialState::Returned(ReturnReason::Illegible)),
            ],
            code: CustodyCode("0123456789ABCDEF".into()),
            at: jiff::civil::date(2026, 11, 26).at(9, 41, 25, 0),
        }
    }

    fn texts(contents: &ReceiptContents) -> Vec<String> {
        let text = |line: &Line| if let Line::Text { text, .. } = line { Some(text.clone()) } else { None };
        lay_out_receipt(contents).lines.iter().filter_map(text).collect()
    }

    #[test]
    fn received_is_said_of_what_the_store_said_it_of_and_of_nothing_else() {
        let texts = texts(&contents(Language::Zh, false));
        assert_eq!(texts.iter().filter(|t| t.contains(ZH.received)).count(), 1);
        assert_eq!(texts.iter().filter(|t| t.contains(ZH.stored)).count(), 1);
        assert_eq!(texts.iter().filter(|t| t.contains(ZH.again)).count(), 1);
        assert!(texts.iter().any(|t| t == "0123-4567-89AB-CDEF"));
    }

    #[test]
    fn pages_are_counted() {
        let said = |language| texts(&contents(language, false));
        for (language, expected) in [
            (Language::Zh, ["1 页，电子证照库已收到", "12 页，存在本机，待发送", "2 页，未收下，要重新交"]),
            (
                Language::En,
                [
                    "1 page, received by the store",
                    "12 pages, stored here, will be sent",
                    "2 pages, not taken, hand in again",
                ],
            ),
        ] {
            let texts = said(language);
            for line in expected {
                assert!(texts.iter().any(|text| text.trim_start() == line), "{line}: {texts:?}");
            }
        }
    }

    #[test]
    fn the_mark_stands_on_every_reprint_and_on_nothing_else() {
        for language in [Language::Zh, Language::En] {
            for reprint in [false, true] {
                let marked = texts(&contents(language, reprint)).iter().any(|t| t.contains("补打"));
                assert_eq!(marked, reprint, "{language:?}");
            }
        }
    }
}
