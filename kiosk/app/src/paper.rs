//! How tickets and receipts look on paper.

mod receipt;
mod report;
mod trial;

pub use receipt::lay_out_receipt;
pub use report::lay_out_report;
pub use trial::lay_out_test;

use ticket_printer::{Align, Level, Line, ModuleDots, QrText, Scale, Size, Ticket};
use visit::screen::Language;
use visit::ticket::TicketContents;

/// More lines than this make a ticket longer than a hand.
const MISSING_SHOWN: usize = 24;

/// What every ticket says beside its contents.
struct Words {
    heading: &'static str,
    reprint: &'static str,
    go_to: &'static str,
    counters: &'static str,
    matters: &'static str,
    ahead: (&'static str, &'static str),
    missing: &'static str,
    more: &'static str,
    issued: &'static str,
    listen: &'static str,
    called: &'static str,
}

const ZH: Words = Words {
    heading: "取号凭条",
    reprint: "补打",
    go_to: "请到",
    counters: "号窗口",
    matters: "办理事项",
    ahead: ("前方等候 ", " 人"),
    missing: "请准备好",
    more: "其余见窗口告知",
    issued: "取号时间",
    listen: "请留意叫号，过号请到服务台",
    called: "您的号已叫过，请马上到窗口",
};

const EN: Words = Words {
    heading: "Queue ticket",
    // The mark itself is the hall's, in the language of the windows.
    reprint: "补打 REPRINT",
    go_to: "Go to",
    counters: "counters",
    matters: "For",
    ahead: ("People ahead: ", ""),
    missing: "Please have ready",
    more: "and more: ask at the window",
    issued: "Issued",
    listen: "Please wait for your number to be called",
    called: "Your number was called: go to the window now",
};

/// Lays a ticket out. What stands before [`Line::Commit`] carries no number.
pub fn lay_out(contents: &TicketContents) -> Ticket {
    let language = contents.language;
    let words = match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    let double = Size::square(Scale::TWO);
    let tall = Size { width: Scale::ONE, height: Scale::TWO };
    let mut lines = vec![
        Line::Text { text: contents.hall.of(language).into(), align: Align::Centre, size: tall, bold: true },
        Line::centred(words.heading, Size::NORMAL),
    ];
    if contents.reprint {
        lines.push(Line::centred(words.reprint, double));
    }
    lines.push(Line::Commit);
    let huge = Size::square(Scale::new(8).unwrap_or(Scale::FOUR));
    lines.push(Line::centred(contents.number.to_string(), huge));
    for (area, counters) in &contents.windows {
        let text = match language {
            Language::Zh => format!("{} {} {counters}{}", words.go_to, area.of(language), words.counters),
            Language::En => format!("{} {}, {} {counters}", words.go_to, area.of(language), words.counters),
        };
        lines.push(Line::centred(text, tall));
    }
    if let Some(ahead) = contents.ahead {
        lines.push(Line::centred(format!("{}{ahead}{}", words.ahead.0, words.ahead.1), tall));
    }
    lines.push(Line::Rule);
    lines.push(Line::text(words.matters));
    lines.extend(contents.matters.iter().map(|m| Line::Text {
        text: m.of(language).to_owned(),
        align: Align::Left,
        size: tall,
        bold: true,
    }));
    if !contents.missing.is_empty() {
        lines.push(Line::text(words.missing));
        let shown = contents.missing.iter().take(MISSING_SHOWN);
        lines.extend(shown.map(|m| Line::text(format!("  □ {}", m.of(language)))));
        if contents.missing.len() > MISSING_SHOWN {
            lines.push(Line::text(format!("  {}", words.more)));
        }
    }
    let at = contents.issued_at.strftime("%Y-%m-%d %H:%M");
    lines.push(Line::text(format!("{} {at}", words.issued)));
    if let Ok(data) = QrText::new(contents.qr.clone()) {
        lines.push(Line::Qr {
            data,
            module: ModuleDots::new(5).unwrap_or(ModuleDots::FOUR),
            level: Level::M,
        });
    }
    lines.push(Line::centred(if contents.called { words.called } else { words.listen }, Size::NORMAL));
    Ticket { lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visit::catalogue::Label;
    use visit::number::TicketNumber;

    fn contents(language: Language, reprint: bool) -> TicketContents {
        let label = |zh: &str, en: &str| Label { zh: zh.into(), en: en.into() };
        TicketContents {
            language,
            hall: label("嘉定区政务服务中心", "Jiading Service Centre"),
            number: TicketNumber::parse("A017").expect("a number"),
            reprint,
            windows: vec![(label("A区", "Area A"), "1-12".into())],
            matters: vec![label("开饭店", "Open a restaurant")],
            ahead: None,
            called: false,
            missing: (0..30).map(|n| label(&format!("材料{n}"), &format!("paper {n}"))).collect(),
            issued_at: jiff::civil::date(2026, 11, 23).at(9, 41, 25, 0),
            qr: "token".into(),
        }
    }

    fn texts(ticket: &Ticket) -> Vec<String> {
        let text = |line: &Line| if let Line::Text { text, .. } = line { Some(text.clone()) } else { None };
        ticket.lines.iter().filter_map(text).collect()
    }

    /// Who was called is not told to wait for it.
    #[test]
    fn the_last_line_is_what_to_do() {
        for (language, words) in [(Language::Zh, &ZH), (Language::En, &EN)] {
            for (called, said, unsaid) in
                [(false, words.listen, words.called), (true, words.called, words.listen)]
            {
                let ticket = lay_out(&TicketContents { called, ..contents(language, called) });
                let texts = texts(&ticket);
                assert!(texts.iter().any(|text| text == said), "{language:?}, {called}: {texts:?}");
                assert!(texts.iter().all(|text| text != unsaid), "{language:?}, {called}: {texts:?}");
            }
        }
    }

    #[test]
    fn the_mark_stands_on_every_reprint_and_on_nothing_else() {
        for language in [Language::Zh, Language::En] {
            for reprint in [false, true] {
                let marked = texts(&lay_out(&contents(language, reprint))).iter().any(|t| t.contains("补打"));
                assert_eq!(marked, reprint, "{language:?}");
            }
        }
    }

    #[test]
    fn nothing_before_the_commit_carries_the_number() {
        let ticket = lay_out(&contents(Language::Zh, true));
        let commit = ticket.lines.iter().position(|l| *l == Line::Commit).expect("a commit");
        let number = ticket
            .lines
            .iter()
            .position(|l| matches!(l, Line::Text { text, .. } if text.contains("A017")))
            .expect("the number");
        assert!(commit < number);
    }

    #[test]
    fn without_a_feed_nothing_is_said_of_people_ahead() {
        let mut contents = contents(Language::Zh, false);
        assert!(!texts(&lay_out(&contents)).iter().any(|t| t.contains("等候")));
        contents.ahead = Some(3);
        assert!(texts(&lay_out(&contents)).iter().any(|t| t == "前方等候 3 人"));
    }

    #[test]
    fn a_long_list_is_cut_short_and_says_so() {
        let texts = texts(&lay_out(&contents(Language::Zh, false)));
        assert!(texts.iter().any(|t| t.contains("材料23")) && !texts.iter().any(|t| t.contains("材料24")));
        assert!(texts.iter().any(|t| t.contains(ZH.more)));
    }
}
