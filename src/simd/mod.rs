//! Bytes to bit planes, and arithmetic on bit planes, at the width the processor has.
//!
//! A **plane** is a bit for every byte of a window of text. [`Kernels::transpose`] turns the text into its eight basis
//! planes (plane `b` holds bit `b` of every byte), [`Kernels::run`] computes further planes by a [`Program`] of ANDs and
//! ORs of shifted planes, [`Kernels::literals`] adds a plane of places where a set of short prefixes may stand, and
//! [`Kernels::positions`] reads a plane out; [`StepTable`] steps automata over the text. This folder knows bytes and bits only: what a plane means is its caller's.
//!
//! Every kernel gives the same bits at every [`Level`]; `tests/simd.rs` holds them to it. This is the only folder with
//! `unsafe`, and `README.md` beside this file says what each block buys.
#![allow(unsafe_code)]

mod kernel;
mod portable;
mod prefixes;
mod program;
mod walk;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use portable::transposed;
pub use prefixes::Prefixes;
pub use program::{Op, OpKind, Operand, Program, SETS};
pub use walk::{LANES, StepTable, WALK_STRIDE};

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// Words of 64 bytes in the largest window: one before what a batch owns, the batch, and what is looked ahead at.
pub const WINDOW_WORDS: usize = 136;
/// Words that a window's text must have behind its planes, so that a kernel may load past the last byte.
pub const TAIL_BYTES: usize = 64;
/// Words from one plane to the next: shifted loads of the last words stay inside.
const STRIDE: usize = WINDOW_WORDS + 16;
/// Windows are counted in runs of this many words.
pub const STEP_WORDS: usize = 8;

/// What the processor can do. A higher level does the same in fewer instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Words of 64 bits, on any processor.
    Scalar = 1,
    /// 256 bits: AVX2, BMI1, BMI2, LZCNT, POPCNT.
    Avx2 = 2,
    /// 512 bits: AVX-512 F, BW, VL, DQ, VBMI, VBMI2 and GFNI, all of them.
    Avx512 = 3,
}

/// The level that [`choose`] set; 0 until then.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Level; 3] = [Level::Scalar, Level::Avx2, Level::Avx512];

    /// The word that options and messages use.
    pub const fn code(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// The level of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|l| l.code() == code)
    }

    /// Whether this processor has what the level needs.
    pub fn available(self) -> bool {
        match self {
            Level::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::has_avx512(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The highest level of this processor.
    pub fn best() -> Level {
        Level::ALL.into_iter().rev().find(|l| l.available()).unwrap_or(Level::Scalar)
    }

    /// The level that was chosen for this process, else the best.
    pub fn current() -> Level {
        let chosen = CHOSEN.load(Ordering::Relaxed);
        Level::ALL.into_iter().find(|l| *l as u8 == chosen).unwrap_or_else(Level::best)
    }
}

/// A level that this processor lacks, or a word that names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelError(String);

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LevelError {}

/// Sets the level of everything planned from now on in this process.
pub fn choose(code: &str) -> Result<Level, LevelError> {
    let names = || Level::ALL.map(Level::code).join(", ");
    let level =
        Level::from_code(code).ok_or_else(|| LevelError(format!("{code} is no level; there are {}", names())))?;
    if !level.available() {
        let best = Level::best().code();
        return Err(LevelError(format!("this processor does not have {code}; the best it has is {best}")));
    }
    CHOSEN.store(level as u8, Ordering::Relaxed);
    Ok(level)
}

/// Room for the planes of one window. Plane `p` is the result of the operation that wrote slot `p`.
#[derive(Default)]
pub struct Planes {
    words: Vec<Line>,
}

/// A cache line, so that planes begin on one.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u64; 8]);

impl Planes {
    /// Room for a program's planes.
    fn fit(&mut self, slots: usize) {
        let lines = slots * STRIDE / 8;
        if self.words.len() < lines {
            self.words.resize(lines, Line([0; 8]));
        }
    }

    /// One plane, a word for every 64 bytes of the window; empty when there is no such plane.
    pub fn plane(&self, slot: usize) -> &[u64] {
        let lines = self.words.get(slot * STRIDE / 8..(slot + 1) * STRIDE / 8).unwrap_or(&[]);
        lines.as_flattened_words()
    }
}

/// A view of lines as words.
trait Flatten {
    fn as_flattened_words(&self) -> &[u64];
}

impl Flatten for [Line] {
    fn as_flattened_words(&self) -> &[u64] {
        // SAFETY: a line is `repr(C)` with eight words and no padding, so `len * 8` words lie behind the pointer, and the
        // borrow of `self` keeps them.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<u64>(), self.len() * 8) }
    }
}

/// The kernels of one level. Made only where the processor has it, which is what makes calling them sound.
#[derive(Clone, Copy, Debug)]
pub struct Kernels {
    level: Level,
}

impl Kernels {
    /// The kernels of `level`, or of the best level when the processor lacks it.
    pub fn new(level: Level) -> Kernels {
        Kernels { level: if level.available() { level } else { Level::best() } }
    }

    /// The level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether a program should take its sets as tables: where a look-up of 64 bytes is one instruction, a set is cheaper
    /// that way than by arithmetic on the basis planes.
    pub fn has_tables(&self) -> bool {
        self.level == Level::Avx512
    }

    /// Runs `program` over the window `text`, which holds `words` words of 64 bytes and [`TAIL_BYTES`] more. `words` is a
    /// multiple of [`STEP_WORDS`], at most [`WINDOW_WORDS`]. Slots 0 to 7 are the basis planes where the program reads
    /// one, slot 8 the plane of `prefixes` (all ones without them). Bit `o` of `alive` is set when output `o` may have a
    /// bit.
    pub fn run(
        &self,
        program: &Program,
        prefixes: Option<&Prefixes>,
        text: &[u8],
        words: usize,
        planes: &mut Planes,
        alive: &mut Vec<bool>,
    ) {
        let words = words.min(WINDOW_WORDS) / STEP_WORDS * STEP_WORDS;
        assert!(text.len() >= words * 64 + TAIL_BYTES, "a window has words and a tail");
        planes.fit(program.slots());
        alive.clear();
        alive.resize(program.outputs(), false);
        let base = planes.words.as_mut_ptr().cast::<u64>();
        let job = kernel::Job { program, prefixes, text, words, base, alive };
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Scalar => portable::run(job, x86::basis),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::run_avx2(job),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::run_avx512(job),
            #[cfg(not(target_arch = "x86_64"))]
            _ => portable::run(job, transposed),
        }
    }

    /// Appends the positions of the bits that are set in words `from..to` of a plane, ascending; a position counts from
    /// the plane's first bit.
    pub fn positions(&self, plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
        let to = to.min(plane.len()).min(WINDOW_WORDS);
        let from = from.min(to);
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Scalar => x86::positions_scalar(plane, from, to, out),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::positions_avx2(plane, from, to, out),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::positions_avx512(plane, from, to, out),
            #[cfg(not(target_arch = "x86_64"))]
            _ => portable::positions(plane, from, to, out),
        }
    }
}
