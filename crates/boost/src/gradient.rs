//! Gradients of merged rows, in fixed point.

use crate::bits::ones;
use crate::dataset::Dataset;
use crate::fixed::{Pair, Scale};
use crate::objective::Merged;
use crate::random::{Draw, Purpose};
use crate::{Objective, Settings};

/// Where the growth of a tree finds gradients, and the margins that it moves.
pub(crate) trait Gradients: Sync {
    /// Whether a margin that moves by v changes the row's gradient by its hessian times v, whatever both were: sums of
    /// gradients can then follow the leaves.
    fn is_linear(&self) -> bool;
    /// What a margin that moves by a value adds to the gradient, a unit of the hessian.
    fn shift(&self, value: f32) -> i64;
    /// The pair of a row.
    fn pair(&self, row: usize) -> Pair;
    /// Something of a row's pair, only to have it near.
    fn touch(&self, row: usize) -> u32;
    /// Moves the margin of a row that came to a leaf; `pair` is its pair in this tree.
    fn settle(&mut self, row: usize, pair: Pair, value: f32);
    /// Moves the margins of all other rows, those whose bit is set: the tree is done.
    fn settle_rest(&mut self, rest: &[u64], value: f32);
}

/// Squared error on all rows, whose weights are whole numbers. Margins and outcomes are brought to fixed point one by one:
/// the gradient of k merged rows, k · margin − Σ outcome, is the very sum of their gradients, and a margin that moves by a
/// leaf moves it by k times as much.
#[derive(Debug)]
pub(crate) struct SquaredError {
    pub(crate) scale: Scale,
    rows: Vec<Fixed>,
    /// By how much all margins would have moved until before each tree if every row had stayed with the rest.
    rest: Vec<i64>,
    /// The margins as sums of 32-bit floats, which is what a model predicts to the last bit.
    margins: Vec<f32>,
    kept: Kept,
    /// Whether gradients are those of the rounded margins.
    is_rounded: bool,
}

/// The largest outcome over the standard deviation from which on the rounding of XGBoost's 32-bit margins is part of its
/// answer, as in years. Below, it is less than what the rounding of its gains does (16 · 2^-24 = 1e-6), and exact margins are
/// as good.
const FAR: f64 = 16.0;

/// Of which rows the margins are kept as floats: growth needs none of them.
#[derive(Debug)]
enum Kept {
    All,
    /// Those that have a bit set.
    Some(Vec<u64>),
    None,
}

/// The rows that were merged into one: side by side in a quarter of a cache line, since all are needed where one is.
///
/// Rows that stay with the rest, which are most, are not written: what they missed is known by the tree.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    /// The gradient before the tree of this number, in units of the scale.
    gradient: i64,
    tree: u32,
    count: u32,
}

/// How exactly gradients of squared error are held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Precision {
    /// The scale that holds all sums.
    pub(crate) scale: Scale,
    /// Whether gradients are those of the rounded margins: outcomes lie [`FAR`] from zero.
    pub(crate) is_rounded: bool,
}

impl Precision {
    /// `base` is the margin before the first tree, `margins` those at hand.
    pub(crate) fn of(dataset: &Dataset, base: f32, margins: &[f32]) -> Self {
        let mut errors = [0.0_f64; 2];
        for (row, (&outcome, &merged)) in dataset.outcome.iter().zip(&dataset.merged_row).enumerate() {
            for (error, margin) in errors.iter_mut().zip([base, margins[merged as usize]]) {
                *error += f64::from(dataset.weight_of(row as u32)) * (f64::from(outcome) - f64::from(margin)).powi(2);
            }
        }
        let from_base = errors[0];
        // No round raises Σ error²; a model of someone else may start above it. The factor covers rounding.
        let errors = if errors[1] > 2.0 * errors[0] { errors[1] } else { errors[0] } * 2.0;
        let largest =
            dataset.outcome.iter().fold(f64::from(base.abs()), |largest, value| largest.max(f64::from(value.abs())));
        // By Cauchy and Schwarz no sum of gradients exceeds √(n Σ error²), and no margin an outcome plus √Σ error².
        let n = match &dataset.weight {
            None => dataset.n_rows() as f64,
            Some(weight) => weight.iter().map(|weight| f64::from(*weight)).sum(),
        };
        let bound = (n * errors).sqrt().max(largest + errors.sqrt());
        Self { scale: Scale::for_gradients(bound), is_rounded: largest > FAR * (from_base / n).sqrt() }
    }
}

impl SquaredError {
    /// `margins` are those of the merged rows; `fixed` gives that of a row to learn from in units of the scale, and is asked
    /// unless gradients are those of the rounded margins.
    pub(crate) fn new(
        dataset: &Dataset,
        Precision { scale, is_rounded }: Precision,
        margins: Vec<f32>,
        fixed: impl Fn(usize) -> i64,
    ) -> Self {
        let fixed = |row: usize, merged: u32| {
            if is_rounded { scale.fix(margins[merged as usize].into()) } else { fixed(row) }
        };
        let mut rows = vec![Fixed { gradient: 0, tree: 0, count: 0 }; dataset.n_merged()];
        for (row, (&outcome, &merged)) in dataset.outcome.iter().zip(&dataset.merged_row).enumerate() {
            let count = dataset.weight_of(row as u32) as u32;
            let error = fixed(row, merged).wrapping_sub(scale.fix(f64::from(outcome)));
            let row = &mut rows[merged as usize];
            row.gradient = row.gradient.wrapping_add(error.wrapping_mul(count.into()));
            row.count += count;
        }
        Self { scale, rows, rest: vec![0], margins, kept: Kept::All, is_rounded }
    }

    /// The margins of the merged rows; those of the assessment set hold in any case, the others unless they were dropped.
    pub(crate) fn margins(&self) -> &[f32] {
        &self.margins
    }

    /// Whether the margins of all rows are kept.
    pub(crate) fn keeps_all(&self) -> bool {
        matches!(self.kept, Kept::All)
    }

    /// Keeps from now on the margins of the assessment set only, if growth needs no others.
    pub(crate) fn drop_margins(&mut self, dataset: &Dataset) {
        if self.is_rounded {
            return;
        }
        if dataset.assessment.is_empty() {
            (self.margins, self.kept) = (Vec::new(), Kept::None);
            return;
        }
        let mut wanted = vec![0; self.rows.len().div_ceil(64)];
        for &row in &dataset.assessment {
            wanted[row as usize / 64] |= 1 << (row % 64);
        }
        self.kept = Kept::Some(wanted);
    }

    /// [`shift`](Gradients::shift), as the float margin of a row takes it.
    fn shift_of(&self, row: usize, value: f32) -> i64 {
        let margin = self.margins[row];
        self.shift(margin + value).wrapping_sub(self.shift(margin))
    }
}

impl Gradients for SquaredError {
    fn is_linear(&self) -> bool {
        !self.is_rounded
    }

    #[inline]
    fn shift(&self, value: f32) -> i64 {
        self.scale.fix(f64::from(value))
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        let Fixed { gradient, tree, count } = self.rows[row];
        let missed = self.rest[self.rest.len() - 1].wrapping_sub(self.rest[tree as usize]);
        let count = i64::from(count);
        Pair { gradient: gradient.wrapping_add(count.wrapping_mul(missed)), hessian: count }
    }

    #[inline]
    fn touch(&self, row: usize) -> u32 {
        self.rows[row].count
    }

    #[inline]
    fn settle(&mut self, row: usize, pair: Pair, value: f32) {
        let shift = if self.is_rounded { self.shift_of(row, value) } else { self.shift(value) };
        let gradient = pair.gradient.wrapping_add(pair.hessian.wrapping_mul(shift));
        self.rows[row] = Fixed { gradient, tree: self.rest.len() as u32, count: pair.hessian as u32 };
        let keep = match &self.kept {
            Kept::All => true,
            Kept::Some(wanted) => wanted[row / 64] >> (row % 64) & 1 == 1,
            Kept::None => false,
        };
        if keep {
            self.margins[row] += value;
        }
    }

    fn settle_rest(&mut self, rest: &[u64], value: f32) {
        if self.is_rounded {
            for (word, &bits) in rest.iter().enumerate() {
                for row in ones(bits).map(|place| word * 64 + place) {
                    self.settle(row, self.pair(row), value);
                }
            }
            self.rest.push(0);
            return;
        }
        let last = self.rest[self.rest.len() - 1];
        self.rest.push(last.wrapping_add(self.shift(value)));
        add_where(&mut self.margins, rest, value);
    }
}

/// Adds a value where a bit is set.
fn add_where(margins: &mut [f32], bits: &[u64], value: f32) {
    for (margins, &bits) in margins.chunks_mut(64).zip(bits) {
        for (place, margin) in margins.iter_mut().enumerate() {
            // A product, for no processor could foretell a branch.
            *margin += value * (bits >> place & 1) as f32;
        }
    }
}

/// Any objective, with weights and sampled rows: computed for each round and kept.
#[derive(Debug)]
pub(crate) struct Computed {
    objective: Objective,
    scale_pos_weight: f32,
    /// The sums of each merged row, group after group: a group for each class, one otherwise.
    rows: Vec<Merged>,
    /// Of classes, the probability of each merged row, class after class.
    probabilities: Vec<f32>,
    pairs: Vec<Pair>,
    floats: Vec<(f64, f64)>,
    pub(crate) gradient: Scale,
    pub(crate) hessian: Scale,
}

impl Computed {
    pub(crate) fn new(dataset: &Dataset, settings: &Settings) -> Self {
        let mut computed = Self {
            objective: settings.objective,
            scale_pos_weight: if settings.objective.is_reweighted() { settings.scale_pos_weight } else { 1.0 },
            rows: Vec::new(),
            probabilities: Vec::new(),
            pairs: vec![Pair::default(); dataset.n_merged()],
            floats: Vec::new(),
            gradient: Scale::ONE,
            hessian: Scale::ONE,
        };
        computed.add_up(dataset, |_| true);
        computed
    }

    /// Σ weight and Σ weight · outcome of the taken members of each merged row; of classes, Σ weight of all taken members
    /// and of those of the class.
    fn add_up(&mut self, dataset: &Dataset, taken: impl Fn(u32) -> bool) {
        let merged = dataset.n_merged();
        let groups = self.objective.groups();
        self.rows.clear();
        self.rows.resize(merged * groups, Merged { weight: 0.0, outcome: 0.0 });
        let rows = dataset.outcome.iter().zip(&dataset.merged_row).enumerate();
        for (row, (&outcome, &index)) in rows.filter(|(row, _)| taken(*row as u32)) {
            let (weight, index) = (self.weight(dataset, row as u32), index as usize);
            if groups == 1 {
                let sums = &mut self.rows[index];
                sums.weight += weight;
                sums.outcome += weight * f64::from(outcome);
            } else {
                self.rows.iter_mut().skip(index).step_by(merged).for_each(|sums| sums.weight += weight);
                self.rows[outcome as usize * merged + index].outcome += weight;
            }
        }
    }

    fn weight(&self, dataset: &Dataset, row: u32) -> f64 {
        let weight = dataset.weight_of(row);
        let is_positive = dataset.outcome[row as usize] == 1.0;
        f64::from(if is_positive { weight * self.scale_pos_weight } else { weight })
    }

    /// Prepares a round: draws the rows, each original one by itself, whatever it was merged with. `margins` has a list
    /// for each group.
    pub(crate) fn begin(&mut self, dataset: &Dataset, settings: &Settings, round: u32, margins: &[Vec<f32>]) {
        if settings.subsample < 1.0 {
            let draw = Draw::new(settings.seed, Purpose::Rows, round);
            let limit = (f64::from(settings.subsample) * 18_446_744_073_709_551_616.0) as u64;
            self.add_up(dataset, |row| draw.at(row.into()) < limit);
        }
        if margins.len() > 1 {
            self.probabilities.clear();
            self.probabilities.extend(margins.iter().flatten());
            let merged = dataset.n_merged();
            for row in 0..merged {
                let greatest = margins.iter().fold(f32::MIN_POSITIVE, |greatest, margins| greatest.max(margins[row]));
                let places = (row..self.probabilities.len()).step_by(merged);
                let power = |margin: f32| (margin - greatest).exp();
                let sum: f64 = places.clone().map(|place| f64::from(power(self.probabilities[place]))).sum();
                places.for_each(|place| self.probabilities[place] = power(self.probabilities[place]) / sum as f32);
            }
        }
    }

    /// Computes the pairs of a group.
    pub(crate) fn compute(&mut self, dataset: &Dataset, group: usize, margins: &[Vec<f32>]) {
        let merged = dataset.n_merged();
        let rows = &self.rows[group * merged..(group + 1) * merged];
        let margins = if margins.len() > 1 { &self.probabilities[group * merged..] } else { &margins[0] };
        let scale = if self.objective.is_scaled() { Self::scale_of(dataset, margins) } else { 0.0 };
        let (mut gradients, mut hessians) = (0.0, 0.0);
        self.floats.clear();
        for (&rows, &margin) in rows.iter().zip(margins) {
            let (gradient, hessian) =
                if rows.weight > 0.0 { self.objective.gradient(margin, rows, scale) } else { (0.0, 0.0) };
            gradients += gradient.abs();
            hessians += hessian;
            self.floats.push((gradient, hessian));
        }
        self.gradient = Scale::for_gradients(gradients);
        self.hessian = Scale::for_hessians(hessians);
        for ((pair, &(gradient, hessian)), rows) in self.pairs.iter_mut().zip(&self.floats).zip(rows) {
            let least = i64::from(rows.weight > 0.0);
            *pair = Pair { gradient: self.gradient.fix(gradient), hessian: self.hessian.fix(hessian).max(least) };
        }
    }

    /// The square of the weighted mean of √|error|, over all rows, drawn or not, in their own order.
    fn scale_of(dataset: &Dataset, margins: &[f32]) -> f32 {
        let (mut roots, mut weights) = (0.0, 0.0);
        for (row, (&outcome, &merged)) in dataset.outcome.iter().zip(&dataset.merged_row).enumerate() {
            let weight = dataset.weight_of(row as u32);
            roots += f64::from(weight * (margins[merged as usize] - outcome).abs().sqrt());
            weights += f64::from(weight);
        }
        (roots / weights).powi(2) as f32
    }

    /// −Σ gradient / Σ hessian over all rows at one margin, the step of XGBoost's `FitStump`.
    pub(crate) fn stump(&self, dataset: &Dataset, margin: f32) -> f32 {
        let scale =
            if self.objective.is_scaled() { Self::scale_of(dataset, &vec![margin; dataset.n_merged()]) } else { 0.0 };
        let rows = self.rows.iter().filter(|rows| rows.weight > 0.0);
        let (gradient, hessian) = rows
            .map(|&rows| self.objective.gradient(margin, rows, scale))
            .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (-gradient / hessian.max(1e-6)) as f32
    }

    pub(crate) fn with<'a>(&'a self, margins: &'a mut [f32]) -> ComputedAt<'a> {
        ComputedAt { pairs: &self.pairs, margins }
    }
}

/// [`Computed`] pairs beside the margins of a round.
pub(crate) struct ComputedAt<'a> {
    pairs: &'a [Pair],
    margins: &'a mut [f32],
}

impl Gradients for ComputedAt<'_> {
    fn is_linear(&self) -> bool {
        false
    }

    fn shift(&self, _value: f32) -> i64 {
        0
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        self.pairs[row]
    }

    #[inline]
    fn touch(&self, row: usize) -> u32 {
        self.pairs[row].hessian as u32
    }

    #[inline]
    fn settle(&mut self, row: usize, _pair: Pair, value: f32) {
        self.margins[row] += value;
    }

    fn settle_rest(&mut self, rest: &[u64], value: f32) {
        add_where(self.margins, rest, value);
    }
}
