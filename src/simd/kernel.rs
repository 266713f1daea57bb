//! The kernel that all levels share: one source over a small vector trait, compiled once per level.

use super::program::{ONES, Op, OpKind, Operand, PREFIXES};
use super::{Prefixes, Program, STEP_WORDS, STRIDE};

/// One window's work. `base` points at `program.slots()` planes of `STRIDE` words each, aligned to 64 bytes.
pub(super) struct Job<'a> {
    pub program: &'a Program,
    pub prefixes: Option<&'a Prefixes>,
    pub text: &'a [u8],
    /// A multiple of [`STEP_WORDS`], at most the window's words; `text` has 64 bytes for each and a tail.
    pub words: usize,
    pub base: *mut u64,
    pub alive: &'a mut [bool],
}

impl Job<'_> {
    /// A plane's first word.
    #[inline(always)]
    pub fn plane(&self, slot: usize) -> *mut u64 {
        debug_assert!(slot < self.program.slots());
        self.base.wrapping_add(slot * STRIDE)
    }
}

/// Some words at once.
pub(super) trait Vector: Copy {
    /// A shift count in the form the shift takes it.
    type Count: Copy;
    /// Words of a vector; divides [`STEP_WORDS`].
    const WORDS: usize;

    /// # Safety
    /// `from` points at `WORDS` readable words; the processor has the level.
    unsafe fn load(from: *const u64) -> Self;
    /// # Safety
    /// `to` points at `WORDS` writable words; the processor has the level.
    unsafe fn store(self, to: *mut u64);
    /// # Safety
    /// The processor has the level.
    unsafe fn count(bits: u32) -> Self::Count;
    /// # Safety
    /// The processor has the level.
    unsafe fn zero() -> Self;
    /// # Safety
    /// The processor has the level.
    unsafe fn and(self, other: Self) -> Self;
    /// # Safety
    /// The processor has the level.
    unsafe fn or(self, other: Self) -> Self;
    /// `self & !other`
    /// # Safety
    /// The processor has the level.
    unsafe fn and_not(self, other: Self) -> Self;
    /// The words from `at` on, each shifted down by `count`, of 1 to 63 bits, with bits of the next word moving in; with
    /// `PLAIN` as they are. `here` is what was loaded from `at` and becomes what lies behind it, for a level that saves loads so.
    /// # Safety
    /// `at` points at `2 * WORDS` readable words; the processor has the level.
    unsafe fn shifted<const PLAIN: bool>(here: &mut Self, at: *const u64, count: Self::Count) -> Self;
    /// Whether any bit is set.
    /// # Safety
    /// The processor has the level.
    unsafe fn any(self) -> bool;
}

/// # Safety
/// The processor has the level.
#[inline(always)]
unsafe fn combine<V: Vector>(kind: OpKind, a: V, b: V) -> V {
    match kind {
        // SAFETY: the caller's, in each arm.
        OpKind::And => unsafe { a.and(b) },
        // SAFETY: as above.
        OpKind::Or => unsafe { a.or(b) },
        // SAFETY: as above.
        OpKind::AndNot => unsafe { a.and_not(b) },
        // SAFETY: as above.
        OpKind::NotAnd => unsafe { b.and_not(a) },
    }
}

/// Fills the two planes that do not depend on the text's bits.
///
/// # Safety
/// As for [`operations`].
#[inline(always)]
pub(super) unsafe fn constants(job: &Job<'_>) {
    for word in 0..STRIDE {
        // SAFETY: `word` is within the plane's room.
        unsafe { job.plane(ONES).wrapping_add(word).write(u64::MAX) };
        if job.prefixes.is_none() {
            // SAFETY: as above.
            unsafe { job.plane(PREFIXES).wrapping_add(word).write(u64::MAX) };
        }
    }
}

/// Runs the operations of the job's program over its planes.
///
/// # Safety
/// The processor has `V`'s level, and `job.base` points at `program.slots()` planes that nothing else reads or writes.
#[inline(always)]
pub(super) unsafe fn operations<V: Vector>(job: &mut Job<'_>) {
    let program = job.program;
    for op in program.ops() {
        // SAFETY: passed on.
        unsafe { operation::<V>(job, op) };
        if let Some(output) = op.output {
            // SAFETY: passed on.
            job.alive[usize::from(output)] = unsafe { is_alive::<V>(job, op.to) };
        }
    }
}

/// Whether a plane has any bit. A pass of its own: in the loops that compute planes it kept compilers from vectors.
///
/// # Safety
/// As for [`operations`].
#[inline(always)]
unsafe fn is_alive<V: Vector>(job: &Job<'_>, slot: u16) -> bool {
    let plane = job.plane(usize::from(slot)).cast_const();
    // SAFETY: the level is there.
    let mut any = unsafe { V::zero() };
    for word in (0..job.words).step_by(V::WORDS) {
        // SAFETY: `word + WORDS` is at most `words`, which is within a plane.
        let bits = unsafe { V::load(plane.wrapping_add(word)) };
        // SAFETY: the level is there.
        any = unsafe { any.or(bits) };
    }
    // SAFETY: the level is there.
    unsafe { any.any() }
}

/// # Safety
/// As for [`operations`].
#[inline(always)]
unsafe fn operation<V: Vector>(job: &Job<'_>, op: &Op) {
    // Every combination is a loop of its own, without a choice in it. Direct calls, not a choice of function: each must be
    // inlined where the level's instructions are enabled.
    macro_rules! shifts {
        ($kind:ident, $then:expr, $c:expr) => {
            match (is_plain(op.b), $c.is_some_and(is_plain)) {
                // SAFETY: passed on, in each arm.
                (false, false) => unsafe { sweep::<V, false, false>(job, op, OpKind::$kind, $then) },
                // SAFETY: as above.
                (false, true) => unsafe { sweep::<V, false, true>(job, op, OpKind::$kind, $then) },
                // SAFETY: as above.
                (true, false) => unsafe { sweep::<V, true, false>(job, op, OpKind::$kind, $then) },
                // SAFETY: as above.
                (true, true) => unsafe { sweep::<V, true, true>(job, op, OpKind::$kind, $then) },
            }
        };
    }
    macro_rules! third {
        ($kind:ident) => {
            match op.then {
                None => shifts!($kind, None, None::<Operand>),
                Some((OpKind::And, c)) => shifts!($kind, Some(OpKind::And), Some(c)),
                Some((OpKind::Or, c)) => shifts!($kind, Some(OpKind::Or), Some(c)),
                Some((OpKind::AndNot, c)) => shifts!($kind, Some(OpKind::AndNot), Some(c)),
                Some((OpKind::NotAnd, c)) => shifts!($kind, Some(OpKind::NotAnd), Some(c)),
            }
        };
    }
    match op.kind {
        OpKind::And => third!(And),
        OpKind::Or => third!(Or),
        OpKind::AndNot => third!(AndNot),
        OpKind::NotAnd => third!(NotAnd),
    }
}

/// Whether an operand's words are read as they are, though perhaps whole words ahead.
fn is_plain(operand: Operand) -> bool {
    operand.ahead & 63 == 0
}

/// An operand in the course of a sweep: the vector at the next word is loaded once and kept.
struct Shifted<V: Vector, const PLAIN: bool> {
    from: *const u64,
    count: V::Count,
    here: V,
}

impl<V: Vector, const PLAIN: bool> Shifted<V, PLAIN> {
    /// # Safety
    /// As for [`operations`].
    #[inline(always)]
    unsafe fn new(job: &Job<'_>, operand: Operand) -> Self {
        let from = job.plane(usize::from(operand.slot)).wrapping_add(usize::from(operand.ahead >> 6)).cast_const();
        // SAFETY: the level is there.
        let count = unsafe { V::count(u32::from(operand.ahead & 63)) };
        // SAFETY: an operation looks at most seven words ahead, within a plane's room.
        let here = unsafe { V::load(from) };
        Shifted { from, count, here }
    }

    /// The operand at `word`.
    ///
    /// # Safety
    /// As for [`operations`]; called for each word of the sweep in turn.
    #[inline(always)]
    unsafe fn next(&mut self, word: usize) -> V {
        // SAFETY: an operation looks at most seven words ahead, and a plane has sixteen words of room behind the window's;
        // what lies there is initialised, and its value reaches only bits that nobody reads.
        unsafe { V::shifted::<PLAIN>(&mut self.here, self.from.wrapping_add(word), self.count) }
    }
}

/// One operation over all words, ascending. `B` and `C` say whether the second and the third operand are plain.
///
/// # Safety
/// As for [`operations`].
#[inline(always)]
unsafe fn sweep<V: Vector, const B: bool, const C: bool>(job: &Job<'_>, op: &Op, kind: OpKind, then: Option<OpKind>) {
    let a = job.plane(usize::from(op.a)).cast_const();
    let to = job.plane(usize::from(op.to));
    // SAFETY: passed on.
    let mut b = unsafe { Shifted::<V, B>::new(job, op.b) };
    // SAFETY: passed on; without a third operand it is the second one again and not read.
    let mut c = unsafe { Shifted::<V, C>::new(job, op.then.map_or(op.b, |(_, c)| c)) };
    for word in (0..job.words).step_by(V::WORDS) {
        // SAFETY: `word + WORDS` is at most `words`, which is within a plane.
        let left = unsafe { V::load(a.wrapping_add(word)) };
        // SAFETY: words come in turn.
        let right = unsafe { b.next(word) };
        // SAFETY: the level is there.
        let mut result = unsafe { combine(kind, left, right) };
        if let Some(then) = then {
            // SAFETY: words come in turn.
            let third = unsafe { c.next(word) };
            // SAFETY: the level is there.
            result = unsafe { combine(then, result, third) };
        }
        // SAFETY: `word + WORDS` is at most `words`, which is within a plane.
        unsafe { result.store(to.wrapping_add(word)) };
    }
}

const _: () = assert!(STRIDE.is_multiple_of(STEP_WORDS));
