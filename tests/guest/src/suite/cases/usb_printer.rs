//! The ticket printer on USB, behind the kernel's own printer function.

use std::path::Path;
use std::time::{Duration, Instant};

use emulators::printer::{Cover, Cutter, Paper};
use link::{Link, LinkError, UsbIdentity, UsbLink};
use ticket_printer::{
    Encoder, Fault, JobId, Level, Line, LineSpeed, ModuleDots, Outcome, Printer, PrinterError, Profile,
    QrText, Scale, Size, Ticket,
};

use super::{BACK, PLUGGED, Stage, Verdict, back, ensure, within, words};

/// The node of the kernel's printer driver, while that has the printer.
const USBLP: &str = "/dev/usb/lp0";

/// The kernel's driver has the printer when it is plugged in, gives it up to ours, and gets it back.
pub fn taken_and_given_back(_: &mut Stage) -> Verdict {
    let usblp = || Path::new(USBLP).exists();
    within(PLUGGED, || ensure(usblp(), "the kernel's driver has not taken the printer"))?;
    let mut link = UsbLink::open(&identity()).map_err(words)?;
    within(PLUGGED, || ensure(!usblp(), "the kernel's driver has the printer still"))?;
    ensure(link.is_printer(), "it is no printer")?;
    let soon = || Instant::now() + Duration::from_secs(2);
    let id = link.device_id(soon()).map_err(words)?;
    ensure(id.contains("MDL:TP80;"), format!("it says that it is {id}"))?;
    let status = link.port_status(soon()).map_err(words)?;
    ensure(status & 0x38 == 0x18, format!("its port status is {status:02X}"))?;
    drop(link);
    within(PLUGGED, || ensure(usblp(), "the kernel's driver has not got the printer back"))
}

/// What stands with the printer is told, and told again when it changes.
pub fn status(stage: &mut Stage) -> Verdict {
    let mut printer = within(PLUGGED, ready)?;
    for (paper, cover, fault) in [
        (Paper::Ok, Cover::Closed, None),
        (Paper::Out, Cover::Closed, Some(Fault::PaperOut)),
        (Paper::Ok, Cover::Open, Some(Fault::CoverOpen)),
        (Paper::Low, Cover::Closed, None),
    ] {
        stage.printer.set(paper, cover, Cutter::Ok);
        let status = printer.status().map_err(words)?;
        ensure(status.fault() == fault, format!("{paper:?}, {cover:?}, and says {:?}", status.fault()))?;
        let low = paper == Paper::Low;
        ensure((status.paper() == ticket_printer::Paper::Low) == low, "wrong about how much paper is left")?;
    }
    stage.printer.set(Paper::Ok, Cover::Closed, Cutter::Ok);
    Ok(())
}

/// A ticket is printed, and proven.
pub fn ticket(stage: &mut Stage) -> Verdict {
    let mut printer = within(PLUGGED, ready)?;
    printed(&mut printer, "A012", 1)?;
    within(BACK, || is_among("A012", &stage.printer.tickets()))
}

/// The plug is pulled while nothing is asked, and the printer prints when it is back. More than once:
/// what is asked in the moment of the pulling may meet a bus that fails before it is told why.
pub fn unplugged(stage: &mut Stage) -> Verdict {
    for (job, number) in [(2, "A013"), (3, "A014"), (4, "A015")] {
        let mut printer = within(PLUGGED, ready)?;
        stage.printer.unplug().map_err(words)?;
        has_hung_up(&printer.status().map(drop))?;
        drop(printer);
        let absent = UsbLink::open(&identity()).map(drop);
        ensure(matches!(absent, Err(LinkError::NotFound(_))), "there without its plug")?;
        stage.printer.plug().map_err(words)?;
        let mut printer = back(|| UsbLink::open(&identity()).map_err(words), ready)?;
        printed(&mut printer, number, job)?;
        within(BACK, || is_among(number, &stage.printer.tickets()))?;
    }
    Ok(())
}

fn ready() -> Result<Printer<UsbLink>, String> {
    let link = UsbLink::open(&identity()).map_err(words)?;
    let mut printer = Printer::over(link, profile(), LineSpeed::Unpaced);
    printer.init().map_err(words)?;
    printer.status().map_err(words)?;
    Ok(printer)
}

fn identity() -> UsbIdentity {
    UsbIdentity { serial: Some("TP80-1".to_owned()), ..UsbIdentity::product(0x0416, 0x5011) }
}

/// What the emulated printers can do.
pub fn profile() -> Profile {
    Profile::named("epson-tm-compatible")
}

/// Prints a ticket with `number` on it, whole and proven.
pub fn printed<L: Link>(printer: &mut Printer<L>, number: &str, job: u32) -> Verdict {
    let ticket = Ticket {
        lines: vec![
            Line::centred("办事大厅", Size::square(Scale::TWO)),
            Line::Commit,
            Line::centred(number, Size::square(Scale::FOUR)),
            Line::text("请在三号窗口等候"),
            Line::Qr {
                data: QrText::new(format!("onedoor:{number}")).map_err(words)?,
                module: ModuleDots::FOUR,
                level: Level::M,
            },
        ],
    };
    let encoded = Encoder::new(printer.profile().clone(), None).encode(&ticket);
    ensure(encoded.substituted == 0, "the printer lacks characters")?;
    printer.preflight().map_err(words)?;
    printer.begin(&encoded.header).map_err(words)?;
    match printer.finish(&encoded.body, JobId::new(job), &mut |_| {}) {
        Outcome::Confirmed(_) => Ok(()),
        other => Err(format!("the ticket ended as {other:?}")),
    }
}

/// Whether a ticket with `number` on it has come out.
pub fn is_among(number: &str, tickets: &[String]) -> Verdict {
    let came = |ticket: &String| ticket.contains(number) && ticket.contains("请在三号窗口等候");
    ensure(tickets.iter().any(came), format!("no ticket {number} among {} tickets", tickets.len()))
}

/// Whether the printer's connection told that its device has gone.
pub fn has_hung_up(outcome: &Result<(), PrinterError>) -> Verdict {
    match outcome {
        Err(PrinterError::Link { source: LinkError::HungUp, .. }) => Ok(()),
        Err(other) => Err(format!("hung up, and said: {other}")),
        Ok(()) => Err("hung up, and unnoticed".to_owned()),
    }
}
