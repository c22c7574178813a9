//! How a table is written: what separates fields, what quotes them, whether there is a header, how numbers look.
//!
//! What the caller says counts; the rest is recognised from the first bytes of the table, and said.

mod foreign;
mod header;
mod missing;
mod number;
mod profile;
mod recognise;
mod swallow;

use std::path::Path;
use std::sync::Arc;

pub(crate) use foreign::{refuse_binary, refuse_foreign};
pub(crate) use missing::Missing;
pub(crate) use number::{NumberFormat, advice};
pub(crate) use recognise::recognise;
pub(crate) use swallow::{Shape, Swallowed};

use serde::Serialize;

use crate::Error;
use crate::record::{Record, RecordParser};

/// Bytes at the start of a table that its dialect is recognised from.
pub(crate) const HEAD_BYTES: usize = 1 << 18;

/// A character that may be given, be absent on purpose, or be found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Found out by looking at the table.
    #[default]
    Auto,
    /// The table does without.
    None,
    /// This ASCII character.
    Byte(u8),
}

/// What the caller says about a table's dialect; what is left out is recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialectOptions {
    /// What separates fields.
    pub delimiter: Option<u8>,
    /// What encloses a field; without it a quote is a character like others.
    pub quote: Mark,
    /// What takes the meaning from the character behind it; without it a quote inside quotes is doubled.
    pub escape: Mark,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// Names of the columns, instead of those in the header; alone they say that there is no header.
    pub columns: Option<Vec<String>>,
    /// Values that stand for a missing one, besides those of pandas.
    pub na_values: Option<Vec<String>>,
    /// What stands before the decimals: `.` or `,`.
    pub decimal: Option<u8>,
    /// What groups the thousands of a number; a space means any blank.
    pub thousands: Option<char>,
    /// A sign or code before or behind an amount, such as `$` or `EUR`.
    pub currency: Option<String>,
}

impl DialectOptions {
    /// Fails when the characters cannot be told from each other.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(delimiter) = self.delimiter
            && (is_line_end_or_nul(delimiter)
                || self.quote == Mark::Byte(delimiter)
                || (delimiter == b'"' && self.quote == Mark::Auto))
        {
            return Err(Error::InvalidDelimiter { delimiter });
        }
        let invalid = |reason: String| Err(Error::InvalidDialect(reason));
        for (name, mark) in [("quote", self.quote), ("escape", self.escape)] {
            if let Mark::Byte(byte) = mark
                && is_line_end_or_nul(byte)
            {
                return invalid(format!("the {name} must be one visible ASCII character, or `none`"));
            }
        }
        if let (Mark::Byte(escape), Mark::Byte(quote)) = (self.escape, self.quote)
            && escape == quote
        {
            return invalid(
                "quote and escape are the same character: leave the escape out, doubled quotes are read anyway".into(),
            );
        }
        if self.escape != Mark::Auto && self.delimiter.is_some_and(|delimiter| self.escape == Mark::Byte(delimiter)) {
            return invalid("delimiter and escape are the same character".into());
        }
        let decimal = self.decimal.unwrap_or(b'.');
        if !matches!(decimal, b'.' | b',') {
            return invalid("decimal must be `.` or `,`".into());
        }
        if self.thousands == Some(decimal.into()) {
            return invalid(format!("decimal and thousands are both `{}`", decimal as char));
        }
        if self.thousands.is_some_and(|sign| sign.is_alphanumeric() || "+-".contains(sign)) {
            return invalid("thousands must be a sign such as `,`, `.`, `'` or a space".into());
        }
        Ok(())
    }
}

fn is_line_end_or_nul(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0 | 0x80..)
}

/// The first decoded bytes of a table, behind a line `sep=…`.
#[derive(Clone, Copy)]
struct Head<'a> {
    bytes: &'a [u8],
    /// Whether the table ends with them.
    is_whole: bool,
}

impl Head<'_> {
    /// Hands over the records behind the first one, as `syntax` takes them apart, until `each` wants no more; not one that may
    /// be cut off.
    fn behind_first(self, syntax: Syntax, mut each: impl FnMut(&Record) -> bool) {
        let mut parser = RecordParser::new(syntax, Arc::new(Missing::new(&[])));
        let mut at = parser.next(self.bytes, 0).map_or(self.bytes.len(), |first| first.end);
        while let Some(record) = parser.next(self.bytes, at) {
            if (record.end == self.bytes.len() && !self.is_whole) || !each(&record) {
                return;
            }
            at = record.end;
        }
    }
}

/// The characters that take a record apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
}

/// How a table is written, in full.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    pub(crate) syntax: Syntax,
    /// Whether the first line is `sep=…`, as Excel writes it.
    pub(crate) has_sep_line: bool,
    pub(crate) has_header: bool,
    pub(crate) numbers: NumberFormat,
    pub(crate) missing: Arc<Missing>,
    /// What was found out and differs from the usual, to be said aloud.
    pub(crate) recognised: Vec<String>,
    /// What may be wrong.
    pub(crate) warnings: Vec<String>,
}

impl Dialect {
    /// A parser of the table's records.
    pub(crate) fn parser(&self) -> RecordParser {
        RecordParser::new(self.syntax, Arc::clone(&self.missing))
    }

    /// Whether a record is none of the data: it has another number of fields than the table, or is the header once more.
    pub(crate) fn misfits(&self, record: &Record, columns: &[String]) -> bool {
        record.len() != columns.len() || self.repeats_header(record, columns)
    }

    /// Whether a record is the header once more, where there is one.
    pub(crate) fn repeats_header(&self, record: &Record, columns: &[String]) -> bool {
        self.has_header && record.repeats(columns)
    }

    pub(crate) fn found(&self) -> FoundDialect {
        let Syntax { delimiter, quote, escape } = self.syntax;
        FoundDialect {
            delimiter: delimiter.into(),
            quote: quote.map(char::from),
            escape: escape.map(char::from),
            header: self.has_header,
            decimal: self.numbers.decimal.into(),
            thousands: self.numbers.thousands,
        }
    }
}

/// How a table is written, as it was said or recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundDialect {
    /// What separates fields.
    pub delimiter: char,
    /// What encloses fields; none where quotes are plain characters.
    pub quote: Option<char>,
    /// What takes the meaning from the character behind it.
    pub escape: Option<char>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// What stands before the decimals of a number.
    pub decimal: char,
    /// What groups the thousands of a number.
    pub thousands: Option<char>,
}

/// The delimiter that a file's name stands for: a tab in `.tsv` and `.tab`, else a comma.
pub(crate) fn usual_delimiter(path: &Path) -> u8 {
    let is_tab =
        |name: &str| name.split('.').any(|part| part.eq_ignore_ascii_case("tsv") || part.eq_ignore_ascii_case("tab"));
    if path.file_name().is_some_and(|name| is_tab(&name.to_string_lossy())) { b'\t' } else { b',' }
}

/// A character as a message shows it.
pub(crate) fn shown(byte: u8) -> String {
    match byte {
        b'\t' => "a tab".into(),
        b' ' => "a space".into(),
        b'!'..=b'~' => format!("`{}`", byte as char),
        _ => format!("the byte {byte:#04x}"),
    }
}
