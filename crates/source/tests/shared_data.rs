//! Real tables, where they are there, with the `csv` crate as the authority.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use common::{read, shared, table, texts, wanted};
use nlpflow_source::{BadRows, ReadOptions, inspect};

fn field_by_csv(bytes: &[u8], column: usize) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    reader.records().map(|record| record.unwrap()[column].to_owned()).collect()
}

#[test]
fn naughty_strings_survive_a_round_trip() {
    let Some(path) = shared("data/naughty_strings.txt") else { return };
    let strings = std::fs::read_to_string(path).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["text", "row"]).unwrap();
    for (row, string) in strings.lines().enumerate() {
        writer.write_record([string, &row.to_string()]).unwrap();
    }
    let mut table = table("naughty.csv", &writer.into_inner().unwrap());
    let expected: Vec<&str> = strings.lines().collect();
    assert!(expected.len() > 500);
    for (chunk_bytes, threads) in [(1, 2), (100, 3), (1 << 20, 1)] {
        (table.options.chunk_bytes, table.options.threads) = (chunk_bytes, threads);
        assert_eq!(texts(&table.options, "text"), expected);
    }
}

#[test]
fn definitions_of_many_lines_read_as_the_csv_crate_reads_them() {
    let Some(path) = shared("data/urban_dictionary.csv") else { return };
    let bytes = std::fs::read(&path).unwrap();
    let mut options = ReadOptions::new(path);
    (options.chunk_bytes, options.threads) = (10_000, 2);
    let mut wanted = wanted("definition");
    wanted.outcome = Some("up + down");
    let (rows, summary) = read(&options, &wanted).unwrap();
    assert_eq!((summary.records, summary.bad), (4271, 0));
    assert_eq!(rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>(), field_by_csv(&bytes, 0));
    let (up, down) = (field_by_csv(&bytes, 4), field_by_csv(&bytes, 5));
    for row in rows {
        let number = |column: &[String]| column[row.record as usize].parse::<f64>().unwrap();
        assert_eq!(row.outcome.unwrap().to_bits(), (number(&up) + number(&down)).to_bits());
    }
}

#[test]
fn messages_that_are_not_utf8_are_reported_and_read_with_their_encoding() {
    let Some(path) = shared("data/sms_spam_cp1252.csv") else { return };
    let bytes = std::fs::read(&path).unwrap();
    let mut options = ReadOptions::new(&path);
    let mut wanted = wanted("v2");
    wanted.outcome = Some("v1 == 'spam'");
    let (rows, summary) = read(&options, &wanted).unwrap();
    let mut by_csv = csv::ReaderBuilder::new().from_reader(&bytes[..]);
    let broken =
        by_csv.byte_records().filter(|record| std::str::from_utf8(&record.as_ref().unwrap()[1]).is_err()).count();
    assert!(broken > 0);
    assert_eq!((rows.len() + broken, summary.bad), (summary.records as usize, broken as u64));
    wanted.bad_rows = BadRows::Skip { max_share: 0.01 };
    assert_eq!(read(&options, &wanted).unwrap_err().code(), "TOO_MANY_BAD_ROWS");
    options.encoding = Some(inspect(&options).unwrap().encoding);
    let (rows, summary) = read(&options, &wanted).unwrap();
    let decoded = encoding_rs::WINDOWS_1252.decode(&bytes).0;
    assert_eq!(summary.bad, 0);
    assert_eq!(rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>(), field_by_csv(decoded.as_bytes(), 1));
    let spam = field_by_csv(decoded.as_bytes(), 0).iter().filter(|label| *label == "spam").count();
    assert_eq!(rows.iter().filter(|row| row.outcome == Some(1.0)).count(), spam);
}
