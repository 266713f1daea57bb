//! Every level finds what the naive oracle finds, with the shipped detectors, whole and cut in two.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rollcall::matcher::lanes::Scratch;
use rollcall::matcher::oracle::Oracle;
use rollcall::matcher::plan::Matcher;
use rollcall::model::finding::Hit;
use rollcall::simd::Level;
use std::sync::LazyLock;

static PLANS: LazyLock<(Oracle, Vec<Matcher>)> = LazyLock::new(|| {
    let shipped = rollcall::pattern::builtin();
    let levels = Level::ALL.into_iter().filter(|l| l.available());
    let plans = levels.map(|l| Matcher::at(l, &shipped, &[]).expect("the shipped detectors plan")).collect();
    (Oracle::new(&shipped).expect("the shipped detectors compile"), plans)
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, bytes)) = bytes.split_first() else { return };
    let (oracle, matchers) = &*PLANS;
    let cut = usize::from(cut).min(bytes.len()) as u32;
    let end = bytes.len() as u32;
    let want = oracle.scan(bytes, 0..end);
    let mut scratch = Scratch::new();
    for matcher in matchers {
        let mut got: Vec<Hit> = Vec::new();
        matcher.scan(bytes, 0..cut, &mut scratch, &mut |hits| got.extend_from_slice(hits));
        matcher.scan(bytes, cut..end, &mut scratch, &mut |hits| got.extend_from_slice(hits));
        assert_eq!(got, want, "{:?}", matcher.level());
    }
});
