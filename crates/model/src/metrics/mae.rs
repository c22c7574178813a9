use super::{Constant, Direction, Metric, mean_of};

/// Mean absolute error.
pub(super) struct Mae;

impl Metric for Mae {
    fn name(&self) -> &'static str {
        "mae"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn baseline(&self) -> Constant {
        Constant::Median
    }

    fn doc(&self) -> &'static str {
        "Mean absolute error, mean(|y - e|), on the outcome's scale."
    }

    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64> {
        mean_of(truth, estimate, |y, e| (y - e).abs())
    }
}
