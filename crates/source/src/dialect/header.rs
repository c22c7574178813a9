use std::collections::HashMap;
use std::sync::Arc;

use super::swallow::is_number;
use super::{Head, Missing, Syntax};
use crate::record::RecordParser;
use crate::visible::clip;

/// Records that are compared with the first one.
const MAX_RECORDS: usize = 500;
/// A field of so many words is no name.
const SENTENCE_WORDS: usize = 6;
/// Nor is one of so many characters.
const SENTENCE_CHARACTERS: usize = 60;
/// Names that people give to columns, though they may be values of these, too.
const NAMES: [&str; 26] = [
    "text",
    "label",
    "target",
    "class",
    "message",
    "review",
    "comment",
    "content",
    "sentence",
    "title",
    "body",
    "id",
    "y",
    "x",
    "category",
    "sentiment",
    "score",
    "rating",
    "stars",
    "tweet",
    "summary",
    "description",
    "name",
    "date",
    "type",
    "value",
];

/// What the first record of a table is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The names of the columns.
    Header,
    /// Data, without a doubt.
    Data,
    /// Taken for names, but the field shown here looks like data.
    Doubtful { column: usize, field: String },
}

/// Tells whether the first record names the columns, by comparing it with those behind it.
pub(super) fn look(head: Head, syntax: Syntax) -> Names {
    let mut parser = RecordParser::new(syntax, Arc::new(Missing::new(&[])));
    let Some(record) = parser.next(head.bytes, 0) else { return Names::Header };
    let first: Vec<Vec<u8>> = (0..record.len()).map(|index| record.value(index).to_vec()).collect();
    let mut columns: Vec<Column> = first.iter().map(|_| Column::default()).collect();
    let mut records = 0;
    head.behind_first(syntax, |record| {
        if record.len() == columns.len() {
            records += 1;
            for (index, column) in columns.iter_mut().enumerate() {
                if !record.is_missing(index) {
                    column.add(record.value(index));
                }
            }
        }
        records < MAX_RECORDS
    });
    judge(&first, &columns)
}

#[derive(Default)]
struct Column {
    values: usize,
    numbers: usize,
    levels: HashMap<Vec<u8>, usize>,
}

impl Column {
    fn add(&mut self, value: &[u8]) {
        self.values += 1;
        self.numbers += usize::from(is_number(value) || is_date(value));
        *self.levels.entry(value.to_vec()).or_default() += 1;
    }

    fn is_number(&self) -> bool {
        self.values >= 2 && self.numbers * 10 >= self.values * 9
    }

    /// Whether a value that is no number is also one of the few that the column has.
    fn repeats(&self, value: &[u8]) -> bool {
        self.levels.get(value).is_some_and(|rows| *rows >= 2) && 2 * self.levels.len() <= self.values
    }
}

fn judge(first: &[Vec<u8>], columns: &[Column]) -> Names {
    let is_name = |field: &[u8]| NAMES.iter().any(|name| field.eq_ignore_ascii_case(name.as_bytes()));
    let named = |(field, column): (&Vec<u8>, &Column)| {
        is_name(field) || (column.is_number() && !field.is_empty() && !is_number(field) && !is_date(field))
    };
    if first.iter().zip(columns).any(named) {
        return Names::Header;
    }
    let pick = |test: &dyn Fn(&[u8], &Column) -> bool| {
        first.iter().zip(columns).position(|(field, column)| test(field, column))
    };
    let number = pick(&|field, column| column.is_number() && (is_number(field) || is_date(field)));
    let level = pick(&|field, column| !column.is_number() && column.repeats(field));
    let sentence = pick(&|field, _| is_sentence(field));
    match (number.or(level), sentence) {
        (Some(_), Some(_)) => Names::Data,
        (Some(column), None) | (None, Some(column)) => Names::Doubtful { column, field: clip(&first[column], 60) },
        (None, None) => Names::Header,
    }
}

fn is_sentence(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field);
    text.split_whitespace().count() >= SENTENCE_WORDS || text.chars().count() > SENTENCE_CHARACTERS
}

/// Whether a value is a date such as 2024-01-31, 31.01.2024 or 1/31/24, also with a time behind it.
fn is_date(value: &[u8]) -> bool {
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'T')).unwrap_or(value.len());
    let mut parts = value[..end].split(|byte| matches!(byte, b'-' | b'.' | b'/'));
    let is_part = |part: &[u8]| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let three = [parts.next(), parts.next(), parts.next()];
    parts.next().is_none() && three.iter().all(|part| part.is_some_and(is_part))
}
