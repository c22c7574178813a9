use std::path::PathBuf;

/// What can go wrong with a matrix or a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The buffers do not form compressed sparse rows.
    #[error("the matrix is not valid: {0}")]
    InvalidMatrix(String),
    /// A file that should be one of ours has another shape.
    #[error("{what} is not a file that nlpflow wrote, or it is damaged: {reason}")]
    Malformed {
        /// The file or artifact.
        what: String,
        /// What was found.
        reason: String,
    },
    /// A file name whose extension names no known table format.
    #[error("cannot tell the format of {}: use one of the extensions .parquet, .csv, .json, .arrow", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing a file failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// Arrow or Parquet refused the data.
    #[error("cannot {action} {}: {reason}", path.display())]
    Table {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The library's reason.
        reason: String,
    },
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidMatrix(_) => "INVALID_MATRIX",
            Self::Malformed { .. } => "MALFORMED_ARTIFACT",
            Self::UnknownFormat { .. } => "UNKNOWN_FORMAT",
            Self::Io { source, .. } if is_full(source) => "DISK_FULL",
            Self::Io { action: "write", .. } | Self::Table { action: "write", .. } => "WRITE_FAILED",
            Self::Io { .. } | Self::Table { .. } => "READ_FAILED",
        }
    }
}

/// Whether the disk, a quota or a limit on file size left no room.
#[must_use]
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
