use std::collections::HashMap;

use serde::Serialize;

use super::form::Form;
use super::words::count_words;
use crate::dialect::NumberFormat;
use crate::visible::excerpt;

/// Different values of a column that are shown.
const EXAMPLES: usize = 3;
/// Different values that a category has at most.
const FEW: u64 = 200;
/// Values that are counted one by one.
const VALUES: usize = 24;
/// The longest value that can be compared with.
const LONGEST_VALUE: usize = 4096;
/// The share of a column's values that have the same form when the column has it.
const FORM_SHARE: f64 = 0.9;
/// The share of numbers from which a column is one of numbers, whatever short words stand in the rest.
const NUMBER_SHARE: f64 = 0.9;
/// Different words that may stand for a missing number.
const FOREIGN: usize = 5;

/// What one column holds.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProfile {
    /// The name in the header.
    pub name: String,
    /// What the values look like.
    pub kind: ColumnKind,
    /// How they are written, where it is neither in words nor in plain numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// The first three different values, clipped to 80 characters.
    pub examples: Vec<String>,
    /// The most frequent values that are UTF-8, whole and as they are; of columns with few different ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueCount>,
    /// Empty fields and NA.
    pub nulls: u64,
    /// Different values, nulls not counted.
    pub distinct: u64,
    /// Whether no value stands in two of several rows.
    pub unique: bool,
    /// Whether the values count the rows.
    pub sequence: bool,
    /// Words among numbers, which are no numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
    /// Words a value, for all but numbers; in scripts without blanks by the number of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_words: Option<f64>,
    /// Characters a value, for all but numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_characters: Option<f64>,
    /// The least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Whether any number is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_integer: Option<bool>,
}

/// A value and the rows of the sample that hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueCount {
    /// The value, whole and as it is.
    pub value: String,
    /// Rows that hold it.
    pub rows: u64,
}

/// Words in a column of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// Rows of the sample that hold one.
    pub rows: u64,
    /// The words, the most frequent first.
    pub words: Vec<String>,
}

/// What the values of a column look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Finite numbers, but for a few words among them.
    Number,
    /// Short values that repeat.
    Category,
    /// True and false, yes and no, or their first letters.
    Boolean,
    /// Days.
    Date,
    /// Nulls only.
    Empty,
}

/// Rows by value.
type Counts = HashMap<Box<[u8]>, u64>;

/// Values of one column so far.
#[derive(Default)]
pub(super) struct Column {
    format: NumberFormat,
    nulls: u64,
    values: u64,
    words: u64,
    characters: u64,
    numbers: u64,
    range: Option<(f64, f64)>,
    non_integer: bool,
    forms: [u64; Form::ALL.len()],
    /// Number minus row of the first value.
    start: Option<f64>,
    miscounts: u64,
    counts: Counts,
    examples: Vec<String>,
}

impl Column {
    /// A column without a value, whose numbers are written in a format.
    pub(super) fn new(format: NumberFormat) -> Self {
        Self { format, ..Self::default() }
    }

    /// Takes the value of the record with a number.
    pub(super) fn add(&mut self, value: &[u8], is_missing: bool, record: u64) {
        if is_missing {
            self.nulls += 1;
            return;
        }
        self.values += 1;
        let text = String::from_utf8_lossy(value);
        self.words += count_words(&text);
        self.characters += text.chars().count() as u64;
        if let Some(form) = Form::of(&text) {
            self.forms[form as usize] += 1;
        }
        if let Some(number) = finite(value, &self.format) {
            self.numbers += 1;
            let (min, max) = self.range.unwrap_or((number, number));
            self.range = Some((min.min(number), max.max(number)));
            self.non_integer |= number.fract() != 0.0;
            let start = number - record as f64;
            self.miscounts += u64::from((*self.start.get_or_insert(start) - start).abs() > 1e-9);
        }
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            return;
        }
        self.counts.insert(value.into(), 1);
        if self.examples.len() < EXAMPLES {
            self.examples.push(excerpt(value, 80));
        }
    }

    /// What the values say together.
    pub(super) fn profile(self, name: String) -> ColumnProfile {
        let mean = |sum: u64| sum as f64 / self.values as f64;
        let kind = self.kind();
        let is_number = kind == ColumnKind::Number;
        let range = self.range.filter(|_| is_number);
        let (form, foreign) = (self.form().filter(|_| !is_number), self.foreign().filter(|_| is_number));
        let counts = if is_number { by_number(&self.counts, &self.format) } else { self.counts };
        let distinct = counts.len() as u64;
        let is_few = distinct <= FEW && (is_number || matches!(kind, ColumnKind::Category | ColumnKind::Boolean));
        ColumnProfile {
            name,
            kind,
            form,
            foreign,
            values: if is_few { most_frequent(counts) } else { Vec::new() },
            nulls: self.nulls,
            distinct,
            unique: self.values > 1 && distinct == self.values,
            sequence: self.numbers == self.values && self.values > 1 && self.nulls == 0 && self.miscounts == 0,
            mean_words: (self.values > 0 && !is_number).then(|| mean(self.words)),
            mean_characters: (self.values > 0 && !is_number).then(|| mean(self.characters)),
            min: range.map(|(min, _)| min),
            max: range.map(|(_, max)| max),
            non_integer: is_number.then_some(self.non_integer),
            examples: self
                .examples
                .into_iter()
                .filter(|text| !is_number || finite(text.as_bytes(), &self.format).is_some())
                .collect(),
        }
    }

    fn kind(&self) -> ColumnKind {
        let mean_words = self.words as f64 / self.values as f64;
        let distinct = self.counts.len() as u64;
        if self.values == 0 {
            ColumnKind::Empty
        } else if self.is_boolean() {
            ColumnKind::Boolean
        } else if self.form() == Some(Form::Date) {
            ColumnKind::Date
        } else if self.numbers == self.values || self.foreign().is_some() {
            ColumnKind::Number
        } else if mean_words <= 3.0 && distinct <= FEW && 2 * distinct <= self.values {
            ColumnKind::Category
        } else {
            ColumnKind::Text
        }
    }

    /// The form of nearly all values.
    fn form(&self) -> Option<Form> {
        let share = |form: Form| self.forms[form as usize] as f64 / self.values as f64;
        Form::ALL.into_iter().find(|&form| share(form) >= FORM_SHARE)
    }

    fn is_boolean(&self) -> bool {
        const PAIRS: [[&str; 2]; 4] = [["true", "false"], ["yes", "no"], ["t", "f"], ["y", "n"]];
        let is_one_of =
            |value: &[u8], pair: [&str; 2]| pair.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
        self.counts.len() <= 4 && PAIRS.iter().any(|&pair| self.counts.keys().all(|value| is_one_of(value, pair)))
    }

    /// The words of a column that holds numbers otherwise.
    fn foreign(&self) -> Option<Foreign> {
        let rows = self.values - self.numbers;
        if rows == 0 || (self.numbers as f64) < NUMBER_SHARE * self.values as f64 {
            return None;
        }
        let mut words: Vec<_> = self.counts.iter().filter(|(value, _)| finite(value, &self.format).is_none()).collect();
        if words.len() > FOREIGN || words.iter().any(|(value, _)| value.len() > 20) {
            return None;
        }
        words.sort_unstable_by_key(|(value, count)| (std::cmp::Reverse(**count), *value));
        Some(Foreign { rows, words: words.into_iter().map(|(value, _)| excerpt(value, 20)).collect() })
    }
}

/// How often each number stands there, under the shortest way to write it.
fn by_number(counts: &Counts, format: &NumberFormat) -> Counts {
    let mut numbers = Counts::new();
    for (value, count) in counts {
        if let Some(number) = finite(value, format) {
            *numbers.entry(number.to_string().into_bytes().into()).or_default() += count;
        }
    }
    numbers
}

fn most_frequent(counts: Counts) -> Vec<ValueCount> {
    let readable = counts.into_iter().filter(|(value, _)| value.len() <= LONGEST_VALUE);
    let mut values: Vec<ValueCount> = readable
        .filter_map(|(value, rows)| Some(ValueCount { value: String::from_utf8(value.into()).ok()?, rows }))
        .collect();
    values.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.value.cmp(&b.value)));
    values.truncate(VALUES);
    values
}

fn finite(value: &[u8], format: &NumberFormat) -> Option<f64> {
    format.parse(value).filter(|number: &f64| number.is_finite())
}
