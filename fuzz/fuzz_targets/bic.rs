//! The validators of `src/validate/bic.rs` hold what `src/lib.rs` says they promise.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    rollcall_fuzz::family("bic", data);
});
