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

/// The sums of all rows, which follow the leaves from tree to tree where gradients are linear in the margin.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// A sum a bin, as they were before the tree.
    sums: Vec<Pair>,
    total: Pair,
    /// By how much the gradients of the bins moved since: half as much memory to reach for as the sums.
    moved: Vec<i64>,
    /// Whether they are those of the rows as they are now.
    is_known: bool,
}

impl Root {
    /// The sums, followed or added up anew.
    pub(super) fn sums<B: BinId, G: Gradients>(
        &mut self,
        bins: usize,
        binned: &Binned<B>,
        gradients: &G,
    ) -> (Pair, &[Pair]) {
        if !self.is_known {
            self.sums.clear();
            self.sums.resize(bins, Pair::default());
            self.moved.resize(bins, 0);
            self.total = sum(binned, gradients, &mut self.sums);
            self.is_known = true;
        }
        (self.total, &self.sums)
    }

    /// From now on rows may move without a word.
    pub(super) fn forget(&mut self) {
        self.is_known = false;
    }

    /// Whether rows that move must be told.
    pub(super) fn is_followed(&self) -> bool {
        self.is_known
    }

    /// The gradient of a row moves by `shift` a unit of its hessian.
    #[inline]
    pub(super) fn move_row<B: BinId>(&mut self, bins: &[B], pair: Pair, shift: i64) {
        let gradient = pair.hessian.wrapping_mul(shift);
        self.total.gradient = self.total.gradient.wrapping_add(gradient);
        for bin in bins {
            let moved = &mut self.moved[bin.number() as usize];
            *moved = moved.wrapping_add(gradient);
        }
    }

    /// The gradients of the rows with these sums, which are all others, move by `shift` a unit of their hessians.
    pub(super) fn move_rest(&mut self, total: Pair, (bins, pairs): (&[u32], &[Pair]), shift: i64) {
        let by = |sum: Pair| sum.hessian.wrapping_mul(shift);
        self.total.gradient = self.total.gradient.wrapping_add(by(total));
        for (&bin, &pair) in bins.iter().zip(pairs) {
            let moved = &mut self.moved[bin as usize];
            *moved = moved.wrapping_add(by(pair));
        }
        for (sum, moved) in self.sums.iter_mut().zip(&mut self.moved) {
            sum.gradient = sum.gradient.wrapping_add(std::mem::take(moved));
        }
    }
}

/// Adds up the pairs of all rows, a bin each in `sums` (all zero before) and in all.
pub(super) fn sum<B: BinId, G: Gradients>(binned: &Binned<B>, gradients: &G, sums: &mut [Pair]) -> Pair {
    binned.stretches().map(|stretch| sum_stretch(stretch, gradients, sums)).fold(Pair::default(), Pair::add)
}

fn sum_stretch<B: BinId, G: Gradients>(stretch: Stretch<'_, B>, gradients: &G, sums: &mut [Pair]) -> Pair {
    by_length!(stretch.length, sum_run::<B, G>(stretch, gradients, sums))
}

#[inline(never)]
fn sum_run<B: BinId, G: Gradients, const N: usize>(stretch: Stretch<'_, B>, gradients: &G, sums: &mut [Pair]) -> Pair {
    let length = if N == 0 { stretch.length } else { N };
    let (mut total, mut adding) = (Pair::default(), Adding::to(sums));
    for at in 0..stretch.rows {
        let pair = gradients.pair(stretch.first + at);
        adding.add(&stretch.entries[at * length..(at + 1) * length], pair);
        total = total.add(pair);
    }
    adding.flush();
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
    let parts = binned.parts(pool.current_num_threads());
    let parts: Vec<(Pair, Branch<B>)> = pool.install(|| {
        parts
            .into_par_iter()
            .map(|stretches| {
                let mut branch = take_spare(spare).unwrap_or_else(|| Branch::new(sums.len(), simd));
                let sums = &mut branch.histograms.sums;
                let part = stretches.into_iter().map(|stretch| sum_stretch(stretch, gradients, sums));
                (part.fold(Pair::default(), Pair::add), branch)
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
