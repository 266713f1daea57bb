//! Hyperscan, where the system has its library (Debian: `libhyperscan5`). Loaded at run time, so that nothing depends on
//! it.
#![allow(unsafe_code)]

use crate::peers::Peer;
use crate::rules::{RULES, unbounded};
use libloading::Library;
use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::ptr::{null, null_mut};

const FLAG_CASELESS_NONE: c_uint = 0;
const MODE_BLOCK: c_uint = 1;
const SUCCESS: c_int = 0;

type OnMatch = extern "C" fn(c_uint, c_ulonglong, c_ulonglong, c_uint, *mut c_void) -> c_int;
type CompileMulti = unsafe extern "C" fn(
    *const *const c_char,
    *const c_uint,
    *const c_uint,
    c_uint,
    c_uint,
    *const c_void,
    *mut *mut c_void,
    *mut *mut c_void,
) -> c_int;
type AllocScratch = unsafe extern "C" fn(*const c_void, *mut *mut c_void) -> c_int;
type Scan =
    unsafe extern "C" fn(*const c_void, *const c_char, c_uint, c_uint, *mut c_void, OnMatch, *mut c_void) -> c_int;

/// The library with the twelve rules compiled, ends of matches only.
pub struct Hyperscan {
    library: Library,
    database: *mut c_void,
    scratch: *mut c_void,
}

extern "C" fn count(_: c_uint, _: c_ulonglong, _: c_ulonglong, _: c_uint, context: *mut c_void) -> c_int {
    // SAFETY: `count` below passes a `Cell<u64>` that lives as long as the scan.
    let seen = unsafe { &*context.cast::<Cell<u64>>() };
    seen.set(seen.get() + 1);
    0
}

impl Hyperscan {
    /// Loads the library and compiles the rules.
    pub fn new() -> Result<Hyperscan, String> {
        // SAFETY: the library's initialisers have no requirements; it is the system's own.
        let library = unsafe { Library::new("libhs.so.5") }.map_err(|e| e.to_string())?;
        let expressions: Result<Vec<CString>, _> = RULES.iter().map(|r| CString::new(unbounded(r))).collect();
        let expressions = expressions.map_err(|e| e.to_string())?;
        let pointers: Vec<*const c_char> = expressions.iter().map(|e| e.as_ptr()).collect();
        let flags = vec![FLAG_CASELESS_NONE; pointers.len()];
        let ids: Vec<c_uint> = (0..pointers.len() as c_uint).collect();
        let (mut database, mut error, mut scratch) = (null_mut(), null_mut(), null_mut());
        // SAFETY: the symbol has this type in hs_compile.h (5.4).
        let compile = unsafe { library.get::<CompileMulti>(b"hs_compile_multi\0") }.map_err(|e| e.to_string())?;
        // SAFETY: the arrays have as many entries as the count says, and live through the call.
        let code = unsafe {
            compile(
                pointers.as_ptr(),
                flags.as_ptr(),
                ids.as_ptr(),
                ids.len() as c_uint,
                MODE_BLOCK,
                null(),
                &mut database,
                &mut error,
            )
        };
        if code != SUCCESS {
            return Err(format!("the rules do not compile (code {code})"));
        }
        // SAFETY: the symbol has this type in hs_runtime.h (5.4).
        let alloc = unsafe { library.get::<AllocScratch>(b"hs_alloc_scratch\0") }.map_err(|e| e.to_string())?;
        // SAFETY: the database was compiled above.
        let code = unsafe { alloc(database, &mut scratch) };
        if code != SUCCESS {
            return Err(format!("no scratch (code {code})"));
        }
        Ok(Hyperscan { library, database, scratch })
    }
}

impl Peer for Hyperscan {
    fn name(&self) -> &str {
        "hyperscan, ends only"
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        let seen = Cell::new(0u64);
        // SAFETY: the symbol has this type in hs_runtime.h (5.4).
        let Ok(scan) = (unsafe { self.library.get::<Scan>(b"hs_scan\0") }) else { return 0 };
        let context = (&raw const seen).cast_mut().cast();
        let length = bytes.len() as c_uint;
        // SAFETY: database and scratch belong together, the bytes are as long as said, and `count` gets its cell.
        unsafe { scan(self.database, bytes.as_ptr().cast(), length, 0, self.scratch, count, context) };
        seen.get()
    }
}
