//! The external sorter, against an ordinary sort.

use rollcall::spill::{Put, Sorter, Take, TapeWriter};

fn sorted_by(memory: usize, values: &[u64]) -> Vec<u64> {
    let dir = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::<8>::new(dir.path(), memory);
    for v in values {
        sorter.push(Put::default().u64(*v).done()).unwrap();
    }
    assert_eq!(sorter.len(), values.len() as u64);
    let sorted = sorter.sorted().unwrap();
    let once: Vec<u64> = sorted.iter().unwrap().map(|r| Take::new(&r.unwrap()).u64()).collect();
    let again: Vec<u64> = sorted.iter().unwrap().map(|r| Take::new(&r.unwrap()).u64()).collect();
    assert_eq!(once, again, "a second pass gives the same records");
    assert!(
        std::fs::read_dir(dir.path()).unwrap().next().is_none(),
        "runs have no name that a crash could leave behind"
    );
    once
}

#[test]
fn any_budget_gives_the_ordinary_order() {
    let mut rng = fastrand::Rng::with_seed(7);
    for count in [0usize, 1, 1023, 1024, 1025, 200_000] {
        let values: Vec<u64> = (0..count).map(|_| rng.u64(0..(count as u64 / 2).max(1))).collect();
        let mut want = values.clone();
        want.sort_unstable();
        // The least budget is 1,024 records a run, so 200,000 records also pass the fan-in of 64 runs.
        assert_eq!(sorted_by(0, &values), want);
        assert_eq!(sorted_by(1 << 20, &values), want);
        assert_eq!(sorted_by(1 << 30, &values), want);
    }
}

#[test]
fn bytes_written_grow_with_the_records() {
    let dir = tempfile::tempdir().unwrap();
    let spilled = |runs: u64| {
        let mut sorter = Sorter::<8>::new(dir.path(), 0);
        let mut rng = fastrand::Rng::with_seed(runs);
        // The last record of all waits in memory.
        for _ in 0..=runs * 1024 {
            sorter.push(Put::default().u64(rng.u64(..)).done()).unwrap();
        }
        sorter.sorted().unwrap().spilled_bytes()
    };
    let written: Vec<u64> = [128, 256, 512, 1024].map(spilled).to_vec();
    for pair in written.windows(2) {
        assert!(pair[1] * 10 <= pair[0] * 22, "{written:?}");
    }
    assert_eq!(written[3], 2 * 1024 * 1024 * 8, "sixteen merges of 64 runs: every record is written twice");
}

#[test]
fn spills_ask_nothing_of_the_pool() {
    // Every thread of the pool waits for spills at once. Would one of these wait for the pool, nothing would ever go on.
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let sorted = rayon::broadcast(|context| {
            let mut rng = fastrand::Rng::with_seed(context.index() as u64);
            sorted_by(0, &(0..50_000).map(|_| rng.u64(..)).collect::<Vec<_>>()).is_sorted()
        });
        done.send(sorted)
    });
    let sorted =
        wait.recv_timeout(std::time::Duration::from_secs(120)).expect("the pool and the spills wait for each other");
    assert!(sorted.into_iter().all(|sorted| sorted));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let mut sorter = Sorter::<8>::new(&gone, 0);
    let error =
        (0..5000u64).find_map(|v| sorter.push(Put::default().u64(v).done()).err()).expect("the first spill fails");
    assert!(error.to_string().contains("gone") && error.to_string().contains("TMPDIR"), "{error}");
}

#[test]
fn a_tape_gives_back_what_it_took() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = fastrand::Rng::with_seed(3);
    // Lengths around the size of a read, and none at all.
    let mut records: Vec<Vec<u8>> = [0, 1, (256 << 10) - 4, 256 << 10, (256 << 10) + 1, 0, 700_000]
        .map(|length| (0..length).map(|_| rng.u8(..)).collect())
        .to_vec();
    records.extend((0..5_000).map(|_| (0..rng.usize(..400)).map(|_| rng.u8(..)).collect()));
    for memory in [0, 1 << 10, 300_000, 1 << 30] {
        let mut tape = TapeWriter::new(dir.path(), memory);
        let places: Vec<u64> = records.iter().map(|record| tape.push(record).unwrap()).collect();
        let tape = tape.finish().unwrap();
        for _ in 0..2 {
            let mut left = records.iter();
            tape.each(|r| {
                assert!(left.next().is_some_and(|want| want == r));
                Ok(())
            })
            .unwrap();
            assert!(left.next().is_none());
        }
        let mut reader = tape.reader();
        for i in (0..records.len()).rev() {
            let (record, behind) = reader.record(places[i]).unwrap();
            assert_eq!(record, records[i], "{memory} bytes of memory, record {i}");
            assert!(places.get(i + 1).is_none_or(|next| *next == behind));
        }
    }
    assert!(TapeWriter::new(&dir.path().join("gone"), 3).push(b"").unwrap_err().to_string().contains("TMPDIR"));
}

/// Records whose bytes are evenly spread, few, equal in front, or all equal.
#[test]
fn records_of_any_bytes_are_sorted() {
    fn holds<const N: usize>(rng: &mut fastrand::Rng, count: usize, spread: &dyn Fn(&mut fastrand::Rng, usize) -> u8) {
        let dir = tempfile::tempdir().unwrap();
        let want: Vec<[u8; N]> = (0..count).map(|_| std::array::from_fn(|i| spread(rng, i))).collect();
        for memory in [0, N * count / 3, 1 << 30] {
            let mut sorter = Sorter::<N>::new(dir.path(), memory);
            want.iter().for_each(|record| sorter.push(*record).unwrap());
            let mut sorted = want.clone();
            sorted.sort();
            let got: Vec<[u8; N]> = sorter.sorted().unwrap().iter().unwrap().map(Result::unwrap).collect();
            assert!(got == sorted, "{count} records of {N} bytes in {memory} bytes of memory");
        }
    }
    let mut rng = fastrand::Rng::with_seed(11);
    for count in [2, 511, 512, 513, 5_000, 40_000] {
        let even = |rng: &mut fastrand::Rng, _| rng.u8(..);
        holds::<5>(&mut rng, count, &even);
        holds::<36>(&mut rng, count, &even);
        holds::<36>(&mut rng, count, &|rng, _| rng.u8(0..2));
        holds::<36>(&mut rng, count, &|rng, i| if i < 20 { rng.u8(0..2) / (1 + i as u8) } else { rng.u8(..) });
        holds::<24>(&mut rng, count, &|rng, i| if i < 21 { 7 } else { rng.u8(..) });
        holds::<17>(&mut rng, count, &|_, _| 9);
        holds::<17>(&mut rng, count, &|rng, i| if i % 5 == 0 { 255 * rng.u8(0..2) } else { 0 });
    }
}
