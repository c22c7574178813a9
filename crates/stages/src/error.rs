use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What can go wrong in a stage: an error of one of the crates below, or of the stage itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The table cannot be read as asked.
    #[error(transparent)]
    Source(#[from] nlpflow_source::Error),
    /// The recipe cannot be applied.
    #[error(transparent)]
    Text(#[from] nlpflow_text::Error),
    /// A matrix or table file is damaged or cannot be written.
    #[error(transparent)]
    Matrix(#[from] nlpflow_matrix::Error),
    /// The model cannot be trained, loaded or applied.
    #[error(transparent)]
    Model(#[from] nlpflow_model::Error),
    /// A file of a stage cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file of an earlier stage or a model bundle is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A model bundle was written by a later version.
    #[error(
        "{} was written by nlpflow {version} in model format {format}; this nlpflow reads formats up to {supported}: \
         use nlpflow {version} or later", path.display()
    )]
    NewerModel {
        /// The bundle.
        path: PathBuf,
        /// The version that wrote it.
        version: String,
        /// Its format.
        format: u64,
        /// The latest format that can be read.
        supported: u64,
    },
    /// The file is no model bundle.
    #[error("{} is not a model that nlpflow saved: {reason}", path.display())]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The rounds asked for are more than the model has.
    #[error("the model has {rounds} trees, {asked} were asked for")]
    TooManyTrees {
        /// Trees in the model.
        rounds: u32,
        /// Trees asked for.
        asked: u32,
    },
    /// The options of a stage do not fit.
    #[error("the options of a stage are not valid: {0}")]
    Options(String),
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Text(error) => error.code(),
            Self::Matrix(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Io { source, .. } if nlpflow_matrix::is_full(source) => "DISK_FULL",
            Self::Io { action: "write", .. } => "WRITE_FAILED",
            Self::Io { .. } => "READ_FAILED",
            Self::Damaged { .. } => "MALFORMED_ARTIFACT",
            Self::NewerModel { .. } => "NEWER_MODEL_FORMAT",
            Self::NotAModel { .. } => "NOT_A_MODEL",
            Self::TooManyTrees { .. } => "TOO_MANY_TREES",
            Self::Options(_) => "INVALID_OPTIONS",
            Self::Cancelled => "CANCELLED",
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { action: "write", path: path.into(), source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { action: "read", path: path.into(), source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Display) -> Self {
        Self::Damaged { path: path.into(), reason: format!("{reason}") }
    }
}
