//! The AVX2 and AVX-512 levels.

use super::kernel::{Job, Vector, constants, operations};
use super::prefixes::{GROUPS_MAX, PLACES, Prefixes};
use super::program::{GIVEN, PREFIXES, SETS, SetTable};
use super::{STRIDE, WINDOW_WORDS};
use std::arch::x86_64::*;

/// Whether the processor has the AVX2 level.
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

/// Whether the processor has the AVX-512 level.
pub(super) fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("gfni")
}

/// Runs a job; the level was checked when the kernels were made.
pub(super) fn run_avx2(job: Job<'_>) {
    // SAFETY: `Kernels::new` gives this level only where `has_avx2`.
    unsafe { avx2(job) }
}

/// Runs a job; the level was checked when the kernels were made.
pub(super) fn run_avx512(job: Job<'_>) {
    // SAFETY: `Kernels::new` gives this level only where `has_avx512`.
    unsafe { avx512(job) }
}

/// Appends the positions of the bits in words `from..to` of a plane; the level was checked when the kernels were made.
pub(super) fn positions_avx2(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    // SAFETY: `Kernels::new` gives this level only where `has_avx2`.
    unsafe { avx2_positions(plane, from, to, out) }
}

/// Appends the positions of the bits in words `from..to` of a plane; the level was checked when the kernels were made.
pub(super) fn positions_avx512(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    // SAFETY: `Kernels::new` gives this level only where `has_avx512`.
    unsafe { avx512_positions(plane, from, to, out) }
}

/// The basis planes of 64 bytes for the scalar level: SSE2 is in the architecture's baseline, and takes the highest bit of
/// sixteen bytes at once.
pub(super) fn basis(block: &[u8; 64]) -> [u64; 8] {
    // SAFETY: every processor of the architecture has SSE2.
    unsafe { sse2_basis(block) }
}

#[target_feature(enable = "sse2")]
fn sse2_basis(block: &[u8; 64]) -> [u64; 8] {
    let mut bytes: [__m128i; 4] = std::array::from_fn(|i| {
        // SAFETY: the block has 64 bytes, and the read need not be aligned.
        unsafe { _mm_loadu_si128(block.as_ptr().wrapping_add(16 * i).cast()) }
    });
    let mut planes = [0; 8];
    for plane in planes.iter_mut().rev() {
        let [a, b, c, d] = bytes.map(|sixteen| u64::from(_mm_movemask_epi8(sixteen) as u32));
        *plane = (a | b << 16) | (c | d << 16) << 32;
        bytes = bytes.map(|sixteen| _mm_add_epi8(sixteen, sixteen));
    }
    planes
}

/// The scalar level's, where the processor has the instructions that count bits.
pub(super) fn positions_scalar(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    if is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { counted_positions(plane, from, to, out) }
    } else {
        super::portable::positions(plane, from, to, out);
    }
}

#[target_feature(enable = "bmi1,popcnt")]
fn counted_positions(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    super::portable::spread(plane, from, to, out);
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2_positions(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    super::portable::spread(plane, from, to, out);
}

/// Which bits of a word are set is one compression of the numbers from 0 to 63.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi1,bmi2,lzcnt,popcnt")]
fn avx512_positions(plane: &[u64], from: usize, to: usize, out: &mut Vec<u32>) {
    const AT_ONCE: usize = 16;
    let mut places = [0u16; WINDOW_WORDS + 8];
    let (mut used, mut count) = (0usize, 0usize);
    let mut index = _mm_add_epi16(_mm_set1_epi16(from as i16), _mm_set_epi16(7, 6, 5, 4, 3, 2, 1, 0));
    let (eights, rest) = plane[from..to].as_chunks::<8>();
    for eight in eights {
        // SAFETY: the array has 64 bytes.
        let bits = unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) };
        let some = _mm512_test_epi64_mask(bits, bits);
        let kept = _mm_maskz_compress_epi16(some, index);
        // SAFETY: at most as many places as words were written, and there is room for eight more than a window has.
        unsafe { _mm_storeu_si128(places.as_mut_ptr().wrapping_add(used).cast(), kept) };
        used = used.wrapping_add(some.count_ones() as usize);
        index = _mm_add_epi16(index, _mm_set1_epi16(8));
    }
    for (word, bits) in ((to - rest.len()) as u16..).zip(rest) {
        places[used] = word;
        used = used.wrapping_add(usize::from(*bits != 0));
    }
    for word in &places[..used] {
        count = count.wrapping_add(plane[usize::from(*word)].count_ones() as usize);
    }
    out.reserve(count + AT_ONCE);
    let start = out.len();
    let mut to = out.as_mut_ptr().wrapping_add(start);
    let numbers: [u8; 64] = std::array::from_fn(|i| i as u8);
    // SAFETY: the array has 64 bytes.
    let numbers = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
    for word in &places[..used] {
        let bits = plane[usize::from(*word)];
        let first = _mm512_set1_epi32(i32::from(*word) << 6);
        let set = _mm512_maskz_compress_epi8(bits, numbers);
        let of_word = bits.count_ones() as usize;
        let sixteen = _mm512_add_epi32(first, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(set)));
        // SAFETY: `count` positions and sixteen more have room, and no more than `count` are written before these.
        unsafe { _mm512_storeu_si512(to.cast(), sixteen) };
        if of_word > AT_ONCE {
            let parts = [
                _mm512_extracti32x4_epi32::<1>(set),
                _mm512_extracti32x4_epi32::<2>(set),
                _mm512_extracti32x4_epi32::<3>(set),
            ];
            let parts = parts.into_iter().take(of_word.div_ceil(AT_ONCE) - 1);
            for (part, at) in parts.zip((AT_ONCE..).step_by(AT_ONCE)) {
                let sixteen = _mm512_add_epi32(first, _mm512_cvtepu8_epi32(part));
                // SAFETY: as above; a part begins below the word's positions, and has sixteen.
                unsafe { _mm512_storeu_si512(to.wrapping_add(at).cast(), sixteen) };
            }
        }
        to = to.wrapping_add(of_word);
    }
    // SAFETY: `count` positions were written behind the first ones, within the capacity that was reserved.
    unsafe { out.set_len(start + count) };
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2(mut job: Job<'_>) {
    if job.program.basis() {
        avx2_transpose(&job);
    }
    for (index, table) in job.program.tables().iter().enumerate() {
        super::portable::sets(&job, table, GIVEN + index * SETS);
    }
    if let Some(prefixes) = job.prefixes {
        avx2_prefixes(&job, prefixes);
    }
    // SAFETY: the caller of `Kernels::run` lends the planes for this call alone.
    unsafe { constants(&job) };
    // SAFETY: as above, and this function has the level.
    unsafe { operations::<Half>(&mut job) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi1,bmi2,lzcnt,popcnt")]
fn avx512(mut job: Job<'_>) {
    if job.program.basis() {
        avx512_planes(&job, None, 0);
    }
    for (index, table) in job.program.tables().iter().enumerate() {
        avx512_planes(&job, Some(table), GIVEN + index * SETS);
    }
    if let Some(prefixes) = job.prefixes {
        match prefixes.groups.len() {
            1 => avx512_prefixes::<1>(&job, prefixes),
            2 => avx512_prefixes::<2>(&job, prefixes),
            3 => avx512_prefixes::<3>(&job, prefixes),
            _ => avx512_prefixes::<GROUPS_MAX>(&job, prefixes),
        }
    }
    // SAFETY: the caller of `Kernels::run` lends the planes for this call alone.
    unsafe { constants(&job) };
    // SAFETY: as above, and this function has the level.
    unsafe { operations::<Full>(&mut job) };
}

#[derive(Clone, Copy)]
struct Half(__m256i);

impl Vector for Half {
    type Count = (__m256i, __m256i);
    const WORDS: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's; the load need not be aligned.
        Half(unsafe { _mm256_loadu_si256(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller's.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn count(bits: u32) -> Self::Count {
        // A count for each word: one that all share costs a move more in every shift.
        // SAFETY: the level is there.
        let right = unsafe { _mm256_set1_epi64x(i64::from(bits)) };
        // SAFETY: the level is there.
        let left = unsafe { _mm256_set1_epi64x(64 - i64::from(bits)) };
        (right, left)
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the level is there.
        Half(unsafe { _mm256_setzero_si256() })
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Half(unsafe { _mm256_and_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Half(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Half(unsafe { _mm256_andnot_si256(other.0, self.0) })
    }

    #[inline(always)]
    unsafe fn shifted<const PLAIN: bool>(_: &mut Self, at: *const u64, count: Self::Count) -> Self {
        // SAFETY: the caller's.
        let here = unsafe { Self::load(at) };
        if PLAIN {
            return here;
        }
        // Half of these loads lie across two lines; two shuffles in their place cost as much.
        // SAFETY: the caller's.
        let next = unsafe { Self::load(at.wrapping_add(1)) };
        // SAFETY: the level is there.
        let low = unsafe { _mm256_srlv_epi64(here.0, count.0) };
        // SAFETY: the level is there.
        let high = unsafe { _mm256_sllv_epi64(next.0, count.1) };
        // SAFETY: the level is there.
        Half(unsafe { _mm256_or_si256(low, high) })
    }

    #[inline(always)]
    unsafe fn any(self) -> bool {
        // SAFETY: the level is there.
        unsafe { _mm256_testz_si256(self.0, self.0) == 0 }
    }
}

#[derive(Clone, Copy)]
struct Full(__m512i);

impl Vector for Full {
    type Count = __m512i;
    const WORDS: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller's; the load need not be aligned.
        Full(unsafe { _mm512_loadu_si512(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller's.
        unsafe { _mm512_storeu_si512(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn count(bits: u32) -> __m512i {
        // SAFETY: the level is there.
        unsafe { _mm512_set1_epi64(i64::from(bits)) }
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the level is there.
        Full(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Full(unsafe { _mm512_and_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Full(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        // SAFETY: the level is there.
        Full(unsafe { _mm512_andnot_si512(other.0, self.0) })
    }

    #[inline(always)]
    unsafe fn shifted<const PLAIN: bool>(here: &mut Self, at: *const u64, count: __m512i) -> Self {
        let before = *here;
        // SAFETY: the caller's.
        *here = unsafe { Self::load(at.wrapping_add(8)) };
        if PLAIN {
            return before;
        }
        // Every load one word on would lie across two lines.
        // SAFETY: the level is there.
        let next = unsafe { _mm512_alignr_epi64::<1>(here.0, before.0) };
        // SAFETY: the level is there.
        Full(unsafe { _mm512_shrdv_epi64(before.0, next, count) })
    }

    #[inline(always)]
    unsafe fn any(self) -> bool {
        // SAFETY: the level is there.
        unsafe { _mm512_test_epi64_mask(self.0, self.0) != 0 }
    }
}

/// Eight masks of 64 bytes by doubling: each addition moves the next bit to the top, where the mask reads it.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2_transpose(job: &Job<'_>) {
    for (word, block) in job.text.chunks_exact(64).take(job.words).enumerate() {
        // SAFETY: the block has 64 bytes.
        let mut low = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        // SAFETY: as above; the second half.
        let mut high = unsafe { _mm256_loadu_si256(block.as_ptr().wrapping_add(32).cast()) };
        for slot in (0..8).rev() {
            let bits = u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32;
            // SAFETY: `word` is below the job's words, so it is within the plane.
            unsafe { job.plane(slot).wrapping_add(word).write(bits) };
            low = _mm256_add_epi8(low, low);
            high = _mm256_add_epi8(high, high);
        }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2_prefixes(job: &Job<'_>, prefixes: &Prefixes) {
    let spread = |table: &[u8; 16]| {
        // SAFETY: the table has 16 bytes.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
    };
    let nibble = _mm256_set1_epi8(15);
    for (index, group) in prefixes.groups.iter().enumerate() {
        let low: [__m256i; PLACES] = [0, 1, 2, 3].map(|p| spread(&group.low[p]));
        let high: [__m256i; PLACES] = [0, 1, 2, 3].map(|p| spread(&group.high[p]));
        for word in 0..job.words {
            let at = job.plane(PREFIXES).wrapping_add(word);
            // SAFETY: `word` is below the job's words, so it is within the plane, which an earlier group has written.
            let mut bits = if index == 0 { 0 } else { unsafe { at.read() } };
            for half in 0..2 {
                let mut fits = _mm256_set1_epi8(-1);
                for place in 0..PLACES {
                    let from = job.text.as_ptr().wrapping_add(word * 64 + half * 32 + place);
                    // SAFETY: the text has 64 bytes for each word and a tail behind them.
                    let text = unsafe { _mm256_loadu_si256(from.cast()) };
                    let by_low = _mm256_shuffle_epi8(low[place], _mm256_and_si256(text, nibble));
                    let top = _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble);
                    fits = _mm256_and_si256(fits, _mm256_and_si256(by_low, _mm256_shuffle_epi8(high[place], top)));
                }
                let none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(fits, _mm256_setzero_si256())) as u32;
                bits |= u64::from(!none) << (32 * half);
            }
            // SAFETY: as for the read.
            unsafe { at.write(bits) };
        }
    }
    // SAFETY: the plane has this much room; bits beyond the window are nobody's.
    unsafe { job.plane(PREFIXES).wrapping_add(job.words).write_bytes(0xff, STRIDE - job.words) };
}

/// Transposes 8x8 words: word `c` of vector `r` becomes word `r` of vector `c`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi1,bmi2,lzcnt,popcnt")]
fn transpose_words(r: [__m512i; 8]) -> [__m512i; 8] {
    let even = |i: usize| _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
    let odd = |i: usize| _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    let quarter = |t: [__m512i; 4]| {
        let a = _mm512_shuffle_i64x2::<0x88>(t[0], t[1]);
        let b = _mm512_shuffle_i64x2::<0xdd>(t[0], t[1]);
        let c = _mm512_shuffle_i64x2::<0x88>(t[2], t[3]);
        let d = _mm512_shuffle_i64x2::<0xdd>(t[2], t[3]);
        [
            _mm512_shuffle_i64x2::<0x88>(a, c),
            _mm512_shuffle_i64x2::<0x88>(b, d),
            _mm512_shuffle_i64x2::<0xdd>(a, c),
            _mm512_shuffle_i64x2::<0xdd>(b, d),
        ]
    };
    let e = quarter([even(0), even(1), even(2), even(3)]);
    let o = quarter([odd(0), odd(1), odd(2), odd(3)]);
    [e[0], o[0], e[1], o[1], e[2], o[2], e[3], o[3]]
}

/// Eight planes of the text's bits, or of the bits that a table has for its bytes, into the slots from `slot` on.
///
/// `vgf2p8affineqb` with the bytes as the matrix transposes each 8x8 block of bits, but for the order of bits in a byte,
/// which a second one with a fixed matrix turns around; one byte permutation then gathers each plane's eight bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi1,bmi2,lzcnt,popcnt")]
fn avx512_planes(job: &Job<'_>, table: Option<&SetTable>, slot: usize) {
    const UNITS: i64 = 0x8040_2010_0804_0201u64 as i64;
    let units = _mm512_set1_epi64(UNITS);
    let gather: [u8; 64] = std::array::from_fn(|i| (i % 8 * 8 + i / 8) as u8);
    // SAFETY: the array has 64 bytes.
    let gather = unsafe { _mm512_loadu_si512(gather.as_ptr().cast()) };
    let half = |at: usize| match table {
        // SAFETY: the table has 128 bytes, and `at` is 0 or 64.
        Some(table) => unsafe { _mm512_loadu_si512(table.low.as_ptr().wrapping_add(at).cast()) },
        None => _mm512_setzero_si512(),
    };
    let (low, high) = (half(0), half(64));
    let beyond = _mm512_set1_epi8(table.map_or(0, |t| t.high) as i8);
    for word in (0..job.words).step_by(8) {
        let mut blocks = [_mm512_setzero_si512(); 8];
        for (i, block) in blocks.iter_mut().enumerate() {
            let from = job.text.as_ptr().wrapping_add((word + i) * 64);
            // What is read soon is asked for now; an address that is not mapped is ignored.
            _mm_prefetch::<_MM_HINT_T1>(from.wrapping_add(16 << 10).cast());
            // SAFETY: the text has 64 bytes for each word and a tail behind them.
            let mut bytes = unsafe { _mm512_loadu_si512(from.cast()) };
            if table.is_some() {
                let ascii = _mm512_permutex2var_epi8(low, bytes, high);
                bytes = _mm512_mask_mov_epi8(ascii, _mm512_movepi8_mask(bytes), beyond);
            }
            let columns = _mm512_gf2p8affine_epi64_epi8::<0>(units, bytes);
            let columns = _mm512_gf2p8affine_epi64_epi8::<0>(columns, units);
            *block = _mm512_permutexvar_epi8(gather, columns);
        }
        for (p, plane) in transpose_words(blocks).into_iter().enumerate() {
            // SAFETY: `word + 8` is at most the job's words, so it is within the plane.
            unsafe { _mm512_storeu_si512(job.plane(slot + p).wrapping_add(word).cast(), plane) };
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi1,bmi2,lzcnt,popcnt")]
fn avx512_prefixes<const GROUPS: usize>(job: &Job<'_>, prefixes: &Prefixes) {
    let Some(groups) = prefixes.groups.first_chunk::<GROUPS>() else { return };
    let mut tables = [[_mm512_setzero_si512(); PLACES]; GROUPS];
    for (tables, group) in tables.iter_mut().zip(groups) {
        for (table, bytes) in tables.iter_mut().zip(&group.tables) {
            // SAFETY: a table has 64 bytes.
            *table = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        }
    }
    for word in 0..job.words {
        let mut texts = [_mm512_setzero_si512(); PLACES];
        for (place, text) in texts.iter_mut().enumerate() {
            let from = job.text.as_ptr().wrapping_add(word * 64 + place);
            // SAFETY: the text has 64 bytes for each word and a tail behind them.
            *text = unsafe { _mm512_loadu_si512(from.cast()) };
        }
        let mut any = _mm512_setzero_si512();
        for [a, b, c, d] in tables {
            let first = _mm512_and_si512(_mm512_permutexvar_epi8(texts[0], a), _mm512_permutexvar_epi8(texts[1], b));
            let last = _mm512_and_si512(_mm512_permutexvar_epi8(texts[2], c), _mm512_permutexvar_epi8(texts[3], d));
            any = _mm512_or_si512(any, _mm512_and_si512(first, last));
        }
        let bits = _mm512_test_epi8_mask(any, any);
        // SAFETY: `word` is below the job's words, so it is within the plane.
        unsafe { job.plane(PREFIXES).wrapping_add(word).write(bits) };
    }
    // SAFETY: the plane has this much room; bits beyond the window are nobody's.
    unsafe { job.plane(PREFIXES).wrapping_add(job.words).write_bytes(0xff, STRIDE - job.words) };
}
