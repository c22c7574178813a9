use super::{Constant, Direction, Metric, finite, is_constant};

/// Squared Pearson correlation.
pub(super) struct Rsq;

impl Metric for Rsq {
    fn name(&self) -> &'static str {
        "rsq"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn baseline(&self) -> Constant {
        Constant::Mean
    }

    fn doc(&self) -> &'static str {
        "Squared correlation, cor(y, e)^2, from 0 to 1; not defined when outcomes or estimates are all the same."
    }

    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64> {
        assert_eq!(truth.len(), estimate.len(), "as many estimates as outcomes");
        if is_constant(truth) || is_constant(estimate) {
            return None;
        }
        let n = truth.len() as f64;
        let mean_y = truth.iter().sum::<f64>() / n;
        let mean_e = estimate.iter().sum::<f64>() / n;
        let (mut yy, mut ee, mut ye) = (0.0, 0.0, 0.0);
        for (y, e) in truth.iter().zip(estimate) {
            let (y, e) = (y - mean_y, e - mean_e);
            yy += y * y;
            ee += e * e;
            ye += y * e;
        }
        // Root by root: the product of two sums of squares may overflow. Rounding may lead just above 1.
        let correlation = ye / (yy.sqrt() * ee.sqrt());
        finite((correlation * correlation).min(1.0))
    }
}
