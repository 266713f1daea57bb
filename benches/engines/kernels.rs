//! Every kernel of `src/simd/` by itself, at each level, on a window that stays in the nearest cache.

use super::rate;
use rollcall::simd::{
    Kernels, LANES, Level, Op, OpKind, Operand, Planes, Prefixes, Program, StepTable, TAIL_BYTES, WINDOW_WORDS,
};
use std::hint::black_box;

const WINDOW_BYTES: usize = WINDOW_WORDS * 64;
/// Operations of the long program; the short one has one, and the difference is the sweep's.
const OPS: usize = 64;

/// A program of operations over the slots from `first` on, with `ops` of them.
fn program(sets: &[[bool; 256]], a: usize, b: usize, ops: usize) -> Program {
    let to = Program::first_op_slot(sets.len()) as u16;
    let one = |i: usize| Op {
        kind: if i.is_multiple_of(2) { OpKind::And } else { OpKind::Or },
        a: if i == 0 { a as u16 } else { to },
        b: Operand { slot: b as u16, ahead: (i % 3) as u16 },
        then: None,
        to,
        output: (i + 1 == ops).then_some(0),
    };
    Program::new(sets, (0..ops).map(one).collect()).expect("within bounds")
}

/// Prints a table: GB a second of text at each level, and how many times the scalar one.
pub fn measure(levels: &[Level], runs: usize, test: bool) {
    let mut rng = fastrand::Rng::with_seed(1);
    let text: Vec<u8> = (0..WINDOW_BYTES + TAIL_BYTES).map(|_| b"0123456789-. abcdefghij@:"[rng.usize(..25)]).collect();
    let set = |of: &[u8]| -> [bool; 256] { std::array::from_fn(|b| of.contains(&(b as u8))) };
    let classes: Vec<[bool; 256]> =
        [&b"0123456789"[..], b"-", b".", b" ", b"abcdef", b"@", b":", b"ghij"].iter().map(|of| set(of)).collect();
    let digit = set(b"0123456789");
    let word = |text: &[u8; 4]| text.map(|b| set(&[b]));
    let few = Prefixes::new(&[(0, word(b"acid")), (1, [digit, digit, digit, set(b"-")])]);
    let many: Vec<(u8, [[bool; 256]; 4])> = (0..Prefixes::BUCKETS_MAX)
        .map(|bucket| (bucket, std::array::from_fn(|place| set(&[b"abcdefghij"[(usize::from(bucket) + place) % 10]]))))
        .collect();
    let many = Prefixes::new(&many);
    let (free, given) = (Program::FIRST_FREE, Program::PREFIXES);
    let cases: [(&str, Program, Option<&Prefixes>); 6] = [
        ("planes, one operation", program(&[], 0, 1, 1), None),
        ("planes, 64 operations", program(&[], 0, 1, OPS), None),
        ("8 sets, one operation", program(&classes, free, free + 1, 1), None),
        ("8 sets, 64 operations", program(&classes, free, free + 1, OPS), None),
        ("2 prefixes in one group", program(&[], given, Program::ONES, 1), Some(&few)),
        ("32 buckets of prefixes", program(&[], given, Program::ONES, 1), Some(&many)),
    ];
    let rounds = if test { 2 } else { 20_000 };
    let mut table: Vec<(&str, Vec<f64>)> = Vec::new();
    for (name, program, prefixes) in &cases {
        let rates = levels.iter().map(|level| {
            let (kernels, mut planes, mut alive) = (Kernels::new(*level), Planes::default(), Vec::new());
            let run = || {
                for _ in 0..rounds {
                    kernels.run(program, *prefixes, black_box(&text), WINDOW_WORDS, &mut planes, &mut alive);
                }
                u64::from(alive[0])
            };
            rate(runs, rounds * WINDOW_BYTES, run).0
        });
        table.push((*name, rates.collect()));
    }
    for (every, name) in
        [(2, "positions, every 2nd bit"), (64, "positions, every 64th"), (4096, "positions, every 4096th")]
    {
        let mut plane = vec![0u64; WINDOW_WORDS];
        (0..WINDOW_BYTES).step_by(every).for_each(|bit| plane[bit / 64] |= 1 << (bit % 64));
        let rates = levels.iter().map(|level| {
            let (kernels, mut out) = (Kernels::new(*level), Vec::new());
            let run = || {
                for _ in 0..rounds {
                    out.clear();
                    kernels.positions(black_box(&plane), 0, WINDOW_WORDS, &mut out);
                }
                out.len() as u64
            };
            let (rate, count) = rate(runs, rounds * WINDOW_BYTES, run);
            assert_eq!(count as usize, WINDOW_BYTES.div_ceil(every), "{name}");
            rate
        });
        table.push((name, rates.collect()));
    }
    print!("{:28}", "");
    levels.iter().for_each(|level| print!("{:>10}", level.code()));
    println!();
    for (name, rates) in &table {
        print!("{name:28}");
        rates.iter().for_each(|rate| print!("{rate:10.2}"));
        let plain = levels.iter().position(|l| *l == Level::Scalar);
        if let Some(scalar) = plain.map(|at| rates[at]) {
            let times: Vec<String> = rates.iter().map(|rate| format!("{:.1}", rate / scalar)).collect();
            print!("   times scalar: {}", times.join(", "));
        }
        println!();
    }
    for (name, short, long) in [("planes", 0, 1), ("sets", 2, 3)] {
        // Seconds a byte of the long program less those of the short one, over the operations between.
        let each = table[long].1.iter().zip(&table[short].1);
        let each = each.map(|(l, s)| ((1.0 / l - 1.0 / s) / (OPS - 1) as f64 * WINDOW_BYTES as f64).max(0.0));
        let each: Vec<String> = each.map(|ns| format!("{ns:9.0}")).collect();
        println!("an operation over {name:10} {} ns a window of {WINDOW_BYTES} bytes", each.join(" "));
    }
    walks(runs, rounds);
}

/// An automaton that walks runs of `[0-9]` and ends behind them.
fn walks(runs: usize, rounds: usize) {
    const STEPS: usize = 32;
    // Row 0 is the end; row 2 goes on over digits, and a hit ends before any other byte.
    let entries = vec![0, 0, 1, 2 << 2];
    let classes: Box<[u8; 256]> = Box::new(std::array::from_fn(|b| u8::from((0x30..0x3a).contains(&b))));
    let table = StepTable::new(entries.clone(), classes.clone(), 2).expect("a table");
    let text: Vec<u8> = std::iter::repeat_n(b'7', STEPS - 4).chain(*b"-rest-of-the-line").collect();
    let lanes: [&[u8]; LANES] = [&text, &text[1..], &text[2..], &text[3..]];
    let plain = |lane: &[u8]| {
        let (mut row, mut length) = (2u32, 0u32);
        for (step, byte) in lane.iter().take(STEPS).enumerate() {
            let entry = entries[(row + u32::from(classes[usize::from(*byte)])) as usize];
            row = entry >> 2;
            if entry & 3 != 0 {
                length = step as u32 + 1 - (entry & 3);
            }
            if row == 0 {
                break;
            }
        }
        length
    };
    let bytes = rounds * LANES * (STEPS - 4);
    let (together, a) = rate(runs, bytes, || {
        let each = |_| table.walk(black_box(lanes), [2; LANES], STEPS).0.iter().map(|n| u64::from(*n)).sum::<u64>();
        (0..rounds).map(each).sum()
    });
    let (alone, b) = rate(runs, bytes, || {
        let each = |_| black_box(lanes).iter().map(|lane| u64::from(plain(lane))).sum::<u64>();
        (0..rounds).map(each).sum()
    });
    assert_eq!(a, b, "the walks disagree");
    println!(
        "walk, {LANES} lanes together {together:.2}; one after another, without unsafe, {alone:.2}: {:.1} times",
        together / alone
    );
}
