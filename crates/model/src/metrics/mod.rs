//! What predictions are judged by, after yardstick's formulas; one metric a file.

mod constant;
mod mae;
mod mape;
mod rmse;
mod rsq;
mod rsq_trad;

use serde::Serialize;

use crate::Error;
use crate::nearest::nearest;

pub use constant::Constant;

/// Which values of a metric are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower ones.
    Minimize,
    /// Higher ones.
    Maximize,
}

/// A number that says how well estimates fit the truth.
pub trait Metric: Sync {
    /// The name in the registry, which is yardstick's.
    fn name(&self) -> &'static str;

    /// Which values are better.
    fn direction(&self) -> Direction;

    /// The constant that a model must beat: the best one by this metric for rows of which nothing is known.
    fn baseline(&self) -> Constant;

    /// The formula, with y for the truth and e for the estimate, and when it is not defined.
    fn doc(&self) -> &'static str;

    /// The metric over all rows, summed in their order; `None` where it is not defined, as without rows.
    ///
    /// # Panics
    /// When the slices differ in length.
    fn evaluate(&self, truth: &[f64], estimate: &[f64]) -> Option<f64>;
}

/// Every metric: a new one is a file and an entry here.
const METRICS: &[&dyn Metric] = &[&rmse::Rmse, &mae::Mae, &mape::Mape, &rsq::Rsq, &rsq_trad::RsqTrad];

/// All metrics, in the order of the documentation.
#[must_use]
pub fn metrics() -> &'static [&'static dyn Metric] {
    METRICS
}

/// The metric called `name`.
pub fn metric(name: &str) -> Result<&'static dyn Metric, Error> {
    METRICS.iter().copied().find(|metric| metric.name() == name).ok_or_else(|| Error::UnknownMetric {
        name: name.into(),
        known: METRICS.iter().map(|metric| metric.name()).collect::<Vec<_>>().join(", "),
        nearest: nearest(name, METRICS.iter().map(|metric| metric.name())),
    })
}

/// The mean of `term` over all rows, or `None` without rows.
fn mean_of(truth: &[f64], estimate: &[f64], term: impl Fn(f64, f64) -> f64) -> Option<f64> {
    assert_eq!(truth.len(), estimate.len(), "as many estimates as outcomes");
    if truth.is_empty() {
        return None;
    }
    let sum: f64 = truth.iter().zip(estimate).map(|(&y, &e)| term(y, e)).sum();
    finite(sum / truth.len() as f64)
}

/// A metric beyond all bounds is no metric.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Whether all values are the same; a variance computed in floating point would not tell.
#[allow(clippy::float_cmp, reason = "the very same value is meant")]
fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}
