use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::BadRow;
use crate::columns::shown;
use crate::visible::visible;

/// What can go wrong when a table is read, an outcome computed or rows are split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no file of this name.
    #[error(
        "there is no file {}: check the path, which is relative to the config file or, on the command line, to the \
         current folder", path.display()
    )]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file is there but cannot be read as a table.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What stands in the way and what to do.
        reason: String,
    },
    /// The file is no longer what it was when it was opened, or not what the caller knows of it.
    #[error(
        "{} changed before it was read to its end; wait until nothing writes to it, then give the command again",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A compressed file ends before its end mark.
    #[error(
        "{} is cut short: the {format} data end before their end mark; copy or download the file again",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// `gzip` or `zstd`.
        format: &'static str,
    },
    /// The table has no header or no records.
    #[error("{} is empty: {reason}", path.display())]
    EmptyTable {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: &'static str,
    },
    /// A column is asked for that the header does not name.
    #[error("there is no column `{name}`{hint} The columns are {columns}")]
    UnknownColumn {
        /// The name asked for.
        name: String,
        /// How the sentence ends: the nearest name, or what else may be wrong, or a full stop.
        hint: String,
        /// The names in the header.
        columns: String,
    },
    /// A column is asked for by a name that several columns have.
    #[error("{count} columns are named `{name}`: rename them in the header, so that one is meant")]
    DuplicateColumn {
        /// The name.
        name: String,
        /// How many columns have it.
        count: usize,
    },
    /// No encoding has this label.
    #[error(
        "`{label}` is no known encoding: use a label of the WHATWG Encoding Standard, such as utf-8, windows-1252, \
         utf-16le or shift_jis"
    )]
    UnknownEncoding {
        /// The label.
        label: String,
    },
    /// The delimiter could not separate fields.
    #[error(
        "`{}` cannot separate fields: use a single ASCII character other than a quote or a line end",
        (*delimiter as char).escape_debug()
    )]
    InvalidDelimiter {
        /// The byte.
        delimiter: u8,
    },
    /// What the caller says about the table's dialect cannot be.
    #[error("{0}")]
    InvalidDialect(String),
    /// A quoted field is opened and never closed.
    #[error(
        "{}: the quote that opens a field on line {line} is never closed{}; close it or double it (\"\"), or use --quote \
         none if quotes are plain characters in this table",
        path.display(),
        earlier.map_or_else(String::new, |line| format!(", and the record on line {line} seems to have swallowed others"))
    )]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// The 1-based line of the quote.
        line: u64,
        /// The 1-based line of the first record before it that holds what looks like records.
        earlier: Option<u64>,
    },
    /// A record is longer than can be read.
    #[error(
        "{}: the record that starts on line {line} is longer than {limit} bytes; is this a table of one record a line?",
        path.display()
    )]
    RecordTooLong {
        /// The file.
        path: PathBuf,
        /// The 1-based line where the record starts.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// More records are bad than the caller accepts.
    #[error("{}", describe_bad_rows(path, (*bad, *records, *rest), *max_share, first))]
    TooManyBadRows {
        /// The file.
        path: PathBuf,
        /// Bad records so far.
        bad: u64,
        /// Records read so far.
        records: u64,
        /// The most records that the rest of the file can hold, when it was not read to its end.
        rest: Option<u64>,
        /// The share that is accepted.
        max_share: f64,
        /// The first bad rows, three at most.
        first: Vec<BadRow>,
    },
    /// The outcome is a column of words.
    #[error("{}", describe_words(column, comparison, *rows, words))]
    WordsAsOutcome {
        /// The column's name.
        column: String,
        /// A comparison of the column with one of the words, as an outcome.
        comparison: String,
        /// Rows that hold words, as far as the table was read.
        rows: u64,
        /// The most frequent words among the rows that were kept to be shown, with their rows; none where they are many.
        words: Vec<(String, u64)>,
    },
    /// A text is null, and the caller asked to fail on that.
    #[error(
        "row {row} (line {line}) has no text: column `{column}` is NA; use `na: empty` or `na: drop` to accept \
         such rows"
    )]
    NullText {
        /// The 0-based record number.
        row: u64,
        /// The 1-based line where the record starts.
        line: u64,
        /// The text column.
        column: String,
    },
    /// No record is left after bad and dropped rows.
    #[error("no row of {} can be used: of {records} records {reasons}", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
        /// Records read.
        records: u64,
        /// How many were left out and why.
        reasons: String,
    },
    /// The outcome is the same in every row.
    #[error("{0}")]
    ConstantOutcome(String),
    /// The outcome asks for a value that no row has.
    #[error("{0}")]
    ValueNotFound(String),
    /// The outcome expression cannot be understood.
    #[error("the outcome expression is not valid: {reason}\n  {source_line}\n  {:>width$}", "^", width = position + 1)]
    InvalidExpression {
        /// What is wrong.
        reason: String,
        /// The expression on one line.
        source_line: String,
        /// The 0-based character where it is wrong.
        position: usize,
    },
    /// Rows cannot be split as asked.
    #[error("the rows cannot be split: {0}")]
    InvalidSplit(String),
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "INPUT_NOT_FOUND",
            Self::Unreadable { .. } => "INPUT_UNREADABLE",
            Self::Changed { .. } => "INPUT_CHANGED",
            Self::Truncated { .. } => "TRUNCATED_INPUT",
            Self::EmptyTable { .. } => "EMPTY_TABLE",
            Self::UnknownColumn { .. } => "UNKNOWN_COLUMN",
            Self::DuplicateColumn { .. } => "DUPLICATE_COLUMN",
            Self::UnknownEncoding { .. } => "UNKNOWN_ENCODING",
            Self::InvalidDelimiter { .. } => "INVALID_DELIMITER",
            Self::InvalidDialect(_) => "INVALID_DIALECT",
            Self::UnclosedQuote { .. } => "UNCLOSED_QUOTE",
            Self::RecordTooLong { .. } => "RECORD_TOO_LONG",
            Self::TooManyBadRows { .. } => "TOO_MANY_BAD_ROWS",
            Self::WordsAsOutcome { .. } => "WORDS_AS_OUTCOME",
            Self::NullText { .. } => "NULL_TEXT",
            Self::NoRows { .. } => "NO_ROWS",
            Self::ConstantOutcome(_) => "CONSTANT_OUTCOME",
            Self::ValueNotFound(_) => "VALUE_NOT_FOUND",
            Self::InvalidExpression { .. } => "INVALID_EXPRESSION",
            Self::InvalidSplit(_) => "INVALID_SPLIT",
        }
    }
}

fn describe_words(column: &str, comparison: &str, rows: u64, words: &[(String, u64)]) -> String {
    let (column, comparison) = (shown(column), visible(comparison));
    if words.is_empty() {
        return format!(
            "the outcome `{column}` holds texts, not numbers ({rows} rows): name a column of numbers, or compare it, as in \
             --outcome '{comparison}'"
        );
    }
    let listed: Vec<String> = words.iter().map(|(word, rows)| format!("{} ({rows})", visible(word))).collect();
    format!(
        "the outcome `{column}` holds words, not numbers: {}; to predict whether it is one of them, use --outcome \
         '{comparison}' (several classes in one model are not possible yet)",
        listed.join(", ")
    )
}

fn describe_bad_rows(
    path: &Path,
    (bad, records, rest): (u64, u64, Option<u64>),
    max_share: f64,
    first: &[BadRow],
) -> String {
    let path = path.display();
    let (share, accepted) = (percent(bad as f64 / records.max(1) as f64), percent(max_share));
    let mut text = match rest {
        None => format!("{path}: {bad} of {records} records are bad ({share} %), more than the accepted {accepted} %:"),
        Some(rest) => format!(
            "{path}: {bad} of the first {records} records are bad ({share} %), more than the accepted {accepted} % even \
             if all others are good (there can be {rest} at most); the rest was not read:"
        ),
    };
    for row in first {
        let column = row.column.as_ref().map_or_else(String::new, |column| format!(", column `{}`", visible(column)));
        let _ = write!(text, "\n  row {} (line {}){column}: {}", row.row, row.line, row.reason); // strings do not fail
    }
    text.push_str(remedy(first));
    text
}

/// Advice on bad rows: whole records and texts that cannot be decoded are wrong when the table is misread; else values are.
fn remedy(first: &[BadRow]) -> &'static str {
    if first.iter().any(|row| row.column.is_none() || row.text.contains(char::REPLACEMENT_CHARACTER)) {
        "\ncorrect the file, its encoding or its delimiter, or accept more with --max-bad-rows"
    } else {
        "\ncorrect these values, name those that mean a missing value with --na-values, choose another outcome, or leave such \
         rows out with --max-bad-rows"
    }
}

/// A share in percent, with the digits that matter.
fn percent(share: f64) -> f64 {
    let percent = share * 100.0;
    let digits = 3.0 - percent.abs().max(1e-12).log10().floor();
    let scale = 10_f64.powf(digits.clamp(0.0, 15.0));
    (percent * scale).round() / scale
}
