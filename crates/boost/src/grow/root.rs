use std::sync::{Mutex, PoisonError};

use pulp::Arch;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::branch::Branch;
use super::by_length::by_length;
use super::take_spare;
use crate::binned::{BinId, Binned, Stretch};
use crate::fixed::Pair;
use crate::gradient::Gradients;
use crate::histogram::Adding;

/// Settles the rows that the last tree left in its chain, and adds up the pairs of all rows, a bin each in `sums` (all
/// zero before) and in all.
pub(super) fn sum<B: BinId, G: Gradients>(
    binned: &Binned<B>,
    gradients: &mut G,
    chain: &[u64],
    unsettled: f32,
    sums: &mut [Pair],
) -> Pair {
    let mut total = Pair::default();
    for stretch in binned.stretches() {
        let sum = by_length!(stretch.length, sum_run::<B, G>(stretch, gradients, chain, unsettled, sums));
        total = total.add(sum);
    }
    total
}

#[inline(never)]
fn sum_run<B: BinId, G: Gradients, const N: usize>(
    stretch: Stretch<'_, B>,
    gradients: &mut G,
    chain: &[u64],
    unsettled: f32,
    sums: &mut [Pair],
) -> Pair {
    let length = if N == 0 { stretch.length } else { N };
    let (mut total, mut adding) = (Pair::default(), Adding::to(sums));
    let mut pairs = [Pair::default(); 64];
    for at in (0..stretch.rows).step_by(64) {
        let (first, rows) = (stretch.first + at, (stretch.rows - at).min(64));
        let pairs = &mut pairs[..rows];
        gradients.settle(first, bits_from(chain, first), unsettled, pairs);
        for (pair, bins) in pairs.iter().zip(stretch.entries[at * length..].chunks_exact(length.max(1))) {
            adding.add(bins, *pair);
        }
        total = pairs.iter().fold(total, |total, pair| total.add(*pair));
    }
    adding.flush();
    total
}

/// 64 bits from any place on; behind the last they are 0.
fn bits_from(bits: &[u64], first: usize) -> u64 {
    let (word, shift) = (first / 64, first % 64);
    let next = bits.get(word + 1).copied().unwrap_or(0);
    // In two steps, since 64 at once is too far.
    bits[word] >> shift | next << 1 << (63 - shift)
}

/// Adds up the pairs of all rows, a part of the rows on each thread: integers, so that the sums are those of [`sum`].
pub(super) fn sum_in_parts<B: BinId, G: Gradients>(
    binned: &Binned<B>,
    gradients: &G,
    pool: &ThreadPool,
    (spare, simd): (&Mutex<Vec<Branch<B>>>, Arch),
    sums: &mut [Pair],
) -> Pair {
    let parts = binned.parts(pool.current_num_threads());
    let parts: Vec<(Pair, Branch<B>)> = pool.install(|| {
        parts
            .into_par_iter()
            .map(|stretches| {
                let mut branch = take_spare(spare).unwrap_or_else(|| Branch::new(sums.len(), simd));
                (sum_part(stretches, gradients, &mut branch.histograms.sums), branch)
            })
            .collect()
    });
    let mut total = Pair::default();
    for (part, mut branch) in parts {
        total = total.add(part);
        for (sum, part) in sums.iter_mut().zip(&mut branch.histograms.sums) {
            *sum = sum.add(std::mem::take(part));
        }
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(branch);
    }
    total
}

fn sum_part<B: BinId, G: Gradients>(part: Vec<Stretch<'_, B>>, gradients: &G, sums: &mut [Pair]) -> Pair {
    let (mut total, mut adding) = (Pair::default(), Adding::to(sums));
    for (row, bins) in part.into_iter().flat_map(Stretch::each_row) {
        let pair = gradients.pair(row);
        total = total.add(pair);
        adding.add(bins, pair);
    }
    adding.flush();
    total
}
