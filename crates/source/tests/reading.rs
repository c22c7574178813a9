//! What reading a table gives: documents, policies, bad rows, encodings, compression, errors.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use common::{gzip, read, table, texts, wanted};
use nlpflow_source::{BadRows, EmptyPolicy, Error, NullPolicy, ReadOptions, Reader, Selection, Set, open_input};

const LINES: &str = "text,up,down,set
good,3,1,train
,4,2,test
NA,5,3,train
\"NA\",6,4,test
 ,7,5,train
null outcome,,5,train
NA outcome,1,NA,train
not a number,three,1,train
infinite,inf,1,train
other set,1,1,validation
";

#[test]
fn rows_keep_their_numbers_outcomes_and_sets() {
    let table = table("t.csv", LINES.as_bytes());
    let mut wanted = wanted("text");
    (wanted.outcome, wanted.set) = (Some("up - down * 2"), Some("set"));
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.record, row.text.as_str(), row.outcome.unwrap(), row.null)).collect();
    let expected = [
        (0, "good", 1.0, false),
        (1, "", 0.0, false),
        (2, "", -1.0, true),
        (3, "NA", -2.0, false),
        (4, " ", -3.0, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(rows[0].set, Some(Set::Train));
    assert_eq!(rows[1].set, Some(Set::Test));
    assert_eq!((summary.records, summary.null_outcome, summary.bad), (10, 2, 3));
    let bad: Vec<_> = summary
        .bad_rows
        .iter()
        .map(|bad| (bad.row, bad.line, bad.column.as_deref(), bad.reason.as_str(), bad.text.as_str()))
        .collect();
    assert_eq!(
        bad,
        [
            (7, 9, Some("up"), "`three` is not a number", "three"),
            (8, 10, Some("up"), "`inf` is not finite", "inf"),
            (9, 11, Some("set"), "`validation` is neither `train` nor `test`", "validation"),
        ]
    );
}

#[test]
fn null_and_empty_texts_follow_their_policies() {
    let table = table("t.csv", LINES.as_bytes());
    let count = |na, empty| {
        let mut wanted = wanted("text");
        (wanted.na, wanted.empty) = (na, empty);
        let (rows, summary) = read(&table.options, &wanted).unwrap();
        (rows.len(), summary.null_text, summary.empty_text)
    };
    assert_eq!(count(NullPolicy::Empty, EmptyPolicy::Keep), (10, 0, 0));
    assert_eq!(count(NullPolicy::Drop, EmptyPolicy::Keep), (9, 1, 0));
    assert_eq!(count(NullPolicy::Empty, EmptyPolicy::Drop), (8, 1, 1));
    let mut wanted = wanted("text");
    wanted.na = NullPolicy::Error;
    let error = read(&table.options, &wanted).unwrap_err();
    assert!(matches!(&error, Error::NullText { row: 2, line: 4, column } if column == "text"), "{error}");
    assert_eq!(error.code(), "NULL_TEXT");
}

#[test]
fn an_outcome_that_is_not_finite_is_a_bad_row_that_shows_its_numbers() {
    let table = table("t.csv", b"text,x\na,-3\nb,0\nc,1\n");
    let mut wanted = wanted("text");
    wanted.outcome = Some("log(x)");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!(rows.len(), 1);
    let reasons: Vec<_> = summary.bad_rows.iter().map(|bad| bad.reason.as_str()).collect();
    assert_eq!(reasons, ["the outcome log(x) is NaN where x = -3", "the outcome log(x) is -inf where x = 0"]);
}

#[test]
fn a_text_can_be_the_outcome() {
    let table = table("t.csv", b"label,text\nham,a\nspam,b\nNA,c\n\"ham\",d\n");
    let mut wanted = wanted("text");
    wanted.outcome = Some("label == 'spam'");
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    assert_eq!(rows.iter().map(|row| row.outcome.unwrap()).collect::<Vec<_>>(), [0.0, 1.0, 0.0]);
    assert_eq!(summary.null_outcome, 1);
}

#[test]
fn a_row_in_is_a_row_out_when_bad_rows_are_kept() {
    let table = table("t.csv", b"text,x\na,1\nb\nc,1,1\nd\xff,1\ne,2\n");
    let mut wanted = wanted("text");
    wanted.bad_rows = BadRows::Keep;
    let (rows, summary) = read(&table.options, &wanted).unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.record, row.text.as_str(), row.bad)).collect();
    assert_eq!(seen, [(0, "a", false), (1, "", true), (2, "", true), (3, "", true), (4, "e", false)]);
    let reasons: Vec<_> = summary.bad_rows.iter().map(|bad| bad.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "1 field where the header has 2",
            "3 fields where the header has 2",
            "not UTF-8 at byte 2 of the field; try --encoding windows-1252"
        ]
    );
}

/// The remedy fits the fault: the file when records are misread, the values when a column holds others than it should.
#[test]
fn bad_rows_are_blamed_on_what_is_wrong() {
    let remedy = |name: &str, bytes: &[u8], outcome| {
        let table = table(name, bytes);
        let mut wanted = wanted("text");
        wanted.outcome = outcome;
        wanted.bad_rows = BadRows::Skip { max_share: 0.0 };
        let message = read(&table.options, &wanted).unwrap_err().to_string();
        message.lines().last().unwrap().to_owned()
    };
    let file = "correct the file, its encoding or its delimiter, or accept more with --max-bad-rows";
    let values = "correct these values, name those that mean a missing value with --na-values, choose another outcome, or \
                  leave such rows out with --max-bad-rows";
    assert_eq!(remedy("ragged.csv", b"text,x\na,1\nb\nc,2\n", Some("x")), file);
    assert_eq!(remedy("bytes.csv", b"text,x\na,1\n\x96\xff,3\nc,2\n", Some("x")), file);
    assert_eq!(remedy("word.csv", b"text,x\na,1\nb,unknown\nc,2\nd,3\ne,4\n", Some("x")), values);
    assert_eq!(remedy("log.csv", b"text,x\na,1\nb,0\nc,2\n", Some("log(x)")), values);
}

#[test]
fn too_many_bad_rows_fail_with_the_first_ones() {
    let mut lines = "text,x\n".to_owned();
    for row in 0..200 {
        lines += if row % 50 == 49 { "bad\n" } else { "good,1\n" };
    }
    let table = table("t.csv", lines.as_bytes());
    let mut wanted = wanted("text");
    wanted.bad_rows = BadRows::Skip { max_share: 0.02 };
    assert_eq!(read(&table.options, &wanted).unwrap().1.bad, 4);
    wanted.bad_rows = BadRows::Skip { max_share: 0.019 };
    let error = read(&table.options, &wanted).unwrap_err();
    assert_eq!(error.code(), "TOO_MANY_BAD_ROWS");
    let message = error.to_string();
    assert!(message.contains("4 of 200 records are bad (2 %), more than the accepted 1.9 %"), "{message}");
    assert!(message.contains("row 49 (line 51): 1 field where the header has 2"), "{message}");
    assert!(
        message.contains("row 149") && !message.contains("row 199") && message.contains("--max-bad-rows"),
        "{message}"
    );
}

/// Reads with an accepted share of 1 %.
fn read_strictly(table: &common::Table) -> Result<u64, Error> {
    let mut wanted = wanted("text");
    wanted.bad_rows = BadRows::Skip { max_share: 0.01 };
    read(&table.options, &wanted).map(|(_, summary)| summary.bad)
}

#[test]
fn bad_rows_at_the_start_do_not_condemn_a_table_whose_share_is_small() {
    let good = "good,1\n".repeat(200_000);
    let bad = "bad\n".repeat(1_001);
    for lines in [format!("text,x\n{bad}{good}"), format!("text,x\n{good}{bad}")] {
        let mut plain = table("t.csv", lines.as_bytes());
        let zipped = table("t.csv.gz", &gzip(lines.as_bytes()));
        for chunk_bytes in [10_000, 4 << 20] {
            plain.options.chunk_bytes = chunk_bytes;
            assert_eq!(read_strictly(&plain).unwrap(), 1_001);
        }
        assert_eq!(read_strictly(&zipped).unwrap(), 1_001);
    }
}

/// Bytes that all records behind the first `records` could be made of are good records of `,` and a line end.
#[test]
fn a_file_is_read_on_as_long_as_the_rest_could_make_up_for_its_bad_rows() {
    let bad = "bad\n".repeat(2_000);
    let good = ",\n".repeat(198_000);
    let enough = table("t.csv", format!("text,x\n{bad}{good}").as_bytes());
    assert_eq!(read_strictly(&enough).unwrap(), 2_000);
    let too_few = table("t.csv", format!("text,x\n{bad}{}", &good[2..]).as_bytes());
    assert_eq!(read_strictly(&too_few).unwrap_err().code(), "TOO_MANY_BAD_ROWS");
}

#[test]
fn a_file_that_is_wrong_from_the_start_is_not_read_to_its_end_and_its_numbers_are_true() {
    let lines = "text,x\n".to_owned() + &"bad\n".repeat(500_000);
    let mut messages = Vec::new();
    for (chunk_bytes, threads) in [(1000, 1), (1 << 16, 3)] {
        let mut table = table("t.csv", lines.as_bytes());
        (table.options.chunk_bytes, table.options.threads) = (chunk_bytes, threads);
        let error = read_strictly(&table).unwrap_err();
        let Error::TooManyBadRows { bad, records, rest: Some(rest), .. } = error else { panic!("{error}") };
        assert_eq!(bad, records, "all that were read are bad");
        // Each of the bytes left could be half a record; so many good ones do not keep the share, one bad row fewer does.
        let left = lines.len() as u64 - 7 - 4 * records;
        assert!(rest >= left / 2 && rest <= left / 2 + 1, "{rest}");
        assert!(bad * 100 > records + rest, "{error}");
        assert!((bad - 1) * 100 <= records - 1 + rest + 2, "{error}");
        messages.push(error.to_string().split_once(": ").unwrap().1.to_owned());
    }
    assert_eq!(messages[0], messages[1]);
    assert!(messages[0].contains("of the first") && messages[0].contains("the rest was not read"), "{}", messages[0]);
}

#[test]
fn what_is_compressed_is_judged_at_its_end() {
    let lines = "text,x\n".to_owned() + &"bad\n".repeat(50_000);
    let error = read_strictly(&table("t.csv.gz", &gzip(lines.as_bytes()))).unwrap_err();
    assert!(
        error.to_string().contains("50000 of 50000 records are bad (100 %), more than the accepted 1 %"),
        "{error}"
    );
}

#[test]
fn a_share_that_is_met_exactly_is_kept() {
    for (bad, share) in [(29, 0.29), (57, 0.57), (7, 0.07), (58, 0.58)] {
        let lines = "text,x\n".to_owned() + &"bad\n".repeat(bad) + &"good,1\n".repeat(100 - bad);
        let table = table("t.csv", lines.as_bytes());
        let mut wanted = wanted("text");
        wanted.bad_rows = BadRows::Skip { max_share: share };
        assert_eq!(read(&table.options, &wanted).unwrap().1.bad, bad as u64);
        wanted.bad_rows = BadRows::Skip { max_share: share - 1e-9 };
        assert_eq!(read(&table.options, &wanted).unwrap_err().code(), "TOO_MANY_BAD_ROWS");
    }
}

/// A title, a cleared screen, one of C1's, a turned direction and a line separator, as a table may hold them.
const ESCAPES: &str = "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}1m\u{202e}boo\u{2028}\u{7f}";

#[test]
fn no_message_holds_what_a_terminal_acts_on() {
    let lines = format!("text,y{ESCAPES}x,y,set\na,1,{ESCAPES},train\nb,1,2,{ESCAPES}\nNA,1,1,train\n");
    let table = table("t.csv", lines.as_bytes());
    let mut wanted = wanted("text");
    (wanted.outcome, wanted.set) = (Some("y"), Some("set"));
    let (_, summary) = read(&table.options, &wanted).unwrap();
    let mut messages: Vec<String> = summary.bad_rows.iter().map(|bad| bad.reason.clone()).collect();
    assert_eq!(messages.len(), 2);
    assert!(
        messages[0].starts_with("`\\u{1b}]0;pwned\\u{7}\\u{1b}[2J\\u{9b}1m\\u{202e}boo\\u{2028}\\u{7f}` is not"),
        "{}",
        messages[0]
    );
    assert_eq!(summary.bad_rows[0].text, ESCAPES, "the list of bad rows holds what the table holds");
    wanted.bad_rows = BadRows::Skip { max_share: 0.0 };
    messages.push(read(&table.options, &wanted).unwrap_err().to_string());
    let reader = || Reader::open(&table.options).unwrap();
    messages.push(reader().column(&format!("txt{ESCAPES}a")).unwrap_err().to_string());
    for outcome in [format!("`{ESCAPES}"), format!("nosuch + `{ESCAPES}`"), format!("{ESCAPES} + y")] {
        let error = nlpflow_source::Expression::parse(&outcome).and_then(|parsed| reader().bind(&parsed)).unwrap_err();
        messages.push(error.to_string());
    }
    wanted.na = NullPolicy::Error;
    wanted.bad_rows = BadRows::Skip { max_share: 1.0 };
    messages.push(read(&table.options, &wanted).unwrap_err().to_string());
    for message in messages {
        let raw = message.chars().find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{2028}".contains(*c));
        assert_eq!(raw, None, "{message:?}");
    }
}

#[test]
fn a_table_without_a_usable_row_says_why() {
    let table = table("t.csv", b"text,x\na,\nb,NA\n");
    let mut wanted = wanted("text");
    wanted.outcome = Some("x");
    let error = read(&table.options, &wanted).unwrap_err();
    assert_eq!(error.code(), "NO_ROWS");
    assert!(error.to_string().ends_with("of 2 records 2 have no outcome"), "{error}");
}

#[test]
fn delimiters_follow_the_name_or_the_options() {
    let bytes = b"a\tb\n1\t2\n";
    for name in ["t.tsv", "t.tsv.gz"] {
        let bytes = if name.ends_with("gz") { gzip(bytes) } else { bytes.to_vec() };
        assert_eq!(texts(&table(name, &bytes).options, "b"), ["2"]);
    }
    let mut semicolons = table("t.csv", b"a;b\n1;2\n");
    assert_eq!(texts(&semicolons.options, "b"), ["2"], "recognised");
    semicolons.options.dialect.delimiter = Some(b',');
    let error = read(&semicolons.options, &wanted("b")).unwrap_err();
    assert!(error.to_string().contains("the only one holds `;`: is that the delimiter?"), "{error}");
    semicolons.options.dialect.delimiter = Some(b';');
    assert_eq!(texts(&semicolons.options, "b"), ["2"]);
    semicolons.options.dialect.delimiter = Some(b'"');
    assert_eq!(read(&semicolons.options, &wanted("b")).unwrap_err().code(), "INVALID_DELIMITER");
}

#[test]
fn compressed_tables_are_known_by_their_bytes_also_in_several_parts() {
    let (first, second) = ("text,x\r\n\"one\r\nline\",1\r\ntw", "o,2\r\n");
    let expected = ["one\r\nline", "two"];
    for name in ["t.csv.gz", "t.csv"] {
        let members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
        assert_eq!(texts(&table(name, &members).options, "text"), expected);
        let frame = |part: &str| zstd::encode_all(part.as_bytes(), 1).unwrap();
        let name = name.replace("gz", "zst");
        assert_eq!(texts(&table(&name, &[frame(first), frame(second)].concat()).options, "text"), expected);
    }
}

#[test]
fn compressed_tables_that_are_cut_short_or_damaged_are_refused() {
    let lines =
        "text,x\n".to_owned() + &(0..2000).map(|row| format!("text {row},{row}\n")).collect::<Vec<_>>().concat();
    let zipped = gzip(lines.as_bytes());
    let frames = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    for (name, bytes) in [("t.csv.gz", &zipped), ("t.csv.zst", &frames)] {
        for kept in [0, 1, 2, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
            let error = read(&table(name, &bytes[..kept]).options, &wanted("text")).unwrap_err();
            assert_eq!(error.code(), "TRUNCATED_INPUT", "{name} of {kept} bytes: {error}");
        }
    }
    let mut damaged = zipped.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let error = read(&table("t.csv.gz", &damaged).options, &wanted("text")).unwrap_err();
    assert_eq!(error.code(), "INPUT_UNREADABLE", "{error}");
    let error = read(&table("t.csv.gz", lines.as_bytes()).options, &wanted("text")).unwrap_err();
    assert!(error.to_string().contains("its name says gzip, its bytes do not"), "{error}");
    let error = read(&table("t.csv", b"PAR1....").options, &wanted("text")).unwrap_err();
    assert!(error.to_string().contains("Parquet"), "{error}");
}

#[test]
fn encodings_come_from_the_mark_or_the_label() {
    let content = "text,x\nnaïve – 😀,1\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let units = "\u{FEFF}".encode_utf16().chain(content.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for bytes in [format!("\u{FEFF}{content}").into_bytes(), utf16(true), utf16(false), gzip(&utf16(false))] {
        let mut table = table("t.csv", &bytes);
        table.options.chunk_bytes = 3;
        assert_eq!(texts(&table.options, "text"), ["naïve – 😀"]);
    }
    let mut western = table("t.csv", b"text,x\nna\xefve \x96,1\n");
    assert_eq!(read(&western.options, &wanted("text")).unwrap_err().code(), "NO_ROWS");
    western.options.encoding = Some("latin1".into());
    assert_eq!(texts(&western.options, "text"), ["naïve –"]);
    western.options.encoding = Some("klingon".into());
    assert_eq!(read(&western.options, &wanted("text")).unwrap_err().code(), "UNKNOWN_ENCODING");
    let unmarked = table("t.csv", &utf16(false)[2..]);
    let error = read(&unmarked.options, &wanted("text")).unwrap_err();
    assert!(error.to_string().contains("--encoding utf-16le"), "{error}");
}

#[test]
fn bytes_that_are_not_utf8_only_matter_in_the_columns_that_are_used() {
    let table = table("t.csv", b"text,author\ngood,na\xefve\n");
    assert_eq!(texts(&table.options, "text"), ["good"]);
}

#[test]
fn files_that_are_not_there_or_no_tables_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.csv");
    assert_eq!(Reader::open(&ReadOptions::new(&missing)).err().unwrap().code(), "INPUT_NOT_FOUND");
    assert_eq!(open_input(&missing).unwrap_err().code(), "INPUT_NOT_FOUND");
    let error = Reader::open(&ReadOptions::new(folder.path())).err().unwrap();
    assert_eq!(error.code(), "INPUT_UNREADABLE");
    assert!(error.to_string().contains("folder"), "{error}");
    for empty in ["", "\n\r\n", "\u{FEFF}", "text,x", "text,x\n\n"] {
        let error = read(&table("t.csv", empty.as_bytes()).options, &wanted("text")).unwrap_err();
        assert_eq!(error.code(), "EMPTY_TABLE", "{empty:?}");
    }
}

#[test]
fn columns_are_found_by_exact_name_and_the_nearest_is_suggested() {
    let table = table("t.csv", b"text, votes ,x,x\na,1,1,1\n");
    let reader = Reader::open(&table.options).unwrap();
    assert_eq!(reader.columns(), ["text", "votes", "x", "x"]);
    assert_eq!(reader.column("votes").unwrap(), 1);
    let error = reader.column("Txt").unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_COLUMN");
    assert_eq!(
        error.to_string(),
        "there is no column `Txt`; did you mean `text`? The columns are `text`, `votes`, `x`, `x`"
    );
    let error = reader.column("x").unwrap_err();
    assert_eq!(error.code(), "DUPLICATE_COLUMN");
}

fn many_rows() -> common::Table {
    let lines =
        "text,x\n".to_owned() + &(0..5000).map(|row| format!("text {row},{row}\n")).collect::<Vec<_>>().concat();
    let mut table = table("t.csv", lines.as_bytes());
    table.options.chunk_bytes = 100;
    table.options.threads = 3;
    table
}

fn select_first() -> Selection {
    let (na, empty, bad_rows) = (NullPolicy::Empty, EmptyPolicy::Keep, BadRows::Keep);
    Selection { text: 0, outcome: None, set: None, na, empty, bad_rows }
}

#[derive(Debug)]
enum Stop {
    Asked,
    Source,
}

impl From<Error> for Stop {
    fn from(_: Error) -> Self {
        Self::Source
    }
}

#[test]
fn the_caller_can_stop_at_every_point() {
    for at in [0, 1, 17, 400] {
        let mut steps = 0;
        let step = |_, _| {
            steps += 1;
            if steps > at { Err(Stop::Asked) } else { Ok(()) }
        };
        let reader = Reader::open(&many_rows().options).unwrap();
        let stopped = reader.documents(&select_first(), |_| (), |_, ()| Ok(()), step).unwrap_err();
        assert!(matches!(stopped, Stop::Asked));
        let reader = Reader::open(&many_rows().options).unwrap();
        let each = |documents: nlpflow_source::Documents, ()| {
            if documents.records()[0] >= at { Err(Stop::Asked) } else { Ok(()) }
        };
        let stopped = reader.documents(&select_first(), |_| (), each, |_, _| Ok(())).unwrap_err();
        assert!(matches!(stopped, Stop::Asked));
    }
}

#[test]
fn a_panic_in_a_worker_reaches_the_caller() {
    let outcome = std::panic::catch_unwind(|| {
        let reader = Reader::open(&many_rows().options).unwrap();
        let map = |documents: &nlpflow_source::Documents| assert!(documents.records()[0] < 100, "deliberate");
        reader.documents(&select_first(), map, |_, ()| Ok::<_, Error>(()), |_, _| Ok(()))
    });
    assert!(outcome.is_err());
}

#[test]
fn chunks_in_memory_stay_bounded_when_the_caller_is_slow() {
    let table = many_rows();
    let (started, mut collected, mut most) = (AtomicUsize::new(0), 0, 0);
    let reader = Reader::open(&table.options).unwrap();
    let map = |_: &nlpflow_source::Documents| started.fetch_add(1, Ordering::SeqCst);
    let each = |_, _| {
        std::thread::sleep(std::time::Duration::from_micros(200));
        most = most.max(started.load(Ordering::SeqCst) - collected);
        collected += 1;
        Ok::<_, Error>(())
    };
    reader.documents(&select_first(), map, each, |_, _| Ok(())).unwrap();
    assert!(collected > 500, "{collected} chunks");
    assert!(most <= 2 * table.options.threads + 2, "{most} chunks at once");
}

#[test]
fn progress_counts_the_bytes_of_the_file() {
    let table = many_rows();
    let size = std::fs::metadata(&table.options.path).unwrap().len();
    let mut seen = Vec::new();
    let reader = Reader::open(&table.options).unwrap();
    let step = |done, total| {
        assert_eq!(total, size);
        seen.push(done);
        Ok::<_, Error>(())
    };
    let summary = reader.documents(&select_first(), |_| (), |_, ()| Ok(()), step).unwrap();
    assert_eq!((seen[0], *seen.last().unwrap(), summary.bytes), (0, size, size));
    assert!(seen.is_sorted());
}
