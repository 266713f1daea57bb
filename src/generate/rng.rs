//! Randomness that can be entered anywhere.
//!
//! Every draw comes from a generator seeded by (corpus seed, stream, index), so that any person, household or order can be
//! made again on its own, in any order, and nothing has to be remembered between two files that speak of the same person.

use fastrand::Rng;

/// What a generator's draws are about. Two streams of the same index are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Stream {
    /// How a block of people falls into households.
    Block = 1,
    /// A household.
    House,
    /// The first name of a person.
    First,
    /// The rest of a person.
    Person,
    /// Which systems know a person.
    Membership,
    /// An order.
    Order,
    /// The header vocabulary.
    Headers,
    /// Rows that are about no one.
    Filler,
    /// A row of some system, and how the person looks there; the system's number is added.
    System = 100,
}

/// Three numbers into one, well mixed (the finaliser of SplitMix64, once for each).
pub(super) fn mix(seed: u64, stream: u64, index: u64) -> u64 {
    [stream, index].into_iter().fold(scramble(seed), |state, part| scramble(state ^ scramble(part)))
}

fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The generator of one index of a stream.
pub(super) fn rng(seed: u64, stream: Stream, index: u64) -> Rng {
    Rng::with_seed(mix(seed, stream as u64, index))
}

/// The generator of one person's row in one system.
pub(super) fn system_rng(seed: u64, system: u64, index: u64) -> Rng {
    Rng::with_seed(mix(seed, Stream::System as u64 + system, index))
}

/// Whether an event of probability `rate` happens.
pub(super) fn chance(rng: &mut Rng, rate: f64) -> bool {
    rng.f64() < rate
}

/// One item of a list, each as likely.
pub(super) fn pick<'a, T: ?Sized>(rng: &mut Rng, list: &[&'a T]) -> &'a T {
    list[rng.usize(..list.len())]
}

/// One item of a list whose first items are the most common, as names are.
pub(super) fn pick_common<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    let u = rng.f64();
    list[((u * u * list.len() as f64) as usize).min(list.len() - 1)]
}

/// Primes above every modulus in use, so that each is coprime to it whatever it is.
const PRIMES: [u64; 4] = [u64::MAX - 58, (1 << 63) - 25, (1 << 62) - 57, (1 << 61) - 1];

/// A one-to-one map of `0..modulus` onto itself, so that ids look random and never repeat. Callers give a `modulus` above
/// every index they ask for; an index past it wraps.
pub(super) fn permute(seed: u64, stream: u64, index: u64, modulus: u64) -> u64 {
    let draw = mix(seed, stream, 0x5A);
    let step = PRIMES[(draw & 3) as usize] % modulus;
    ((u128::from(index) * u128::from(step) + u128::from(draw >> 2)) % u128::from(modulus)) as u64
}
