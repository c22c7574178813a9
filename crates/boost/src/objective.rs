use crate::Error;
use crate::settings::invalid;

/// What a training minimises; the formulas are those of XGBoost 3.4.1, in 32 bits where it computes in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// Squared error, `reg:squarederror`.
    SquaredError,
    /// Squared error of log(1 + y), `reg:squaredlogerror`.
    SquaredLog,
    /// Pseudo-Huber error, `reg:pseudohubererror`.
    PseudoHuber {
        /// `huber_slope`, above 0.
        slope: f32,
    },
    /// Absolute error, `reg:absoluteerror`: a smooth majorant of it, scaled anew in each round.
    Absolute,
    /// Quantile loss, `reg:quantileerror`: a smooth majorant of it, scaled anew in each round.
    Quantile {
        /// `quantile_alpha`, between 0 and 1.
        alpha: f32,
    },
    /// Log loss of outcomes from 0 to 1, `binary:logistic`.
    Logistic,
    /// Log loss of classes 0, 1, …, `multi:softprob`: a tree for each class in each round.
    Softprob {
        /// `num_class`, from 2 on.
        classes: u32,
    },
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

/// The width of the smoothed kink of the quantile loss, and the least ratio of its curvature to that at the kink.
const QUANTILE_SMOOTHING: f32 = 0.04;
const QUANTILE_LEAST_RATIO: f32 = 3.0e-4;

impl Objective {
    /// XGBoost's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::SquaredLog => "reg:squaredlogerror",
            Self::PseudoHuber { .. } => "reg:pseudohubererror",
            Self::Absolute => "reg:absoluteerror",
            Self::Quantile { .. } => "reg:quantileerror",
            Self::Logistic => "binary:logistic",
            Self::Softprob { .. } => "multi:softprob",
            Self::Poisson { .. } => "count:poisson",
            Self::Gamma => "reg:gamma",
            Self::Tweedie { .. } => "reg:tweedie",
        }
    }

    /// Whether it is linear in the outcome (for classes, in their counts), so that the sums of rows with equal bins
    /// serve as well as the rows.
    #[must_use]
    pub fn merges(self) -> bool {
        !matches!(self, Self::SquaredLog | Self::PseudoHuber { .. } | Self::Absolute | Self::Quantile { .. })
    }

    /// How many trees a round has, and how many numbers a prediction.
    #[must_use]
    pub fn groups(self) -> usize {
        if let Self::Softprob { classes } = self { classes as usize } else { 1 }
    }

    /// Whether XGBoost knows `scale_pos_weight` for it.
    pub(crate) fn is_reweighted(self) -> bool {
        matches!(self, Self::SquaredError | Self::Logistic | Self::Gamma)
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        let outside = |number: f32, inside: bool, name, expected| {
            if inside && number.is_finite() { Ok(()) } else { Err(invalid(name, number, expected)) }
        };
        match self {
            Self::Poisson { max_delta_step: step } => {
                outside(step, (0.0..80.0).contains(&step), "max_delta_step", "a number from 0 to 80")
            }
            Self::Tweedie { power } => {
                let expected = "a number from 1 to below 2";
                outside(power, (1.0..2.0).contains(&power), "tweedie_variance_power", expected)
            }
            Self::PseudoHuber { slope } => outside(slope, slope > 0.0, "huber_slope", "a number above 0"),
            Self::Quantile { alpha } => {
                outside(alpha, alpha > 0.0 && alpha < 1.0, "quantile_alpha", "a number between 0 and 1")
            }
            Self::Softprob { classes } if classes < 2 => {
                Err(invalid("num_class", classes, "a whole number of at least 2"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn check_outcome(self, outcome: &[f32]) -> Result<(), Error> {
        let allowed = match self {
            Self::Logistic => "from 0 to 1",
            Self::Gamma => "above 0",
            Self::SquaredLog => "above -1",
            Self::Softprob { .. } => "that are whole numbers from 0 to below `num_class`",
            Self::Poisson { .. } | Self::Tweedie { .. } => "of at least 0",
            _ => "that are finite as 32-bit numbers",
        };
        let accepts = |value: f32| match self {
            Self::Logistic => (0.0..=1.0).contains(&value),
            Self::Gamma => value > 0.0,
            Self::SquaredLog => value > -1.0,
            Self::Softprob { classes } => value >= 0.0 && value < classes as f32 && value.fract() == 0.0,
            Self::Poisson { .. } | Self::Tweedie { .. } => value >= 0.0,
            _ => true,
        };
        match outcome.iter().position(|value| !value.is_finite() || !accepts(*value)) {
            Some(row) => {
                Err(Error::InvalidOutcome { row, value: outcome[row].into(), objective: self.name(), allowed })
            }
            None => Ok(()),
        }
    }

    /// The margin of a prediction: the link function, with XGBoost's bounds.
    #[must_use]
    pub fn margin(self, prediction: f32) -> f32 {
        match self {
            Self::Logistic => {
                let prediction = prediction.clamp(1e-6, 1.0 - 1e-6);
                -(1.0 / prediction - 1.0).ln()
            }
            Self::Poisson { .. } | Self::Gamma | Self::Tweedie { .. } => prediction.ln(),
            _ => prediction,
        }
    }

    /// Whether some margin gives this prediction.
    pub(crate) fn can_predict(self, prediction: f32) -> bool {
        let inside = !matches!(self, Self::Logistic) || (prediction > 0.0 && prediction < 1.0);
        inside && self.margin(prediction).is_finite()
    }

    /// The prediction of a margin: the inverse link. Classes have a link of all their margins together:
    /// [`Self::predict`].
    #[must_use]
    pub fn prediction(self, margin: f32) -> f32 {
        match self {
            Self::Logistic => 1.0 / ((-margin).min(88.7).exp() + 1.0 + 1e-16),
            Self::Poisson { .. } | Self::Gamma | Self::Tweedie { .. } => margin.exp(),
            _ => margin,
        }
    }

    /// Turns margins, [`Self::groups`] a row, into predictions.
    pub fn predict(self, margins: &mut [f32]) {
        if let Self::Softprob { classes } = self {
            for row in margins.chunks_mut(classes as usize) {
                let greatest = row.iter().copied().fold(row[0], f32::max);
                for margin in &mut *row {
                    *margin = (*margin - greatest).exp();
                }
                let sum = row.iter().copied().map(f64::from).sum::<f64>() as f32;
                for value in row {
                    *value /= sum;
                }
            }
        } else {
            for margin in margins {
                *margin = self.prediction(*margin);
            }
        }
    }

    /// Whether gradients have a scale that all rows together decide.
    pub(crate) fn is_scaled(self) -> bool {
        matches!(self, Self::Absolute | Self::Quantile { .. })
    }

    /// Gradient and hessian of merged rows that share a margin; `scale` is that of [`Self::is_scaled`]. Objectives that do
    /// not merge are given one row.
    pub(crate) fn gradient(self, margin: f32, rows: Merged, scale: f32) -> (f64, f64) {
        let Merged { weight, outcome } = rows;
        // The outcome of a single row, which is a 32-bit number.
        let outcome_of_one = || (outcome / weight) as f32;
        let weighted = |gradient: f32, hessian: f32| (weight * f64::from(gradient), weight * f64::from(hessian));
        match self {
            Self::SquaredError => (weight * f64::from(margin) - outcome, weight),
            Self::SquaredLog => {
                let (mean, outcome) = (margin.max(-1.0 + 1e-6), outcome_of_one());
                let error = mean.ln_1p() - outcome.ln_1p();
                let hessian = (1.0 - error) / (mean + 1.0).powi(2);
                weighted(error / (mean + 1.0), hessian.max(1e-6))
            }
            Self::PseudoHuber { slope } => {
                let error = margin - outcome_of_one();
                let (squared, slope) = (error * error, slope * slope);
                let root = (1.0 + squared / slope).sqrt();
                weighted(error / root, slope / ((slope + squared) * root))
            }
            Self::Absolute => {
                let error = margin - outcome_of_one();
                let norm = scale.hypot(error);
                let curvature = if norm > 0.0 { scale / norm } else { 1.0 };
                weighted(error * curvature, curvature)
            }
            Self::Quantile { alpha } => {
                if scale <= 0.0 {
                    return (0.0, 0.0);
                }
                let x = (margin - outcome_of_one()) / (QUANTILE_SMOOTHING * scale);
                let tanh = x.tanh();
                let ratio = if x == 0.0 { 1.0 } else { tanh / x };
                let gradient = 0.5 * scale * (tanh + 1.0 - 2.0 * alpha);
                weighted(gradient, 0.5 / QUANTILE_SMOOTHING * ratio.max(QUANTILE_LEAST_RATIO))
            }
            Self::Logistic => {
                let probability = self.prediction(margin);
                let hessian = (probability * (1.0 - probability)).max(1e-16);
                (weight * f64::from(probability) - outcome, weight * f64::from(hessian))
            }
            // `margin` is the class's probability, `outcome` the weight of its rows.
            Self::Softprob { .. } => {
                let hessian = (2.0 * margin * (1.0 - margin)).max(1e-16);
                (weight * f64::from(margin) - outcome, weight * f64::from(hessian))
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
