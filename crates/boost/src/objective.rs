use crate::Error;
use crate::settings::invalid;

/// What a training minimises: losses that are linear in the outcome, so that rows with equal bins merge into one with
/// the sums of their weights and outcomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// Squared error, `reg:squarederror`.
    SquaredError,
    /// Log loss of outcomes from 0 to 1, `binary:logistic`.
    Logistic,
    /// Poisson deviance with a log link, `count:poisson`.
    Poisson {
        /// Added to the margin in the hessian (XGBoost's `max_delta_step`, there 0.7 by default).
        max_delta_step: f32,
    },
    /// Gamma deviance with a log link, `reg:gamma`.
    Gamma,
    /// Tweedie deviance with a log link, `reg:tweedie`.
    Tweedie {
        /// `tweedie_variance_power`, from 1 to below 2.
        power: f32,
    },
}

/// The sums over the rows that were merged into one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merged {
    /// Σ weight.
    pub(crate) weight: f64,
    /// Σ weight · outcome.
    pub(crate) outcome: f64,
}

impl Objective {
    /// XGBoost's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::Logistic => "binary:logistic",
            Self::Poisson { .. } => "count:poisson",
            Self::Gamma => "reg:gamma",
            Self::Tweedie { .. } => "reg:tweedie",
        }
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Self::Poisson { max_delta_step } if !(0.0..80.0).contains(&max_delta_step) => {
                Err(invalid("max_delta_step", max_delta_step, "a number from 0 to 80"))
            }
            Self::Tweedie { power } if !(1.0..2.0).contains(&power) => {
                Err(invalid("tweedie_variance_power", power, "a number from 1 to below 2"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn check_outcome(self, outcome: &[f64]) -> Result<(), Error> {
        type Rule = (fn(f32) -> bool, &'static str);
        let (accepts, allowed): Rule = match self {
            Self::SquaredError => (|_| true, "that are finite as 32-bit numbers"),
            Self::Logistic => (|value| (0.0..=1.0).contains(&value), "from 0 to 1"),
            Self::Gamma => (|value| value > 0.0, "above 0"),
            Self::Poisson { .. } | Self::Tweedie { .. } => (|value| value >= 0.0, "of at least 0"),
        };
        let wrong = |value: &f64| !(*value as f32).is_finite() || !accepts(*value as f32);
        match outcome.iter().position(wrong) {
            Some(row) => Err(Error::InvalidOutcome { row, value: outcome[row], objective: self.name(), allowed }),
            None => Ok(()),
        }
    }

    /// The margin of a prediction: the link function, with XGBoost's bounds.
    #[must_use]
    pub fn margin(self, prediction: f32) -> f32 {
        match self {
            Self::SquaredError => prediction,
            Self::Logistic => {
                let prediction = prediction.clamp(1e-6, 1.0 - 1e-6);
                -(1.0 / prediction - 1.0).ln()
            }
            Self::Poisson { .. } | Self::Gamma | Self::Tweedie { .. } => prediction.ln(),
        }
    }

    /// The prediction of a margin: the inverse link.
    #[must_use]
    pub fn prediction(self, margin: f32) -> f32 {
        match self {
            Self::SquaredError => margin,
            Self::Logistic => 1.0 / ((-margin).min(88.7).exp() + 1.0 + 1e-16),
            Self::Poisson { .. } | Self::Gamma | Self::Tweedie { .. } => margin.exp(),
        }
    }

    /// Gradient and hessian of merged rows that share a margin.
    pub(crate) fn gradient(self, margin: f32, rows: Merged) -> (f64, f64) {
        let Merged { weight, outcome } = rows;
        match self {
            Self::SquaredError => (weight * f64::from(margin) - outcome, weight),
            Self::Logistic => {
                let probability = self.prediction(margin);
                let hessian = (probability * (1.0 - probability)).max(1e-16);
                (weight * f64::from(probability) - outcome, weight * f64::from(hessian))
            }
            Self::Poisson { max_delta_step } => {
                let (mean, bound) = (margin.exp(), (margin + max_delta_step).exp());
                (weight * f64::from(mean) - outcome, weight * f64::from(bound))
            }
            Self::Gamma => {
                let share = outcome / f64::from(margin.exp());
                (weight - share, share)
            }
            Self::Tweedie { power } => {
                let first = f64::from(((1.0 - power) * margin).exp());
                let second = f64::from(((2.0 - power) * margin).exp());
                let power = f64::from(power);
                let gradient = weight * second - outcome * first;
                (gradient, weight * (2.0 - power) * second - outcome * (1.0 - power) * first)
            }
        }
    }
}
