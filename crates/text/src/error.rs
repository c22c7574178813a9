/// What can go wrong with a recipe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recipe is not a list of steps in a valid order.
    #[error("the recipe is not valid: {0}")]
    InvalidRecipe(String),
    /// No step has this name.
    #[error("step {position} of the recipe: there is no step `{name}`{nearest} (known: {known})")]
    UnknownStep {
        /// Its place in the recipe, from 1.
        position: usize,
        /// As it was given.
        name: String,
        /// The names there are.
        known: String,
        /// A suggestion, ready to be read.
        nearest: String,
    },
    /// A parameter that the step does not have, or a value that it cannot take.
    #[error("step {position} of the recipe, `{step}`: {problem}")]
    InvalidStep {
        /// Its place in the recipe, from 1.
        position: usize,
        /// The step's name.
        step: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The text column holds nothing that is a word.
    #[error(
        "the column `{column}` holds not a single token in {documents} documents: is it the text column, and is the \
         encoding right?"
    )]
    NoTokens {
        /// The column's name.
        column: String,
        /// The documents that were read.
        documents: u64,
    },
    /// The filters left no token.
    #[error("no token is left for the vocabulary: {trail}. {advice}")]
    EmptyVocabulary {
        /// How many tokens there were and what each step left of them.
        trail: String,
        /// What to change.
        advice: String,
    },
    /// A saved vocabulary does not fit its recipe.
    #[error("the vocabulary does not fit the recipe: {0}")]
    InvalidVocabulary(String),
    /// Counts were subtracted from counts that do not hold them.
    #[error(
        "cannot subtract counts: {what} would fall below zero ({from} less {less}); the counts are of different corpora"
    )]
    CountUnderflow {
        /// What was counted.
        what: String,
        /// The count to subtract from.
        from: u64,
        /// The count to subtract.
        less: u64,
    },
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRecipe(_) => "INVALID_RECIPE",
            Self::UnknownStep { .. } => "UNKNOWN_STEP",
            Self::InvalidStep { .. } => "INVALID_STEP",
            Self::NoTokens { .. } => "NO_TOKENS",
            Self::EmptyVocabulary { .. } => "EMPTY_VOCABULARY",
            Self::InvalidVocabulary(_) => "INVALID_VOCABULARY",
            Self::CountUnderflow { .. } => "COUNT_UNDERFLOW",
        }
    }
}
