use super::by_length::by_length;
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
