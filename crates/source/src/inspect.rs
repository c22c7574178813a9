use std::collections::HashSet;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use serde::Serialize;

use crate::dialect::{Dialect, FoundDialect, NumberFormat};
use crate::input::Input;
use crate::visible::excerpt;
use crate::{Error, ReadOptions, Reader};

/// Records that are looked at.
const SAMPLE: u64 = 2000;
/// Bytes that are looked at to tell encoding and delimiter.
const HEAD_BYTES: usize = 1 << 18;
/// Different values of a column that are shown.
const EXAMPLES: usize = 3;

/// What the first records of a table hold.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The columns in the order of the header.
    pub columns: Vec<ColumnProfile>,
    /// Records looked at, from the first.
    pub sampled: u64,
    /// Records among them that have another number of fields than the header, or are the header once more.
    pub bad: u64,
    /// The encoding: as asked for, by the byte order mark, or guessed when the bytes are not UTF-8.
    pub encoding: String,
    /// How the table is written: as asked for, or as it was recognised.
    pub dialect: FoundDialect,
    /// What was recognised and differs from the usual, as sentences.
    pub recognised: Vec<String>,
    /// What may have been recognised wrongly.
    pub warnings: Vec<String>,
}

/// What one column holds.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProfile {
    /// The name in the header.
    pub name: String,
    /// What the values look like.
    pub kind: ColumnKind,
    /// The first three different values, clipped to 80 characters.
    pub examples: Vec<String>,
    /// The first value that is UTF-8, whole and as it is, of a category: to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Empty fields and NA.
    pub nulls: u64,
    /// Different values, nulls not counted.
    pub distinct: u64,
    /// Words (separated by white space) a value, for text and categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_words: Option<f64>,
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

/// What the values of a column look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Finite numbers only.
    Number,
    /// Short values that repeat.
    Category,
    /// Nulls only.
    Empty,
}

/// Looks at the first 2,000 records of a table, and finds out encoding and delimiter where `options` do not say them.
pub fn inspect(options: &ReadOptions) -> Result<Inspection, Error> {
    let mut options = options.clone();
    let mut head = Vec::new();
    let mut input = Input::open(&options.path, options.encoding.as_deref(), None)?;
    input.read(HEAD_BYTES, &mut head)?;
    let mut encoding = input.encoding;
    if encoding == encoding_rs::UTF_8 && options.encoding.is_none() && !is_utf8_start(&head) {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&head, head.len() < HEAD_BYTES);
        encoding = detector.guess(None, Utf8Detection::Deny);
        options.encoding = Some(encoding.name().to_owned());
    }
    let encoding = encoding.name().to_owned();

    let mut reader = Reader::open(&options)?;
    let mut columns: Vec<Column> = reader.columns().iter().map(|_| Column::default()).collect();
    let mut parser = reader.dialect.parser();
    let (mut sampled, mut bad) = (0, 0);
    let mut next = Some(reader.first);
    while let Some(chunk) = next {
        let mut at = chunk.start;
        while let Some(record) = parser.next(&chunk.bytes, at).filter(|_| sampled < SAMPLE) {
            at = record.end;
            sampled += 1;
            if record.len() != columns.len() || (reader.dialect.has_header && record.repeats(&reader.columns)) {
                bad += 1;
                continue;
            }
            for (index, column) in columns.iter_mut().enumerate() {
                column.add(record.value(index), record.is_missing(index), &reader.dialect.numbers);
            }
        }
        next = if sampled < SAMPLE { reader.chunks.next(chunk.bytes)? } else { None };
    }
    let dialect = reader.dialect.found();
    let Dialect { recognised, warnings, .. } = reader.dialect;
    let columns = reader.columns.into_iter().zip(columns).map(|(name, column)| column.profile(name)).collect();
    Ok(Inspection { columns, sampled, bad, encoding, dialect, recognised, warnings })
}

/// Whether the bytes are UTF-8 that may be cut off in its last character.
fn is_utf8_start(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).err().is_none_or(|error| error.error_len().is_none())
}

/// Values of one column so far.
#[derive(Default)]
struct Column {
    nulls: u64,
    values: u64,
    words: u64,
    numbers: u64,
    range: Option<(f64, f64)>,
    non_integer: bool,
    distinct: HashSet<Vec<u8>>,
    examples: Vec<String>,
    first: Option<String>,
}

impl Column {
    fn add(&mut self, value: &[u8], is_missing: bool, format: &NumberFormat) {
        if is_missing {
            self.nulls += 1;
            return;
        }
        self.values += 1;
        self.words += value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count() as u64;
        if let Some(number) = format.parse(value).filter(|number| number.is_finite()) {
            self.numbers += 1;
            let (min, max) = self.range.unwrap_or((number, number));
            self.range = Some((min.min(number), max.max(number)));
            self.non_integer |= number.fract() != 0.0;
        }
        if !self.distinct.contains(value) {
            self.distinct.insert(value.to_vec());
            if self.first.is_none() {
                self.first = std::str::from_utf8(value).ok().map(str::to_owned);
            }
            if self.examples.len() < EXAMPLES {
                self.examples.push(excerpt(value, 80));
            }
        }
    }

    fn profile(self, name: String) -> ColumnProfile {
        let distinct = self.distinct.len() as u64;
        let mean_words = self.words as f64 / self.values as f64;
        let kind = if self.values == 0 {
            ColumnKind::Empty
        } else if self.numbers == self.values {
            ColumnKind::Number
        } else if mean_words <= 3.0 && distinct <= 200 && 2 * distinct <= self.values {
            ColumnKind::Category
        } else {
            ColumnKind::Text
        };
        let is_number = kind == ColumnKind::Number;
        let range = self.range.filter(|_| is_number);
        ColumnProfile {
            name,
            kind,
            examples: self.examples,
            value: self.first.filter(|_| kind == ColumnKind::Category),
            nulls: self.nulls,
            distinct,
            mean_words: matches!(kind, ColumnKind::Text | ColumnKind::Category).then_some(mean_words),
            min: range.map(|(min, _)| min),
            max: range.map(|(_, max)| max),
            non_integer: is_number.then_some(self.non_integer),
        }
    }
}
