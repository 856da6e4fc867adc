//! The C side: SQLite's VFS methods over [`crate::disk`] and the real VFS (sqlite.org/vfs.html).
//!
//! Safety, throughout: SQLite calls these functions with pointers that are valid for the call, with
//! a `sqlite3_file` of `szOsFile` bytes that our `open` has filled, and uses one file from one thread at
//! a time. The real VFS lives as long as the process. Images are shared behind mutexes.

use crate::disk::{Change, Image, Refusal, Shared, cut_power, disk, lock};
use rusqlite::ffi;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock};

/// The VFS cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// SQLite has no default VFS to wrap.
    #[error("this SQLite has no default VFS, so there is none to wrap: build it with its Unix VFS")]
    NoDefault,
    /// SQLite refused, with this result code.
    #[error("SQLite refused to register the VFS (result code {0})")]
    Refused(c_int),
}

/// Registers the VFS under [`crate::NAME`]; further calls do nothing.
///
/// # Errors
/// [`RegisterError`], the same at every call.
pub fn register() -> Result<(), RegisterError> {
    static DONE: OnceLock<Result<(), RegisterError>> = OnceLock::new();
    *DONE.get_or_init(|| {
        // SAFETY: a null name asks for the default VFS; what comes back lives as long as the process.
        let Some(real) = (unsafe { ffi::sqlite3_vfs_find(ptr::null()).as_ref() }) else {
            return Err(RegisterError::NoDefault);
        };
        // What is not replaced here stays the real VFS's own function; those look at no field of the
        // VFS they are given except `pAppData`, which is kept. Version 2 has no system-call table.
        let ours = Box::new(ffi::sqlite3_vfs {
            iVersion: real.iVersion.min(2),
            szOsFile: HANDLE_SIZE + real.szOsFile,
            pNext: ptr::null_mut(),
            zName: c"forgetful".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            ..*real
        });
        REAL.get_or_init(|| Real(ptr::from_ref(real).cast_mut()));
        // SAFETY: the structure is leaked, so it lives as long as SQLite may call it.
        match unsafe { ffi::sqlite3_vfs_register(Box::leak(ours), 0) } {
            ffi::SQLITE_OK => Ok(()),
            code => Err(RegisterError::Refused(code)),
        }
    })
}

/// The VFS that is wrapped.
struct Real(*mut ffi::sqlite3_vfs);
// SAFETY: SQLite itself uses its VFS structures from every thread.
unsafe impl Send for Real {}
// SAFETY: as above.
unsafe impl Sync for Real {}
static REAL: OnceLock<Real> = OnceLock::new();

/// Our part of an open file; the real VFS's `sqlite3_file` lies directly behind it.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    /// from `Arc::into_raw`, given back in `close`
    image: *const Mutex<Image>,
}

/// Rounded up, so that what lies behind is aligned like anything from malloc.
const HANDLE_SIZE: c_int = (size_of::<Handle>().next_multiple_of(16)) as c_int;

/// The real file behind ours.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    unsafe { file.cast::<u8>().add(HANDLE_SIZE as usize).cast() }
}

unsafe fn image<'a>(file: *mut ffi::sqlite3_file) -> &'a Mutex<Image> {
    unsafe { &*(*file.cast::<Handle>()).image }
}

/// Calls a method of the real file, or answers `$otherwise` if it has none.
macro_rules! delegate {
    ($file:expr, $otherwise:expr, $method:ident $(, $arg:expr)*) => {{
        let real = unsafe { real($file) };
        match unsafe { (*real).pMethods.as_ref() }.and_then(|m| m.$method) {
            Some(method) => unsafe { method(real $(, $arg)*) },
            None => $otherwise,
        }
    }};
}

fn code(refusal: Refusal, power_cut: c_int) -> c_int {
    match refusal {
        Refusal::PowerCut => power_cut,
        Refusal::Full => ffi::SQLITE_FULL,
    }
}

unsafe fn path_of(name: *const c_char) -> PathBuf {
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes())).to_owned()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let Some(vfs) = REAL.get().map(|r| r.0) else { return ffi::SQLITE_CANTOPEN };
    unsafe { (*file).pMethods = ptr::null() };
    let Some(open) = (unsafe { (*vfs).xOpen }) else { return ffi::SQLITE_CANTOPEN };
    const KEPT: c_int = ffi::SQLITE_OPEN_MAIN_DB
        | ffi::SQLITE_OPEN_WAL
        | ffi::SQLITE_OPEN_MAIN_JOURNAL
        | ffi::SQLITE_OPEN_SUPER_JOURNAL;
    if name.is_null() || flags & KEPT == 0 {
        // A temporary file means nothing after a crash: it is the real VFS's own.
        return unsafe { open(vfs, name, file, flags, out_flags) };
    }
    let behind = unsafe { real(file) };
    unsafe { (*behind).pMethods = ptr::null() };
    let opened = unsafe { open(vfs, name, behind, flags, out_flags) };
    if opened != ffi::SQLITE_OK {
        return opened;
    }
    let path = unsafe { path_of(name) };
    let known = disk().find(&path);
    let image = match known {
        Some(image) => image,
        None => match unsafe { load(behind) } {
            Ok(content) => {
                let size = content.len() as u64;
                let fresh: Shared = Arc::new(Mutex::new(Image::new(path.clone(), content)));
                disk().keep(path, fresh, size)
            }
            Err(failed) => {
                delegate!(file, ffi::SQLITE_OK, xClose);
                return failed;
            }
        },
    };
    unsafe {
        let handle = file.cast::<Handle>();
        (*handle).image = Arc::into_raw(image);
        (*handle).base.pMethods = &METHODS;
    }
    ffi::SQLITE_OK
}

/// Reads a real file whole.
unsafe fn load(real: *mut ffi::sqlite3_file) -> Result<Vec<u8>, c_int> {
    let Some(methods) = (unsafe { (*real).pMethods.as_ref() }) else { return Err(ffi::SQLITE_CANTOPEN) };
    let (Some(file_size), Some(read)) = (methods.xFileSize, methods.xRead) else {
        return Err(ffi::SQLITE_CANTOPEN);
    };
    let mut size = 0;
    let sized = unsafe { file_size(real, &mut size) };
    let length = c_int::try_from(size).map_err(|_| ffi::SQLITE_CANTOPEN)?;
    if sized != ffi::SQLITE_OK {
        return Err(sized);
    }
    let mut content = vec![0; usize::try_from(length).unwrap_or(0)];
    match unsafe { read(real, content.as_mut_ptr().cast(), length, 0) } {
        ffi::SQLITE_OK => Ok(content),
        failed => Err(failed),
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    let Some(vfs) = REAL.get().map(|r| r.0) else { return ffi::SQLITE_IOERR_DELETE };
    disk().forget(&unsafe { path_of(name) });
    match unsafe { (*vfs).xDelete } {
        Some(delete) => unsafe { delete(vfs, name, sync_dir) },
        None => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    answer: *mut c_int,
) -> c_int {
    let Some(vfs) = REAL.get().map(|r| r.0) else { return ffi::SQLITE_IOERR_ACCESS };
    // An empty file counts as absent (unixAccess), and ours may be empty only on the real disk.
    let known = disk().find(&unsafe { path_of(name) });
    if let (ffi::SQLITE_ACCESS_EXISTS, Some(image)) = (flags, known) {
        unsafe { *answer = c_int::from(lock(&image).size().is_ok_and(|size| size > 0)) };
        return ffi::SQLITE_OK;
    }
    match unsafe { (*vfs).xAccess } {
        Some(access) => unsafe { access(vfs, name, flags, answer) },
        None => ffi::SQLITE_IOERR_ACCESS,
    }
}

/// Version 2: shared memory is the real VFS's, and there is no memory-mapped reading.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let closed = delegate!(file, ffi::SQLITE_OK, xClose);
    // SAFETY: `open` put the pointer there from `Arc::into_raw`; SQLite closes a file once.
    drop(unsafe { Arc::from_raw((*file.cast::<Handle>()).image) });
    unsafe { (*file).pMethods = ptr::null() };
    closed
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, count: c_int, at: i64) -> c_int {
    let (Ok(count), Ok(at)) = (usize::try_from(count), u64::try_from(at)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite gives `count` bytes to write to; they are made known before they are lent.
    let into = unsafe {
        ptr::write_bytes(into.cast::<u8>(), 0, count);
        std::slice::from_raw_parts_mut(into.cast::<u8>(), count)
    };
    match lock(unsafe { image(file) }).read(into, at) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: i64,
) -> c_int {
    let (Ok(count), Ok(at)) = (usize::try_from(count), u64::try_from(at)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite gives `count` bytes to read from.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
    match lock(unsafe { image(file) }).write(bytes, at) {
        Ok(()) => ffi::SQLITE_OK,
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_WRITE),
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let Ok(size) = u64::try_from(size) else { return ffi::SQLITE_IOERR_TRUNCATE };
    match lock(unsafe { image(file) }).truncate(size) {
        Ok(()) => ffi::SQLITE_OK,
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_TRUNCATE),
    }
}

/// The one place where anything reaches the real file. If that fails, all of it stays pending.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let path = lock(unsafe { image(file) }).path().to_owned();
    let due = disk().burn(&path);
    if let Some((dir, loss)) = due {
        // whether a torn half could be written or not, this file is dark from here on
        let _ = cut_power(&dir, loss);
    }
    let mut image = lock(unsafe { image(file) });
    let pending = match image.pending() {
        Ok(pending) => pending,
        Err(refusal) => return code(refusal, ffi::SQLITE_IOERR_FSYNC),
    };
    for change in pending {
        let done = match change {
            Change::Write(at, bytes) => {
                let (Ok(count), Ok(at)) = (c_int::try_from(bytes.len()), i64::try_from(*at)) else {
                    return ffi::SQLITE_IOERR_WRITE;
                };
                delegate!(file, ffi::SQLITE_IOERR_WRITE, xWrite, bytes.as_ptr().cast(), count, at)
            }
            Change::Truncate(size) => {
                let Ok(size) = i64::try_from(*size) else { return ffi::SQLITE_IOERR_TRUNCATE };
                delegate!(file, ffi::SQLITE_IOERR_TRUNCATE, xTruncate, size)
            }
        };
        if done != ffi::SQLITE_OK {
            return done;
        }
    }
    let done = delegate!(file, ffi::SQLITE_IOERR_FSYNC, xSync, flags);
    if done == ffi::SQLITE_OK {
        image.synced();
    }
    done
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    match lock(unsafe { image(file) }).size() {
        Ok(found) => {
            unsafe { *size = i64::try_from(found).unwrap_or(i64::MAX) };
            ffi::SQLITE_OK
        }
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_FSTAT),
    }
}

unsafe extern "C" fn lock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // Whoever lost the power may unlock and close, but must not go on as if nothing had happened.
    if let Err(refusal) = lock(unsafe { image(file) }).powered() {
        return code(refusal, ffi::SQLITE_IOERR_LOCK);
    }
    delegate!(file, ffi::SQLITE_OK, xLock, level)
}

unsafe extern "C" fn unlock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    delegate!(file, ffi::SQLITE_OK, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, answer: *mut c_int) -> c_int {
    delegate!(file, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK, xCheckReservedLock, answer)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, op: c_int, arg: *mut c_void) -> c_int {
    match op {
        // These would touch the real file's size or map it behind our back; all three are hints.
        ffi::SQLITE_FCNTL_SIZE_HINT | ffi::SQLITE_FCNTL_CHUNK_SIZE => ffi::SQLITE_OK,
        ffi::SQLITE_FCNTL_MMAP_SIZE => ffi::SQLITE_NOTFOUND,
        _ => delegate!(file, ffi::SQLITE_NOTFOUND, xFileControl, op, arg),
    }
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    delegate!(file, 4096, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // Batches of atomic writes go past `write`.
    delegate!(file, 0, xDeviceCharacteristics) & !ffi::SQLITE_IOCAP_BATCH_ATOMIC
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    memory: *mut *mut c_void,
) -> c_int {
    delegate!(file, ffi::SQLITE_IOERR_SHMMAP, xShmMap, region, size, extend, memory)
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    delegate!(file, ffi::SQLITE_IOERR_SHMLOCK, xShmLock, offset, n, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    delegate!(file, (), xShmBarrier)
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    delegate!(file, ffi::SQLITE_OK, xShmUnmap, delete)
}
