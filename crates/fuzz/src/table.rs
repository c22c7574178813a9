//! The reader of tables: any chunk size gives the records of the `csv` crate, and every record is accounted for.

use nlpflow_source::{
    BadRows, DEFAULT_CHUNK_BYTES, DialectOptions, EmptyPolicy, Error, Expression, Mark, NullPolicy, ReadOptions,
    ReadSummary, Reader, Selection, inspect,
};

use crate::{memory, place};

/// A read of the default chunk size takes some chunks of memory, one of small chunks nearly none.
const MEMORY: usize = 96 << 20;

/// Records of the longest input that is not compressed.
const MOST_PLAIN_RECORDS: usize = 1 << 13;

/// What the first four bytes of an input say; the rest is the table.
struct Choice {
    delimiter: u8,
    /// Bytes of a chunk.
    chunk: usize,
    name: &'static str,
    encoding: Option<&'static str>,
    column: usize,
}

impl Choice {
    fn new([delimiter, chunk, format, column]: [u8; 4]) -> Self {
        let (name, encoding) = match format {
            b't' => ("table.tsv", None),
            b'g' => ("table.csv.gz", None),
            b'z' => ("table.csv.zst", None),
            b'8' => ("table.csv", Some("utf-8")),
            b'w' => ("table.csv", Some("windows-1252")),
            b'l' => ("table.csv", Some("utf-16le")),
            b'b' => ("table.csv", Some("utf-16be")),
            b'j' => ("table.csv", Some("shift_jis")),
            b'?' => ("table.csv", Some("no such label")),
            _ => ("table.csv", None),
        };
        let column = usize::from(column.wrapping_sub(b'0'));
        Self { delimiter, chunk: usize::from(chunk) + 1, name, encoding, column }
    }
}

/// One document as the reader gives it.
#[derive(Debug, PartialEq)]
struct Row {
    record: u64,
    text: String,
    outcome: Option<f64>,
    null: bool,
    bad: bool,
}

type Reading = (Vec<String>, Vec<Row>, ReadSummary);

pub(crate) fn check(input: &[u8]) {
    let Some((first, table)) = input.split_first_chunk() else { return };
    let choice = Choice::new(*first);
    let mut options = ReadOptions::new(place::write(choice.name, table));
    options.dialect = DialectOptions {
        delimiter: Some(choice.delimiter),
        quote: Mark::Byte(b'"'),
        escape: Mark::None,
        header: Some(true),
        na_values: Some(vec!["NA".into()]),
        ..DialectOptions::default()
    };
    options.encoding = choice.encoding.map(Into::into);

    let whole = memory::within(MEMORY + 100 * table.len(), || read(&options, choice.column, None));
    // A kilobyte of gzip may be a megabyte of records: a chunk costs more than its bytes, so those that only compression can
    // hold come in larger ones.
    let records = whole.as_ref().map_or(0, |(_, rows, _)| rows.len());
    let cut =
        ReadOptions { chunk_bytes: choice.chunk.max(records / MOST_PLAIN_RECORDS), threads: 2, ..options.clone() };
    same(&whole, &read(&cut, choice.column, None));
    if let Ok((columns, rows, summary)) = &whole {
        check_bad_rows(table, rows, summary);
        check_outcomes(&options, &cut, columns, choice.column);
    }
    if is_plain(&choice, table) {
        check_against_csv(table, choice.delimiter, choice.column, whole);
    }
    options.dialect = DialectOptions::default();
    if let Ok(inspection) = inspect(&options) {
        assert!(inspection.sampled <= inspection.rows && inspection.bad <= inspection.sampled);
        for column in inspection.columns {
            assert!(column.distinct + column.nulls <= inspection.sampled, "{column:?}");
            assert!(column.min <= column.max, "{column:?}");
        }
    }
    assert_eq!(options.chunk_bytes, DEFAULT_CHUNK_BYTES);
}

/// Reads every record, also those that cannot be read, or the ones with an outcome.
fn read(options: &ReadOptions, column: usize, outcome: Option<&str>) -> Result<Reading, Error> {
    let reader = Reader::open(options)?;
    let columns = reader.columns().to_vec();
    assert!(!columns.is_empty());
    let expression = outcome.map(|outcome| reader.bind(&Expression::parse(outcome)?)).transpose()?;
    let keep = expression.is_none();
    let selection = Selection {
        text: column % columns.len(),
        outcome: expression,
        set: None,
        na: if keep { NullPolicy::Empty } else { NullPolicy::Drop },
        empty: if keep { EmptyPolicy::Keep } else { EmptyPolicy::Drop },
        bad_rows: if keep { BadRows::Keep } else { BadRows::Skip { max_share: 1.0 } },
    };
    let mut rows = Vec::new();
    let summary = reader.documents(
        &selection,
        nlpflow_source::Documents::len,
        |documents, length| {
            assert_eq!(documents.len(), length);
            rows.extend((0..length).map(|index| Row {
                record: documents.records()[index],
                text: documents.text(index).to_owned(),
                outcome: documents.outcomes().get(index).copied(),
                null: documents.is_null(index),
                bad: documents.is_bad(index),
            }));
            Ok::<_, Error>(())
        },
        |done, total| {
            assert!(total == 0 || done <= total, "{done} of {total} bytes are read");
            Ok(())
        },
    )?;
    Ok((columns, rows, summary))
}

fn same(whole: &Result<Reading, Error>, cut: &Result<Reading, Error>) {
    match (whole, cut) {
        (Ok(whole), Ok(cut)) => assert_eq!(whole, cut, "another chunk size gives other records"),
        (Err(whole), Err(cut)) => {
            assert_eq!(whole.to_string(), cut.to_string(), "another chunk size gives another error");
        }
        (whole, cut) => panic!("another chunk size gives {cut:?} in the place of {whole:?}"),
    }
}

fn check_bad_rows(table: &[u8], rows: &[Row], summary: &ReadSummary) {
    assert_eq!(rows.len() as u64, summary.records, "a record in, a document out");
    assert!(rows.iter().map(|row| row.record).eq(0..summary.records), "records are numbered in turn");
    assert_eq!(rows.iter().filter(|row| row.bad).count() as u64, summary.bad);
    assert!(summary.bad_rows.iter().map(|bad| bad.row).eq(rows.iter().filter(|row| row.bad).map(|row| row.record)));
    assert!(summary.bad_rows.windows(2).all(|pair| pair[0].line < pair[1].line || pair[0].row < pair[1].row));
    let lines = summary.bad_rows.last().map_or(0, |bad| bad.line);
    // Decompressed tables may have more lines than bytes.
    assert!(lines <= 1 + table.len().max(1 << 20) as u64, "line {lines} of {} bytes", table.len());
    for row in rows {
        assert!(row.text.is_empty() || !(row.null || row.bad), "{row:?}");
    }
}

/// With an outcome, each record is a document or counted as left out, for one reason.
fn check_outcomes(options: &ReadOptions, cut: &ReadOptions, columns: &[String], column: usize) {
    let name = &columns[(column + 1) % columns.len()];
    let quoted = format!("`{}`", name.replace('`', "``"));
    for outcome in [quoted.clone(), format!("{quoted} == \"a\"")] {
        let whole = read(options, column, Some(&outcome));
        same(&whole, &read(cut, column, Some(&outcome)));
        let Ok((_, rows, summary)) = whole else { continue };
        let left_out = summary.bad + summary.null_outcome + summary.null_text + summary.empty_text;
        assert_eq!(rows.len() as u64 + left_out, summary.records, "{summary:?}");
        assert!(rows.windows(2).all(|pair| pair[0].record < pair[1].record));
        assert!(rows.iter().all(|row| row.outcome.is_some_and(f64::is_finite) && !row.bad && !row.null));
    }
}

/// Whether the bytes are read as they are: UTF-8 without compression.
fn is_plain(choice: &Choice, table: &[u8]) -> bool {
    let other: [&[u8]; 8] = [
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
        b"PAR1",
        b"ARRO",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
        b"\xff\xfe",
        b"\xfe\xff",
    ];
    let named = matches!(choice.name, "table.csv" | "table.tsv") && matches!(choice.encoding, None | Some("utf-8"));
    named && !other.iter().any(|start| table.starts_with(start))
}

fn records_by_csv(table: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).delimiter(delimiter).from_reader(table);
    reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

/// The `csv` crate is the authority on where records and fields begin and end.
fn check_against_csv(table: &[u8], delimiter: u8, column: usize, found: Result<Reading, Error>) {
    if matches!(delimiter, b'"' | b'\r' | b'\n' | 0 | 0x80..) {
        assert!(matches!(found, Err(Error::InvalidDelimiter { .. })), "{found:?}");
        return;
    }
    let table = table.strip_prefix(b"\xef\xbb\xbf").unwrap_or(table);
    // The csv crate takes away a second mark, too; here that one is text.
    if table.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    let sign = if delimiter == b'@' { b'#' } else { b'@' };
    let closed = [table, b"\n", &[sign, delimiter, sign], b"\n"].concat();
    let is_open = records_by_csv(&closed, delimiter).last() != Some(&vec![vec![sign]; 2]);
    let mut records = records_by_csv(table, delimiter).into_iter();
    let header = records.next();
    match found {
        Err(Error::UnclosedQuote { .. }) => assert!(is_open, "no quote is open"),
        Err(Error::EmptyTable { .. }) => assert!(records.next().is_none(), "there are records"),
        Err(Error::Unreadable { reason, .. }) if reason.contains("not a text table") => {}
        Err(Error::Unreadable { .. }) => {
            let names = header.expect("a header");
            assert!(names.iter().any(|name| std::str::from_utf8(name).is_err() || name.contains(&0)));
        }
        Err(error) => panic!("{error}"),
        Ok((columns, rows, _)) => {
            assert!(!is_open, "a quote is open");
            let names = header.expect("a header");
            assert!(
                names.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).eq(columns.iter().cloned())
            );
            let mut found = rows.into_iter();
            for fields in records {
                let row = found.next().expect("as many records as the csv crate finds");
                let field = (fields.len() == columns.len()).then(|| &fields[column % columns.len()][..]);
                match field.map(std::str::from_utf8) {
                    Some(Ok(text)) if row.null => assert_eq!(text, "NA"),
                    Some(Ok(text)) => assert_eq!((text, row.bad), (row.text.as_str(), false)),
                    _ => assert!(row.bad, "{row:?}"),
                }
            }
            assert_eq!(found.next(), None, "the csv crate finds no more records");
        }
    }
}
