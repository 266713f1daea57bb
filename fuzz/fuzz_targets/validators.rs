//! No validator of any family panics, and each says the same of the same bytes twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall::validate;

fuzz_target!(|bytes: &[u8]| {
    for name in validate::NAMES {
        let validator = validate::by_name(name).expect("a listed validator is there");
        assert_eq!(validator(bytes), validator(bytes), "{name}");
    }
});
