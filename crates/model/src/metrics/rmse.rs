use super::{Constant, Direction, Metric, mean_of};

/// Root mean squared error.
pub(super) struct Rmse;

impl Metric for Rmse {
    fn name(&self) -> &'static str {
        "rmse"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn baseline(&self) -> Constant {
        Constant::Mean
    }

    fn doc(&self) -> &'static str {
        "Root mean squared error, sqrt(mean((y - e)^2)), on the outcome's scale."
    }

    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64> {
        mean_of(truth, estimate, |y, e| (y - e) * (y - e)).map(f64::sqrt)
    }
}
