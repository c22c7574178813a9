use nlpflow_boost::Objective as Loss;
use serde::Serialize;

use crate::{Error, Parameters};

/// What a booster minimises.
#[derive(Debug, Serialize)]
pub struct Objective {
    /// XGBoost's name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
    /// The outcomes that it takes, in words.
    pub outcomes: &'static str,
    /// The first version of XGBoost that reads its models and predicts the same (of those from 1.7 on).
    pub xgboost: &'static str,
    /// The outcomes that it takes.
    pub range: OutcomeRange,
    /// What the native engine minimises: every objective has to say it.
    #[serde(skip)]
    pub(crate) loss: fn(&Parameters) -> Loss,
}

/// The outcomes that an objective takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OutcomeRange {
    /// The bound below; none where there is no such bound.
    pub least: Option<f64>,
    /// Whether an outcome must be greater than `least`.
    pub above: bool,
    /// The greatest outcome; none where there is no such bound.
    pub most: Option<f64>,
}

impl OutcomeRange {
    const ANY: Self = Self { least: None, above: false, most: None };

    fn contains(self, value: f64) -> bool {
        let is_enough = |least: f64| if self.above { value > least } else { value >= least };
        self.least.is_none_or(is_enough) && self.most.is_none_or(|most| value <= most)
    }
}

/// A parameter as XGBoost takes it, in 32 bits.
fn number(parameters: &Parameters, name: &str, default: f32) -> f32 {
    parameters.number(name).map_or(default, |value| value as f32)
}

impl Objective {
    /// Checks that every outcome is finite as a 32-bit float and in the objective's range.
    pub fn check(&self, outcome: &[f64]) -> Result<(), Error> {
        for (row, &value) in outcome.iter().enumerate() {
            if !(value as f32).is_finite() {
                return Err(Error::OutcomeNotFinite { row, value });
            }
            if !self.range.contains(value) {
                return Err(Error::OutcomeOutOfRange { objective: self.name, allowed: self.outcomes, row, value });
            }
        }
        Ok(())
    }
}

/// Every objective: a new one is an entry here. The first is the default.
pub const OBJECTIVES: &[Objective] = &[
    Objective {
        name: "reg:squarederror",
        doc: "Squared error: predicts the mean.",
        outcomes: "of any size",
        xgboost: "1.7",
        range: OutcomeRange::ANY,
        loss: |_| Loss::SquaredError,
    },
    Objective {
        name: "reg:absoluteerror",
        doc: "Absolute error: predicts the median, so that outliers weigh less.",
        outcomes: "of any size",
        xgboost: "1.7",
        range: OutcomeRange::ANY,
        loss: |_| Loss::Absolute,
    },
    Objective {
        name: "reg:quantileerror",
        doc: "Quantile loss: predicts the quantile `quantile_alpha`.",
        outcomes: "of any size",
        xgboost: "2.0",
        range: OutcomeRange::ANY,
        loss: |parameters| Loss::Quantile { alpha: number(parameters, "quantile_alpha", 0.5) },
    },
    Objective {
        name: "reg:pseudohubererror",
        doc: "Pseudo-Huber error: squared for small errors, absolute beyond `huber_slope`.",
        outcomes: "of any size",
        xgboost: "1.7",
        range: OutcomeRange::ANY,
        loss: |parameters| Loss::PseudoHuber { slope: number(parameters, "huber_slope", 1.0) },
    },
    Objective {
        name: "reg:squaredlogerror",
        doc: "Squared error of log(1 + y): relative errors count.",
        outcomes: "above -1",
        xgboost: "1.7",
        range: OutcomeRange { least: Some(-1.0), above: true, most: None },
        loss: |_| Loss::SquaredLog,
    },
    Objective {
        name: "reg:gamma",
        doc: "Gamma deviance with a log link: positive outcomes whose spread grows with their size.",
        outcomes: "above 0",
        xgboost: "1.7",
        range: OutcomeRange { least: Some(0.0), above: true, most: None },
        loss: |_| Loss::Gamma,
    },
    Objective {
        name: "reg:tweedie",
        doc: "Tweedie deviance with a log link: many zeros and a long tail; see `tweedie_variance_power`.",
        outcomes: "of at least 0",
        xgboost: "1.7",
        range: OutcomeRange { least: Some(0.0), above: false, most: None },
        loss: |parameters| Loss::Tweedie { power: number(parameters, "tweedie_variance_power", 1.5) },
    },
    Objective {
        name: "count:poisson",
        doc: "Poisson deviance with a log link: counts (`max_delta_step` is 0.7 unless it is set).",
        outcomes: "of at least 0",
        xgboost: "1.7",
        range: OutcomeRange { least: Some(0.0), above: false, most: None },
        loss: |parameters| Loss::Poisson { max_delta_step: number(parameters, "max_delta_step", 0.7) },
    },
    Objective {
        name: "binary:logistic",
        doc: "Log loss: outcomes 0 and 1, or shares between them; predicts a probability.",
        outcomes: "from 0 to 1",
        xgboost: "1.7",
        range: OutcomeRange { least: Some(0.0), above: false, most: Some(1.0) },
        loss: |_| Loss::Logistic,
    },
];

/// The objective called `name`, if there is one.
#[must_use]
pub fn objective(name: &str) -> Option<&'static Objective> {
    OBJECTIVES.iter().find(|objective| objective.name == name)
}
