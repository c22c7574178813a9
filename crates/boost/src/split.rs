//! Which split of a node reduces the loss most, in XGBoost's arithmetic.

use crate::dataset::BinMap;
use crate::fixed::{Pair, Scale};
use crate::{Cuts, Settings};

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
    /// The bins that go right: from here to the column's last.
    pub(crate) first_bin: u32,
    pub(crate) right: Pair,
}

/// The settings that decide about splits and leaves, as XGBoost's arithmetic takes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    lambda: f32,
    alpha: f32,
    gamma: f32,
    max_delta_step: f32,
    eta: f32,
    gradient: Scale,
    hessian: Scale,
    /// In units of the hessian's scale.
    least_hessian: i64,
    /// In units of the hessian's scale.
    scaled_lambda: f64,
}

impl Rule {
    pub(crate) fn new(settings: &Settings, gradient: Scale, hessian: Scale) -> Self {
        let least = (f64::from(settings.min_child_weight) * hessian.units()).ceil();
        Self {
            lambda: settings.lambda,
            alpha: settings.alpha,
            gamma: settings.gamma,
            max_delta_step: settings.max_delta_step,
            eta: settings.eta,
            gradient,
            hessian,
            least_hessian: (least as i64).max(1),
            scaled_lambda: f64::from(settings.lambda) * hessian.units(),
        }
    }

    /// Whether rows with this sum can be split at all.
    pub(crate) fn can_split(&self, sum: Pair) -> bool {
        sum.hessian / 2 >= self.least_hessian || sum.hessian - self.least_hessian >= self.least_hessian
    }

    /// The value of a node before `eta`.
    pub(crate) fn weight(&self, sum: Pair) -> f32 {
        let (gradient, hessian) = self.floats(sum);
        if hessian <= 0.0 {
            return 0.0;
        }
        let alpha = f64::from(self.alpha);
        let shrunk = if gradient > alpha {
            gradient - alpha
        } else if gradient < -alpha {
            gradient + alpha
        } else {
            0.0
        };
        let weight = -shrunk / (hessian + f64::from(self.lambda));
        let limit = f64::from(self.max_delta_step);
        (if limit != 0.0 && weight.abs() > limit { limit.copysign(weight) } else { weight }) as f32
    }

    /// What a leaf adds to the margin.
    pub(crate) fn leaf(&self, sum: Pair) -> f32 {
        self.weight(sum) * self.eta
    }

    pub(crate) fn cover(&self, sum: Pair) -> f32 {
        self.hessian.float(sum.hessian) as f32
    }

    /// Whether the gain is enough for the split to be made.
    pub(crate) fn accepts(&self, gain: f32) -> bool {
        gain >= self.gamma
    }

    fn floats(&self, sum: Pair) -> (f64, f64) {
        (self.gradient.float(sum.gradient), self.hessian.float(sum.hessian))
    }

    /// Minus twice the loss that rows have with the node's value.
    fn gain(&self, sum: Pair) -> f32 {
        let (gradient, hessian) = self.floats(sum);
        if hessian <= 0.0 {
            return 0.0;
        }
        let weight = self.weight(sum);
        let square = f64::from(weight * weight);
        -(2.0 * gradient * f64::from(weight)
            + (hessian + f64::from(self.lambda)) * square
            + 2.0 * f64::from(self.alpha) * f64::from(weight.abs())) as f32
    }

    /// Whether the gain is that of the plain quotient, so that quotients tell which splits are worth a closer look.
    fn is_plain(&self) -> bool {
        self.alpha == 0.0 && self.max_delta_step == 0.0
    }
}

/// So many bins are looked at together: their sums stay in the nearest cache.
const CHUNK: usize = 512;

/// Finds splits; it keeps its memory between nodes.
#[derive(Debug)]
pub(crate) struct Search {
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

impl Default for Search {
    fn default() -> Self {
        let zeros = [0.0; CHUNK];
        Self { chunk: Chunk { gradient: zeros, hessian: zeros, score: zeros }, chunks: Vec::new() }
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

impl Search {
    /// The best split of a node with the sum `total` whose bins are `bins` with the sums `pairs`.
    ///
    /// Among equal 32-bit gains the lowest column and in it the lowest threshold wins, as in XGBoost. Quotients tell
    /// which splits are worth XGBoost's own arithmetic.
    pub(crate) fn best(
        &mut self,
        rule: &Rule,
        candidates: Candidates<'_>,
        total: Pair,
        bins: &[u32],
        pairs: &[Pair],
    ) -> Option<Split> {
        self.chunks.clear();
        let mut behind = Behind { sum: Pair::default(), column: u32::MAX };
        for (bins, pairs) in bins.chunks(CHUNK).zip(pairs.chunks(CHUNK)).rev() {
            let after = behind;
            self.chunk.score(rule, candidates, total, bins, pairs, &mut behind);
            self.chunks.push((greatest(&self.chunk.score[..bins.len()]), after));
        }
        let greatest = self.chunks.iter().fold(-1.0, |greatest, (score, _)| score.max(greatest));
        if greatest < 0.0 {
            return None;
        }
        let worth = if rule.is_plain() { greatest - greatest * ROUNDING } else { 0.0 };
        let mut best: Option<(usize, f32, Pair)> = None;
        let root = rule.gain(total);
        // The chunks were looked at from the last to the first.
        for (index, &(_, after)) in self.chunks.iter().rev().enumerate().filter(|(_, (score, _))| *score >= worth) {
            let first = index * CHUNK;
            let end = bins.len().min(first + CHUNK);
            self.chunk.score(rule, candidates, total, &bins[first..end], &pairs[first..end], &mut { after });
            for at in (first..end).filter(|&at| self.chunk.score[at - first] >= worth) {
                let right = sum_to_column_end(candidates.bins, &bins[at..], &pairs[at..]);
                let gain = (rule.gain(total.sub(right)) + rule.gain(right)) - root;
                if gain.is_finite() && gain > best.map_or(LEAST_GAIN, |best| best.1) {
                    best = Some((at, gain, right));
                }
            }
        }
        best.map(|(at, gain, right)| {
            let column = candidates.bins.column[bins[at] as usize];
            let start = candidates.bins.starts[column as usize];
            // The last bin on the left that is not empty: one before in the list, or the column's lowest.
            let left = bins[..at].iter().zip(pairs).rev().take_while(|(bin, _)| **bin >= start);
            let below = left.filter(|(_, pair)| pair.hessian != 0).map(|(bin, _)| bin - start + 1).next().unwrap_or(0);
            let threshold = candidates.cuts.column(column as usize)[below as usize];
            // Rows without a hessian may lie in bins between these two: they go where the threshold sends them.
            Split { column, threshold, gain, first_bin: start + below, right }
        })
    }
}

impl Chunk {
    /// Scores the splits below some bins; `behind` moves from their end to their start.
    fn score(
        &mut self,
        rule: &Rule,
        candidates: Candidates<'_>,
        total: Pair,
        bins: &[u32],
        pairs: &[Pair],
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
        let sums = self.gradient[..length].iter().zip(&self.hessian[..length]);
        for (score, (&g_right, &h_right)) in self.score[..length].iter_mut().zip(sums) {
            let (g_left, h_left) = (gradient - g_right, hessian - h_right);
            let (d_left, d_right) = (h_left + lambda, h_right + lambda);
            let quotient = (g_left * g_left * d_right + g_right * g_right * d_left) / (d_left * d_right);
            // Two selects in a row, for there is no branch in vectors.
            let quotient = if h_left >= least { quotient } else { -1.0 };
            *score = if h_right >= least { quotient } else { -1.0 };
        }
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
    let end = map.starts[map.column[bins[0] as usize] as usize + 1];
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
