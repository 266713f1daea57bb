//! The validators of `src/validate/net.rs` hold what `src/lib.rs` says they promise.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    rollcall_fuzz::addresses_agree(data);
    rollcall_fuzz::family("net", data);
});
