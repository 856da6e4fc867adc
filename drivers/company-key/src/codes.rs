//! The functions and return codes of an SKF library (GM/T 0016).

/// The functions that the helper calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// SKF_EnumDev
    EnumDev,
    /// SKF_ConnectDev
    ConnectDev,
    /// SKF_EnumApplication
    EnumApplication,
    /// SKF_OpenApplication
    OpenApplication,
    /// SKF_EnumContainer
    EnumContainer,
    /// SKF_OpenContainer
    OpenContainer,
    /// SKF_ExportCertificate
    ExportCertificate,
    /// SKF_ExportPublicKey
    ExportPublicKey,
    /// SKF_VerifyPIN
    VerifyPin,
    /// SKF_DigestInit
    DigestInit,
    /// SKF_Digest
    Digest,
    /// SKF_ECCSignData
    EccSignData,
}

impl Call {
    /// All of them; the place in this list is the number in [`crate::protocol`].
    pub const ALL: [Self; 12] = [
        Self::EnumDev,
        Self::ConnectDev,
        Self::EnumApplication,
        Self::OpenApplication,
        Self::EnumContainer,
        Self::OpenContainer,
        Self::ExportCertificate,
        Self::ExportPublicKey,
        Self::VerifyPin,
        Self::DigestInit,
        Self::Digest,
        Self::EccSignData,
    ];

    /// The function's name in C.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EnumDev => "SKF_EnumDev",
            Self::ConnectDev => "SKF_ConnectDev",
            Self::EnumApplication => "SKF_EnumApplication",
            Self::OpenApplication => "SKF_OpenApplication",
            Self::EnumContainer => "SKF_EnumContainer",
            Self::OpenContainer => "SKF_OpenContainer",
            Self::ExportCertificate => "SKF_ExportCertificate",
            Self::ExportPublicKey => "SKF_ExportPublicKey",
            Self::VerifyPin => "SKF_VerifyPIN",
            Self::DigestInit => "SKF_DigestInit",
            Self::Digest => "SKF_Digest",
            Self::EccSignData => "SKF_ECCSignData",
        }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Defines the return codes once: variant, code, the standard's name.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)+) => {
        /// A return code other than success.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Sar {
            $($(#[$doc])* $variant,)+
            /// A code that is not in the standard: a vendor's own.
            Other(u32),
        }

        impl Sar {
            /// Every code of the standard, success left out.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// What a number means.
            #[must_use]
            pub fn from_code(code: u32) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Other(other),
                }
            }

            /// The number.
            #[must_use]
            pub fn code(self) -> u32 {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }

            /// The standard's name for it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(_) => "a vendor's own code",
                }
            }
        }
    };
}

codes! {
    /// failure without a reason
    Fail = 0x0A00_0001, "SAR_FAIL";
    /// unknown error
    Unknown = 0x0A00_0002, "SAR_UNKNOWNERR";
    /// function not supported
    NotSupported = 0x0A00_0003, "SAR_NOTSUPPORTYETERR";
    /// file operation failed
    File = 0x0A00_0004, "SAR_FILEERR";
    /// invalid handle
    InvalidHandle = 0x0A00_0005, "SAR_INVALIDHANDLEERR";
    /// invalid parameter
    InvalidParameter = 0x0A00_0006, "SAR_INVALIDPARAMERR";
    /// file could not be read
    ReadFile = 0x0A00_0007, "SAR_READFILEERR";
    /// file could not be written
    WriteFile = 0x0A00_0008, "SAR_WRITEFILEERR";
    /// name of a wrong length
    NameLength = 0x0A00_0009, "SAR_NAMELENERR";
    /// key not meant for this use
    KeyUsage = 0x0A00_000A, "SAR_KEYUSAGEERR";
    /// modulus of a wrong length
    ModulusLength = 0x0A00_000B, "SAR_MODULUSLENERR";
    /// not initialised
    NotInitialised = 0x0A00_000C, "SAR_NOTINITIALIZEERR";
    /// object error
    Object = 0x0A00_000D, "SAR_OBJERR";
    /// out of memory
    Memory = 0x0A00_000E, "SAR_MEMORYERR";
    /// time-out
    Timeout = 0x0A00_000F, "SAR_TIMEOUTERR";
    /// input of a wrong length
    InputLength = 0x0A00_0010, "SAR_INDATALENERR";
    /// wrong input
    Input = 0x0A00_0011, "SAR_INDATAERR";
    /// no random numbers
    Random = 0x0A00_0012, "SAR_GENRANDERR";
    /// digest object error
    HashObject = 0x0A00_0013, "SAR_HASHOBJERR";
    /// digest failed
    Hash = 0x0A00_0014, "SAR_HASHERR";
    /// RSA key could not be made
    RsaKey = 0x0A00_0015, "SAR_GENRSAKEYERR";
    /// RSA modulus of a wrong length
    RsaModulusLength = 0x0A00_0016, "SAR_RSAMODULUSLENERR";
    /// public key could not be imported
    ImportPublicKey = 0x0A00_0017, "SAR_CSPIMPRTPUBKEYERR";
    /// RSA encryption failed
    RsaEncrypt = 0x0A00_0018, "SAR_RSAENCERR";
    /// RSA decryption failed
    RsaDecrypt = 0x0A00_0019, "SAR_RSADECERR";
    /// digests differ
    HashNotEqual = 0x0A00_001A, "SAR_HASHNOTEQUALERR";
    /// key not found
    KeyNotFound = 0x0A00_001B, "SAR_KEYNOTFOUNTERR";
    /// certificate not found
    CertificateNotFound = 0x0A00_001C, "SAR_CERTNOTFOUNTERR";
    /// object not exported
    NotExported = 0x0A00_001D, "SAR_NOTEXPORTERR";
    /// padding wrong at decryption
    DecryptPadding = 0x0A00_001E, "SAR_DECRYPTPADERR";
    /// MAC of a wrong length
    MacLength = 0x0A00_001F, "SAR_MACLENERR";
    /// buffer too small
    BufferTooSmall = 0x0A00_0020, "SAR_BUFFER_TOO_SMALL";
    /// wrong kind of key
    KeyInfoType = 0x0A00_0021, "SAR_KEYINFOTYPEERR";
    /// no event
    NoEvent = 0x0A00_0022, "SAR_NOT_EVENTERR";
    /// the key was pulled
    DeviceRemoved = 0x0A00_0023, "SAR_DEVICE_REMOVED";
    /// wrong PIN
    PinIncorrect = 0x0A00_0024, "SAR_PIN_INCORRECT";
    /// PIN locked
    PinLocked = 0x0A00_0025, "SAR_PIN_LOCKED";
    /// PIN not acceptable
    PinInvalid = 0x0A00_0026, "SAR_PIN_INVALID";
    /// PIN of a wrong length
    PinLength = 0x0A00_0027, "SAR_PIN_LEN_RANGE";
    /// logged in already
    AlreadyLoggedIn = 0x0A00_0028, "SAR_USER_ALREADY_LOGGED_IN";
    /// the PIN was never set
    PinNotInitialised = 0x0A00_0029, "SAR_USER_PIN_NOT_INITIALIZED";
    /// wrong kind of user
    UserType = 0x0A00_002A, "SAR_USER_TYPE_INVALID";
    /// invalid application name
    ApplicationName = 0x0A00_002B, "SAR_APPLICATION_NAME_INVALID";
    /// application exists
    ApplicationExists = 0x0A00_002C, "SAR_APPLICATION_EXISTS";
    /// not logged in
    NotLoggedIn = 0x0A00_002D, "SAR_USER_NOT_LOGGED_IN";
    /// no such application
    ApplicationNotFound = 0x0A00_002E, "SAR_APPLICATION_NOT_EXISTS";
    /// file exists
    FileExists = 0x0A00_002F, "SAR_FILE_ALREADY_EXIST";
    /// no room
    NoRoom = 0x0A00_0030, "SAR_NO_ROOM";
    /// no such file
    FileNotFound = 0x0A00_0031, "SAR_FILE_NOT_EXIST";
    /// too many containers
    ContainerCount = 0x0A00_0032, "SAR_REACH_MAX_CONTAINER_COUNT";
}

impl std::fmt::Display for Sar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08X} ({})", self.code(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_codes_are_50_in_a_row() {
        for (code, sar) in (0x0A00_0001..).zip(Sar::ALL) {
            assert_eq!((sar.code(), Sar::from_code(code)), (code, *sar));
        }
        assert_eq!(Sar::ALL.len(), 0x32);
        assert_eq!(Sar::from_code(0x0B00_0035), Sar::Other(0x0B00_0035));
        assert_eq!(Sar::DeviceRemoved.to_string(), "0A000023 (SAR_DEVICE_REMOVED)");
    }
}
