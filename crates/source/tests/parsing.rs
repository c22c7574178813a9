//! The `csv` crate is the authority on where records and fields begin and end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use common::{Row, gzip, read, table, wanted};
use nlpflow_source::{BadRows, Error, NullPolicy};
use proptest::prelude::*;

/// Bytes that matter to the parser, far more often than in real tables.
fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(&b"\""[..]),
        4 => Just(&b","[..]),
        3 => Just(&b"\n"[..]),
        2 => Just(&b"\r"[..]),
        2 => Just(&b"\r\n"[..]),
        2 => Just(&b"\"\""[..]),
        3 => Just(&b"a"[..]),
        1 => Just("é\u{1F600}".as_bytes()),
        1 => Just(&b" "[..]),
        1 => Just("\u{FEFF}".as_bytes()),
        1 => Just(&b"\xff"[..]),
        1 => Just(&b"\0"[..]),
        1 => Just(&b"long enough for a vector register, and then some more of it"[..]),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn records_by_csv(table: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

/// What the reader should say, from the records that `csv` finds; none when a quote is open at the end.
fn expected(table: &[u8], column: usize) -> Option<Vec<Row>> {
    let closed = [table, b"\n@,@\n"].concat();
    let sentinel = vec![b"@".to_vec(); 2];
    if records_by_csv(&closed).last() != Some(&sentinel) {
        return None;
    }
    let row = |(row, fields): (usize, Vec<Vec<u8>>)| {
        let text =
            fields.get(column).filter(|_| fields.len() == 2).and_then(|field| String::from_utf8(field.clone()).ok());
        let bad = text.is_none();
        Row { record: row as u64, text: text.unwrap_or_default(), outcome: None, set: None, null: false, bad }
    };
    Some(records_by_csv(table).into_iter().enumerate().map(row).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_bytes_give_the_records_of_the_csv_crate(
        body in hostile_bytes(),
        chunk_bytes in 1_usize..90,
        threads in 1_usize..4,
        column in 0_usize..2,
        compressed: bool,
        line_end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let bytes = [b"x,y", line_end.as_bytes(), &body].concat();
        let mut table = table("table.csv", &if compressed { gzip(&bytes) } else { bytes.clone() });
        table.options.chunk_bytes = chunk_bytes;
        table.options.threads = threads;
        table.options.dialect = common::csv_dialect();
        let mut wanted = wanted(["x", "y"][column]);
        wanted.bad_rows = BadRows::Keep;
        match (read(&table.options, &wanted), expected(&bytes, column)) {
            (Ok((rows, summary)), Some(expected)) => {
                prop_assert_eq!(summary.records, expected.len() as u64);
                prop_assert_eq!(summary.bad, expected.iter().filter(|row| row.bad).count() as u64);
                prop_assert_eq!(rows, expected);
            }
            (Err(Error::EmptyTable { .. }), Some(expected)) => prop_assert!(expected.is_empty()),
            (Err(Error::UnclosedQuote { .. }), None) => {}
            (read, expected) => prop_assert!(false, "{read:?} where csv says {expected:?}"),
        }
    }

    #[test]
    fn chunks_and_threads_change_nothing(
        body in hostile_bytes(),
        chunk_bytes in 1_usize..200,
        threads in 1_usize..5,
    ) {
        let mut table = table("table.csv", &[b"x,y\n", &body[..]].concat());
        let whole = read(&table.options, &wanted("x"));
        table.options.chunk_bytes = chunk_bytes;
        table.options.threads = threads;
        let cut = read(&table.options, &wanted("x"));
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => prop_assert_eq!(whole, cut),
            (whole, cut) => prop_assert_eq!(whole.unwrap_err().to_string(), cut.unwrap_err().to_string()),
        }
    }

    #[test]
    fn bad_rows_name_the_line_where_they_start(
        texts in prop::collection::vec("[a\"\n\r,é]{0,6}", 1..12),
        crlf: bool,
        chunk_bytes in 1_usize..60,
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().flexible(true).terminator(terminator).from_writer(Vec::new());
        writer.write_record(["id", "text"]).unwrap();
        for (index, text) in texts.iter().enumerate() {
            writer.write_record([&format!("#{index}#"), text, "one too many"]).unwrap();
        }
        let bytes = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut table = table("table.csv", bytes.as_bytes());
        table.options.chunk_bytes = chunk_bytes;
        let mut wanted = wanted("text");
        wanted.bad_rows = BadRows::Keep;
        let (_, summary) = read(&table.options, &wanted).unwrap();
        prop_assert_eq!(summary.bad_rows.len(), texts.len());
        for (index, bad) in summary.bad_rows.iter().enumerate() {
            let before = &bytes[..bytes.find(&format!("#{index}#")).unwrap()];
            let line = before.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() + 1;
            prop_assert_eq!((bad.row, bad.line), (index as u64, line as u64));
            prop_assert_eq!(&bad.reason, "3 fields where the header has 2");
        }
    }
}

#[test]
fn a_byte_order_mark_inside_the_table_is_text() {
    let mut table = table("table.csv", "\u{FEFF}x,y\n\u{FEFF}a,1\n\u{FEFF}b,2\n".as_bytes());
    table.options.chunk_bytes = 1;
    assert_eq!(common::texts(&table.options, "x"), ["\u{FEFF}a", "\u{FEFF}b"]);
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_line() {
    let table = table("table.csv", b"x,y\n\"two\nlines\",1\n3,\"open\nand on\n");
    let error = read(&table.options, &wanted("x")).unwrap_err();
    assert!(matches!(error, Error::UnclosedQuote { line: 4, .. }), "{error}");
    assert_eq!(error.code(), "UNCLOSED_QUOTE");
}

#[test]
fn what_is_wrong_first_is_told_first_whatever_the_chunks() {
    let mut null = table("table.csv", b"x,y\na,1\nNA,2\n3,\"open\n");
    let mut header = table("table.csv", b"x\0,y\na,1\n3,\"open\n");
    let mut wanted = wanted("x");
    wanted.na = NullPolicy::Error;
    for chunk_bytes in [1, 8, 1 << 20] {
        (null.options.chunk_bytes, header.options.chunk_bytes) = (chunk_bytes, chunk_bytes);
        let error = read(&null.options, &wanted).unwrap_err();
        assert!(matches!(error, Error::NullText { line: 3, .. }), "{chunk_bytes}: {error}");
        let error = read(&header.options, &wanted).unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{chunk_bytes}: {error}");
    }
}

#[test]
fn a_character_that_the_end_cuts_off_is_read_alike_whatever_the_chunks() {
    let mut bytes: Vec<u8> = "x,y\n1,wörter".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.push(0x41);
    let mut table = table("table.csv", &bytes);
    table.options.encoding = Some("utf-16le".into());
    for chunk_bytes in 1..40 {
        table.options.chunk_bytes = chunk_bytes;
        assert_eq!(common::texts(&table.options, "y"), ["wörter\u{FFFD}"], "{chunk_bytes}");
    }
}

#[test]
fn a_quote_that_swallows_the_file_fails_before_memory_does() {
    let mut bytes = b"x,y\n1,a\n2,\"open\n".to_vec();
    bytes.resize(nlpflow_source::MAX_RECORD_BYTES + (4 << 20), b'.');
    let table = table("table.csv", &bytes);
    let error = read(&table.options, &wanted("x")).unwrap_err();
    assert!(matches!(error, Error::UnclosedQuote { line: 3, .. }), "{error}");
    bytes[10] = b'-'; // the quote
    std::fs::write(&table.options.path, &bytes).unwrap();
    let error = read(&table.options, &wanted("x")).unwrap_err();
    assert!(matches!(error, Error::RecordTooLong { line: 4, .. }), "{error}");
    assert_eq!(error.code(), "RECORD_TOO_LONG");
}
