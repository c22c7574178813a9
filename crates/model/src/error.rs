use std::path::PathBuf;

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No engine has this name.
    #[error("there is no engine `{name}`{nearest} (known: {known})")]
    UnknownEngine {
        /// As it was given.
        name: String,
        /// The names there are.
        known: String,
        /// A suggestion, ready to be read.
        nearest: String,
    },
    /// No metric has this name.
    #[error("there is no metric `{name}`{nearest} (known: {known})")]
    UnknownMetric {
        /// As it was given.
        name: String,
        /// The names there are.
        known: String,
        /// A suggestion, ready to be read.
        nearest: String,
    },
    /// No parameter has this name.
    #[error("there is no model parameter `{name}`{nearest}")]
    UnknownParameter {
        /// As it was given.
        name: String,
        /// A suggestion, ready to be read.
        nearest: String,
    },
    /// Two names of one parameter.
    #[error("`{first}` and `{second}` both set the parameter `{parameter}`: keep one of them")]
    DuplicateParameter {
        /// The name that came first.
        first: String,
        /// The other.
        second: String,
        /// The parameter's own name.
        parameter: &'static str,
    },
    /// A value of the wrong kind or outside the range.
    #[error("the model parameter `{name}` must be {expected}, not {found}")]
    InvalidParameter {
        /// As it was given.
        name: String,
        /// What it takes.
        expected: String,
        /// What it got, as JSON.
        found: String,
    },
    /// `mtry` with a value that two tools read in two ways.
    #[error(
        "`mtry: {found}` can be read in two ways: for a share of the columns write `mtry_prop: {found}` \
         (1 means all of them); `mtry` is the count of columns tried at each split, a whole number from 2 on"
    )]
    AmbiguousMtry {
        /// What it got, as JSON.
        found: String,
    },
    /// More columns a split than there are.
    #[error("`mtry` asks for {mtry} columns at each split, but the matrix has {columns}: lower it, or use `mtry_prop`")]
    MtryTooLarge {
        /// The count asked for.
        mtry: u32,
        /// The columns there are.
        columns: u32,
    },
    /// Nothing to learn from.
    #[error("cannot train on a matrix of {rows} rows and {columns} columns: both must be at least 1")]
    EmptyData {
        /// The number of rows.
        rows: usize,
        /// The number of columns.
        columns: u32,
    },
    /// As many outcomes, and weights, as rows are needed.
    #[error("there are {found} {what} for {rows} rows")]
    LengthMismatch {
        /// `outcomes` or `weights`.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The number of rows.
        rows: usize,
    },
    /// An outcome that is no number, or beyond what a 32-bit float holds.
    #[error("the outcome of training row {row} is {value}: every outcome must be a finite number below 3.4e38")]
    OutcomeNotFinite {
        /// Its place among the training rows, from 0.
        row: usize,
        /// The outcome.
        value: f64,
    },
    /// An outcome that the objective cannot take.
    #[error("the objective {objective} needs outcomes {allowed}, but that of training row {row} is {value}")]
    OutcomeOutOfRange {
        /// The objective.
        objective: &'static str,
        /// The range in words.
        allowed: &'static str,
        /// Its place among the training rows, from 0.
        row: usize,
        /// The outcome.
        value: f64,
    },
    /// `zeros: value` and a value below zero.
    #[error(
        "column {column} of row {row} holds {value}, but `zeros: value` reads absent entries as the smallest value, 0: \
         use `zeros: missing`, or features that are not negative"
    )]
    NegativeFeature {
        /// Its place among the rows given, from 0.
        row: usize,
        /// The column, from 0.
        column: u32,
        /// The value.
        value: f32,
    },
    /// A matrix of another width than the one trained on.
    #[error("the model was trained on {expected} columns, the rows to predict have {found}")]
    ColumnMismatch {
        /// The model's columns.
        expected: u64,
        /// The matrix's.
        found: u32,
    },
    /// Rounds that the booster does not have.
    #[error("cannot predict with the trees {start} to {end} of a model that has {rounds}")]
    InvalidRounds {
        /// The first round, from 0.
        start: u32,
        /// The round after the last.
        end: u32,
        /// The rounds there are.
        rounds: u32,
    },
    /// At least one round is needed.
    #[error("the number of trees must be at least 1")]
    NoRounds,
    /// Names that do not fit the columns.
    #[error("the names of the features do not fit: {0}")]
    InvalidFeatureNames(String),
    /// Bytes that are no booster.
    #[error("this is not an XGBoost model, or it is damaged: {0}")]
    InvalidModel(String),
    /// XGBoost refused; the message is its own.
    #[error("XGBoost could not {action}: {message}")]
    XgBoost {
        /// What it was asked to do.
        action: &'static str,
        /// Its message without the stack trace.
        message: String,
    },
    /// A parameter that this engine does not take.
    #[error(
        "the engine {engine} takes `{parameter}` from {min} to {max}, not {found}: use `engine: auto` or `engine: xgboost`"
    )]
    NotCovered {
        /// The engine.
        engine: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// The least number that it takes.
        min: f64,
        /// The greatest.
        max: f64,
        /// What it was given.
        found: f64,
    },
    /// The native trainer refused.
    #[error(transparent)]
    Native(nlpflow_boost::Error),
    /// The observer stopped the training.
    #[error("the training was cancelled after {rounds} rounds")]
    Cancelled {
        /// The rounds that were done.
        rounds: u32,
    },
    /// A file could not be mapped.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownEngine { .. } => "UNKNOWN_ENGINE",
            Self::UnknownMetric { .. } => "UNKNOWN_METRIC",
            Self::UnknownParameter { .. } => "UNKNOWN_PARAMETER",
            Self::DuplicateParameter { .. } => "DUPLICATE_PARAMETER",
            Self::InvalidParameter { .. } => "INVALID_PARAMETER",
            Self::AmbiguousMtry { .. } => "AMBIGUOUS_MTRY",
            Self::MtryTooLarge { .. } => "MTRY_TOO_LARGE",
            Self::EmptyData { .. } => "EMPTY_MATRIX",
            Self::LengthMismatch { .. } => "LENGTH_MISMATCH",
            Self::OutcomeNotFinite { .. } => "OUTCOME_NOT_FINITE",
            Self::OutcomeOutOfRange { .. } => "OUTCOME_OUT_OF_RANGE",
            Self::NegativeFeature { .. } => "NEGATIVE_FEATURE",
            Self::ColumnMismatch { .. } => "COLUMN_MISMATCH",
            Self::InvalidRounds { .. } => "INVALID_ROUNDS",
            Self::NoRounds => "NO_ROUNDS",
            Self::InvalidFeatureNames(_) => "INVALID_FEATURE_NAMES",
            Self::InvalidModel(_) => "INVALID_MODEL",
            Self::XgBoost { .. } => "XGBOOST_FAILED",
            Self::NotCovered { .. } => "NOT_COVERED",
            Self::Native(error) => error.code(),
            Self::Cancelled { .. } => "CANCELLED",
            Self::Io { .. } => "READ_FAILED",
        }
    }
}
