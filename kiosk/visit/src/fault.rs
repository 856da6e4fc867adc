//! Everything that can be wrong, as one closed list.
//!
//! Drivers have error types of their own; `kiosk/app` maps them here. For each entry: a stable code
//! that a technician can read out on the telephone, whether a visitor need be told, and what the
//! kiosk still does meanwhile. The words for it stand in the screen's language files.

/// A part of the kiosk that can be at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Device {
    /// resident-ID reader
    Reader,
    /// queue-ticket printer
    Printer,
    /// document scanner
    Scanner,
    /// the central e-licence store and the way to it
    Store,
    /// the kiosk's own storage and set-up
    Kiosk,
}

/// How much a fault takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// everything still works; somebody should look
    Notice,
    /// something works less well than it should
    Degraded,
    /// the device does nothing until it is mended
    Down,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $device:ident, $severity:ident;)*) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $name,)* }

        impl Fault {
            /// Every entry, in the order of the catalogue.
            pub const ALL: &'static [Fault] = &[$(Fault::$name,)*];

            /// The stable code: the device's letter and a number, never given to another fault.
            pub fn code(self) -> &'static str {
                match self { $(Fault::$name => $code,)* }
            }

            /// Which device is at fault.
            pub fn device(self) -> Device {
                match self { $(Fault::$name => Device::$device,)* }
            }

            /// How much is lost.
            pub fn severity(self) -> Severity {
                match self { $(Fault::$name => Severity::$severity,)* }
            }
        }
    };
}

faults! {
    /// no such port, or the reader was unplugged
    ReaderAbsent = "R01", Reader, Down;
    /// the port is there and nothing answers
    ReaderSilent = "R02", Reader, Down;
    /// answers arrive damaged
    ReaderGarbled = "R03", Reader, Degraded;
    /// SW3 66: the security module is not authorised
    ReaderNotAuthorised = "R04", Reader, Down;
    /// SW3 60: the security module failed its self-test
    ReaderSelfTest = "R05", Reader, Down;
    /// SW3 31, 32, 33: card and security module do not accept each other
    ReaderAuthentication = "R06", Reader, Degraded;
    /// no such port, or the printer was unplugged or switched off
    PrinterAbsent = "P01", Printer, Down;
    /// the port is there and nothing answers
    PrinterSilent = "P02", Printer, Down;
    /// paper end
    PaperOut = "P03", Printer, Down;
    /// paper near end
    PaperLow = "P04", Printer, Notice;
    /// cover open
    CoverOpen = "P05", Printer, Down;
    /// auto-cutter error
    CutterJammed = "P06", Printer, Down;
    /// the head is too hot and will recover by itself
    HeadHot = "P07", Printer, Degraded;
    /// recoverable or unrecoverable error of the mechanism
    PrinterMechanism = "P08", Printer, Down;
    /// off-line without a cause that it names
    PrinterOffline = "P09", Printer, Down;
    /// nobody listens at the scanner's address
    ScannerAbsent = "S01", Scanner, Down;
    /// paper jam
    ScannerJam = "S02", Scanner, Down;
    /// hatch or door open
    ScannerHatchOpen = "S03", Scanner, Down;
    /// a page was not taken in
    ScannerMispick = "S04", Scanner, Degraded;
    /// two sheets at once
    ScannerMultipick = "S05", Scanner, Degraded;
    /// the scanner is busy with somebody else's job
    ScannerBusy = "S06", Scanner, Degraded;
    /// an answer that makes no sense, or stopped in the middle
    ScannerProtocol = "S07", Scanner, Degraded;
    /// the scanner says it needs service
    ScannerService = "S08", Scanner, Down;
    /// no connection to the store
    StoreUnreachable = "N01", Store, Degraded;
    /// the store's certificate is not the hall's
    StoreUntrusted = "N02", Store, Down;
    /// the store does not accept the kiosk's certificate
    StoreRefusesKiosk = "N03", Store, Down;
    /// the store answers 423: it holds the upload locked
    StoreBusy = "N04", Store, Notice;
    /// the store answers 5xx
    StoreError = "N05", Store, Degraded;
    /// an answer that breaks the protocol
    StoreProtocol = "N06", Store, Degraded;
    /// the store refused a document for good
    StoreRefusedDocument = "N07", Store, Degraded;
    /// the store holds other bytes than were sent
    StoreDigest = "N08", Store, Degraded;
    /// the kiosk's client certificate ends soon
    CertificateEnding = "N09", Store, Notice;
    /// no room for another page
    DiskFull = "K01", Kiosk, Degraded;
    /// the number ledger cannot be written
    LedgerFailed = "K02", Kiosk, Down;
    /// a page or document could not be processed
    DocumentFailed = "K03", Kiosk, Degraded;
    /// the outbox cannot be written
    OutboxFailed = "K04", Kiosk, Down;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_speak_of_their_device() {
        let codes: BTreeSet<_> = Fault::ALL.iter().map(|f| f.code()).collect();
        assert_eq!(codes.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            let letter = match fault.device() {
                Device::Reader => 'R',
                Device::Printer => 'P',
                Device::Scanner => 'S',
                Device::Store => 'N',
                Device::Kiosk => 'K',
            };
            assert!(fault.code().starts_with(letter), "{fault:?}");
        }
    }
}
