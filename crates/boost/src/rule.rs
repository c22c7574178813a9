//! Which value a leaf has and what a split gains, in XGBoost's arithmetic.

use crate::Settings;
use crate::fixed::{Pair, Scale};

/// The settings that decide about splits and leaves, as XGBoost's arithmetic takes them.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    lambda: f32,
    alpha: f32,
    gamma: f32,
    max_delta_step: f32,
    eta: f32,
    gradient: Scale,
    hessian: Scale,
    /// In units of the hessian's scale.
    pub(crate) least_hessian: i64,
    /// In units of the hessian's scale.
    pub(crate) scaled_lambda: f64,
    /// Empty when no column is constrained.
    monotone: Vec<i8>,
}

/// Between which values the leaves below a node lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    lower: f32,
    upper: f32,
}

impl Bounds {
    /// No bounds.
    pub(crate) const NONE: Self = Self { lower: -f32::MAX, upper: f32::MAX };
}

impl Rule {
    pub(crate) fn new(settings: &Settings, gradient: Scale, hessian: Scale) -> Self {
        let least = (f64::from(settings.min_child_weight) * hessian.units()).ceil();
        let constrained = settings.monotone.iter().any(|sign| *sign != 0);
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
            monotone: if constrained { settings.monotone.clone() } else { Vec::new() },
        }
    }

    /// Whether rows with this sum can be split at all.
    pub(crate) fn can_split(&self, sum: Pair) -> bool {
        sum.hessian / 2 >= self.least_hessian || sum.hessian - self.least_hessian >= self.least_hessian
    }

    /// The value of a node before `eta`.
    pub(crate) fn weight(&self, sum: Pair, bounds: Bounds) -> f32 {
        let (gradient, hessian) = self.floats(sum);
        let weight = self.free_weight(gradient, hessian);
        if self.monotone.is_empty() {
            weight
        } else if weight < bounds.lower {
            bounds.lower
        } else if weight > bounds.upper {
            bounds.upper
        } else {
            weight
        }
    }

    fn free_weight(&self, gradient: f64, hessian: f64) -> f32 {
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

    /// What a leaf of this value adds to the margin.
    pub(crate) fn shrink(&self, weight: f32) -> f32 {
        weight * self.eta
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
    pub(crate) fn gain(&self, sum: Pair, bounds: Bounds) -> f32 {
        self.gain_with(sum, self.weight(sum, bounds))
    }

    fn gain_with(&self, sum: Pair, weight: f32) -> f32 {
        let (gradient, hessian) = self.floats(sum);
        if hessian <= 0.0 {
            return 0.0;
        }
        let square = f64::from(weight * weight);
        -(2.0 * gradient * f64::from(weight)
            + (hessian + f64::from(self.lambda)) * square
            + 2.0 * f64::from(self.alpha) * f64::from(weight.abs())) as f32
    }

    /// What both sides of a split of a column gain together, or none when the column's constraint forbids it.
    pub(crate) fn gain_of_sides(&self, column: u32, sides: [Pair; 2], bounds: Bounds) -> Option<f32> {
        let [left, right] = sides.map(|sum| self.weight(sum, bounds));
        let ordered = match self.constraint(column) {
            0 => true,
            1 => left <= right,
            _ => left >= right,
        };
        ordered.then(|| self.gain_with(sides[0], left) + self.gain_with(sides[1], right))
    }

    fn constraint(&self, column: u32) -> i8 {
        self.monotone.get(column as usize).copied().unwrap_or(0)
    }

    /// The bounds of both children of a node whose children have these values.
    pub(crate) fn bounds_below(&self, bounds: Bounds, column: u32, [left, right]: [f32; 2]) -> [Bounds; 2] {
        let middle = f32::midpoint(left, right);
        match self.constraint(column) {
            0 => [bounds; 2],
            1 => [Bounds { upper: middle, ..bounds }, Bounds { lower: middle, ..bounds }],
            _ => [Bounds { lower: middle, ..bounds }, Bounds { upper: middle, ..bounds }],
        }
    }

    /// Whether a gain is that of the plain quotient, so that quotients tell which splits are worth a closer look.
    pub(crate) fn is_plain(&self) -> bool {
        self.alpha == 0.0 && self.max_delta_step == 0.0 && self.monotone.is_empty()
    }
}
