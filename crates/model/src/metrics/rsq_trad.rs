use super::{Constant, Direction, Metric, finite, is_constant};

/// The share of the variance that is explained.
pub(super) struct RsqTrad;

impl Metric for RsqTrad {
    fn name(&self) -> &'static str {
        "rsq_trad"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn baseline(&self) -> Constant {
        Constant::Mean
    }

    fn doc(&self) -> &'static str {
        "Share of the variance explained, 1 - sum((y - e)^2) / sum((y - mean(y))^2): 0 for the mean itself, below 0 for \
         worse; not defined when all outcomes are the same."
    }

    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64> {
        assert_eq!(truth.len(), estimate.len(), "as many estimates as outcomes");
        if is_constant(truth) {
            return None;
        }
        let mean = truth.iter().sum::<f64>() / truth.len() as f64;
        let total: f64 = truth.iter().map(|y| (y - mean) * (y - mean)).sum();
        let error: f64 = truth.iter().zip(estimate).map(|(y, e)| (y - e) * (y - e)).sum();
        finite(1.0 - error / total)
    }
}
