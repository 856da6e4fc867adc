//! The measured ticket beside the same ticket by its peers: python-escpos (PyPI), receiptline (npm) and
//! the `escpos` crate. Proofs of printing are not counted; the cut is.

use crate::rows::Row;
use encoding_rs::GBK;
use escpos::driver::Driver;
use escpos::printer::Printer;
use escpos::utils::{JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};
use serde::Deserialize;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use ticket_printer::{BuiltInFont, Encoded, Encoder, FontFile, Profile, sample};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
/// Where the peers lie.
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/peers");
/// Tickets made, of which the median counts.
const RUNS: usize = 101;
/// GS V 66 0, as the driver ends every ticket.
const CUT: usize = 4;
/// The fewest bytes in which this ticket is known to have been printed as text.
const FEWEST: f64 = 264.0;

/// What a peer says of itself.
#[derive(Deserialize)]
struct Peer {
    bytes: f64,
    ms_median: f64,
}

/// Size and time of a ticket, in text and in dots.
pub fn rows() -> Result<Vec<Row>, Fatal> {
    let text = Encoder::new(Profile::named("epson-tm-compatible"), None);
    let text_bytes = size(&text.encode(&sample::ticket()));

    let font = FontFile::open(FONT, FontFile::NOTO_SANS_CJK_SC)?;
    let dots = Profile { font: BuiltInFont::None, ..Profile::generic() };
    let dots = Encoder::new(dots, Some(font));
    let dots_bytes = size(&dots.encode(&sample::ticket_with_rules()));
    let dots_ms = median_ms(|| drop(black_box(dots.encode(black_box(&sample::ticket_with_rules())))));

    let python = python_escpos()?;
    let script = Path::new(PEERS).join("ticket_escpos.py");
    let by_python = |mode: &str| {
        let runs = RUNS.to_string();
        peer(Command::new(&python).arg(&script).args([mode, &runs]))
    };
    let (python_text, python_dots) = (by_python("text")?, by_python("raster")?);
    let receiptline = peer(
        Command::new("node").arg(Path::new(PEERS).join("ticket_receiptline.mjs")).arg(RUNS.to_string()),
    )?;
    let crate_bytes = by_crate()?.len() as f64;

    Ok(vec![
        Row::at_most("ticket_text_bytes", "bytes", text_bytes, "the smallest known", FEWEST, 1.05),
        Row::at_most("ticket_text_crate", "bytes", text_bytes, "escpos crate", crate_bytes, 1.0),
        Row::at_most(
            "ticket_text_python",
            "bytes",
            text_bytes,
            "python-escpos, text",
            python_text.bytes,
            1.0,
        ),
        Row::at_most("ticket_text_receipt", "bytes", text_bytes, "receiptline", receiptline.bytes, 1.0),
        Row::at_most(
            "ticket_raster_bytes",
            "bytes",
            dots_bytes,
            "python-escpos, raster",
            python_dots.bytes,
            1.0 / 2.5,
        ),
        Row::at_most(
            "ticket_raster_time",
            "ms",
            dots_ms,
            "python-escpos, raster",
            python_dots.ms_median,
            1.0 / 25.0,
        ),
    ])
}

fn size(ticket: &Encoded) -> f64 {
    (ticket.header.len() + ticket.body.len() + CUT) as f64
}

fn median_ms(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn peer(command: &mut Command) -> Result<Peer, Fatal> {
    let done = command.output()?;
    if !done.status.success() {
        return Err(
            format!("{command:?}: {}; run `make setup`", String::from_utf8_lossy(&done.stderr)).into()
        );
    }
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// Where tests/peers/setup-escpos puts it.
fn python_escpos() -> Result<PathBuf, Fatal> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|c| !c.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(cache.ok_or("neither XDG_CACHE_HOME nor HOME is set")?.join("onedoor/python-escpos-3.1/bin/python"))
}

/// The ticket by the `escpos` crate. It has no code page of Chinese characters: its text goes through
/// as bytes.
fn by_crate() -> Result<Vec<u8>, Fatal> {
    let taken = Taken::default();
    let mut printer = Printer::new(taken.clone(), Protocol::default(), None);
    let line = |printer: &mut Printer<Taken>, text: &str| -> escpos::errors::Result<()> {
        printer.custom(&GBK.encode(text).0)?.feed()?;
        Ok(())
    };
    printer.init()?.custom(&[0x1C, 0x26])?.justify(JustifyMode::CENTER)?.size(2, 2)?;
    line(&mut printer, "不动产登记中心")?;
    printer.reset_size()?;
    line(&mut printer, "取号凭条")?;
    printer.size(4, 4)?;
    line(&mut printer, "A048")?;
    printer.reset_size()?.justify(JustifyMode::LEFT)?;
    line(&mut printer, "业务类型：不动产转移登记")?;
    line(&mut printer, "前方等候：12 人    办理窗口：3-8 号")?;
    line(&mut printer, "取号时间：2026-03-18 09:41:25")?;
    let code = QRCodeOption::new(QRCodeModel::Model2, 4, QRCodeCorrectionLevel::M);
    printer.justify(JustifyMode::CENTER)?.qrcode_option(sample::QR, code)?;
    line(&mut printer, "请留意叫号屏幕，过号请重新取号")?;
    printer.partial_cut()?.print()?;
    drop(printer);
    let bytes = taken.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(bytes)
}

/// Keeps what a printer would get.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<u8>>>);

impl Driver for Taken {
    fn name(&self) -> String {
        String::from("taken")
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}
