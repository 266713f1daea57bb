//! Any cut of an input into regions that each see their margins gives the hits of the whole.

use crate::oracle::{detectors, input, levels, scan};
use rollcall::matcher::lanes::Scratch;
use rollcall::matcher::plan::Matcher;
use rollcall::model::finding::Hit;

/// The hits of `bytes` when each region between two cuts is scanned in a slice of its own with margins around it.
fn scan_cut(matcher: &Matcher, bytes: &[u8], cuts: &[usize], scratch: &mut Scratch) -> Vec<Hit> {
    let mut all = Vec::new();
    let bounds: Vec<usize> = [0].into_iter().chain(cuts.iter().copied()).chain([bytes.len()]).collect();
    for region in bounds.windows(2) {
        let from = region[0].saturating_sub(matcher.margin());
        let to = bytes.len().min(region[1] + matcher.margin());
        let owned = (region[0] - from) as u32..(region[1] - from) as u32;
        matcher.scan(&bytes[from..to], owned, scratch, &mut |hits| {
            all.extend(hits.iter().map(|h| Hit { start: h.start + from as u32, end: h.end + from as u32, ..*h }));
        });
    }
    all
}

#[test]
fn random_cuts_change_nothing() {
    let matchers = levels(&detectors());
    let mut scratch = Scratch::new();
    let mut hits = 0;
    for seed in 0..5_000 {
        let matcher = &matchers[seed as usize % matchers.len()];
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5117);
        // Some are longer than two margins, so that margins cut too; half of those are one endless line.
        let size = if seed % 4 == 0 { rng.usize(1_500..5_000) } else { rng.usize(10..300) };
        let mut bytes = Vec::new();
        while bytes.len() < size {
            bytes.extend(input(&mut rng, 100));
        }
        if seed % 8 == 0 {
            bytes.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b' ');
        }
        let mut cuts: Vec<usize> = (0..rng.usize(1..12)).map(|_| rng.usize(0..=bytes.len())).collect();
        cuts.sort_unstable();
        let whole = scan(matcher, &bytes, &mut scratch);
        assert_eq!(scan_cut(matcher, &bytes, &cuts, &mut scratch), whole, "seed {seed}, cuts {cuts:?}");
        hits += whole.len();
    }
    assert!(hits > 10_000, "{hits} hits prove little");
}

#[test]
fn every_cut_of_dense_lines() {
    let matchers = levels(&detectors());
    let mut scratch = Scratch::new();
    let lines = [
        "1,Ada Example,ada.b.example@mail.example.org,(415) 555-2671,219-09-9999,4111 1111 1111 1111,10.20.30.40,2001-02-03",
        "password=\"hunter22\" https://user:secret@host/ AKIAIOSFODNN7EXAMPL member id #123456",
        "DE89 3704 0044 0532 0130 00,AB123456,1-2-3-4-5-6-7-8-9-0-1-2-3,a.b.c@d.e.f.com,+44 20 7946 0958,fe80::1:2:3",
        "--a-a.b@x.org..b@y.com-1.2.3.4.5-1.2.3.4 415-555-2671 x123 800-555-1234-999 123456789012345678901234567890",
    ];
    for line in lines {
        // Filler on both sides is longer than a margin, so that the slices really end inside the input.
        let mut bytes = b"lorem ipsum, ".repeat(90);
        let first = bytes.len();
        bytes.extend_from_slice(line.as_bytes());
        let last = bytes.len();
        bytes.extend_from_slice(&b" dolor sit 12".repeat(90));
        let whole = scan(&matchers[0], &bytes, &mut scratch);
        assert!(whole.len() >= 2, "{} hits in {line}", whole.len());
        let every: Vec<usize> = (first..=last).collect();
        for matcher in &matchers {
            let level = matcher.level();
            for cut in first - 2..=last + 2 {
                let cut_up = scan_cut(matcher, &bytes, &[cut], &mut scratch);
                assert_eq!(cut_up, whole, "{level:?}, cut at {}", cut - first);
            }
            assert_eq!(scan_cut(matcher, &bytes, &every, &mut scratch), whole, "{level:?}");
        }
    }
}
