//! The ticket by which this encoder and its peers are measured.

use crate::ticket::{Align, Level, Line, ModuleDots, QrText, Scale, Size, Ticket};

/// What its QR code says.
pub const QR: &str = "https://q.example.cn/t/A048-20260318-094125";

/// The ticket as the peers print it as text.
pub fn ticket() -> Ticket {
    let mut lines = vec![
        Line::centred("不动产登记中心", Size::square(Scale::TWO)),
        Line::centred("取号凭条", Size::NORMAL),
        Line::Commit,
        Line::centred("A048", Size::square(Scale::FOUR)),
        Line::text("业务类型：不动产转移登记"),
        Line::text("前方等候：12 人    办理窗口：3-8 号"),
        Line::text("取号时间：2026-03-18 09:41:25"),
    ];
    if let Ok(data) = QrText::new(QR) {
        lines.push(Line::Qr { data, module: ModuleDots::FOUR, level: Level::M });
    }
    lines.push(Line::Text {
        text: String::from("请留意叫号屏幕，过号请重新取号"),
        align: Align::Centre,
        size: Size::NORMAL,
        bold: false,
    });
    Ticket { lines }
}

/// The same with a rule above and below the number, as the peers draw it where all goes as dots.
pub fn ticket_with_rules() -> Ticket {
    let mut ticket = ticket();
    ticket.lines.insert(4, Line::Rule);
    ticket.lines.insert(3, Line::Rule);
    ticket
}
