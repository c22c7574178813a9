use serde::Serialize;

use crate::Error;

/// What a booster minimises.
#[derive(Debug, Serialize)]
pub struct Objective {
    /// XGBoost's name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
    /// The outcomes that it takes, in words.
    pub outcomes: &'static str,
    #[serde(skip)]
    accepts: fn(f64) -> bool,
}

impl Objective {
    /// Checks that every outcome is finite as a 32-bit float and in the objective's range.
    pub fn check(&self, outcome: &[f64]) -> Result<(), Error> {
        for (row, &value) in outcome.iter().enumerate() {
            if !(value as f32).is_finite() {
                return Err(Error::OutcomeNotFinite { row, value });
            }
            if !(self.accepts)(value) {
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
        accepts: |_| true,
    },
    Objective {
        name: "reg:absoluteerror",
        doc: "Absolute error: predicts the median, so that outliers weigh less.",
        outcomes: "of any size",
        accepts: |_| true,
    },
    Objective {
        name: "reg:quantileerror",
        doc: "Quantile loss: predicts the quantile `quantile_alpha`.",
        outcomes: "of any size",
        accepts: |_| true,
    },
    Objective {
        name: "reg:pseudohubererror",
        doc: "Pseudo-Huber error: squared for small errors, absolute beyond `huber_slope`.",
        outcomes: "of any size",
        accepts: |_| true,
    },
    Objective {
        name: "reg:squaredlogerror",
        doc: "Squared error of log(1 + y): relative errors count.",
        outcomes: "above -1",
        accepts: |value| value > -1.0,
    },
    Objective {
        name: "reg:gamma",
        doc: "Gamma deviance with a log link: positive outcomes whose spread grows with their size.",
        outcomes: "above 0",
        accepts: |value| value > 0.0,
    },
    Objective {
        name: "reg:tweedie",
        doc: "Tweedie deviance with a log link: many zeros and a long tail; see `tweedie_variance_power`.",
        outcomes: "of at least 0",
        accepts: |value| value >= 0.0,
    },
    Objective {
        name: "count:poisson",
        doc: "Poisson deviance with a log link: counts (`max_delta_step` is 0.7 unless it is set).",
        outcomes: "of at least 0",
        accepts: |value| value >= 0.0,
    },
    Objective {
        name: "binary:logistic",
        doc: "Log loss: outcomes 0 and 1, or shares between them; predicts a probability.",
        outcomes: "from 0 to 1",
        accepts: |value| (0.0..=1.0).contains(&value),
    },
];

/// The objective called `name`, if there is one.
#[must_use]
pub fn objective(name: &str) -> Option<&'static Objective> {
    OBJECTIVES.iter().find(|objective| objective.name == name)
}
