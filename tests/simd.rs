//! Every level computes the same planes as the plainest reading of what a program says.

use crate::program::Home;
use rollcall::simd::transposed;
use rollcall::simd::{
    Kernels, Level, Op, OpKind, Operand, Planes, Prefixes, Program, StepTable, TAIL_BYTES, WINDOW_WORDS, choose,
};

/// Bit `i` of a plane, far beyond the window: nothing.
type Naive = Vec<bool>;

fn naive(sets: &[[bool; 256]], ops: &[Op], prefixes: Option<&Prefixes>, text: &[u8], words: usize) -> Vec<Naive> {
    let bits = words * 64;
    let mut planes: Vec<Naive> = (0..8).map(|b| text[..bits].iter().map(|byte| byte >> b & 1 == 1).collect()).collect();
    let prefix = |i: usize| prefixes.is_none_or(|p| p.fit([text[i], text[i + 1], text[i + 2], text[i + 3]]));
    planes.push((0..bits).map(prefix).collect());
    planes.push(vec![true; bits]);
    for set in sets {
        planes.push(text[..bits].iter().map(|b| set[usize::from(*b)]).collect());
    }
    planes.resize(Program::first_op_slot(sets.len()), vec![false; bits]);
    for op in ops {
        let read = |operand: Operand, i: usize| {
            planes[usize::from(operand.slot)].get(i + usize::from(operand.ahead)).copied().unwrap_or(false)
        };
        let combine = |kind: OpKind, a: bool, b: bool| match kind {
            OpKind::And => a & b,
            OpKind::Or => a | b,
            OpKind::AndNot => a & !b,
            OpKind::NotAnd => !a & b,
        };
        let one = |i: usize| {
            let first = combine(op.kind, planes[usize::from(op.a)][i], read(op.b, i));
            op.then.map_or(first, |(kind, c)| combine(kind, first, read(c, i)))
        };
        let plane = (0..bits).map(one).collect();
        let to = usize::from(op.to);
        if to == planes.len() {
            planes.push(plane);
        } else {
            planes[to] = plane;
        }
    }
    planes
}

/// Operations over some sets, and how far they look ahead together.
fn random_ops(rng: &mut fastrand::Rng, sets: usize) -> (Vec<Op>, u32) {
    let kinds = [OpKind::And, OpKind::Or, OpKind::AndNot, OpKind::NotAnd];
    let mut ops = Vec::new();
    let first = Program::first_op_slot(sets) as u16;
    let mut slots = first;
    let mut ahead_most = 0;
    for i in 0..rng.usize(1..12) {
        let mut operand = |rng: &mut fastrand::Rng, slots: u16| {
            let ahead = [0, 1, 7, 63, 64, 65, 100][rng.usize(0..7)];
            ahead_most += u32::from(ahead);
            // The slots that fill up a table of sets are nobody's.
            let slot = loop {
                let slot = rng.u16(0..slots);
                if usize::from(slot) < Program::FIRST_FREE + sets || slot >= first {
                    break slot;
                }
            };
            Operand { slot, ahead }
        };
        let (a, b) = (operand(rng, slots).slot, operand(rng, slots));
        let then = rng.bool().then(|| (kinds[rng.usize(0..4)], operand(rng, slots)));
        let to = rng.u16(first..=slots);
        slots = slots.max(to + 1);
        ops.push(Op { kind: kinds[rng.usize(0..4)], a, b, then, to, output: Some(i as u16) });
    }
    (ops, ahead_most)
}

fn random_sets(rng: &mut fastrand::Rng) -> Vec<[bool; 256]> {
    (0..rng.usize(0..20))
        .map(|_| {
            let high = rng.bool();
            std::array::from_fn(|b| if b < 128 { rng.u8(0..3) == 0 } else { high })
        })
        .collect()
}

/// A bucket and what fits at each of its four places.
type Prefix = (u8, [[bool; 256]; 4]);

fn random_prefixes(rng: &mut fastrand::Rng) -> Vec<Prefix> {
    let mut table = Vec::new();
    for _ in 0..rng.usize(1..40) {
        let byte = |rng: &mut fastrand::Rng| std::array::from_fn(|_| rng.u8(0..10) == 0);
        table.push((rng.u8(0..Prefixes::BUCKETS_MAX), [byte(rng), byte(rng), byte(rng), byte(rng)]));
    }
    table
}

#[test]
fn every_level_computes_what_the_program_says() {
    let levels: Vec<Level> = Level::ALL.into_iter().filter(|l| l.available()).collect();
    let mut planes = Planes::default();
    let mut alive = Vec::new();
    let mut compared = 0u64;
    for seed in 0..1_500 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let words = 8 * rng.usize(1..=WINDOW_WORDS / 8);
        let text: Vec<u8> = (0..words * 64 + TAIL_BYTES)
            .map(|_| if rng.bool() { rng.u8(..) } else { b"abcdefghij0123456789-. @"[rng.usize(0..24)] })
            .collect();
        let sets = random_sets(&mut rng);
        let (ops, ahead) = random_ops(&mut rng, sets.len());
        let prefixes = rng.bool().then(|| Prefixes::new(&random_prefixes(&mut rng)));
        let program = Program::new(&sets, ops.clone()).expect("within bounds");
        let want = naive(&sets, &ops, prefixes.as_ref(), &text, words);
        // What looks beyond the window is nobody's.
        let sure = (words * 64).saturating_sub(ahead as usize);
        for &level in &levels {
            let slots = |o: &Op| [o.a, o.b.slot, o.then.map_or(o.a, |t| t.1.slot)];
            let uses_prefixes = ops.iter().any(|o| slots(o).contains(&(Program::PREFIXES as u16)));
            if level != Level::Avx512 && prefixes.is_some() && uses_prefixes {
                // The other levels' planes of prefixes hold more; the test below is theirs.
                continue;
            }
            Kernels::new(level).run(&program, prefixes.as_ref(), &text, words, &mut planes, &mut alive);
            let filler = Program::FIRST_FREE + sets.len()..Program::first_op_slot(sets.len());
            // Basis planes are there when somebody reads them.
            let basis = ops.iter().any(|o| slots(o).iter().any(|s| usize::from(*s) < Program::PREFIXES));
            let there =
                |s: &usize| *s != Program::PREFIXES && !filler.contains(s) && (basis || *s >= Program::PREFIXES);
            for (slot, want) in want.iter().enumerate().filter(|(s, _)| there(s)) {
                let got = planes.plane(slot);
                for (i, want) in want[..sure].iter().enumerate() {
                    assert_eq!(got[i / 64] >> (i % 64) & 1 == 1, *want, "{level:?} seed {seed} slot {slot} bit {i}");
                }
                compared += sure as u64;
            }
            for op in ops.iter().filter(|op| ops.iter().rfind(|o| o.to == op.to) == Some(op)) {
                let Some(output) = op.output else { continue };
                let any = planes.plane(usize::from(op.to))[..words].iter().any(|w| *w != 0);
                assert_eq!(alive[usize::from(output)], any, "{level:?} seed {seed}: the flag of an output");
            }
        }
    }
    assert!(compared > 10_000_000, "{compared} bits prove little");
}

#[test]
fn the_basis_planes_are_the_bits_of_the_bytes() {
    // Where the architecture has something better, no level computes them this way.
    let mut rng = fastrand::Rng::with_seed(21);
    for _ in 0..1000 {
        let block: [u8; 64] = std::array::from_fn(|_| rng.u8(..));
        let plain = |bit: usize| (0..64).fold(0u64, |plane, at| plane | u64::from(block[at] >> bit & 1) << at);
        assert_eq!(transposed(&block), std::array::from_fn(plain));
    }
}

#[test]
fn planes_of_prefixes_miss_nothing() {
    let program = Program::new(&[], Vec::new()).expect("an empty program is one");
    let mut planes = Planes::default();
    let mut alive = Vec::new();
    let mut there = 0;
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let words = 16;
        let text: Vec<u8> = (0..words * 64 + TAIL_BYTES).map(|_| rng.u8(..)).collect();
        let table = random_prefixes(&mut rng);
        let prefixes = Prefixes::new(&table);
        let fits = |i: usize, prefix: &Prefix| (0..4).all(|p| prefix.1[p][usize::from(text[i + p])]);
        let looked_up = naive(&[], &[], Some(&prefixes), &text, words).swap_remove(Program::PREFIXES);
        for level in Level::ALL.into_iter().filter(|l| l.available()) {
            Kernels::new(level).run(&program, Some(&prefixes), &text, words, &mut planes, &mut alive);
            let got = planes.plane(Program::PREFIXES);
            for (i, looked_up) in looked_up.iter().enumerate() {
                let bit = got[i / 64] >> (i % 64) & 1 == 1;
                let fits = table.iter().any(|prefix| fits(i, prefix));
                assert!(bit || !fits, "{level:?} seed {seed} misses {i}");
                assert!(level != Level::Avx512 || bit == *looked_up, "avx512 seed {seed}: not the look-up at {i}");
                there += usize::from(fits);
            }
        }
    }
    assert!(there > 100, "{there} places fit; the comparison proves nothing");
}

#[test]
fn positions_are_those_of_the_bits() {
    for seed in 0..200 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let density = rng.u32(1..200);
        let bits: Vec<bool> = (0..WINDOW_WORDS * 64).map(|_| rng.u32(0..density) == 0).collect();
        let plane: Vec<u64> =
            bits.chunks(64).map(|w| w.iter().enumerate().fold(0, |p, (i, b)| p | u64::from(*b) << i)).collect();
        let (from, to) = (rng.usize(0..40), rng.usize(40..=WINDOW_WORDS));
        let want: Vec<u32> = (from * 64..to * 64).filter(|i| bits[*i]).map(|i| i as u32).collect();
        for level in Level::ALL.into_iter().filter(|l| l.available()) {
            let mut got = vec![7];
            Kernels::new(level).positions(&plane, from, to, &mut got);
            assert_eq!(got[0], 7, "what was there stays");
            assert_eq!(got[1..], want, "{level:?} seed {seed}");
        }
    }
}

#[test]
fn programs_out_of_bounds_are_refused() {
    let b = Operand { slot: 1, ahead: 0 };
    let op = Op { kind: OpKind::And, a: 0, b, then: None, to: Program::FIRST_FREE as u16, output: None };
    let far = Operand { slot: 1, ahead: Program::AHEAD_MAX as u16 + 1 };
    let new = |op| Program::new(&[], vec![op]);
    assert!(new(op).is_ok());
    assert!(new(Op { to: 0, ..op }).is_err(), "a given plane is not written");
    assert!(new(Op { a: 40, ..op }).is_err(), "an operand must be there");
    assert!(new(Op { to: 12, ..op }).is_err(), "slots come in order");
    assert!(new(Op { b: far, ..op }).is_err());
    assert!(new(Op { then: Some((OpKind::Or, far)), ..op }).is_err());
    let set: [bool; 256] = std::array::from_fn(|b| b == 200);
    assert!(Program::new(&[set], vec![]).is_err(), "some bytes from 0x80 on and not all");
}

#[test]
fn levels_have_names() {
    for level in Level::ALL {
        assert_eq!(Level::from_code(level.code()), Some(level));
    }
    let error = choose("sse9").expect_err("no such level").to_string();
    assert!(error.contains("scalar, avx2, avx512"), "{error}");
    assert!(Level::Scalar.available());
    assert!(Level::best().available());
}

#[test]
fn tables_that_lead_out_of_themselves_are_refused() {
    let classes = || Box::new(std::array::from_fn(|b| u8::from(b == usize::from(b'a'))));
    // Row 2: `a` leads back to it, anything else ends a hit; row 0 ends the walk.
    let table = StepTable::new(vec![0, 0, 1, 2 << 2], classes(), 2).expect("a sound table");
    let text = b"aaab............";
    let (lengths, steps) = table.walk([&text[..], &text[1..], &text[3..], &text[..]], [2, 2, 2, 0], 8);
    assert_eq!(lengths, [3, 2, 0, 0], "a hit of no length is none");
    assert_eq!(steps, 4);
    assert!(StepTable::new(vec![0, 0, 1, 3 << 2], classes(), 2).is_err(), "half a row is no row");
    assert!(StepTable::new(vec![0], classes(), 1).is_err(), "a class beyond the row");
    assert!(StepTable::new(vec![], classes(), 2).is_err());
}

#[test]
fn a_level_is_forced_by_option_and_by_variable() {
    let home = Home::new();
    for level in Level::ALL {
        let code = if level.available() { 0 } else { 2 };
        home.run(["--simd", level.code(), "detectors", "test", "us/ssn", "SSN: 219-09-9999"]).exits(code);
    }
    let said = home.run(["--simd", "sse9", "detectors", "list"]).exits(2);
    assert!(said.err.contains("scalar, avx2, avx512"), "{}", said.err);
}
