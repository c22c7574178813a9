use serde::{Deserialize, Serialize};

use crate::BoundExpression;

/// What to take from each record of a table.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The column that holds the text.
    pub text: usize,
    /// How the outcome follows from the record; none when there is none to read.
    pub outcome: Option<BoundExpression>,
    /// The column that says `train` or `test`.
    pub set: Option<usize>,
    /// What to do with a null text.
    pub na: NullPolicy,
    /// What to do with an empty text.
    pub empty: EmptyPolicy,
    /// What to do with a record that cannot be read.
    pub bad_rows: BadRows,
}

/// What to do with a null text: the two letters `NA`, not quoted, as R writes it, with any white space around them.
///
/// An empty field is no null but an empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NullPolicy {
    /// Treat it as an empty text.
    #[default]
    Empty,
    /// Leave the record out and count it.
    Drop,
    /// Fail at the first one.
    Error,
}

/// What to do with a text of no characters at all; white space is a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmptyPolicy {
    /// Keep it as a document without tokens.
    #[default]
    Keep,
    /// Leave the record out and count it, and leave out null texts as well, as `step_filter(text != "")` does in R.
    Drop,
}

/// What to do with a record that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadRows {
    /// Leave it out, count and report it, and fail when too many are bad.
    Skip {
        /// The share of records that may be bad, in 0..=1.
        max_share: f64,
    },
    /// Deliver it as an empty text that is marked as bad: a record in, a document out.
    Keep,
}

/// Which part of the data a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Set {
    /// Rows to learn from.
    Train,
    /// Rows to judge the final model by.
    Test,
}

impl Set {
    /// The name in input columns and artifacts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }

    /// The set of this name, if it is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Train, Self::Test].into_iter().find(|set| set.name() == name)
    }
}
