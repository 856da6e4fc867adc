//! The C interface of an SKF library (GM/T 0016), made safe as far as foreign code can be.
//!
//! `ULONG` has 32 bits in the standard and 64 in some vendors' headers for Linux. Either kind of
//! library works here: numbers are passed as 64 bits whose upper half is zero, and what is given back
//! through a pointer has room for 64 bits, zeroed before (on a little-endian machine, such as every one
//! that vendors build for). Structures that hold a `ULONG` are only passed on.
#![expect(unsafe_code, reason = "calls into a vendor's C library, for which this program exists")]

use std::ffi::{CString, c_char, c_void};
use std::path::Path;
use std::ptr;

use company_key::protocol::{LONGEST_CERTIFICATE, LONGEST_NAME, MOST_KEYS, Unloaded};
use company_key::{Call, Sar};
use libloading::os::unix::{Library as Object, RTLD_LOCAL, RTLD_NOW};
use zeroize::Zeroizing;

type Handle = *mut c_void;
type List = unsafe extern "C" fn(Handle, *mut u8, *mut u64) -> u32;
type Open = unsafe extern "C" fn(Handle, *const c_char, *mut Handle) -> u32;
type Export = unsafe extern "C" fn(Handle, i32, *mut u8, *mut u64) -> u32;
type Close = unsafe extern "C" fn(Handle) -> u32;

const USER: u64 = 1;
const SGD_SM3: u64 = 1;

/// Room for a list of names, bytes.
const LIST: usize = 8 * 1024;
/// Room for an ECCPUBLICKEYBLOB, 132 or 136 bytes.
const PUBLIC_KEY: usize = 256;
/// An ECCSIGNATUREBLOB: r and s, 64 bytes each, the number at the right.
const SIGNATURE: usize = 128;

/// Why a call brought nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The function's return code, and PIN tries left where it tells.
    Code(Call, Sar, Option<u32>),
    /// Success, with lengths or values that the interface does not allow.
    Misbehaved(Call),
}

/// A loaded library. It stays loaded: unloading runs foreign code once more, for nothing.
pub(crate) struct Library {
    enum_dev: unsafe extern "C" fn(i32, *mut u8, *mut u64) -> u32,
    connect_dev: unsafe extern "C" fn(*const c_char, *mut Handle) -> u32,
    enum_application: List,
    open_application: Open,
    enum_container: List,
    open_container: Open,
    export_certificate: Export,
    export_public_key: Export,
    verify_pin: unsafe extern "C" fn(Handle, u64, *const c_char, *mut u64) -> u32,
    digest_init: unsafe extern "C" fn(Handle, u64, *const u8, *const u8, u64, *mut Handle) -> u32,
    digest: unsafe extern "C" fn(Handle, *const u8, u64, *mut u8, *mut u64) -> u32,
    ecc_sign_data: unsafe extern "C" fn(Handle, *const u8, u64, *mut u8) -> u32,
    // One can do without these: what they give back goes with the process.
    disconnect_dev: Option<Close>,
    close_application: Option<Close>,
    close_container: Option<Close>,
    close_handle: Option<Close>,
    clear_secure_state: Option<Close>,
}

impl Library {
    /// Loads the library and finds its functions.
    pub(crate) fn load(path: &Path) -> Result<Self, (Unloaded, String)> {
        // SAFETY: loading runs the library's constructors, whatever they do: that is why this process
        // is one of its own.
        let object = unsafe { Object::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let object = std::mem::ManuallyDrop::new(object.map_err(|e| (Unloaded::Refused, e.to_string()))?);
        // SAFETY (each): the standard gives the function of this name this signature; see above for ULONG.
        unsafe {
            Ok(Self {
                enum_dev: function(&object, Call::EnumDev)?,
                connect_dev: function(&object, Call::ConnectDev)?,
                enum_application: function(&object, Call::EnumApplication)?,
                open_application: function(&object, Call::OpenApplication)?,
                enum_container: function(&object, Call::EnumContainer)?,
                open_container: function(&object, Call::OpenContainer)?,
                export_certificate: function(&object, Call::ExportCertificate)?,
                export_public_key: function(&object, Call::ExportPublicKey)?,
                verify_pin: function(&object, Call::VerifyPin)?,
                digest_init: function(&object, Call::DigestInit)?,
                digest: function(&object, Call::Digest)?,
                ecc_sign_data: function(&object, Call::EccSignData)?,
                disconnect_dev: symbol(&object, "SKF_DisConnectDev").ok(),
                close_application: symbol(&object, "SKF_CloseApplication").ok(),
                close_container: symbol(&object, "SKF_CloseContainer").ok(),
                close_handle: symbol(&object, "SKF_CloseHandle").ok(),
                clear_secure_state: symbol(&object, "SKF_ClearSecureState").ok(),
            })
        }
    }

    /// The names of the keys that are plugged in.
    pub(crate) fn devices(&self) -> Result<Vec<Vec<u8>>, Failed> {
        let call = Call::EnumDev;
        names(call, |to, size| {
            // SAFETY: `to` has room for `*size` bytes.
            unsafe { (self.enum_dev)(1, to, size) }
        })
    }

    /// Connects the key with this name.
    pub(crate) fn connect(&self, name: &[u8]) -> Result<Device<'_>, Failed> {
        let call = Call::ConnectDev;
        let name = c_string(call, name)?;
        let handle = opened(call, |handle| {
            // SAFETY: the name ends with a zero byte; `handle` may be written.
            unsafe { (self.connect_dev)(name.as_ptr(), handle) }
        })?;
        Ok(Device { library: self, handle: Owned { handle, close: self.disconnect_dev } })
    }
}

/// # Safety
/// `F` is the type of a pointer to the function of this name.
unsafe fn function<F: Copy>(object: &Object, call: Call) -> Result<F, (Unloaded, String)> {
    // SAFETY: by this function's contract.
    unsafe { symbol(object, call.name()) }.map_err(|_| (Unloaded::Incomplete, call.name().to_owned()))
}

/// # Safety
/// As [`function`].
unsafe fn symbol<F: Copy>(object: &Object, name: &str) -> Result<F, libloading::Error> {
    // SAFETY: by this function's contract; the object is never unloaded.
    unsafe { object.get::<F>(name) }.map(|symbol| *symbol)
}

/// A handle of the library, given back when dropped.
struct Owned {
    handle: Handle,
    close: Option<Close>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(close) = self.close {
            // SAFETY: the handle was given by the function that `close` belongs to, and is not used
            // again. A failure has nothing left to fail for.
            let _ = unsafe { close(self.handle) };
        }
    }
}

/// A connected key.
pub(crate) struct Device<'a> {
    library: &'a Library,
    handle: Owned,
}

impl<'a> Device<'a> {
    pub(crate) fn applications(&self) -> Result<Vec<Vec<u8>>, Failed> {
        list(Call::EnumApplication, self.library.enum_application, &self.handle)
    }

    pub(crate) fn open_application(&self, name: &[u8]) -> Result<Application<'a>, Failed> {
        let handle = open(Call::OpenApplication, self.library.open_application, &self.handle, name)?;
        let close = self.library.close_application;
        Ok(Application { library: self.library, handle: Owned { handle, close } })
    }

    /// SM3 over the signer's Z and `data`.
    pub(crate) fn digest(&self, public_key: &[u8], id: &[u8], data: &[u8]) -> Result<[u8; 32], Failed> {
        let library = self.library;
        let handle = opened(Call::DigestInit, |hash| {
            // SAFETY: the key is what the library itself gave for one, the id has its length, and
            // `hash` may be written.
            unsafe {
                let device = self.handle.handle;
                (library.digest_init)(
                    device,
                    SGD_SM3,
                    public_key.as_ptr(),
                    id.as_ptr(),
                    id.len() as u64,
                    hash,
                )
            }
        })?;
        let hash = Owned { handle, close: library.close_handle };
        let digest = filled(Call::Digest, 64, |to, size| {
            // SAFETY: `data` has its length, `to` room for `*size` bytes.
            unsafe { (library.digest)(hash.handle, data.as_ptr(), data.len() as u64, to, size) }
        })?;
        digest.as_slice().try_into().map_err(|_| Failed::Misbehaved(Call::Digest))
    }
}

/// An application on a key.
pub(crate) struct Application<'a> {
    library: &'a Library,
    handle: Owned,
}

impl<'a> Application<'a> {
    pub(crate) fn containers(&self) -> Result<Vec<Vec<u8>>, Failed> {
        list(Call::EnumContainer, self.library.enum_container, &self.handle)
    }

    pub(crate) fn open_container(&self, name: &[u8]) -> Result<Container<'a>, Failed> {
        let handle = open(Call::OpenContainer, self.library.open_container, &self.handle, name)?;
        let close = self.library.close_container;
        Ok(Container { library: self.library, handle: Owned { handle, close } })
    }

    pub(crate) fn verify_pin(&self, pin: &[u8]) -> Result<(), Failed> {
        let call = Call::VerifyPin;
        if pin.contains(&0) {
            return Err(Failed::Code(call, Sar::PinInvalid, None));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(pin.len() + 1));
        text.extend_from_slice(pin);
        text.push(0);
        let mut tries = u64::MAX;
        // SAFETY: the PIN ends with a zero byte, and `tries` may be written.
        let code = unsafe {
            (self.library.verify_pin)(self.handle.handle, USER, text.as_ptr().cast(), &raw mut tries)
        };
        // Untouched, or only its lower half written: what is told is in the lower half.
        let told = (tries != u64::MAX).then_some(tries as u32);
        match code {
            0 => Ok(()),
            code => Err(Failed::Code(call, Sar::from_code(code), told)),
        }
    }

    /// Ends the login, if there is one.
    pub(crate) fn log_out(&self) {
        if let Some(clear) = self.library.clear_secure_state {
            // SAFETY: the handle is open. Closing the application ends the login as well.
            let _ = unsafe { clear(self.handle.handle) };
        }
    }
}

/// A container: a key pair and its certificate.
pub(crate) struct Container<'a> {
    library: &'a Library,
    handle: Owned,
}

impl Container<'_> {
    /// The certificate for signing.
    pub(crate) fn certificate(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        self.export(Call::ExportCertificate, self.library.export_certificate, LONGEST_CERTIFICATE)
    }

    /// The public key for signing, as the library has it.
    pub(crate) fn public_key(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        let call = Call::ExportPublicKey;
        let key = self.export(call, self.library.export_public_key, PUBLIC_KEY)?;
        // The library will read a whole structure there.
        if key.len() < 132 { Err(Failed::Misbehaved(call)) } else { Ok(key) }
    }

    fn export(&self, call: Call, export: Export, room: usize) -> Result<Zeroizing<Vec<u8>>, Failed> {
        filled(call, room, |to, size| {
            // SAFETY: the handle is open, `to` has room for `*size` bytes.
            unsafe { export(self.handle.handle, 1, to, size) }
        })
    }

    /// Signs a digest: r and s.
    pub(crate) fn sign(&self, digest: &[u8; 32]) -> Result<([u8; 32], [u8; 32]), Failed> {
        let call = Call::EccSignData;
        let mut blob = [0; SIGNATURE];
        // SAFETY: the digest has its length, and the structure its room.
        let code = unsafe {
            (self.library.ecc_sign_data)(self.handle.handle, digest.as_ptr(), 32, blob.as_mut_ptr())
        };
        succeeded(call, code)?;
        let (r, s) = blob.split_at(SIGNATURE / 2);
        match (number(r), number(s)) {
            (Some(r), Some(s)) => Ok((r, s)),
            _ => Err(Failed::Misbehaved(call)),
        }
    }
}

/// A number of 32 bytes at the right of its field, and not zero.
fn number(field: &[u8]) -> Option<[u8; 32]> {
    let (zeros, number) = field.split_last_chunk()?;
    (zeros.iter().all(|byte| *byte == 0) && number.iter().any(|byte| *byte != 0)).then_some(*number)
}

fn succeeded(call: Call, code: u32) -> Result<(), Failed> {
    match code {
        0 => Ok(()),
        code => Err(Failed::Code(call, Sar::from_code(code), None)),
    }
}

fn c_string(call: Call, name: &[u8]) -> Result<CString, Failed> {
    CString::new(name).map_err(|_| Failed::Code(call, Sar::InvalidParameter, None))
}

/// A call that opens something and gives its handle.
fn opened(call: Call, open: impl FnOnce(*mut Handle) -> u32) -> Result<Handle, Failed> {
    let mut handle = ptr::null_mut();
    succeeded(call, open(&raw mut handle))?;
    if handle.is_null() { Err(Failed::Misbehaved(call)) } else { Ok(handle) }
}

fn open(call: Call, open: Open, within: &Owned, name: &[u8]) -> Result<Handle, Failed> {
    let name = c_string(call, name)?;
    opened(call, |handle| {
        // SAFETY: the outer handle is open, the name ends with a zero byte, `handle` may be written.
        unsafe { open(within.handle, name.as_ptr(), handle) }
    })
}

/// A call that fills a buffer of `room` bytes and says how many of them.
fn filled(
    call: Call,
    room: usize,
    fill: impl FnOnce(*mut u8, *mut u64) -> u32,
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut bytes = Zeroizing::new(vec![0; room]);
    let mut size = room as u64;
    let code = fill(bytes.as_mut_ptr(), &raw mut size);
    succeeded(call, code)?;
    match usize::try_from(size) {
        Ok(size) if size <= room => {
            bytes.truncate(size);
            Ok(bytes)
        }
        _ => Err(Failed::Misbehaved(call)),
    }
}

fn list(call: Call, list: List, within: &Owned) -> Result<Vec<Vec<u8>>, Failed> {
    names(call, |to, size| {
        // SAFETY: the handle is open, `to` has room for `*size` bytes.
        unsafe { list(within.handle, to, size) }
    })
}

/// A call that gives a list of names, each ended by a zero byte and the list by another one.
fn names(call: Call, fill: impl FnOnce(*mut u8, *mut u64) -> u32) -> Result<Vec<Vec<u8>>, Failed> {
    let bytes = filled(call, LIST, fill)?;
    let names = bytes.split(|byte| *byte == 0).take_while(|name| !name.is_empty());
    let names: Vec<_> = names.take(MOST_KEYS).map(<[u8]>::to_vec).collect();
    if names.iter().all(|name| name.len() <= LONGEST_NAME) {
        Ok(names)
    } else {
        Err(Failed::Misbehaved(call))
    }
}
