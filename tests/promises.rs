//! What fuzzing checks of the validators, on random bytes.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use rollcall::validate;
use std::collections::BTreeSet;

#[test]
fn every_validator_is_of_one_family() {
    let all: Vec<&str> = fuzz::FAMILIES.iter().flat_map(|(_, promises)| promises.iter().map(|p| p.name)).collect();
    let set: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(set.len(), all.len(), "one is of two families");
    assert_eq!(set, validate::NAMES.iter().copied().collect());
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (family, _) in fuzz::FAMILIES {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{family}.rs\"")), "{family} has no target");
    }
}

#[test]
fn validators_hold_what_they_promise() {
    let mut rng = fastrand::Rng::with_seed(3);
    for (family, promises) in fuzz::FAMILIES {
        for choice in 0..promises.len() {
            let mut valid = 0;
            for _ in 0..2_000 {
                let mut data: Vec<u8> = (0..rng.usize(2..40)).map(|_| rng.u8(..)).collect();
                data[0] = choice as u8;
                valid += u32::from(fuzz::family(family, &data));
            }
            assert!(valid >= 40, "{}: only {valid} of the values are valid", promises[choice].name);
        }
    }
}

#[test]
fn addresses_are_those_of_the_standard_library() {
    let mut rng = fastrand::Rng::with_seed(4);
    for _ in 0..200_000 {
        let alphabet: &[u8] = if rng.bool() { b"0125.." } else { b"01fF::::.2" };
        let data: Vec<u8> = (0..rng.usize(2..24)).map(|_| alphabet[rng.usize(..alphabet.len())]).collect();
        fuzz::addresses_agree(&data);
    }
}
