use std::ops::Range;

use memchr::memchr2;

use crate::chunk::Chunk;
use crate::dialect::{Dialect, Shape, Swallowed};
use crate::outcome::{NoOutcome, OutcomeReader, OutcomeTally};
use crate::record::Record;
use crate::visible::{clip, excerpt, visible};
use crate::{BadRows, EmptyPolicy, Error, NullPolicy, Selection, Set};

/// Consecutive kept records of a table: what one thread handles at a time.
#[derive(Debug, Default)]
pub struct Documents {
    records: Vec<u64>,
    outcomes: Vec<f64>,
    sets: Vec<Set>,
    /// All texts, one behind the other.
    texts: String,
    ends: Vec<usize>,
    /// Null and bad documents by index, in ascending order: they are rare.
    nulls: Vec<usize>,
    bad: Vec<usize>,
}

impl Documents {
    /// The number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The 0-based number of each document's record in the table, the header not counted; ascending.
    #[must_use]
    pub fn records(&self) -> &[u64] {
        &self.records
    }

    /// Each document's outcome, finite, or NaN for a bad one; empty when no outcome was asked for.
    #[must_use]
    pub fn outcomes(&self) -> &[f64] {
        &self.outcomes
    }

    /// The set that each record names, `Test` for a bad one; empty when no such column was asked for.
    #[must_use]
    pub fn sets(&self) -> &[Set] {
        &self.sets
    }

    /// The text of a document; empty when it is null or bad.
    #[must_use]
    pub fn text(&self, index: usize) -> &str {
        &self.texts[self.range(index)]
    }

    /// Whether the text of a document is null.
    #[must_use]
    pub fn is_null(&self, index: usize) -> bool {
        self.nulls.binary_search(&index).is_ok()
    }

    /// Whether the record of a document could not be read; only with [`BadRows::Keep`].
    #[must_use]
    pub fn is_bad(&self, index: usize) -> bool {
        self.bad.binary_search(&index).is_ok()
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[index]
    }

    fn push(&mut self, record: u64, outcome: Option<f64>, set: Option<Set>) {
        self.records.push(record);
        self.outcomes.extend(outcome);
        self.sets.extend(set);
        self.ends.push(self.texts.len());
    }
}

/// A record that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The 0-based number of the record in the table, the header not counted.
    pub row: u64,
    /// The 1-based line of the file where the record starts.
    pub line: u64,
    /// The column at fault; none when the record as a whole is.
    pub column: Option<String>,
    /// What is wrong, as it may stand in a message.
    pub reason: String,
    /// The first 200 characters of the field or record at fault, as they are.
    pub text: String,
}

/// What became of the records of one chunk.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) documents: Documents,
    pub(crate) bad_rows: Vec<BadRow>,
    /// Where each bad record ends in the table's decoded bytes.
    pub(crate) bad_ends: Vec<u64>,
    pub(crate) outcome: Option<OutcomeTally>,
    pub(crate) null_outcome: u64,
    pub(crate) null_text: u64,
    pub(crate) empty_text: u64,
    pub(crate) swallowed: Swallowed,
}

/// Parses the records of one chunk.
pub(crate) struct Parser<'a> {
    pub(crate) columns: &'a [String],
    pub(crate) selection: &'a Selection,
    pub(crate) dialect: &'a Dialect,
    pub(crate) shape: &'a Shape,
}

/// Why a record gives no document.
enum Rejection {
    NullOutcome,
    NullText,
    EmptyText,
    Bad { column: Option<usize>, reason: String },
}

impl From<NoOutcome> for Rejection {
    fn from(reason: NoOutcome) -> Self {
        match reason {
            NoOutcome::Missing => Self::NullOutcome,
            NoOutcome::Bad(column, reason) => Self::Bad { column: Some(column), reason },
        }
    }
}

impl Parser<'_> {
    /// Fails only when a null text is an error.
    pub(crate) fn parse(&self, chunk: &Chunk) -> Result<Parsed, Error> {
        let mut parsed = Parsed::default();
        let mut records = self.dialect.parser();
        let numbers = &self.dialect.numbers;
        let mut outcomes =
            self.selection.outcome.as_ref().map(|expression| OutcomeReader::new(expression, self.columns, numbers));
        let has_long_records = chunk.lines > chunk.records;
        let mut lines = chunk.line_counter();
        let mut at = chunk.start;
        let mut number = chunk.first_record;
        parsed.documents.texts.reserve(chunk.bytes.len() / 2);
        while let Some(record) = records.next(&chunk.bytes, at) {
            match self.document(&record, number, outcomes.as_mut(), &mut parsed.documents) {
                Ok(()) => {}
                Err(Rejection::NullOutcome) => parsed.null_outcome += 1,
                Err(Rejection::EmptyText) => parsed.empty_text += 1,
                Err(Rejection::NullText) if self.selection.na == NullPolicy::Error => {
                    let column = visible(&self.columns[self.selection.text]).into_owned();
                    return Err(Error::NullText { row: number, line: lines.line(record.start), column });
                }
                Err(Rejection::NullText) => parsed.null_text += 1,
                Err(Rejection::Bad { column, reason }) => {
                    let text = excerpt(column.map_or(record.raw(), |column| record.field(column)), 200);
                    let column = column.map(|column| self.columns[column].clone());
                    let line = lines.line(record.start);
                    parsed.bad_rows.push(BadRow { row: number, line, column, reason, text });
                    parsed.bad_ends.push(chunk.first_byte + record.end as u64);
                    if self.selection.bad_rows == BadRows::Keep {
                        let documents = &mut parsed.documents;
                        documents.bad.push(documents.len());
                        let outcome = self.selection.outcome.as_ref().map(|_| f64::NAN);
                        documents.push(number, outcome, self.selection.set.map(|_| Set::Test));
                    }
                }
            }
            if has_long_records && memchr2(b'\n', b'\r', record.raw()).is_some() {
                parsed.swallowed.long += 1;
                let swallowed = self.shape.swallowed_lines(record.raw());
                if swallowed > 0 {
                    parsed.swallowed.add(lines.line(record.start), swallowed);
                }
            }
            if record.has_ragged() {
                parsed.swallowed.add_ragged(lines.line(record.start));
            }
            at = record.end;
            number += 1;
        }
        parsed.outcome = outcomes.map(OutcomeReader::into_tally);
        Ok(parsed)
    }

    fn document(
        &self,
        record: &Record,
        number: u64,
        mut outcomes: Option<&mut OutcomeReader>,
        documents: &mut Documents,
    ) -> Result<(), Rejection> {
        if record.len() != self.columns.len() {
            let fields = if record.len() == 1 { "field" } else { "fields" };
            let reason = format!("{} {fields} where the header has {}", record.len(), self.columns.len());
            return Err(Rejection::Bad { column: None, reason });
        }
        if self.dialect.repeats_header(record, self.columns) {
            let reason = "the header once more; were tables joined with their headers?".into();
            return Err(Rejection::Bad { column: None, reason });
        }
        let set = self.selection.set.map(|column| set(record, column)).transpose()?;
        let outcome = outcomes.as_mut().map(|outcomes| outcomes.read(record)).transpose()?;
        let text = record.field(self.selection.text);
        if record.is_na(self.selection.text) {
            if self.selection.na != NullPolicy::Empty || self.selection.empty == EmptyPolicy::Drop {
                return Err(Rejection::NullText);
            }
            documents.nulls.push(documents.len());
        } else {
            if text.is_empty() && self.selection.empty == EmptyPolicy::Drop {
                return Err(Rejection::EmptyText);
            }
            let text = std::str::from_utf8(text).map_err(|error| {
                let at = error.valid_up_to() + 1;
                let reason = format!("not UTF-8 at byte {at} of the field; try --encoding windows-1252");
                Rejection::Bad { column: Some(self.selection.text), reason }
            })?;
            documents.texts.push_str(text);
        }
        if let (Some(outcomes), Some(outcome)) = (outcomes, outcome) {
            outcomes.keep(outcome);
        }
        documents.push(number, outcome, set);
        Ok(())
    }
}

fn set(record: &Record, column: usize) -> Result<Set, Rejection> {
    let field = record.value(column);
    std::str::from_utf8(field).ok().and_then(Set::from_name).ok_or_else(|| Rejection::Bad {
        column: Some(column),
        reason: format!("`{}` is neither `train` nor `test`", clip(field, 40)),
    })
}
