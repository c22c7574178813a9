//! Tables that change between the moment they are known and the moment they are read.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

mod common;

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, SystemTime};

use common::{Table, gzip, table};
use nlpflow_source::{
    BadRows, EmptyPolicy, Error, NullPolicy, ReadOptions, ReadSummary, Reader, Selection, hexadecimal,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

/// Reads a table to its end and calls `during` at its first documents.
fn read(options: &ReadOptions, mut during: impl FnMut()) -> Result<ReadSummary, Error> {
    let reader = Reader::open(options)?;
    let selection = Selection {
        text: reader.column("text")?,
        outcome: None,
        set: None,
        na: NullPolicy::Empty,
        empty: EmptyPolicy::Keep,
        bad_rows: BadRows::Keep,
    };
    let mut calls = 0;
    reader.documents(
        &selection,
        |_| (),
        |_, ()| {
            calls += 1;
            if calls == 1 {
                during();
            }
            Ok(())
        },
        |_, _| Ok(()),
    )
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

/// Many more chunks than are read ahead.
fn long_table() -> Table {
    let rows = (0..5_000).map(|row| format!("text number {row},{row}\n")).collect::<Vec<_>>().concat();
    let mut found = table("t.csv", ("text,x\n".to_owned() + &rows).as_bytes());
    found.options.chunk_bytes = 64;
    found
}

fn overwrite(table: &Table, from: u64, bytes: &[u8]) {
    use std::io::{Seek, SeekFrom};
    let mut file = OpenOptions::new().write(true).open(&table.options.path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(bytes).unwrap();
    // As if it came a second later: clocks of file systems are coarse.
    file.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
}

#[test]
fn bytes_of_the_digest_are_read_in_every_form() {
    let plain = b"text,x\none,1\ntwo,2\n".repeat(50);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(plain.iter().flat_map(|byte| [*byte, 0])).collect();
    let zstd = zstd::encode_all(&plain[..], 0).unwrap();
    for (name, bytes) in [("t.csv", plain.clone()), ("t.csv.gz", gzip(&plain)), ("t.csv.zst", zstd), ("u.csv", utf16)] {
        let mut found = table(name, &bytes);
        found.options.digest = Some(digest(&bytes));
        read(&found.options, || {}).unwrap();
        found.options.digest = Some(digest(b"other bytes"));
        assert_eq!(code(read(&found.options, || {})), "INPUT_CHANGED", "{name}");
    }
}

proptest! {
    #[test]
    fn one_other_byte_is_found_whatever_the_chunks(at in 0_usize..900, chunk in 1_usize..2_000, threads in 1_usize..4) {
        let mut bytes = b"text,x\n".to_vec();
        bytes.extend_from_slice(&b"abc,1\n".repeat(200));
        let mut found = table("t.csv", &bytes);
        found.options.digest = Some(digest(&bytes));
        found.options.chunk_bytes = chunk;
        found.options.threads = threads;
        read(&found.options, || {}).unwrap();
        let letter = 7 + at / 3 * 6 % 1_200; // an `a`: the table stays a table
        bytes[letter] = b'z';
        std::fs::write(&found.options.path, &bytes).unwrap();
        prop_assert_eq!(code(read(&found.options, || {})), "INPUT_CHANGED");
    }
}

#[test]
fn a_table_that_is_written_to_while_it_is_read_is_refused_without_a_digest_too() {
    let edited = long_table();
    assert_eq!(code(read(&edited.options, || overwrite(&edited, 90_000, b"X"))), "INPUT_CHANGED");
    let grown = long_table();
    let size = std::fs::metadata(&grown.options.path).unwrap().len();
    assert_eq!(code(read(&grown.options, || overwrite(&grown, size, b"more,1\n"))), "INPUT_CHANGED");
}

#[test]
fn a_table_that_is_replaced_by_another_one_is_read_as_it_was() {
    let replaced = long_table();
    let other = replaced.options.path.with_extension("new");
    std::fs::write(&other, "text,x\nanother,1\n").unwrap();
    let summary = read(&replaced.options, || std::fs::rename(&other, &replaced.options.path).unwrap()).unwrap();
    assert_eq!(summary.records, 5_000);
}
