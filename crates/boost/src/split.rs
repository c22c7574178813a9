//! Which split of a node reduces the loss most.
//!
//! Where absent means zero, the zeros are on the left of every split. Where absent means missing, XGBoost scans each
//! column from below with what is missing on the right, and, when something is missing, from above with it on the left.

use pulp::Arch;

use crate::Cuts;
use crate::dataset::BinMap;
use crate::fixed::Pair;
use crate::rule::{Bounds, Rule};

/// Gains up to here are rounding: XGBoost's `kRtEps`.
const LEAST_GAIN: f32 = 1e-6;

/// How far 32-bit gains of XGBoost can lie from the exact ones, relative to the sum of both sides' terms: five roundings
/// of 2^-24 at most, for either of the two that are compared.
const ROUNDING: f64 = 1e-6;

/// A split of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: u32,
    /// Smaller values go left.
    pub(crate) threshold: f32,
    pub(crate) gain: f32,
    /// The bins whose rows go one way, all others the other way: from the first up to the second exclusively.
    pub(crate) range: [u32; 2],
    /// The side on which the rows of the range are: 0 is left, 1 is right.
    pub(crate) side: usize,
    pub(crate) default_left: bool,
    /// The sums to the left and to the right.
    pub(crate) sums: [Pair; 2],
}

/// So many bins are looked at together: their sums stay in the nearest cache.
const CHUNK: usize = 512;

/// Finds splits; it keeps its memory between nodes.
#[derive(Debug)]
pub(crate) struct Search {
    simd: Arch,
    chunk: Chunk,
    /// For each chunk the greatest score, and what lies behind it.
    chunks: Vec<(f64, Behind)>,
}

/// The sum of the bins behind a place that belong to the column of the last of them.
#[derive(Clone, Copy, Debug)]
struct Behind {
    sum: Pair,
    column: u32,
}

/// Sums to the right of bins, and the scores of the splits below the bins.
#[derive(Debug)]
struct Chunk {
    gradient: [f64; CHUNK],
    hessian: [f64; CHUNK],
    score: [f64; CHUNK],
}

impl Search {
    pub(crate) fn new(simd: Arch) -> Self {
        let zeros = [0.0; CHUNK];
        Self { simd, chunk: Chunk { gradient: zeros, hessian: zeros, score: zeros }, chunks: Vec::new() }
    }
}

/// What the search knows about the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    pub(crate) bins: &'a BinMap,
    pub(crate) cuts: &'a Cuts,
    /// The columns that may be split, or none for all.
    pub(crate) columns: Option<&'a [bool]>,
}

/// What the search knows about the node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums<'a> {
    pub(crate) total: Pair,
    pub(crate) bounds: Bounds,
    /// The gain of the node as it is.
    pub(crate) gain: f32,
    /// Its bins, ascending.
    pub(crate) bins: &'a [u32],
    /// The sum of each of them.
    pub(crate) pairs: &'a [Pair],
}

impl Search {
    /// The best split of a node.
    ///
    /// Among equal 32-bit gains the lowest column and in it the lowest threshold wins, as in XGBoost.
    pub(crate) fn best(&mut self, rule: &Rule, candidates: Candidates<'_>, node: Sums<'_>) -> Option<Split> {
        let missing = candidates.bins.first_with_missing;
        let end = if candidates.bins.zeros as usize == candidates.cuts.n_cols() {
            node.bins.len()
        } else {
            node.bins.partition_point(|bin| *bin < missing)
        };
        let zeros = Sums { bins: &node.bins[..end], pairs: &node.pairs[..end], ..node };
        let best = self.best_with_zeros(rule, candidates, zeros);
        let others = Sums { bins: &node.bins[end..], pairs: &node.pairs[end..], ..node };
        best_with_missing(rule, candidates, others, best)
    }

    /// The best split of the columns in which absent means zero. Quotients tell which splits are worth XGBoost's own
    /// arithmetic.
    fn best_with_zeros(&mut self, rule: &Rule, candidates: Candidates<'_>, node: Sums<'_>) -> Option<Split> {
        let Sums { total, bounds, bins, pairs, .. } = node;
        self.chunks.clear();
        let mut behind = Behind { sum: Pair::default(), column: u32::MAX };
        for (bins, pairs) in bins.chunks(CHUNK).zip(pairs.chunks(CHUNK)).rev() {
            let after = behind;
            self.chunk.score(self.simd, rule, candidates, total, (bins, pairs), &mut behind);
            self.chunks.push((greatest(&self.chunk.score[..bins.len()]), after));
        }
        let greatest = self.chunks.iter().fold(-1.0, |greatest, (score, _)| score.max(greatest));
        if greatest < 0.0 {
            return None;
        }
        let worth = if rule.is_plain() { greatest - greatest * ROUNDING } else { 0.0 };
        let mut best: Option<(usize, (f32, u32), Pair)> = None;
        // The chunks were looked at from the last to the first.
        for (index, &(_, after)) in self.chunks.iter().rev().enumerate().filter(|(_, (score, _))| *score >= worth) {
            let first = index * CHUNK;
            let end = bins.len().min(first + CHUNK);
            let sums = (&bins[first..end], &pairs[first..end]);
            self.chunk.score(self.simd, rule, candidates, total, sums, &mut { after });
            for at in (first..end).filter(|&at| self.chunk.score[at - first] >= worth) {
                let right = sum_to_column_end(candidates.bins, &bins[at..], &pairs[at..]);
                let column = candidates.bins.column[bins[at] as usize];
                let sides = rule.gain_of_sides(column, [total.sub(right), right], bounds);
                let wins = |gain: f32| match best {
                    // Bins are not in the order of the columns.
                    Some((_, (most, lowest), _)) if gain == most => column < lowest,
                    _ => is_better(gain, best.map(|(_, (most, _), _)| most)),
                };
                if let Some(gain) = sides.map(|sides| sides - node.gain).filter(|gain| wins(*gain)) {
                    best = Some((at, (gain, column), right));
                }
            }
        }
        best.map(|(at, (gain, column), right)| {
            let start = candidates.bins.starts[column as usize];
            // The last bin on the left that is not empty: one before in the list, or the column's lowest.
            let left = bins[..at].iter().zip(pairs).rev().take_while(|(bin, _)| **bin >= start);
            let below = left.filter(|(_, pair)| pair.hessian != 0).map(|(bin, _)| bin - start + 1).next().unwrap_or(0);
            let threshold = candidates.cuts.column(column as usize)[below as usize];
            // Rows without a hessian may lie in bins between these two: they go where the threshold sends them.
            let range = [start + below, candidates.bins.ends[column as usize]];
            Split { column, threshold, gain, range, side: 1, default_left: true, sums: [total.sub(right), right] }
        })
    }
}

/// Whether a gain beats the best so far.
fn is_better(gain: f32, best: Option<f32>) -> bool {
    gain.is_finite() && gain > best.unwrap_or(LEAST_GAIN)
}

/// The best of `best` and of the splits of the columns in which absent means missing.
fn best_with_missing(
    rule: &Rule,
    candidates: Candidates<'_>,
    node: Sums<'_>,
    mut best: Option<Split>,
) -> Option<Split> {
    let map = candidates.bins;
    let mut first = 0;
    for same in node.bins.chunk_by(|a, b| map.column[*a as usize] == map.column[*b as usize]) {
        let column = map.column[same[0] as usize];
        let pairs = &node.pairs[first..first + same.len()];
        first += same.len();
        if candidates.columns.is_some_and(|taken| !taken[column as usize]) {
            continue;
        }
        let (start, end) = (map.starts[column as usize], map.ends[column as usize]);
        let cuts = candidates.cuts.column(column as usize);
        let mut consider = |sums: [Pair; 2], threshold: f32, range: [u32; 2], side: usize| {
            if sums.iter().any(|sum| sum.hessian < rule.least_hessian) {
                return;
            }
            let gain = rule.gain_of_sides(column, sums, node.bounds).map(|sides| sides - node.gain);
            if let Some(gain) = gain.filter(|gain| is_better(*gain, best.map(|best| best.gain))) {
                best = Some(Split { column, threshold, gain, range, side, default_left: side == 1, sums });
            }
        };
        let mut sum = Pair::default();
        for (&bin, &pair) in same.iter().zip(pairs).filter(|(_, pair)| pair.hessian != 0) {
            sum = sum.add(pair);
            consider([sum, node.total.sub(sum)], cuts[(bin - start) as usize], [start, bin + 1], 0);
        }
        if sum == node.total {
            continue;
        }
        let mut sum = Pair::default();
        for (&bin, &pair) in same.iter().zip(pairs).rev().filter(|(_, pair)| pair.hessian != 0) {
            sum = sum.add(pair);
            let threshold = if bin == start { f32::NEG_INFINITY } else { cuts[(bin - start - 1) as usize] };
            consider([node.total.sub(sum), sum], threshold, [bin, end], 1);
        }
    }
    best
}

impl Chunk {
    /// Scores the splits below some bins; `behind` moves from their end to their start.
    fn score(
        &mut self,
        simd: Arch,
        rule: &Rule,
        candidates: Candidates<'_>,
        total: Pair,
        (bins, pairs): (&[u32], &[Pair]),
        behind: &mut Behind,
    ) {
        match candidates.columns {
            None => self.sum_right(candidates.bins, bins, pairs, behind, |_| true),
            Some(taken) => self.sum_right(candidates.bins, bins, pairs, behind, |column| taken[column as usize]),
        }
        let length = bins.len();
        let least = rule.least_hessian as f64;
        let (gradient, hessian) = (total.gradient as f64, total.hessian as f64);
        let lambda = rule.scaled_lambda;
        let (right, scores) = (self.gradient[..length].iter().zip(&self.hessian[..length]), &mut self.score[..length]);
        simd.dispatch(
            #[inline(always)]
            || {
                for (score, (&g_right, &h_right)) in scores.iter_mut().zip(right) {
                    let (g_left, h_left) = (gradient - g_right, hessian - h_right);
                    let (d_left, d_right) = (h_left + lambda, h_right + lambda);
                    let quotient = (g_left * g_left * d_right + g_right * g_right * d_left) / (d_left * d_right);
                    // Two selects in a row, for there is no branch in vectors.
                    let quotient = if h_left >= least { quotient } else { -1.0 };
                    *score = if h_right >= least { quotient } else { -1.0 };
                }
            },
        );
    }

    /// For each bin the sums from it to the end of its column: what goes right when the split is below it.
    fn sum_right(
        &mut self,
        map: &BinMap,
        bins: &[u32],
        pairs: &[Pair],
        behind: &mut Behind,
        taken: impl Fn(u32) -> bool,
    ) {
        let Behind { mut sum, column: mut last } = *behind;
        let outputs = self.gradient[..bins.len()].iter_mut().zip(&mut self.hessian[..bins.len()]);
        for ((bin, pair), (gradient, hessian)) in bins.iter().zip(pairs).zip(outputs).rev() {
            let column = map.column[*bin as usize];
            let keep = -i64::from(column == last);
            last = column;
            sum = Pair { gradient: sum.gradient & keep, hessian: sum.hessian & keep }.add(*pair);
            *gradient = sum.gradient as f64;
            // A column that was not drawn has no rows to its right: no split of it is valid.
            *hessian = if taken(column) { sum.hessian as f64 } else { 0.0 };
        }
        *behind = Behind { sum, column: last };
    }
}

fn sum_to_column_end(map: &BinMap, bins: &[u32], pairs: &[Pair]) -> Pair {
    let end = map.ends[map.column[bins[0] as usize] as usize];
    bins.iter().zip(pairs).take_while(|(bin, _)| **bin < end).fold(Pair::default(), |sum, (_, pair)| sum.add(*pair))
}

/// The greatest number, in lanes that do not wait for each other.
fn greatest(numbers: &[f64]) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut lanes = [-1.0_f64; 8];
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane = if *number > *lane { *number } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(-1.0, |greatest, number| if *number > greatest { *number } else { greatest })
}
