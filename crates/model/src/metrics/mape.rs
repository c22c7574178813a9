use super::{Constant, Direction, Metric, mean_of};

/// Mean absolute percentage error.
pub(super) struct Mape;

impl Metric for Mape {
    fn name(&self) -> &'static str {
        "mape"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn baseline(&self) -> Constant {
        Constant::WeightedMedian
    }

    fn doc(&self) -> &'static str {
        "Mean absolute percentage error, 100 mean(|(y - e) / y|); not defined when an outcome is 0."
    }

    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64> {
        mean_of(truth, estimate, |y, e| ((y - e) / y).abs()).map(|mean| 100.0 * mean)
    }
}
