use serde::Serialize;
use serde_json::{Number, Value};

use crate::Error;
use crate::objective::OBJECTIVES;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// A number from `min` (or above it) to `max`.
    Float {
        /// The least value.
        #[serde(skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// The greatest value.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
        /// Whether `min` itself is excluded.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        min_exclusive: bool,
    },
    /// A whole number from `min` to `max`.
    Int {
        /// The least value.
        min: i64,
        /// The greatest value.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// One of several words.
    Choice {
        /// The words.
        #[serde(serialize_with = "words")]
        choices: fn() -> Vec<&'static str>,
    },
}

/// One parameter of a training.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// XGBoost's name, or ours where XGBoost has none.
    pub name: &'static str,
    /// Other names: tidymodels' and XGBoost's own.
    pub aliases: &'static [&'static str],
    /// What it takes.
    #[serde(flatten)]
    pub kind: Kind,
    /// The default: XGBoost's; `null` when it depends on the data or the objective.
    #[serde(serialize_with = "default_value")]
    pub default: DefaultValue,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Whether a grid may vary it.
    pub tunable: bool,
}

/// The default of a parameter, in the form that a table of constants can hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultValue {
    /// A number.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// A word.
    Word(&'static str),
    /// It depends.
    None,
}

const fn at_least(min: f64) -> Kind {
    Kind::Float { min: Some(min), max: None, min_exclusive: false }
}

/// A share of something: above 0, at most 1.
const SHARE: Kind = Kind::Float { min: Some(0.0), max: Some(1.0), min_exclusive: true };

const NUMBER: Kind = Kind::Float { min: None, max: None, min_exclusive: false };

const fn parameter(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    default: DefaultValue,
    doc: &'static str,
) -> Parameter {
    Parameter { name, aliases, kind, default, doc, tunable: true }
}

const fn fixed(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    default: DefaultValue,
    doc: &'static str,
) -> Parameter {
    Parameter { name, aliases, kind, default, doc, tunable: false }
}

/// Every parameter: a new one is an entry here.
///
/// A parameter that XGBoost knows under `name` is passed on as it is; `trees`, `mtry` and `zeros` are resolved by us.
pub const PARAMETERS: &[Parameter] = &[
    parameter(
        "trees",
        &["num_round", "num_boost_round", "nrounds", "n_estimators"],
        Kind::Int { min: 1, max: Some(1_000_000) },
        DefaultValue::Int(15),
        "The number of trees. A grid over it costs no more than its largest value.",
    ),
    parameter(
        "max_depth",
        &["tree_depth"],
        Kind::Int { min: 0, max: Some(30) },
        DefaultValue::Int(6),
        "The depth of a tree at most; 0 is no limit.",
    ),
    parameter(
        "eta",
        &["learn_rate", "learning_rate"],
        Kind::Float { min: Some(0.0), max: Some(1.0), min_exclusive: true },
        DefaultValue::Float(0.3),
        "The share of each new tree that is added to the model.",
    ),
    parameter(
        "subsample",
        &["sample_size", "sample_prop"],
        SHARE,
        DefaultValue::Float(1.0),
        "The share of the rows that each tree sees.",
    ),
    parameter(
        "min_child_weight",
        &["min_n"],
        at_least(0.0),
        DefaultValue::Float(1.0),
        "The least sum of second derivatives in a leaf; with squared error, the least number of rows.",
    ),
    parameter(
        "gamma",
        &["loss_reduction", "min_split_loss"],
        at_least(0.0),
        DefaultValue::Float(0.0),
        "The least reduction of the loss for which a leaf is split.",
    ),
    parameter(
        "mtry",
        &[],
        Kind::Int { min: 2, max: None },
        DefaultValue::None,
        "The number of columns tried at each split (when no other column sampling is set), from 2 on; as a share it is `mtry_prop`.",
    ),
    parameter(
        "colsample_bynode",
        &["mtry_prop"],
        SHARE,
        DefaultValue::Float(1.0),
        "The share of the columns tried at each split.",
    ),
    parameter(
        "colsample_bytree",
        &[],
        SHARE,
        DefaultValue::Float(1.0),
        "The share of the columns that each tree sees.",
    ),
    parameter(
        "colsample_bylevel",
        &[],
        SHARE,
        DefaultValue::Float(1.0),
        "The share of the tree's columns that each of its levels sees.",
    ),
    parameter(
        "lambda",
        &["reg_lambda"],
        at_least(0.0),
        DefaultValue::Float(1.0),
        "The penalty on the squares of the leaves' values.",
    ),
    parameter(
        "alpha",
        &["reg_alpha"],
        at_least(0.0),
        DefaultValue::Float(0.0),
        "The penalty on the sizes of the leaves' values.",
    ),
    parameter(
        "max_bin",
        &[],
        Kind::Int { min: 2, max: Some(65_536) },
        DefaultValue::Int(256),
        "The number of intervals into which the values of a column are sorted at most.",
    ),
    parameter(
        "max_leaves",
        &[],
        Kind::Int { min: 0, max: Some(1 << 30) },
        DefaultValue::Int(0),
        "The number of leaves of a tree at most; 0 is no limit.",
    ),
    parameter(
        "grow_policy",
        &[],
        Kind::Choice { choices: || vec!["depthwise", "lossguide"] },
        DefaultValue::Word("depthwise"),
        "Which leaf is split next: the one nearest to the root, or the one with the greatest gain.",
    ),
    parameter(
        "max_delta_step",
        &[],
        at_least(0.0),
        DefaultValue::None,
        "The greatest value of a leaf before `eta`; 0 is no limit, which is the default but for count:poisson (0.7).",
    ),
    fixed(
        "base_score",
        &[],
        NUMBER,
        DefaultValue::None,
        "The prediction before the first tree, on the outcome's scale; by default it is estimated from the data.",
    ),
    parameter(
        "scale_pos_weight",
        &[],
        Kind::Float { min: Some(0.0), max: None, min_exclusive: true },
        DefaultValue::Float(1.0),
        "The weight of the rows whose outcome is 1.",
    ),
    parameter(
        "tweedie_variance_power",
        &[],
        Kind::Float { min: Some(1.0), max: Some(1.999_999), min_exclusive: true },
        DefaultValue::Float(1.5),
        "For reg:tweedie: near 1 resembles Poisson, near 2 gamma.",
    ),
    parameter(
        "huber_slope",
        &[],
        Kind::Float { min: Some(0.0), max: None, min_exclusive: true },
        DefaultValue::Float(1.0),
        "For reg:pseudohubererror: the error from which the loss turns from squared to absolute.",
    ),
    parameter(
        "quantile_alpha",
        &[],
        Kind::Float { min: Some(1e-6), max: Some(0.999_999), min_exclusive: false },
        DefaultValue::Float(0.5),
        "For reg:quantileerror: the quantile that is predicted, 0.5 for the median.",
    ),
    fixed(
        "seed",
        &["random_state"],
        Kind::Int { min: 0, max: Some(i32::MAX as i64) },
        DefaultValue::Int(0),
        "The seed of the sampling of rows and columns.",
    ),
    fixed(
        "objective",
        &[],
        Kind::Choice { choices: || OBJECTIVES.iter().map(|objective| objective.name).collect() },
        DefaultValue::Word("reg:squarederror"),
        "What the training minimises.",
    ),
    fixed(
        "zeros",
        &[],
        Kind::Choice { choices: || vec!["value", "missing"] },
        DefaultValue::Word("value"),
        "Whether a token that a document lacks is the value 0 or a missing value.",
    ),
];

impl Parameter {
    /// The value in its own kind, or what is wrong with it; `given` is the name that was used.
    pub(super) fn check(&self, given: &str, value: &Value) -> Result<Value, Error> {
        let invalid =
            || Error::InvalidParameter { name: given.to_owned(), expected: self.expected(), found: value.to_string() };
        if self.name == "mtry" && value.as_f64().is_some_and(|number| number > 0.0 && number < 2.0) {
            return Err(Error::AmbiguousMtry { found: value.to_string() });
        }
        match self.kind {
            Kind::Float { min, max, min_exclusive } => {
                let number = value.as_f64().ok_or_else(invalid)?;
                if !(number as f32).is_finite() {
                    let expected = "a number that a 32-bit float can hold".to_owned();
                    return Err(Error::InvalidParameter { name: given.to_owned(), expected, found: value.to_string() });
                }
                let low_enough = max.is_none_or(|max| number <= max);
                let high_enough = min.is_none_or(|min| if min_exclusive { number > min } else { number >= min });
                // XGBoost computes with 32-bit floats, in which a tiny positive number may be 0.
                let vanishes = min_exclusive && min == Some(0.0) && number as f32 == 0.0;
                if !(low_enough && high_enough) || vanishes {
                    return Err(invalid());
                }
                Number::from_f64(number).map(Value::Number).ok_or_else(invalid)
            }
            Kind::Int { min, max } => {
                let number = whole(value).ok_or_else(invalid)?;
                if number < min || max.is_some_and(|max| number > max) {
                    return Err(invalid());
                }
                Ok(number.into())
            }
            Kind::Choice { choices } => match value.as_str() {
                Some(word) if choices().contains(&word) => Ok(word.into()),
                _ => Err(invalid()),
            },
        }
    }

    pub(super) fn default_number(&self) -> Option<f64> {
        match self.default {
            DefaultValue::Float(number) => Some(number),
            DefaultValue::Int(number) => Some(number as f64),
            DefaultValue::Word(_) | DefaultValue::None => None,
        }
    }

    fn expected(&self) -> String {
        match self.kind {
            Kind::Float { min, max, min_exclusive } => {
                let low = min.map(|min| format!("{} {min}", if min_exclusive { "above" } else { "of at least" }));
                let high = max.map(|max| format!("at most {max}"));
                let bounds: Vec<String> = low.into_iter().chain(high).collect();
                ["a number".to_owned()]
                    .into_iter()
                    .chain((!bounds.is_empty()).then(|| bounds.join(" and ")))
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            Kind::Int { min, max: Some(max) } => format!("a whole number from {min} to {max}"),
            Kind::Int { min, max: None } => format!("a whole number of at least {min}"),
            Kind::Choice { choices } => format!("one of {}", choices().join(", ")),
        }
    }
}

/// A whole number, also one written as `3.0`.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15).map(|number| number as i64)
    })
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn words<S: serde::Serializer>(choices: &fn() -> Vec<&'static str>, serializer: S) -> Result<S::Ok, S::Error> {
    choices().serialize(serializer)
}

fn default_value<S: serde::Serializer>(default: &DefaultValue, serializer: S) -> Result<S::Ok, S::Error> {
    match default {
        DefaultValue::Float(number) => serializer.serialize_f64(*number),
        DefaultValue::Int(number) => serializer.serialize_i64(*number),
        DefaultValue::Word(word) => serializer.serialize_str(word),
        DefaultValue::None => serializer.serialize_none(),
    }
}
