//! The kernel that all levels share: one source over a small vector trait, compiled once per level.

use super::program::{ONES, Op, OpKind, PREFIXES};
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
    /// Each word's bits from `count` (0 to 63) on, filled up with the low bits of `next`'s word.
    /// # Safety
    /// The processor has the level.
    unsafe fn funnel(self, next: Self, count: Self::Count) -> Self;
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
    /// Whether any bit is set.
    /// # Safety
    /// The processor has the level.
    unsafe fn any(self) -> bool;
}

const AND: u8 = 0;
const OR: u8 = 1;
const AND_NOT: u8 = 2;
const NOT_AND: u8 = 3;

/// # Safety
/// The processor has the level.
#[inline(always)]
unsafe fn combine<V: Vector, const KIND: u8>(a: V, b: V) -> V {
    match KIND {
        // SAFETY: the caller's, in each arm.
        AND => unsafe { a.and(b) },
        // SAFETY: as above.
        OR => unsafe { a.or(b) },
        // SAFETY: as above.
        AND_NOT => unsafe { a.and_not(b) },
        // SAFETY: as above.
        _ => unsafe { b.and_not(a) },
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
        let any = unsafe { operation::<V>(job, op) };
        if let Some(output) = op.output {
            job.alive[usize::from(output)] = any;
        }
    }
}

/// # Safety
/// As for [`operations`].
#[inline(always)]
unsafe fn operation<V: Vector>(job: &Job<'_>, op: &Op) -> bool {
    // Direct calls, not a choice of function: each must be inlined where the level's instructions are enabled.
    match (op.kind, op.output.is_some()) {
        // SAFETY: passed on.
        (OpKind::And, false) => unsafe { sweep::<V, AND, false>(job, op) },
        // SAFETY: passed on.
        (OpKind::Or, false) => unsafe { sweep::<V, OR, false>(job, op) },
        // SAFETY: passed on.
        (OpKind::AndNot, false) => unsafe { sweep::<V, AND_NOT, false>(job, op) },
        // SAFETY: passed on.
        (OpKind::NotAnd, false) => unsafe { sweep::<V, NOT_AND, false>(job, op) },
        // SAFETY: passed on.
        (OpKind::And, true) => unsafe { sweep::<V, AND, true>(job, op) },
        // SAFETY: passed on.
        (OpKind::Or, true) => unsafe { sweep::<V, OR, true>(job, op) },
        // SAFETY: passed on.
        (OpKind::AndNot, true) => unsafe { sweep::<V, AND_NOT, true>(job, op) },
        // SAFETY: passed on.
        (OpKind::NotAnd, true) => unsafe { sweep::<V, NOT_AND, true>(job, op) },
    }
}

/// One operation over all words, ascending; with `ANY`, whether the result has a bit.
///
/// # Safety
/// As for [`operations`].
#[inline(always)]
unsafe fn sweep<V: Vector, const KIND: u8, const ANY: bool>(job: &Job<'_>, op: &Op) -> bool {
    let (a, b) = (job.plane(usize::from(op.a)), job.plane(usize::from(op.b)));
    let to = job.plane(usize::from(op.to));
    // SAFETY: the level is there.
    let mut any = unsafe { V::zero() };
    if op.ahead == 0 {
        for word in (0..job.words).step_by(V::WORDS) {
            // SAFETY: `word + WORDS` is at most `words`, which is within a plane.
            let left = unsafe { V::load(a.wrapping_add(word)) };
            // SAFETY: as above.
            let right = unsafe { V::load(b.wrapping_add(word)) };
            // SAFETY: the level is there.
            let result = unsafe { combine::<V, KIND>(left, right) };
            if ANY {
                // SAFETY: the level is there.
                any = unsafe { any.or(result) };
            }
            // SAFETY: as above.
            unsafe { result.store(to.wrapping_add(word)) };
        }
    } else {
        let b = b.wrapping_add(usize::from(op.ahead >> 6));
        // SAFETY: the level is there.
        let count = unsafe { V::count(u32::from(op.ahead & 63)) };
        for word in (0..job.words).step_by(V::WORDS) {
            // SAFETY: `word + WORDS` is at most `words`, which is within a plane.
            let left = unsafe { V::load(a.wrapping_add(word)) };
            // SAFETY: an operation looks at most seven words ahead, and a plane has sixteen words of room behind the
            // window's; what lies there is initialised, and its value reaches only bits that nobody reads.
            let here = unsafe { V::load(b.wrapping_add(word)) };
            // SAFETY: as above.
            let next = unsafe { V::load(b.wrapping_add(word + 1)) };
            // SAFETY: the level is there.
            let right = unsafe { here.funnel(next, count) };
            // SAFETY: the level is there.
            let result = unsafe { combine::<V, KIND>(left, right) };
            if ANY {
                // SAFETY: the level is there.
                any = unsafe { any.or(result) };
            }
            // SAFETY: as above.
            unsafe { result.store(to.wrapping_add(word)) };
        }
    }
    // SAFETY: the level is there.
    ANY && unsafe { any.any() }
}

const _: () = assert!(STRIDE.is_multiple_of(STEP_WORDS));
