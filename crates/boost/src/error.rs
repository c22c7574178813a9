use thiserror::Error;

/// What can go wrong in this crate.
#[derive(Debug, Error)]
pub enum Error {
    /// A value of the matrix is not finite.
    #[error("row {row}, column {column} holds {value}: the native engine takes finite values; correct the row")]
    InvalidValue {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: u32,
        /// The value.
        value: f32,
    },
    /// A value is negative where absent entries are zeros.
    #[error(
        "row {row}, column {column} holds {value}: with `zeros: value` values are at least 0; choose weights that cannot be negative, or `zeros: missing`"
    )]
    NegativeValue {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: u32,
        /// The value.
        value: f32,
    },
    /// There are no rows, or no columns.
    #[error("the matrix has {rows} rows and {columns} columns: a training needs at least one of each")]
    Empty {
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: u32,
    },
    /// Outcomes or weights are not one a row.
    #[error("there are {found} {what} for {rows} rows: give one a row")]
    LengthMismatch {
        /// `outcomes` or `weights`.
        what: &'static str,
        /// The rows of the matrix.
        rows: usize,
        /// The values given.
        found: usize,
    },
    /// An outcome lies outside what the objective takes.
    #[error("row {row} has the outcome {value}: {objective} takes outcomes {allowed}; correct or drop the row")]
    InvalidOutcome {
        /// The row, from 0.
        row: usize,
        /// Its outcome.
        value: f64,
        /// The objective's name.
        objective: &'static str,
        /// The outcomes that it takes, in words.
        allowed: &'static str,
    },
    /// A weight is negative or not finite, or all weights are 0.
    #[error("{0}: weights are finite, at least 0 and not all 0")]
    InvalidWeight(String),
    /// A setting lies outside its range.
    #[error("`{name}` is {found}: the native engine takes {expected}")]
    InvalidSetting {
        /// XGBoost's name of the setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// What is allowed, in words.
        expected: &'static str,
    },
    /// The matrix is larger than the 32-bit numbers that index it.
    #[error("{what} number {found}: the native engine holds at most {limit}; use `engine: xgboost`")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Merged rows for an objective that tells them apart.
    #[error("{0} needs every row by itself: prepare the data with `Dataset::unmerged`")]
    MergedRows(&'static str),
    /// Threads that the system does not give.
    #[error("the threads for a training cannot be started: {0}")]
    Threads(String),
    /// A round, or a range of rounds, that the model does not have.
    #[error("rounds {start} to {end} were asked of a model of {rounds}: ask for a range that it holds")]
    InvalidRounds {
        /// The first round, from 0.
        start: u32,
        /// The round after the last.
        end: u32,
        /// The rounds of the model.
        rounds: u32,
    },
    /// A matrix of another width than the model's.
    #[error("the matrix has {found} columns, the model {expected}: use the vocabulary that the model was trained with")]
    ColumnMismatch {
        /// The model's columns.
        expected: u32,
        /// The matrix's columns.
        found: u32,
    },
    /// Feature names that cannot be stored.
    #[error("the feature names do not fit: {0}")]
    InvalidFeatureNames(String),
    /// Bytes that are no model, or a model that this crate cannot represent.
    #[error("the model cannot be read: {0}; save it again with XGBoost 3.4 or nlpflow")]
    InvalidModel(String),
    /// A model that does not belong to the data or the settings with which it should go on.
    #[error("the model cannot be continued: {0}")]
    CannotResume(String),
}

impl Error {
    /// A stable code: what other languages tell errors apart by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidValue { .. } => "INVALID_VALUE",
            Self::NegativeValue { .. } => "NEGATIVE_FEATURE",
            Self::Empty { .. } => "EMPTY_MATRIX",
            Self::LengthMismatch { .. } => "LENGTH_MISMATCH",
            Self::InvalidOutcome { .. } => "INVALID_OUTCOME",
            Self::InvalidWeight(_) => "INVALID_WEIGHT",
            Self::InvalidSetting { .. } => "INVALID_SETTING",
            Self::TooLarge { .. } => "MATRIX_TOO_LARGE",
            Self::MergedRows(_) => "MERGED_ROWS",
            Self::Threads(_) => "NO_THREADS",
            Self::InvalidRounds { .. } => "INVALID_ROUNDS",
            Self::ColumnMismatch { .. } => "COLUMN_MISMATCH",
            Self::InvalidFeatureNames(_) => "INVALID_FEATURE_NAMES",
            Self::InvalidModel(_) => "INVALID_MODEL",
            Self::CannotResume(_) => "CANNOT_RESUME",
        }
    }
}
