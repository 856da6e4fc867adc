//! libsane as a safe value: the only place that touches C (SANE Standard 1.06, chapter 4).
//!
//! The library is loaded at run time, so that a kiosk without it starts and says so. It stays loaded
//! to the end of the process: back ends leave threads behind.

#![expect(unsafe_code, reason = "libsane is a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

use libloading::Library;
use sane_helper::{
    Constraint, Device, Kind, MAX_DEVICES, MAX_LIST, MAX_OPTIONS, OptionInfo, Refusal, Status, Unit, Value,
};

use crate::values::{MAX_VALUE, buffer_for, clipped, fill, value};

/// SANE_CAP_SOFT_SELECT, SANE_CAP_SOFT_DETECT, SANE_CAP_INACTIVE.
const SOFT_SELECT: c_int = 1 << 0;
const SOFT_DETECT: c_int = 1 << 2;
const INACTIVE: c_int = 1 << 5;

/// SANE_ACTION_GET_VALUE, SANE_ACTION_SET_VALUE.
const GET_VALUE: c_int = 0;
const SET_VALUE: c_int = 1;

/// The smallest buffer behind a number option: a SANE_Word.
const WORD: c_int = size_of::<c_int>() as c_int;

type Handle = *mut c_void;

#[repr(C)]
struct RawDevice {
    name: *const c_char,
    vendor: *const c_char,
    model: *const c_char,
    kind: *const c_char,
}

#[repr(C)]
struct RawOption {
    name: *const c_char,
    title: *const c_char,
    description: *const c_char,
    kind: c_int,
    unit: c_int,
    size: c_int,
    cap: c_int,
    constraint_kind: c_int,
    /// A union of pointers: a list of texts, a list of words, or a range.
    constraint: *const c_void,
}

/// SANE_Parameters: the image that comes next.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parameters {
    /// SANE_Frame: 0 grey, 1 RGB, 2 to 4 one colour of three.
    pub(crate) format: c_int,
    pub(crate) last_frame: c_int,
    pub(crate) bytes_per_line: c_int,
    pub(crate) pixels_per_line: c_int,
    /// -1 when unknown.
    pub(crate) lines: c_int,
    pub(crate) depth: c_int,
}

type Init = unsafe extern "C" fn(*mut c_int, *const c_void) -> c_int;
type Exit = unsafe extern "C" fn();
type GetDevices = unsafe extern "C" fn(*mut *const *const RawDevice, c_int) -> c_int;
type Open = unsafe extern "C" fn(*const c_char, *mut Handle) -> c_int;
type WithHandle = unsafe extern "C" fn(Handle);
type GetOption = unsafe extern "C" fn(Handle, c_int) -> *const RawOption;
type ControlOption = unsafe extern "C" fn(Handle, c_int, c_int, *mut c_void, *mut c_int) -> c_int;
type GetParameters = unsafe extern "C" fn(Handle, *mut Parameters) -> c_int;
type Start = unsafe extern "C" fn(Handle) -> c_int;
type Read = unsafe extern "C" fn(Handle, *mut u8, c_int, *mut c_int) -> c_int;

/// libsane, loaded and initialised, with at most one open device.
pub(crate) struct Sane {
    version: c_int,
    open: Handle,
    exit: Exit,
    get_devices: GetDevices,
    open_device: Open,
    close: WithHandle,
    get_option: GetOption,
    control_option: ControlOption,
    get_parameters: GetParameters,
    start: Start,
    read: Read,
    cancel: WithHandle,
}

/// Everything but GOOD.
fn good(code: c_int) -> Result<(), Status> {
    match Status::from_code(code) {
        Status::Good => Ok(()),
        status => Err(status),
    }
}

impl Sane {
    /// Loads and initialises the library.
    pub(crate) fn load(path: &Path) -> Result<Self, LoadError> {
        let missing = |e: libloading::Error| {
            let why = e.to_string().chars().take(200).collect();
            LoadError::Refused(Refusal::LibraryMissing { why })
        };
        // SAFETY: loading runs the library's constructors, which is what this process exists for. The types
        // are those of sane.h, version 1; the library is never unloaded, so the functions stay valid.
        let (init, mut sane): (Init, Self) = unsafe {
            let library = Library::new(path).map_err(missing)?;
            let sane = Self {
                version: 0,
                open: ptr::null_mut(),
                exit: *library.get(c"sane_exit").map_err(missing)?,
                get_devices: *library.get(c"sane_get_devices").map_err(missing)?,
                open_device: *library.get(c"sane_open").map_err(missing)?,
                close: *library.get(c"sane_close").map_err(missing)?,
                get_option: *library.get(c"sane_get_option_descriptor").map_err(missing)?,
                control_option: *library.get(c"sane_control_option").map_err(missing)?,
                get_parameters: *library.get(c"sane_get_parameters").map_err(missing)?,
                start: *library.get(c"sane_start").map_err(missing)?,
                read: *library.get(c"sane_read").map_err(missing)?,
                cancel: *library.get(c"sane_cancel").map_err(missing)?,
            };
            let init = *library.get(c"sane_init").map_err(missing)?;
            std::mem::forget(library);
            (init, sane)
        };
        // SAFETY: the version has room; without a call-back a device that wants a password denies access.
        good(unsafe { init(&mut sane.version, ptr::null()) }).map_err(LoadError::Failed)?;
        match sane.version() {
            (1, _, _) => Ok(sane),
            (major, _, _) => Err(LoadError::Refused(Refusal::LibraryVersion { major })),
        }
    }

    /// The library's version: major, minor, build.
    pub(crate) fn version(&self) -> (u8, u8, u16) {
        let [major, minor, high, low] = self.version.to_be_bytes();
        (major, minor, u16::from_be_bytes([high, low]))
    }

    /// Ends everything; waits for back ends.
    pub(crate) fn exit(mut self) {
        self.close();
        // SAFETY: initialised, and nothing is called after this.
        unsafe { (self.exit)() }
    }

    /// The devices that are there.
    pub(crate) fn devices(&self) -> Result<Vec<Device>, Status> {
        let mut list = ptr::null();
        // SAFETY: the list has room; 0 asks for devices on the network too.
        good(unsafe { (self.get_devices)(&mut list, 0) })?;
        // SAFETY: on GOOD a NULL-terminated list of devices, valid until the next call.
        let devices = unsafe { pointers(list, MAX_DEVICES) };
        Ok(devices
            .into_iter()
            .map(|device| {
                // SAFETY: an entry of that list, whose texts are NUL-terminated or NULL.
                unsafe {
                    let RawDevice { name, vendor, model, kind } = *device;
                    Device { name: text(name), vendor: text(vendor), model: text(model), kind: text(kind) }
                }
            })
            .collect())
    }

    /// Opens a device in place of the one that was open.
    pub(crate) fn open(&mut self, device: &str) -> Result<(), Status> {
        self.close();
        let name = CString::new(device).map_err(|_| Status::Inval)?;
        let mut handle = ptr::null_mut();
        // SAFETY: the name is NUL-terminated, the handle has room.
        good(unsafe { (self.open_device)(name.as_ptr(), &mut handle) })?;
        self.open = handle;
        if handle.is_null() { Err(Status::Inval) } else { Ok(()) }
    }

    /// Whether a device is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_null()
    }

    /// Closes the device that is open.
    pub(crate) fn close(&mut self) {
        if self.is_open() {
            // SAFETY: an open handle, which is forgotten here.
            unsafe { (self.close)(self.open) }
            self.open = ptr::null_mut();
        }
    }

    /// The options with a name and one value.
    pub(crate) fn options(&self) -> Vec<OptionInfo> {
        self.all_options().map(|(_, _, option)| option).take(MAX_OPTIONS).collect()
    }

    /// The value of an option.
    pub(crate) fn get(&self, name: &str) -> Result<Value, OptionError> {
        let (index, size, info) = self.find(name)?;
        if !info.readable {
            return Err(OptionError::Refused(Refusal::NoSuchOption { option: name.to_owned() }));
        }
        let mut buffer = buffer_for(size);
        self.control(index, GET_VALUE, &mut buffer)?;
        Ok(value(info.kind, &buffer))
    }

    /// Sets an option; returns what the device made of it.
    pub(crate) fn set(&self, name: &str, wanted: &Value) -> Result<Value, OptionError> {
        let (index, size, info) = self.find(name)?;
        if !info.settable {
            return Err(OptionError::Refused(Refusal::NoSuchOption { option: name.to_owned() }));
        }
        let mut buffer = buffer_for(size);
        if !fill(&mut buffer, info.kind, wanted, size) {
            return Err(OptionError::Refused(Refusal::WrongKind { option: name.to_owned() }));
        }
        self.control(index, SET_VALUE, &mut buffer)?;
        if info.readable { self.get(name) } else { Ok(value(info.kind, &buffer)) }
    }

    /// Begins the next image.
    pub(crate) fn start(&self) -> Result<Parameters, Status> {
        let mut parameters = Parameters::default();
        // SAFETY: the device is open, checked by the caller through `is_open`, and NULL fails in libsane too.
        unsafe {
            good((self.start)(self.open))?;
            good((self.get_parameters)(self.open, &mut parameters))?;
        }
        Ok(parameters)
    }

    /// Reads on; returns how many bytes came, perhaps none. [`Status::Eof`] ends the image.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Status> {
        let room = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        let mut came = 0;
        // SAFETY: the device is open, and the buffer has the room that is named.
        good(unsafe { (self.read)(self.open, buffer.as_mut_ptr(), room, &mut came) })?;
        Ok(usize::try_from(came).unwrap_or(0).min(buffer.len()))
    }

    /// Ends the scan.
    pub(crate) fn cancel(&self) {
        if self.is_open() {
            // SAFETY: the device is open; may be called at any time.
            unsafe { (self.cancel)(self.open) }
        }
    }

    /// The index, the size in bytes and the description of an option.
    fn find(&self, name: &str) -> Result<(c_int, c_int, OptionInfo), OptionError> {
        self.all_options()
            .find(|(_, _, option)| option.name == name)
            .ok_or_else(|| OptionError::Refused(Refusal::NoSuchOption { option: name.to_owned() }))
    }

    fn all_options(&self) -> impl Iterator<Item = (c_int, c_int, OptionInfo)> + '_ {
        // Option 0 is the number of options; more than are kept by far are not even looked at.
        (1..4 * MAX_OPTIONS as c_int)
            .map_while(move |index| {
                // SAFETY: the device is open; a descriptor is valid until the device closes, or NULL past the last.
                let raw = unsafe { (self.get_option)(self.open, index).as_ref() }?;
                Some((index, raw))
            })
            // SAFETY: the descriptor has just been given out by the library.
            .filter_map(|(index, raw)| Some((index, raw.size, unsafe { option_info(raw) }?)))
    }

    fn control(&self, index: c_int, action: c_int, buffer: &mut [c_int]) -> Result<(), OptionError> {
        let mut info = 0;
        let value = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer is aligned for words and at least as large as the descriptor says.
        good(unsafe { (self.control_option)(self.open, index, action, value, &mut info) })
            .map_err(OptionError::Failed)
    }
}

/// Why libsane is not there.
pub(crate) enum LoadError {
    Refused(Refusal),
    Failed(Status),
}

/// Why an option was not read or set.
pub(crate) enum OptionError {
    Refused(Refusal),
    Failed(Status),
}

/// The pointers of a NULL-terminated list.
///
/// # Safety
/// `list` is NULL or such a list.
unsafe fn pointers<T>(list: *const *const T, most: usize) -> Vec<*const T> {
    if list.is_null() {
        return vec![];
    }
    // SAFETY: each place up to the NULL can be read, and none after it is.
    (0..most).map(|i| unsafe { *list.add(i) }).take_while(|p| !p.is_null()).collect()
}

/// A C text, bounded; not everything that is called a text there is UTF-8.
///
/// # Safety
/// `text` is NULL or NUL-terminated.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as promised.
    clipped(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// The option behind a descriptor, if it has a name and one value.
///
/// # Safety
/// `raw` is as the library gave it out.
unsafe fn option_info(raw: &RawOption) -> Option<OptionInfo> {
    // SAFETY: a descriptor's name is NUL-terminated or NULL.
    let name = unsafe { text(raw.name) };
    let kind = match (raw.kind, raw.size) {
        (0, WORD) => Kind::Bool,
        (1, WORD) => Kind::Int,
        (2, WORD) => Kind::Fixed,
        (3, 1..) => Kind::Text,
        _ => return None,
    };
    let unit = match raw.unit {
        1 => Unit::Pixel,
        2 => Unit::Bit,
        3 => Unit::Mm,
        4 => Unit::Dpi,
        5 => Unit::Percent,
        6 => Unit::Microsecond,
        _ => Unit::None,
    };
    let active = raw.cap & INACTIVE == 0;
    // SAFETY: the constraint is of the kind that the descriptor says.
    let constraint = unsafe { constraint(raw) };
    let (settable, readable) = (active && raw.cap & SOFT_SELECT != 0, active && raw.cap & SOFT_DETECT != 0);
    let named = !name.is_empty() && raw.size as usize <= MAX_VALUE;
    named.then_some(OptionInfo { name, kind, unit, settable, readable, constraint })
}

/// The values that an option takes.
///
/// # Safety
/// `raw` is as the library gave it out.
unsafe fn constraint(raw: &RawOption) -> Constraint {
    let at = raw.constraint;
    match raw.constraint_kind {
        _ if at.is_null() => Constraint::None,
        1 => {
            // SAFETY: SANE_CONSTRAINT_RANGE: three words.
            let [min, max, step] = unsafe { *at.cast::<[c_int; 3]>() };
            Constraint::Range { min, max, step }
        }
        2 => {
            // SAFETY: SANE_CONSTRAINT_WORD_LIST: the first word is the number of those that follow.
            let numbers = unsafe {
                let count = usize::try_from(*at.cast::<c_int>()).unwrap_or(0).min(MAX_LIST);
                std::slice::from_raw_parts(at.cast::<c_int>().add(1), count)
            };
            Constraint::Numbers(numbers.to_vec())
        }
        3 => {
            // SAFETY: SANE_CONSTRAINT_STRING_LIST: a NULL-terminated list of texts.
            let texts = unsafe { pointers(at.cast::<*const c_char>(), MAX_LIST) };
            // SAFETY: each NUL-terminated.
            Constraint::Texts(texts.into_iter().map(|t| unsafe { text(t) }).collect())
        }
        _ => Constraint::None,
    }
}
