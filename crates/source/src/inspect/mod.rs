//! A first look at a table: what its columns hold, by a sample from the whole of it.

mod column;
mod form;
mod sample;
mod words;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use serde::Serialize;

use crate::dialect::{Dialect, FoundDialect};
use crate::input::Input;
use crate::{Error, ReadOptions, Reader};
use column::Column;
use sample::Sample;

pub use column::{ColumnKind, ColumnProfile, Foreign, ValueCount};
pub use form::Form;

/// Decoded bytes that are read at most: some seconds of work. The sample is from these then.
const MOST_READ: u64 = 4 << 30;
/// Bytes that are looked at to tell the encoding.
const HEAD_BYTES: usize = 1 << 18;

/// What a sample of a table's records holds.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The columns in the order of the header.
    pub columns: Vec<ColumnProfile>,
    /// Records read; not all of the table when it is larger than what is read for a first look.
    pub rows: u64,
    /// Whether the table was read to its end.
    pub complete: bool,
    /// Records looked at, spread over those read: all of them where they are few.
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

/// Looks at records from all over a table, and finds out encoding and dialect where `options` do not say them.
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
    let mut parser = reader.dialect.parser();
    let mut sample = Sample::default();
    let (mut rows, mut complete) = (0, true);
    let mut next = Some(reader.first);
    while let Some(chunk) = next {
        rows = chunk.first_record + chunk.records;
        let mut at = chunk.start;
        let mut number = chunk.first_record;
        while let Some(record) = parser.next(&chunk.bytes, at) {
            at = record.end;
            sample.offer(number, record.raw());
            number += 1;
        }
        complete = chunk.first_byte < MOST_READ;
        next = if complete { reader.chunks.next(chunk.bytes)? } else { None };
    }

    let mut columns: Vec<Column> = reader.columns.iter().map(|_| Column::new(reader.dialect.numbers.clone())).collect();
    let (mut sampled, mut bad) = (0, 0);
    for (number, bytes) in sample.records() {
        let Some(record) = parser.next(bytes, 0) else { continue };
        sampled += 1;
        if reader.dialect.misfits(&record, &reader.columns) {
            bad += 1;
            continue;
        }
        for (index, column) in columns.iter_mut().enumerate() {
            column.add(record.value(index), record.is_missing(index), number);
        }
    }
    let dialect = reader.dialect.found();
    let Dialect { recognised, warnings, .. } = reader.dialect;
    let columns = reader.columns.into_iter().zip(columns).map(|(name, column)| column.profile(name)).collect();
    Ok(Inspection { columns, rows, complete, sampled, bad, encoding, dialect, recognised, warnings })
}

/// Whether the bytes are UTF-8 that may be cut off in its last character.
fn is_utf8_start(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).err().is_none_or(|error| error.error_len().is_none())
}
