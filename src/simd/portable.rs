//! The scalar level, for every processor, and what needs no vectors.

use super::kernel::{Job, Vector, constants, operations};
use super::program::{GIVEN, PREFIXES, SETS, SetTable};
use super::{STRIDE, WINDOW_WORDS};

/// Four words, which compilers turn into what vectors the target's baseline has.
#[derive(Clone, Copy)]
struct Quad([u64; 4]);

impl Quad {
    #[inline(always)]
    fn zip(self, other: Quad, f: impl Fn(u64, u64) -> u64) -> Quad {
        Quad(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Vector for Quad {
    type Count = u32;
    const WORDS: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's; an array of words has a word's layout, and the read need not be aligned.
        Quad(unsafe { from.cast::<[u64; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[u64; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn count(bits: u32) -> u32 {
        bits & 63
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        Quad([0; 4])
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    #[inline(always)]
    unsafe fn shifted<const PLAIN: bool>(_: &mut Self, at: *const u64, count: u32) -> Self {
        // SAFETY: the caller's.
        let here = unsafe { Self::load(at) };
        if PLAIN {
            return here;
        }
        // SAFETY: the caller's.
        let next = unsafe { Self::load(at.wrapping_add(1)) };
        here.zip(next, |here, next| here.wrapping_shr(count) | next.wrapping_shl(64 - count))
    }

    #[inline(always)]
    unsafe fn any(self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] != 0
    }
}

/// Runs a job; `basis` computes the basis planes of 64 bytes, as [`transposed`] does.
pub(super) fn run(mut job: Job<'_>, basis: impl Fn(&[u8; 64]) -> [u64; 8]) {
    if job.program.basis() {
        transpose(&job, basis);
    }
    for (index, table) in job.program.tables().iter().enumerate() {
        sets(&job, table, GIVEN + index * SETS);
    }
    prefixes(&job);
    // SAFETY: the caller of `Kernels::run` lends the planes for this call alone.
    unsafe { constants(&job) };
    // SAFETY: as above; the scalar level is on every processor.
    unsafe { operations::<Quad>(&mut job) };
}

/// Transposes an 8x8 block of bits: bit `c` of byte `r` becomes bit `r` of byte `c` (Warren, Hacker's Delight, 7-3).
fn transpose_block(mut x: u64) -> u64 {
    let t = (x ^ (x >> 7)) & 0x00aa_00aa_00aa_00aa;
    x ^= t ^ (t << 7);
    let t = (x ^ (x >> 14)) & 0x0000_cccc_0000_cccc;
    x ^= t ^ (t << 14);
    let t = (x ^ (x >> 28)) & 0x0000_0000_f0f0_f0f0;
    x ^ t ^ (t << 28)
}

/// Transposes eight rows of eight bytes: the same by bytes, across words.
fn transpose_rows(rows: &mut [u64; 8]) {
    for (apart, bits, mask) in [(1, 8, 0x00ff_00ff_00ff_00ff), (2, 16, 0x0000_ffff_0000_ffff), (4, 32, 0xffff_ffff)] {
        for low in (0..8).filter(|row| row & apart == 0) {
            let high = low | apart;
            let t = (rows[low] >> bits ^ rows[high]) & mask;
            rows[high] ^= t;
            rows[low] ^= t << bits;
        }
    }
}

/// The basis planes of 64 bytes, as any processor computes them.
pub fn transposed(block: &[u8; 64]) -> [u64; 8] {
    let mut planes = [0; 8];
    for (columns, eight) in planes.iter_mut().zip(block.as_chunks::<8>().0) {
        *columns = transpose_block(u64::from_le_bytes(*eight));
    }
    transpose_rows(&mut planes);
    planes
}

fn transpose(job: &Job<'_>, basis: impl Fn(&[u8; 64]) -> [u64; 8]) {
    for (word, block) in job.text.as_chunks::<64>().0.iter().take(job.words).enumerate() {
        let planes = basis(block);
        for (slot, plane) in planes.iter().enumerate() {
            // SAFETY: `word` is below the job's words, so it is within the plane.
            unsafe { job.plane(slot).wrapping_add(word).write(*plane) };
        }
    }
}

/// Planes of eight sets, into the slots from `slot` on.
pub(super) fn sets(job: &Job<'_>, table: &SetTable, slot: usize) {
    for (word, block) in job.text.chunks_exact(64).take(job.words).enumerate() {
        let mut planes = [0u64; SETS];
        for (i, &byte) in block.iter().enumerate() {
            let entry = if byte < 0x80 { table.low[usize::from(byte)] } else { table.high };
            planes.iter_mut().enumerate().for_each(|(s, plane)| *plane |= u64::from(entry >> s & 1) << i);
        }
        for (s, plane) in planes.iter().enumerate() {
            // SAFETY: `word` is below the job's words, so it is within the plane.
            unsafe { job.plane(slot + s).wrapping_add(word).write(*plane) };
        }
    }
}

/// Without vectors a table look-up per byte costs more than the candidates it saves, so this level marks every place;
/// the caller's own first classes are what thins them out.
fn prefixes(job: &Job<'_>) {
    if job.prefixes.is_some() {
        for word in 0..STRIDE {
            // SAFETY: `word` is within the plane's room.
            unsafe { job.plane(PREFIXES).wrapping_add(word).write(u64::MAX) };
        }
    }
}

/// Appends the positions of the bits in words `from..to` of a plane.
pub(super) fn positions(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    spread(plane, from, to, out);
}

/// The same, for whoever compiles it for more than the target's baseline: counting bits is an instruction there.
#[inline(always)]
pub(super) fn spread(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    // Words without a bit are left out first, without a branch on any: which they are is not to be foretold.
    let mut places = [0u16; WINDOW_WORDS];
    let mut used = 0usize;
    for (word, bits) in (from as u16..).zip(&plane[from..to]) {
        places[used] = word;
        used = used.wrapping_add(usize::from(*bits != 0));
    }
    let count: usize = places[..used].iter().map(|word| plane[usize::from(*word)].count_ones() as usize).sum();
    // Four positions of a word are always written, and few words have more: how many is not to be foretold either.
    const AT_ONCE: usize = 4;
    let mut at = out.len();
    let all = at + count;
    out.resize(all + AT_ONCE, 0);
    for word in &places[..used] {
        let (mut bits, first) = (plane[usize::from(*word)], u32::from(*word) << 6);
        let next = at + bits.count_ones() as usize;
        if let Some(four) = out.get_mut(at..).and_then(<[u32]>::first_chunk_mut::<AT_ONCE>) {
            for place in four {
                *place = first + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        }
        at += AT_ONCE;
        while bits != 0 {
            out[at] = first + bits.trailing_zeros();
            bits &= bits - 1;
            at += 1;
        }
        at = next;
    }
    out.truncate(all);
}
