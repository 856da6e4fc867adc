//! Everything that can be wrong, as one closed list.
//!
//! Drivers have error types of their own; `kiosk/app` maps them here, and [`origin`] says of every
//! answer that the devices' standards know which entry it leads to. For each entry: a stable code
//! that a technician can read out on the telephone, how much it takes away, and what the kiosk still
//! does meanwhile. What a visitor is told and what a technician does stand, in words, in the
//! screen's language files.

pub mod origin;
mod status;
mod still;

pub use status::DeviceStatus;
pub use still::Still;

use still::{
    ALL_GOES_ON, BY_CARD, BY_GLASS, BY_OTHER_WAY, KEPT_HERE, NO_KEY, NO_LEDGER, NO_SCANNER, NO_TICKET,
    SCANNING,
};

/// A part of the kiosk that can be at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Device {
    /// resident-ID reader
    Reader,
    /// queue-ticket printer
    Printer,
    /// document scanner
    Scanner,
    /// the slot for social-security cards (PC/SC)
    CardSlot,
    /// the scanner of QR codes
    CodeScanner,
    /// the place for companies' keys (GM/T 0016, SKF)
    CompanyKey,
    /// the central e-licence store and the way to it
    Store,
    /// the kiosk's own storage and set-up
    Kiosk,
}

impl Device {
    /// The stable name, for ids and scripts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Printer => "printer",
            Self::Scanner => "scanner",
            Self::CardSlot => "slot",
            Self::CodeScanner => "code-scanner",
            Self::CompanyKey => "company-key",
            Self::Store => "store",
            Self::Kiosk => "kiosk",
        }
    }

    /// The device with this name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|device| device.key() == key)
    }

    /// Every device.
    pub const ALL: &'static [Device] = &[
        Self::Reader,
        Self::Printer,
        Self::Scanner,
        Self::CardSlot,
        Self::CodeScanner,
        Self::CompanyKey,
        Self::Store,
        Self::Kiosk,
    ];

    /// The letter that the codes of its faults begin with.
    pub fn letter(self) -> char {
        match self {
            Self::Reader => 'R',
            Self::Printer => 'P',
            Self::Scanner => 'S',
            Self::CardSlot => 'C',
            Self::CodeScanner => 'Q',
            Self::CompanyKey => 'E',
            Self::Store => 'N',
            Self::Kiosk => 'K',
        }
    }
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
    ($($(#[$doc:meta])* $name:ident = $code:literal, $device:ident, $severity:ident, $still:ident;)*) => {
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

            /// What the kiosk still does meanwhile; never nothing.
            pub fn meanwhile(self) -> &'static [Still] {
                match self { $(Fault::$name => $still,)* }
            }
        }
    };
}

impl Fault {
    /// Whether the device is not there at all: unplugged, switched off, or never fitted.
    pub fn is_absence(self) -> bool {
        matches!(
            self,
            Self::ReaderAbsent
                | Self::PrinterAbsent
                | Self::ScannerAbsent
                | Self::SlotAbsent
                | Self::CodeScannerAbsent
        )
    }

    /// Whether the device is there and says nothing.
    pub fn is_silence(self) -> bool {
        matches!(
            self,
            Self::ReaderSilent
                | Self::PrinterSilent
                | Self::ScannerSilent
                | Self::SlotSilent
                | Self::KeyHelperSilent
                | Self::StoreUnreachable
                | Self::StoreNameUnknown
        )
    }

    /// The fault with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.code() == code)
    }
}

faults! {
    /// no such port, or the reader was unplugged
    ReaderAbsent = "R01", Reader, Down, BY_OTHER_WAY;
    /// the port is there and nothing answers
    ReaderSilent = "R02", Reader, Down, BY_OTHER_WAY;
    /// answers arrive damaged
    ReaderGarbled = "R03", Reader, Degraded, BY_CARD;
    /// SW3 66: the security module is not authorised
    ReaderNotAuthorised = "R04", Reader, Down, BY_OTHER_WAY;
    /// SW3 60: the security module failed its self-test
    ReaderSelfTest = "R05", Reader, Down, BY_OTHER_WAY;
    /// SW3 31, 32, 33: card and security module do not accept each other
    ReaderAuthentication = "R06", Reader, Degraded, BY_CARD;
    /// the port is there and the kiosk may not open it
    ReaderNotPermitted = "R07", Reader, Down, BY_OTHER_WAY;
    /// another program holds the port
    ReaderInUse = "R08", Reader, Down, BY_OTHER_WAY;
    /// SW3 21, 23, 24, 47: it will not do what it is asked, again and again
    ReaderRefuses = "R09", Reader, Down, BY_OTHER_WAY;
    /// no such port, or the printer was unplugged or switched off
    PrinterAbsent = "P01", Printer, Down, NO_TICKET;
    /// the port is there and nothing answers
    PrinterSilent = "P02", Printer, Down, NO_TICKET;
    /// paper end
    PaperOut = "P03", Printer, Down, NO_TICKET;
    /// paper near end
    PaperLow = "P04", Printer, Notice, ALL_GOES_ON;
    /// cover open
    CoverOpen = "P05", Printer, Down, NO_TICKET;
    /// auto-cutter error
    CutterJammed = "P06", Printer, Down, NO_TICKET;
    /// the head is too hot and will recover by itself
    HeadHot = "P07", Printer, Degraded, NO_TICKET;
    /// recoverable error of the mechanism, or an error that it does not name
    PrinterMechanism = "P08", Printer, Down, NO_TICKET;
    /// off-line without a cause that it names
    PrinterOffline = "P09", Printer, Down, NO_TICKET;
    /// the port is there and the kiosk may not open it
    PrinterNotPermitted = "P10", Printer, Down, NO_TICKET;
    /// another program holds the port
    PrinterInUse = "P11", Printer, Down, NO_TICKET;
    /// an error that only repair ends
    PrinterBroken = "P12", Printer, Down, NO_TICKET;
    /// it waits for its button to be put back on line
    PrinterWaitsForButton = "P13", Printer, Down, NO_TICKET;
    /// its feed button is pressed, or paper is being fed by it
    PrinterFeeding = "P14", Printer, Degraded, NO_TICKET;
    /// by its profile it proves what it printed, and it does not
    PrinterUnproven = "P15", Printer, Degraded, ALL_GOES_ON;
    /// answers that make no sense
    PrinterGarbled = "P16", Printer, Degraded, NO_TICKET;
    /// its supply voltage is not what it should be
    PrinterPower = "P17", Printer, Down, NO_TICKET;
    /// nobody listens at the scanner's address
    ScannerAbsent = "S01", Scanner, Down, NO_SCANNER;
    /// paper jam
    ScannerJam = "S02", Scanner, Down, NO_SCANNER;
    /// hatch or door open
    ScannerHatchOpen = "S03", Scanner, Down, NO_SCANNER;
    /// a page was not taken in
    ScannerMispick = "S04", Scanner, Degraded, SCANNING;
    /// two sheets at once
    ScannerMultipick = "S05", Scanner, Degraded, SCANNING;
    /// the scanner is busy with somebody else's job
    ScannerBusy = "S06", Scanner, Degraded, SCANNING;
    /// an answer that makes no sense, or stopped in the middle
    ScannerProtocol = "S07", Scanner, Degraded, SCANNING;
    /// the scanner says it needs service
    ScannerService = "S08", Scanner, Down, NO_SCANNER;
    /// a page too short or too long for scanning both sides
    ScannerSheetUnsuitable = "S09", Scanner, Degraded, BY_GLASS;
    /// too many sheets in the input tray
    FeederOverloaded = "S10", Scanner, Degraded, SCANNING;
    /// it does not accept the settings of a job
    ScannerRefusesSettings = "S11", Scanner, Degraded, SCANNING;
    /// it is there and the kiosk may not use it
    ScannerNotPermitted = "S12", Scanner, Down, NO_SCANNER;
    /// a vendor's back end crashed or hung; its process is started again
    ScannerHelperDied = "S13", Scanner, Degraded, SCANNING;
    /// libsane, or the process that loads it, is missing
    ScannerNoBackEnd = "S14", Scanner, Down, NO_SCANNER;
    /// sheets fed and pages stored are not as many
    PagesMissing = "S15", Scanner, Degraded, SCANNING;
    /// the connection is there and no answer comes in time
    ScannerSilent = "S16", Scanner, Down, NO_SCANNER;
    /// the scanner ran out of memory
    ScannerOutOfMemory = "S17", Scanner, Degraded, SCANNING;
    /// a page arrived damaged
    ScannerBadPage = "S18", Scanner, Degraded, SCANNING;
    /// no slot, or it was unplugged
    SlotAbsent = "C01", CardSlot, Down, BY_CARD;
    /// the smart-card service does not run, or was started again under the kiosk
    SlotService = "C02", CardSlot, Down, BY_CARD;
    /// the slot is there and the kiosk may not use it
    SlotNotPermitted = "C03", CardSlot, Down, BY_CARD;
    /// another program holds the slot
    SlotInUse = "C04", CardSlot, Down, BY_CARD;
    /// replies that make no sense, from card after card
    SlotGarbled = "C05", CardSlot, Degraded, BY_CARD;
    /// no answer in time
    SlotSilent = "C06", CardSlot, Down, BY_CARD;
    /// no such port, or the code scanner was unplugged
    CodeScannerAbsent = "Q01", CodeScanner, Down, BY_CARD;
    /// what arrives is no code, again and again
    CodeScannerGarbled = "Q02", CodeScanner, Degraded, BY_CARD;
    /// the port is there and the kiosk may not open it
    CodeScannerNotPermitted = "Q03", CodeScanner, Down, BY_CARD;
    /// another program holds the port
    CodeScannerInUse = "Q04", CodeScanner, Down, BY_CARD;
    /// the vendor's library is not there
    KeyLibraryMissing = "E01", CompanyKey, Down, NO_KEY;
    /// the vendor's library crashed; its process is started again
    KeyHelperDied = "E02", CompanyKey, Degraded, NO_KEY;
    /// the vendor's library fails at what it is asked
    KeyLibraryFails = "E03", CompanyKey, Degraded, NO_KEY;
    /// the process that loads the vendor's library is not there
    KeyHelperMissing = "E04", CompanyKey, Down, NO_KEY;
    /// the vendor's library does not come back in time
    KeyHelperSilent = "E05", CompanyKey, Degraded, NO_KEY;
    /// no connection to the store
    StoreUnreachable = "N01", Store, Degraded, KEPT_HERE;
    /// the store's certificate is not the hall's
    StoreUntrusted = "N02", Store, Down, KEPT_HERE;
    /// the store does not accept the kiosk's certificate
    StoreRefusesKiosk = "N03", Store, Down, KEPT_HERE;
    /// the store answers 423: it holds the upload locked
    StoreBusy = "N04", Store, Notice, KEPT_HERE;
    /// the store answers 5xx
    StoreError = "N05", Store, Degraded, KEPT_HERE;
    /// an answer that breaks the protocol
    StoreProtocol = "N06", Store, Degraded, KEPT_HERE;
    /// the store refused a document for good
    StoreRefusedDocument = "N07", Store, Degraded, SCANNING;
    /// the store holds other bytes than were sent
    StoreDigest = "N08", Store, Degraded, SCANNING;
    /// the kiosk's client certificate ends soon
    CertificateEnding = "N09", Store, Notice, ALL_GOES_ON;
    /// the store's name has no address
    StoreNameUnknown = "N10", Store, Degraded, KEPT_HERE;
    /// the store's certificate has expired
    StoreCertificateEnded = "N11", Store, Down, KEPT_HERE;
    /// the store's certificate is not valid yet: one of the two clocks is wrong
    StoreClockDisagrees = "N12", Store, Down, KEPT_HERE;
    /// the store offers no TLS 1.3 that the kiosk shares
    StoreNoTls13 = "N13", Store, Down, KEPT_HERE;
    /// 404, 410 (tus also 403): the store does not know an upload any more
    StoreUploadGone = "N14", Store, Degraded, KEPT_HERE;
    /// 409 that does not heal: kiosk and store disagree on how much has arrived
    StoreOffsetConflict = "N15", Store, Degraded, KEPT_HERE;
    /// 460: a part arrived damaged
    StoreChecksum = "N16", Store, Degraded, KEPT_HERE;
    /// 413: too large for the store
    StoreTooLarge = "N17", Store, Degraded, SCANNING;
    /// 412: the store speaks another version of tus
    StoreVersion = "N18", Store, Down, KEPT_HERE;
    /// the look-up of visitors' codes does not answer
    StoreCodesDown = "N19", Store, Degraded, BY_CARD;
    /// the store does not countersign what it received, or somebody else did
    StoreCountersignature = "N20", Store, Degraded, KEPT_HERE;
    /// the look-up of licences does not answer
    StoreLicencesDown = "N21", Store, Degraded, SCANNING;
    /// no room for another page
    DiskFull = "K01", Kiosk, Degraded, NO_SCANNER;
    /// the number ledger cannot be written
    LedgerFailed = "K02", Kiosk, Down, NO_LEDGER;
    /// a page or document could not be processed
    DocumentFailed = "K03", Kiosk, Degraded, SCANNING;
    /// the outbox cannot be written
    OutboxFailed = "K04", Kiosk, Down, NO_SCANNER;
    /// the kiosk's clock cannot be right
    ClockWrong = "K05", Kiosk, Degraded, ALL_GOES_ON;
    /// the owner of a device panicked and was started again
    OwnerRestarted = "K06", Kiosk, Notice, ALL_GOES_ON;
    /// the capsule of a fault could not be written
    RecorderFailed = "K07", Kiosk, Notice, ALL_GOES_ON;
    /// the font for tickets is missing: only what the printer's own font has is printed
    FontMissing = "K08", Kiosk, Degraded, NO_TICKET;
    /// the log cannot be written
    LogFailed = "K09", Kiosk, Notice, ALL_GOES_ON;
    /// no screen is plugged in; the kiosk does all it does, and nobody sees it
    ScreenUnplugged = "K10", Kiosk, Degraded, ALL_GOES_ON;
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
            let code = fault.code();
            let number = code.strip_prefix(fault.device().letter()).expect("the device's letter");
            assert!(number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()), "{fault:?}");
            assert_eq!(Fault::parse(code), Some(*fault));
        }
        assert_eq!(Fault::parse("R00"), None);
        let letters: BTreeSet<_> = Device::ALL.iter().map(|d| d.letter()).collect();
        assert_eq!(letters.len(), Device::ALL.len());
    }

    #[test]
    fn codes_of_a_device_are_numbered_without_a_gap() {
        for device in Device::ALL {
            let of_device = Fault::ALL.iter().filter(|f| f.device() == *device);
            for (at, fault) in of_device.enumerate() {
                assert_eq!(fault.code(), format!("{}{:02}", device.letter(), at + 1));
            }
        }
    }

    #[test]
    fn no_fault_stops_the_kiosk() {
        for fault in Fault::ALL {
            assert!(!fault.meanwhile().is_empty(), "{fault:?} leaves nothing to do");
            let all = fault.meanwhile().contains(&Still::Everything);
            assert!(!all || fault.meanwhile().len() == 1, "{fault:?}: all, and what more?");
            assert!(!all || fault.severity() < Severity::Down, "{fault:?} is down and all goes on");
            assert!(!fault.is_absence() || fault.severity() == Severity::Down, "{fault:?} is not there");
        }
    }
}
