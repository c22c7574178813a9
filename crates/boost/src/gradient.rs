//! Gradients of merged rows, in fixed point.

use crate::dataset::Dataset;
use crate::fixed::{Pair, Scale};
use crate::objective::Merged;
use crate::random::{Draw, Purpose};
use crate::{Objective, Settings};

/// Where the growth of a tree finds gradients, and the margins that it moves.
pub(crate) trait Gradients: Sync {
    /// Adds the value of the leaf in which the last tree left some of up to 64 rows from `first` on: those whose bit is
    /// set. Writes the pairs of all of them.
    fn settle(&mut self, first: usize, left: u64, leaf: f32, pairs: &mut [Pair]);
    /// The pair of a row.
    fn pair(&self, row: usize) -> Pair;
    /// Moves the margin of a row.
    fn add(&mut self, row: usize, value: f32);
}

/// Squared error on all rows, whose weights are whole numbers: margin and outcome are brought to fixed point one by one, so that the gradient of k merged
/// rows, k·q(margin) − Σ q(outcome), is the very sum of their gradients.
#[derive(Debug)]
pub(crate) struct SquaredError {
    pub(crate) scale: Scale,
    rows: Vec<Fixed>,
}

/// The rows that were merged into one: side by side in a quarter of a cache line, since all are needed where one is.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    /// Σ outcome, in units of the scale.
    outcome: i64,
    margin: f32,
    count: u32,
}

impl Fixed {
    #[inline]
    fn pair(self, scale: Scale) -> Pair {
        let count = i64::from(self.count);
        let margin = scale.fix(f64::from(self.margin));
        Pair { gradient: count.wrapping_mul(margin).wrapping_sub(self.outcome), hessian: count }
    }
}

impl SquaredError {
    /// `base` is the margin before the first tree, `margins` those at hand.
    pub(crate) fn new(dataset: &Dataset, base: f32, margins: &[f32]) -> Self {
        let mut errors = [0.0_f64; 2];
        for (row, (&outcome, &merged)) in dataset.outcome.iter().zip(&dataset.merged_row).enumerate() {
            for (error, margin) in errors.iter_mut().zip([base, margins[merged as usize]]) {
                *error += f64::from(dataset.weight_of(row as u32)) * (f64::from(outcome) - f64::from(margin)).powi(2);
            }
        }
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
        let scale = Scale::for_gradients(bound);
        let mut rows: Vec<Fixed> = margins.iter().map(|&margin| Fixed { outcome: 0, margin, count: 0 }).collect();
        for (row, (&outcome, &merged)) in dataset.outcome.iter().zip(&dataset.merged_row).enumerate() {
            let count = dataset.weight_of(row as u32) as u32;
            let outcome = scale.fix(f64::from(outcome)).wrapping_mul(count.into());
            let fixed = &mut rows[merged as usize];
            fixed.outcome = fixed.outcome.wrapping_add(outcome);
            fixed.count += count;
        }
        Self { scale, rows }
    }

    /// The margin of a merged row.
    pub(crate) fn margin(&self, row: usize) -> f32 {
        self.rows[row].margin
    }
}

impl Gradients for SquaredError {
    #[inline]
    fn settle(&mut self, first: usize, mut left: u64, leaf: f32, pairs: &mut [Pair]) {
        let scale = self.scale;
        for (row, pair) in self.rows[first..first + pairs.len()].iter_mut().zip(pairs) {
            // A product, for no processor could foretell a branch.
            row.margin += leaf * (left & 1) as f32;
            left >>= 1;
            *pair = row.pair(scale);
        }
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        self.rows[row].pair(self.scale)
    }

    #[inline]
    fn add(&mut self, row: usize, value: f32) {
        self.rows[row].margin += value;
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
    #[inline]
    fn settle(&mut self, first: usize, mut left: u64, leaf: f32, pairs: &mut [Pair]) {
        for margin in &mut self.margins[first..first + pairs.len()] {
            *margin += leaf * (left & 1) as f32;
            left >>= 1;
        }
        pairs.copy_from_slice(&self.pairs[first..first + pairs.len()]);
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        self.pairs[row]
    }

    #[inline]
    fn add(&mut self, row: usize, value: f32) {
        self.margins[row] += value;
    }
}
