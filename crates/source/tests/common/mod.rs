//! Tables in temporary folders, and what reading them gives.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

use std::io::Write;
use std::path::PathBuf;

use nlpflow_source::{
    BadRows, DialectOptions, EmptyPolicy, Error, Expression, Mark, NullPolicy, ReadOptions, ReadSummary, Reader,
    Selection, Set,
};

pub const SKIP_NONE: BadRows = BadRows::Skip { max_share: 1.0 };

/// A file in a folder that goes away with it.
pub struct Table {
    _folder: tempfile::TempDir,
    pub options: ReadOptions,
}

pub fn table(name: &str, bytes: &[u8]) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Table { _folder: folder, options: ReadOptions::new(path) }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The dialect that the `csv` crate reads, with nothing left to be recognised.
pub fn csv_dialect() -> DialectOptions {
    DialectOptions {
        delimiter: Some(b','),
        quote: Mark::Byte(b'"'),
        escape: Mark::None,
        header: Some(true),
        ..DialectOptions::default()
    }
}

/// What to read, by name.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub text: &'a str,
    pub outcome: Option<&'a str>,
    pub set: Option<&'a str>,
    pub na: NullPolicy,
    pub empty: EmptyPolicy,
    pub bad_rows: BadRows,
}

pub fn wanted(text: &str) -> Wanted<'_> {
    Wanted { text, outcome: None, set: None, na: NullPolicy::Empty, empty: EmptyPolicy::Keep, bad_rows: SKIP_NONE }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub record: u64,
    pub text: String,
    pub outcome: Option<f64>,
    pub set: Option<Set>,
    pub null: bool,
    pub bad: bool,
}

/// Reads a whole table.
pub fn read(options: &ReadOptions, wanted: &Wanted) -> Result<(Vec<Row>, ReadSummary), Error> {
    let reader = Reader::open(options)?;
    let selection = Selection {
        text: reader.column(wanted.text)?,
        outcome: wanted.outcome.map(|outcome| reader.bind(&Expression::parse(outcome)?)).transpose()?,
        set: wanted.set.map(|set| reader.column(set)).transpose()?,
        na: wanted.na,
        empty: wanted.empty,
        bad_rows: wanted.bad_rows,
    };
    let mut rows = Vec::new();
    let summary = reader.documents(
        &selection,
        nlpflow_source::Documents::len,
        |documents, mapped| {
            assert_eq!(mapped, documents.len(), "`map` saw the documents that `each` gets");
            rows.extend((0..documents.len()).map(|index| Row {
                record: documents.records()[index],
                text: documents.text(index).to_owned(),
                outcome: documents.outcomes().get(index).copied(),
                set: documents.sets().get(index).copied(),
                null: documents.is_null(index),
                bad: documents.is_bad(index),
            }));
            Ok::<_, Error>(())
        },
        |_, _| Ok(()),
    )?;
    Ok((rows, summary))
}

pub fn texts(options: &ReadOptions, column: &str) -> Vec<String> {
    read(options, &wanted(column)).unwrap().0.into_iter().map(|row| row.text).collect()
}

/// A file of the data that are shared between projects; none, said aloud, where they are not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    // Tests run in the folder of their crate.
    let root = PathBuf::from(std::env::var_os("NLPFLOW_SHARED").unwrap_or_else(|| "../../../shared".into()));
    let file = root.join(path);
    if file.exists() {
        return Some(file);
    }
    // Not `eprintln!`, which the test harness swallows.
    let notice = format!("SKIPPED: {path} is not there; set NLPFLOW_SHARED to the folder that holds it\n");
    std::io::stderr().write_all(notice.as_bytes()).unwrap();
    None
}
