//! Gradients of merged rows, in fixed point.

use crate::dataset::Dataset;
use crate::fixed::{Pair, Scale};
use crate::objective::Merged;
use crate::random::{Draw, Purpose};
use crate::{Objective, Settings};

/// Where the growth of a tree finds gradients, and the margins that it moves.
pub(crate) trait Gradients {
    /// Adds the value of the leaf that a row was left in by the last tree; returns the row's pair.
    fn settle(&mut self, row: usize, leaf: f32) -> Pair;
    /// The pair of a row.
    fn pair(&self, row: usize) -> Pair;
    /// The margin of each merged row.
    fn margins(&mut self) -> &mut [f32];
}

/// Squared error on all rows: margin and outcome are brought to fixed point one by one, so that the gradient of k merged
/// rows, k·q(margin) − Σ q(outcome), is the very sum of their gradients.
#[derive(Debug)]
pub(crate) struct SquaredError {
    pub(crate) scale: Scale,
    rows: Vec<Fixed>,
}

/// The rows that were merged into one: side by side, since both are needed where one is.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    count: i64,
    /// Σ outcome, in units of the scale.
    outcome: i64,
}

impl SquaredError {
    /// `base` is the margin before the first tree, `margins` those at hand.
    pub(crate) fn new(dataset: &Dataset, base: f32, margins: &[f32]) -> Self {
        let squared = |row: u32, margin: f32| {
            let error = f64::from(dataset.outcome[row as usize]) - f64::from(margin);
            error * error
        };
        let mut errors = [0.0_f64; 2];
        for row in 0..dataset.n_rows() as u32 {
            errors[0] += squared(row, base);
        }
        for (merged, &margin) in margins.iter().enumerate() {
            errors[1] += dataset.members(merged).iter().map(|&row| squared(row, margin)).sum::<f64>();
        }
        // No round raises Σ error²; a model of someone else may start above it. The factor covers rounding.
        let errors = if errors[1] > 2.0 * errors[0] { errors[1] } else { errors[0] } * 2.0;
        let largest =
            dataset.outcome.iter().fold(f64::from(base.abs()), |largest, value| largest.max(f64::from(value.abs())));
        // By Cauchy and Schwarz no sum of gradients exceeds √(n Σ error²), and no margin an outcome plus √Σ error².
        let bound = (dataset.n_rows() as f64 * errors).sqrt().max(largest + errors.sqrt());
        let scale = Scale::for_gradients(bound);
        let fixed = |row: &u32| scale.fix(f64::from(dataset.outcome[*row as usize]));
        let rows = (0..dataset.n_merged()).map(|row| {
            let members = dataset.members(row);
            Fixed { count: members.len() as i64, outcome: members.iter().map(fixed).fold(0, i64::wrapping_add) }
        });
        Self { scale, rows: rows.collect() }
    }

    pub(crate) fn with<'a>(&'a self, margins: &'a mut [f32]) -> SquaredErrorAt<'a> {
        SquaredErrorAt { gradients: self, margins }
    }
}

/// [`SquaredError`] at the margins of a round.
pub(crate) struct SquaredErrorAt<'a> {
    gradients: &'a SquaredError,
    margins: &'a mut [f32],
}

impl Gradients for SquaredErrorAt<'_> {
    #[inline]
    fn settle(&mut self, row: usize, leaf: f32) -> Pair {
        self.margins[row] += leaf;
        self.pair(row)
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        let Fixed { count, outcome } = self.gradients.rows[row];
        let margin = self.gradients.scale.fix(f64::from(self.margins[row]));
        Pair { gradient: count.wrapping_mul(margin).wrapping_sub(outcome), hessian: count }
    }

    fn margins(&mut self) -> &mut [f32] {
        self.margins
    }
}

/// Any objective, with weights and sampled rows: computed for each round and kept.
#[derive(Debug)]
pub(crate) struct Computed {
    objective: Objective,
    rows: Vec<Merged>,
    pairs: Vec<Pair>,
    floats: Vec<(f64, f64)>,
    pub(crate) gradient: Scale,
    pub(crate) hessian: Scale,
}

impl Computed {
    pub(crate) fn new(dataset: &Dataset, objective: Objective) -> Self {
        let mut computed = Self {
            objective,
            rows: Vec::new(),
            pairs: vec![Pair::default(); dataset.n_merged()],
            floats: Vec::new(),
            gradient: Scale::ONE,
            hessian: Scale::ONE,
        };
        computed.add_up(dataset, |_| true);
        computed
    }

    /// Σ weight and Σ weight · outcome of the taken members of each merged row.
    fn add_up(&mut self, dataset: &Dataset, taken: impl Fn(u32) -> bool) {
        self.rows.clear();
        self.rows.extend((0..dataset.n_merged()).map(|merged| {
            let mut sums = Merged { weight: 0.0, outcome: 0.0 };
            for &row in dataset.members(merged).iter().filter(|row| taken(**row)) {
                let weight = f64::from(dataset.weight_of(row));
                sums.weight += weight;
                sums.outcome += weight * f64::from(dataset.outcome[row as usize]);
            }
            sums
        }));
    }

    /// Computes the pairs of a round. Each original row is drawn or not, whatever it was merged with.
    pub(crate) fn compute(&mut self, dataset: &Dataset, settings: &Settings, round: u32, margins: &[f32]) {
        if settings.subsample < 1.0 {
            let draw = Draw::new(settings.seed, Purpose::Rows, round);
            let limit = (f64::from(settings.subsample) * 18_446_744_073_709_551_616.0) as u64;
            self.add_up(dataset, |row| draw.at(row.into()) < limit);
        }
        let (mut gradients, mut hessians) = (0.0, 0.0);
        self.floats.clear();
        for (&rows, &margin) in self.rows.iter().zip(margins) {
            let (gradient, hessian) =
                if rows.weight > 0.0 { self.objective.gradient(margin, rows) } else { (0.0, 0.0) };
            gradients += gradient.abs();
            hessians += hessian;
            self.floats.push((gradient, hessian));
        }
        self.gradient = Scale::for_gradients(gradients);
        self.hessian = Scale::for_hessians(hessians);
        for ((pair, &(gradient, hessian)), rows) in self.pairs.iter_mut().zip(&self.floats).zip(&self.rows) {
            let least = i64::from(rows.weight > 0.0);
            *pair = Pair { gradient: self.gradient.fix(gradient), hessian: self.hessian.fix(hessian).max(least) };
        }
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
    fn settle(&mut self, row: usize, _leaf: f32) -> Pair {
        self.pairs[row]
    }

    #[inline]
    fn pair(&self, row: usize) -> Pair {
        self.pairs[row]
    }

    fn margins(&mut self) -> &mut [f32] {
        self.margins
    }
}
