//! The C functions (GM/T 0016, chapter 7), as far as a host needs them to read a certificate and to
//! have a challenge signed.
//!
//! `ULONG` has 32 bits here, as the standard says.
#![expect(unsafe_code, reason = "the C interface that the standard prescribes")]

use std::collections::HashMap;
use std::env;
use std::ffi::{CStr, c_char, c_void};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::control::{Company, State, Trouble, VARIABLE};
use crate::key::{self, Hash};
use crate::sar;

const APPLICATION: &str = "YZT_APP";
/// The first container is empty, as on keys whose signing key lies in the second one.
const CONTAINERS: [&str; 2] = ["EMPTY-0", "SIGN-1"];
const SGD_SM3: u32 = 1;
const USER: u32 = 1;
const BLOB: u32 = 4 + 64 + 64;

/// What a handle stands for.
#[derive(Clone)]
enum Thing {
    Device { company: Company, plugged: u64 },
    Application { company: Company, plugged: u64, logged_in: bool },
    Container { company: Company, plugged: u64, application: usize, holds_key: bool },
    Hash(Hash),
}

#[derive(Default)]
struct Library {
    things: HashMap<usize, Thing>,
    given: usize,
}

static LIBRARY: Mutex<Option<Library>> = Mutex::new(None);

/// One call under way: the library's handles and the desk's state.
struct Call {
    library: MutexGuard<'static, Option<Library>>,
    path: PathBuf,
    state: State,
    overlong: bool,
}

impl Call {
    /// Begins a call: prints, crashes, hangs or fails as the desk says.
    fn begin(name: &str) -> Result<Self, u32> {
        let path = env::var_os(VARIABLE).map(PathBuf::from).ok_or(sar::FAIL)?;
        let mut state = State::load(&path).map_err(|_| sar::FAIL)?;
        let library = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
        if state.chatty {
            // To file descriptor 1 itself, as C's printf would after a flush.
            println!("[SKF] {name} entered, pin=?? handle table at 0x5555deadbeef");
        }
        let waiting = state.troubles.len();
        let trouble = state.take_trouble(name);
        // What lasts is the desk's to end, which may be doing so now.
        if state.troubles.len() < waiting {
            state.store(&path).map_err(|_| sar::FAIL)?;
        }
        let mut call = Self { library, path, state, overlong: false };
        match trouble {
            None => {}
            Some(Trouble::Crash { .. }) => crash(),
            Some(Trouble::Hang { .. }) => loop {
                std::thread::park();
            },
            Some(Trouble::Fail { code, .. }) => return Err(code),
            Some(Trouble::Overlong { .. }) => call.overlong = true,
            Some(Trouble::Pulled { .. }) => {
                for key in &mut call.state.keys {
                    key.plugged = None;
                }
                call.save()?;
            }
        }
        Ok(call)
    }

    fn save(&self) -> Result<(), u32> {
        self.state.store(&self.path).map_err(|_| sar::FAIL)
    }

    fn keep(&mut self, thing: Thing) -> usize {
        let library = self.library.get_or_insert_default();
        library.given += 1;
        // As pointers are: never small numbers.
        let handle = 0x7F00_0000_0000 + library.given * 16;
        library.things.insert(handle, thing);
        handle
    }

    fn thing(&mut self, handle: *const c_void) -> Result<Thing, u32> {
        let things = &self.library.get_or_insert_default().things;
        let thing = things.get(&handle.addr()).cloned().ok_or(sar::INVALID_HANDLE)?;
        let (company, plugged) = match &thing {
            Thing::Device { company, plugged }
            | Thing::Application { company, plugged, .. }
            | Thing::Container { company, plugged, .. } => (*company, *plugged),
            Thing::Hash(_) => return Ok(thing),
        };
        let there = self.state.keys.iter().any(|key| key.company == company && key.plugged == Some(plugged));
        if there { Ok(thing) } else { Err(sar::DEVICE_REMOVED) }
    }

    fn drop_handle(&mut self, handle: *const c_void) -> u32 {
        match self.library.get_or_insert_default().things.remove(&handle.addr()) {
            Some(_) => sar::OK,
            None => sar::INVALID_HANDLE,
        }
    }
}

fn crash() -> ! {
    // SAFETY: none, and that is the purpose: the address is not mapped, and the process ends here.
    unsafe { std::ptr::without_provenance_mut::<u32>(16).write_volatile(1) };
    std::process::abort()
}

/// Runs a function's body; its name decides what goes wrong.
fn run(name: &str, body: impl FnOnce(&mut Call) -> Result<(), u32>) -> u32 {
    let mut call = match Call::begin(name) {
        Ok(call) => call,
        Err(code) => return code,
    };
    body(&mut call).err().unwrap_or(sar::OK)
}

/// Gives bytes as the standard prescribes: a null buffer asks for the length alone.
///
/// # Safety
/// `to` is null or has room for `*length` bytes; `length` may be read and written.
unsafe fn give(call: &Call, bytes: &[u8], to: *mut u8, length: *mut u32) -> Result<(), u32> {
    if length.is_null() {
        return Err(sar::INVALID_PARAM);
    }
    let needed = u32::try_from(bytes.len()).map_err(|_| sar::FAIL)?;
    if call.overlong {
        // SAFETY: by this function's contract.
        unsafe { length.write_unaligned(0x7FFF_FFFF) };
        return Ok(());
    }
    // SAFETY: by this function's contract.
    let room = unsafe { length.read_unaligned() };
    // SAFETY: by this function's contract.
    unsafe { length.write_unaligned(needed) };
    if to.is_null() {
        return Ok(());
    }
    if room < needed {
        return Err(sar::BUFFER_TOO_SMALL);
    }
    // SAFETY: `to` has room for `room` bytes, and `needed` is no more than that.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// # Safety
/// `to` is null or may be written.
unsafe fn give_handle(handle: usize, to: *mut *mut c_void) -> Result<(), u32> {
    if to.is_null() {
        return Err(sar::INVALID_PARAM);
    }
    // SAFETY: by this function's contract.
    unsafe { to.write(std::ptr::without_provenance_mut(handle)) };
    Ok(())
}

/// # Safety
/// `text` is null or ends with a zero byte.
unsafe fn text(text: *const c_char) -> Result<String, u32> {
    if text.is_null() {
        return Err(sar::INVALID_PARAM);
    }
    // SAFETY: by this function's contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(str::to_owned).map_err(|_| sar::INVALID_PARAM)
}

fn list(names: &[&str]) -> Vec<u8> {
    let mut bytes: Vec<u8> = names.iter().flat_map(|name| name.bytes().chain([0])).collect();
    bytes.push(0);
    bytes
}

/// The names of the devices.
///
/// # Safety
/// `names` is null or has room for `*size` bytes; `size` may be read and written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_EnumDev(_present: i32, names: *mut u8, size: *mut u32) -> u32 {
    run("SKF_EnumDev", |call| {
        let keys = call.state.keys.iter().filter(|key| key.plugged.is_some());
        let bytes = list(&keys.map(|key| key.company.device()).collect::<Vec<_>>());
        // SAFETY: as this function's.
        unsafe { give(call, &bytes, names, size) }
    })
}

/// Connects a device by its name.
///
/// # Safety
/// `name` ends with a zero byte; `device` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_ConnectDev(name: *const c_char, device: *mut *mut c_void) -> u32 {
    run("SKF_ConnectDev", |call| {
        // SAFETY: as this function's.
        let name = unsafe { text(name)? };
        let key = call.state.keys.iter().find(|key| key.company.device() == name);
        let key = key.ok_or(sar::DEVICE_REMOVED)?;
        let thing = Thing::Device { company: key.company, plugged: key.plugged.ok_or(sar::DEVICE_REMOVED)? };
        let handle = call.keep(thing);
        // SAFETY: as this function's.
        unsafe { give_handle(handle, device) }
    })
}

/// Gives a device back.
#[unsafe(no_mangle)]
pub extern "C" fn SKF_DisConnectDev(device: *mut c_void) -> u32 {
    run("SKF_DisConnectDev", |call| match call.drop_handle(device) {
        sar::OK => Ok(()),
        code => Err(code),
    })
}

/// The names of the applications.
///
/// # Safety
/// As [`SKF_EnumDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_EnumApplication(device: *mut c_void, names: *mut u8, size: *mut u32) -> u32 {
    run("SKF_EnumApplication", |call| {
        let Thing::Device { .. } = call.thing(device)? else { return Err(sar::INVALID_HANDLE) };
        // SAFETY: as this function's.
        unsafe { give(call, &list(&[APPLICATION]), names, size) }
    })
}

/// Opens an application.
///
/// # Safety
/// As [`SKF_ConnectDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_OpenApplication(
    device: *mut c_void,
    name: *const c_char,
    application: *mut *mut c_void,
) -> u32 {
    run("SKF_OpenApplication", |call| {
        let Thing::Device { company, plugged } = call.thing(device)? else { return Err(sar::INVALID_HANDLE) };
        // SAFETY: as this function's.
        if unsafe { text(name)? } != APPLICATION {
            return Err(sar::APPLICATION_NOT_EXISTS);
        }
        let handle = call.keep(Thing::Application { company, plugged, logged_in: false });
        // SAFETY: as this function's.
        unsafe { give_handle(handle, application) }
    })
}

/// Gives an application back.
#[unsafe(no_mangle)]
pub extern "C" fn SKF_CloseApplication(application: *mut c_void) -> u32 {
    SKF_CloseHandle(application)
}

/// The names of the containers.
///
/// # Safety
/// As [`SKF_EnumDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_EnumContainer(application: *mut c_void, names: *mut u8, size: *mut u32) -> u32 {
    run("SKF_EnumContainer", |call| {
        let Thing::Application { .. } = call.thing(application)? else { return Err(sar::INVALID_HANDLE) };
        // SAFETY: as this function's.
        unsafe { give(call, &list(&CONTAINERS), names, size) }
    })
}

/// Opens a container.
///
/// # Safety
/// As [`SKF_ConnectDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_OpenContainer(
    application: *mut c_void,
    name: *const c_char,
    container: *mut *mut c_void,
) -> u32 {
    run("SKF_OpenContainer", |call| {
        let Thing::Application { company, plugged, .. } = call.thing(application)? else {
            return Err(sar::INVALID_HANDLE);
        };
        // SAFETY: as this function's.
        let name = unsafe { text(name)? };
        let place = CONTAINERS.iter().position(|known| *known == name).ok_or(sar::INVALID_PARAM)?;
        let application = application.addr();
        let handle = call.keep(Thing::Container { company, plugged, application, holds_key: place == 1 });
        // SAFETY: as this function's.
        unsafe { give_handle(handle, container) }
    })
}

/// Gives a container back.
#[unsafe(no_mangle)]
pub extern "C" fn SKF_CloseContainer(container: *mut c_void) -> u32 {
    SKF_CloseHandle(container)
}

/// The certificate of a container.
///
/// # Safety
/// As [`SKF_EnumDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_ExportCertificate(
    container: *mut c_void,
    signing: i32,
    certificate: *mut u8,
    length: *mut u32,
) -> u32 {
    run("SKF_ExportCertificate", |call| {
        let Thing::Container { company, holds_key, .. } = call.thing(container)? else {
            return Err(sar::INVALID_HANDLE);
        };
        let blank = call.state.keys.iter().any(|key| key.company == company && key.blank);
        if !holds_key || signing == 0 || blank {
            return Err(sar::CERT_NOT_FOUND);
        }
        // SAFETY: as this function's.
        unsafe { give(call, company.certificate(), certificate, length) }
    })
}

/// The public key of a container, an ECCPUBLICKEYBLOB.
///
/// # Safety
/// As [`SKF_EnumDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_ExportPublicKey(
    container: *mut c_void,
    signing: i32,
    blob: *mut u8,
    length: *mut u32,
) -> u32 {
    run("SKF_ExportPublicKey", |call| {
        let Thing::Container { company, holds_key: true, .. } = call.thing(container)? else {
            return Err(sar::INVALID_HANDLE);
        };
        if signing == 0 {
            return Err(sar::INVALID_PARAM);
        }
        let (x, y) = key::public(company).ok_or(sar::FAIL)?;
        // The coordinates stand at the right of their fields.
        let bytes = [&256_u32.to_ne_bytes()[..], &[0; 32], &x, &[0; 32], &y].concat();
        // SAFETY: as this function's.
        unsafe { give(call, &bytes, blob, length) }
    })
}

/// Checks a PIN and counts the tries.
///
/// # Safety
/// `pin` ends with a zero byte; `tries` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_VerifyPIN(
    application: *mut c_void,
    kind: u32,
    pin: *const c_char,
    tries: *mut u32,
) -> u32 {
    run("SKF_VerifyPIN", |call| {
        let Thing::Application { company, plugged, .. } = call.thing(application)? else {
            return Err(sar::INVALID_HANDLE);
        };
        // SAFETY: as this function's.
        let pin = unsafe { text(pin)? };
        if kind != USER || tries.is_null() {
            return Err(sar::INVALID_PARAM);
        }
        let keys = &mut call.state.keys;
        let key = keys.iter_mut().find(|key| key.company == company).ok_or(sar::DEVICE_REMOVED)?;
        let outcome = if key.tries == 0 {
            Err(sar::PIN_LOCKED)
        } else if !(4..=16).contains(&pin.len()) {
            Err(sar::PIN_LEN_RANGE)
        } else if key.pin == pin {
            key.tries = key.most_tries;
            Ok(())
        } else {
            key.tries -= 1;
            Err(if key.tries == 0 { sar::PIN_LOCKED } else { sar::PIN_INCORRECT })
        };
        // SAFETY: as this function's.
        unsafe { tries.write_unaligned(key.tries) };
        call.save()?;
        outcome?;
        let things = &mut call.library.get_or_insert_default().things;
        things.insert(application.addr(), Thing::Application { company, plugged, logged_in: true });
        Ok(())
    })
}

/// Logs out.
#[unsafe(no_mangle)]
pub extern "C" fn SKF_ClearSecureState(application: *mut c_void) -> u32 {
    run("SKF_ClearSecureState", |call| {
        let Thing::Application { company, plugged, .. } = call.thing(application)? else {
            return Err(sar::INVALID_HANDLE);
        };
        let things = &mut call.library.get_or_insert_default().things;
        things.insert(application.addr(), Thing::Application { company, plugged, logged_in: false });
        Ok(())
    })
}

/// Begins a digest; with a public key, one that begins with the signer's Z.
///
/// # Safety
/// `key` is null or an ECCPUBLICKEYBLOB; `id` has `id_length` bytes; `hash` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_DigestInit(
    device: *mut c_void,
    algorithm: u32,
    key: *const u8,
    id: *const u8,
    id_length: u32,
    hash: *mut *mut c_void,
) -> u32 {
    run("SKF_DigestInit", |call| {
        let Thing::Device { .. } = call.thing(device)? else { return Err(sar::INVALID_HANDLE) };
        if algorithm != SGD_SM3 {
            return Err(sar::INVALID_PARAM);
        }
        let begun = if key.is_null() || id_length == 0 {
            Hash::plain()
        } else {
            // SAFETY: as this function's.
            let (blob, id) = unsafe {
                (
                    std::slice::from_raw_parts(key, BLOB as usize),
                    std::slice::from_raw_parts(id, id_length as usize),
                )
            };
            Hash::with_signer(id, &blob[36..68], &blob[100..132])
        };
        let handle = call.keep(Thing::Hash(begun));
        // SAFETY: as this function's.
        unsafe { give_handle(handle, hash) }
    })
}

/// The digest of one piece of data; the handle is spent.
///
/// # Safety
/// `data` has `data_length` bytes; `digest` and `length` as [`SKF_EnumDev`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_Digest(
    hash: *mut c_void,
    data: *const u8,
    data_length: u32,
    digest: *mut u8,
    length: *mut u32,
) -> u32 {
    run("SKF_Digest", |call| {
        let Thing::Hash(begun) = call.thing(hash)? else { return Err(sar::INVALID_HANDLE) };
        if data.is_null() {
            return Err(sar::INVALID_PARAM);
        }
        // SAFETY: as this function's.
        let data = unsafe { std::slice::from_raw_parts(data, data_length as usize) };
        // SAFETY: as this function's.
        unsafe { give(call, &begun.digest(data), digest, length) }
    })
}

/// Signs a digest, for whoever has logged in to the container's application.
///
/// # Safety
/// `data` has `data_length` bytes; `signature` has room for an ECCSIGNATUREBLOB, 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SKF_ECCSignData(
    container: *mut c_void,
    data: *const u8,
    data_length: u32,
    signature: *mut u8,
) -> u32 {
    run("SKF_ECCSignData", |call| {
        let Thing::Container { company, application, holds_key: true, .. } = call.thing(container)? else {
            return Err(sar::INVALID_HANDLE);
        };
        let things = &call.library.get_or_insert_default().things;
        if !matches!(things.get(&application), Some(Thing::Application { logged_in: true, .. })) {
            return Err(sar::USER_NOT_LOGGED_IN);
        }
        if data.is_null() || signature.is_null() {
            return Err(sar::INVALID_PARAM);
        }
        // SAFETY: as this function's.
        let data = unsafe { std::slice::from_raw_parts(data, data_length as usize) };
        let digest: [u8; 32] = data.try_into().map_err(|_| sar::IN_DATA_LEN)?;
        let (r, s) = key::sign(company, &digest).ok_or(sar::FAIL)?;
        let mut blob = [0_u8; 128];
        blob[32..64].copy_from_slice(&r);
        blob[96..].copy_from_slice(&s);
        if call.overlong {
            // r and s have no lengths to lie about: here their upper halves are not zero.
            blob[..32].fill(0xFF);
        }
        // SAFETY: as this function's.
        unsafe { signature.copy_from_nonoverlapping(blob.as_ptr(), blob.len()) };
        Ok(())
    })
}

/// Gives a handle back.
#[unsafe(no_mangle)]
pub extern "C" fn SKF_CloseHandle(handle: *mut c_void) -> u32 {
    run("SKF_CloseHandle", |call| match call.drop_handle(handle) {
        sar::OK => Ok(()),
        code => Err(code),
    })
}
