use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pulp::Arch;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::branch::Branch;
use super::by_length::by_length;
use super::take_spare;
use crate::dataset::{BinId, Binned};
use crate::fixed::Pair;
use crate::gradient::Gradients;

/// Rows of one length.
struct Stretch<'a, B> {
    first: usize,
    rows: usize,
    length: usize,
    entries: &'a [B],
}

/// Settles the rows that the last tree left in its chain, and adds up the pairs of all rows, a bin each in `sums` (all
/// zero before) and in all.
pub(super) fn sum<B: BinId, G: Gradients>(
    binned: &Binned<B>,
    gradients: &mut G,
    chain: &[u64],
    unsettled: f32,
    sums: &mut [Pair],
) -> Pair {
    let (mut first, mut total) = (0, Pair::default());
    for run in &binned.runs {
        let rows = run.rows as usize;
        let entries = &binned.entries[binned.starts[first] as usize..binned.starts[first + rows] as usize];
        let stretch = Stretch { first, rows, length: run.length as usize, entries };
        let sum = by_length!(run.length, sum_run::<B, G>(&stretch, gradients, chain, unsettled, sums));
        total = total.add(sum);
        first += rows;
    }
    total
}

#[inline(never)]
fn sum_run<B: BinId, G: Gradients, const N: usize>(
    stretch: &Stretch<'_, B>,
    gradients: &mut G,
    chain: &[u64],
    unsettled: f32,
    sums: &mut [Pair],
) -> Pair {
    let length = if N == 0 { stretch.length } else { N };
    let mut total = Pair::default();
    for at in 0..stretch.rows {
        let row = stretch.first + at;
        let leaf = if chain[row / 64] >> (row % 64) & 1 == 1 { unsettled } else { 0.0 };
        let pair = gradients.settle(row, leaf);
        total = total.add(pair);
        for bin in &stretch.entries[at * length..(at + 1) * length] {
            let sum = &mut sums[bin.number() as usize];
            *sum = sum.add(pair);
        }
    }
    total
}

/// Adds up the pairs of all rows, a part of the rows on each thread: integers, so that the sums are those of [`sum`].
pub(super) fn sum_in_parts<B: BinId, G: Gradients>(
    binned: &Binned<B>,
    gradients: &G,
    pool: &ThreadPool,
    (spare, simd): (&Mutex<Vec<Branch<B>>>, Arch),
    sums: &mut [Pair],
) -> Pair {
    let (entries, threads) = (binned.entries.len(), pool.current_num_threads());
    let rows = binned.starts.len() - 1;
    let border = |part: usize| {
        let row = binned.starts.partition_point(|start| (*start as usize) * threads < entries * part);
        if part == threads { rows } else { row.min(rows) }
    };
    let parts: Vec<_> = (0..threads).map(|part| border(part)..border(part + 1)).collect();
    let parts: Vec<(Pair, Branch<B>)> = pool.install(|| {
        parts
            .into_par_iter()
            .map(|rows| {
                let mut branch = take_spare(spare).unwrap_or_else(|| Branch::new(sums.len(), simd));
                (sum_rows(binned, gradients, rows, &mut branch.histograms.sums), branch)
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

fn sum_rows<B: BinId, G: Gradients>(binned: &Binned<B>, gradients: &G, rows: Range<usize>, sums: &mut [Pair]) -> Pair {
    let mut total = Pair::default();
    for row in rows {
        let pair = gradients.pair(row);
        total = total.add(pair);
        for bin in &binned.entries[binned.starts[row] as usize..binned.starts[row + 1] as usize] {
            let sum = &mut sums[bin.number() as usize];
            *sum = sum.add(pair);
        }
    }
    total
}
