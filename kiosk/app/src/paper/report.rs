//! The short form of a readiness report: what was found, in lines, and the same, signed, as one code.

use crate::report::Made;
use jiff::civil::DateTime;
use readiness::{Code, Mark, ShortLine};
use ticket_printer::{Align, Bitmap, Line, Scale, Size, Ticket};

/// Dots a module of the code: a telephone reads it from an arm's length.
const MODULE: usize = 4;
/// Empty modules around it (ISO/IEC 18004, 6.3.8).
const QUIET: usize = 4;

/// Lays it out. It bears no number, so that nobody takes it for a ticket.
pub fn lay_out_report(kiosk: &str, made: &Made, at: DateTime) -> Ticket {
    let (lines, code) = (&made.lines, &made.sealed.short);
    let verdict = match (made.ready, made.remarks) {
        (true, 0) => "可以使用  READY",
        (true, _) => "可以使用，有要留意的",
        (false, _) => "有故障  NOT READY",
    };
    let row = |line: &ShortLine| {
        let mark = match line.mark {
            Mark::Passed => "√",
            Mark::Failed => "×",
            Mark::Untried => "－",
        };
        let text = format!("{mark} {} {}", line.zh, line.en);
        Line::Text { text, align: Align::Left, size: Size::NORMAL, bold: line.mark == Mark::Failed }
    };
    let mut all = vec![
        Line::centred("检查报告  REPORT", Size::NORMAL),
        Line::centred("不是号票  not a queue ticket", Size::NORMAL),
        Line::Rule,
        Line::centred(verdict, Size::square(Scale::TWO)),
        Line::Rule,
        Line::Commit,
    ];
    all.extend(lines.iter().map(row));
    all.extend(Code::new(code).as_ref().and_then(picture).map(Line::Image));
    all.push(Line::text(format!("{kiosk}  {}", at.strftime("%Y-%m-%d %H:%M:%S"))));
    Ticket { lines: all }
}

/// The code as dots.
fn picture(code: &Code) -> Option<Bitmap> {
    let modules = code.modules() + 2 * QUIET;
    let edge = modules * MODULE;
    let stride = edge.div_ceil(8);
    let mut rows = vec![0_u8; stride * edge];
    for (y, row) in rows.chunks_exact_mut(stride).enumerate() {
        for (x, byte) in row.iter_mut().enumerate() {
            for bit in 0..8 {
                let module = |dot: usize| (dot / MODULE).wrapping_sub(QUIET);
                if code.is_black(module(x * 8 + bit), module(y)) {
                    *byte |= 0x80 >> bit;
                }
            }
        }
    }
    Bitmap::new(edge, edge, rows).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_fits_the_narrowest_paper_and_is_the_code() {
        let code = Code::new(&"a".repeat(readiness::LONGEST_SHORT)).expect("a code");
        let picture = picture(&code).expect("a picture");
        assert!(picture.width() <= 576, "{}", picture.width());
        let at = |x: usize, y: usize| picture.is_black((x + QUIET) * MODULE, (y + QUIET) * MODULE);
        for (x, y) in [(0, 0), (3, 3), (1, 1), (8, 0), (20, 17)] {
            assert_eq!(at(x, y), code.is_black(x, y), "{x} {y}");
        }
        assert!(!picture.is_black(0, 0), "quiet");
    }
}
