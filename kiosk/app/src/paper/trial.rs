//! A test ticket: it bears no number, so that nobody takes it for one.

use jiff::civil::DateTime;
use ticket_printer::{Align, Level, Line, ModuleDots, QrText, Scale, Size, Ticket};

/// Lays it out: what it is, every kind of thing that a ticket has, and when it was printed.
pub fn lay_out_test(at: DateTime) -> Ticket {
    let double = Size::square(Scale::TWO);
    let mut lines = vec![
        Line::centred("测试票  TEST", double),
        Line::centred("不是号票  not a queue ticket", Size::NORMAL),
        Line::Rule,
        Line::Text {
            text: "开饭店 0123456789 ABC".into(),
            align: Align::Left,
            size: Size::NORMAL,
            bold: true,
        },
        Line::Commit,
    ];
    if let Ok(data) = QrText::new("onedoor:test".to_owned()) {
        lines.push(Line::Qr {
            data,
            module: ModuleDots::new(5).unwrap_or(ModuleDots::FOUR),
            level: Level::M,
        });
    }
    lines.push(Line::Rule);
    lines.push(Line::text(at.strftime("%Y-%m-%d %H:%M:%S").to_string()));
    Ticket { lines }
}
