//! What the first look at a table finds.

mod common;

use common::table;
use nlpflow_source::ColumnKind::{Boolean, Category, Date, Empty, Number, Text};
use nlpflow_source::{ColumnProfile, Form, inspect};
use serde_json::json;

#[test]
fn columns_are_told_apart() {
    let line = |row: usize| {
        let section = ["games", "net", "NA"][row % 3];
        format!("p{row},\"a short description, number {row}\",{section},{row},{row}.5,\n")
    };
    let lines =
        "id,description,section,size,ratio,nothing\n".to_owned() + &(0..40).map(line).collect::<Vec<_>>().concat();
    let found = inspect(&table("t.csv", lines.as_bytes()).options).unwrap();
    let kinds: Vec<_> = found.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Text, Text, Category, Number, Number, Empty]);
    assert_eq!((found.sampled, found.bad, found.encoding.as_str(), found.dialect.delimiter), (40, 0, "UTF-8", ','));
    let columns = serde_json::to_value(&found.columns).unwrap();
    assert_eq!(
        columns[1],
        json!({ "name": "description", "kind": "text", "nulls": 0, "distinct": 40, "unique": true, "sequence": false,
            "mean_words": 5.0, "mean_characters": 29.75, "examples":
            ["a short description, number 0", "a short description, number 1", "a short description, number 2"] })
    );
    assert_eq!(
        columns[2],
        json!({ "name": "section", "kind": "category", "nulls": 13, "distinct": 2, "unique": false, "sequence": false,
            "mean_words": 1.0, "mean_characters": 4.037_037_037_037_037, "examples": ["games", "net"],
            "values": [{ "value": "games", "rows": 14 }, { "value": "net", "rows": 13 }] })
    );
    let mut written: Vec<String> = (0..40).map(|row| format!("{row}.5")).collect();
    written.sort();
    let written: Vec<_> = written.iter().take(24).map(|value| json!({ "value": value, "rows": 1 })).collect();
    assert_eq!(
        columns[4],
        json!({ "name": "ratio", "kind": "number", "nulls": 0, "distinct": 40, "unique": true, "sequence": true,
            "min": 0.5, "max": 39.5, "non_integer": true, "values": written, "examples": ["0.5", "1.5", "2.5"] })
    );
    let nothing = json!({ "name": "nothing", "kind": "empty", "nulls": 40, "distinct": 0, "unique": false,
        "sequence": false, "examples": [] });
    assert_eq!(columns[5], nothing);
}

#[test]
fn the_value_of_a_category_is_whole_and_as_it_is() {
    let long = "a\u{1b}\"".repeat(60);
    let row = |value: &[u8], number: usize| [b"\"", value, b"\",", number.to_string().as_bytes(), b"\n"].concat();
    let quoted = long.replace('"', "\"\"");
    let rows: Vec<u8> = (0..12).flat_map(|n| row([&b"\xff"[..], quoted.as_bytes(), b"b"][n % 3], n)).collect();
    let mut table = table("t.csv", &[b"kind,n\n", &rows[..]].concat());
    table.options.encoding = Some("utf-8".into());
    let found = inspect(&table.options).unwrap();
    let values: Vec<_> = found.columns[0].values.iter().map(|count| (count.value.as_str(), count.rows)).collect();
    assert_eq!(values, [(long.as_str(), 4), ("b", 4)]);
}

#[test]
fn delimiters_are_found_by_how_evenly_they_split() {
    for delimiter in [',', ';', '\t', '|'] {
        let line = |row: usize| {
            format!("text, with; all | of them\t{row}").replace(delimiter, ".") + &format!("{delimiter}{row}\n")
        };
        let lines: String = format!("text{delimiter}x\n") + &(0..20).map(line).collect::<Vec<_>>().concat();
        assert_eq!(inspect(&table("t.csv", lines.as_bytes()).options).unwrap().dialect.delimiter, delimiter);
    }
    assert_eq!(inspect(&table("t.csv", b"one\ncolumn\n").options).unwrap().dialect.delimiter, ',');
}

#[test]
fn encodings_are_guessed_when_the_bytes_are_not_utf8() {
    let text = "text,x\n".to_owned() + &"das Gefühl – “schön” naïve,1\n".repeat(30);
    let (bytes, _, failed) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!failed);
    let found = inspect(&table("t.csv", &bytes).options).unwrap();
    assert_eq!(found.encoding, "windows-1252");
    assert_eq!(found.columns[0].examples, ["das Gefühl – “schön” naïve"]);
    let utf16: Vec<u8> = "\u{FEFF}text,x\ngut,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = inspect(&table("t.csv", &utf16).options).unwrap();
    assert_eq!((found.encoding.as_str(), found.columns[0].examples[0].as_str()), ("UTF-16LE", "gut"));
}

/// A table whose rows `line` makes from their numbers.
fn profile(header: &str, rows: usize, line: impl Fn(usize) -> String) -> Vec<ColumnProfile> {
    let lines = format!("{header}\n") + &(0..rows).map(|row| line(row) + "\n").collect::<Vec<_>>().concat();
    inspect(&table("t.csv", lines.as_bytes()).options).expect("a table").columns
}

#[test]
fn records_from_the_whole_table_are_looked_at_whatever_the_chunks() {
    let line = |row| format!("text {row},{}\nbad\n", if row < 15_000 { "neg" } else { "pos" });
    let lines = "text,x\n".to_owned() + &(0..30_000).map(line).collect::<Vec<_>>().concat();
    let mut table = table("t.csv", lines.as_bytes());
    let looks = [1, 777, 1 << 20].map(|chunk_bytes| {
        table.options.chunk_bytes = chunk_bytes;
        let found = inspect(&table.options).unwrap();
        assert_eq!((found.rows, found.complete), (60_000, true));
        let counts: Vec<_> = found.columns[1].values.iter().map(|count| count.rows).collect();
        (found.sampled, found.bad, counts)
    });
    let (sampled, bad, counts) = &looks[0];
    assert!((3500..=8000).contains(sampled));
    let is_share = |part: u64, share: f64| (part as f64 / *sampled as f64 - share).abs() < 0.03;
    assert!(is_share(*bad, 0.5) && is_share(counts[0], 0.25) && is_share(counts[1], 0.25), "{looks:?}");
    assert!(looks.iter().all(|look| look == &looks[0]));
}

#[test]
fn small_tables_are_looked_at_whole() {
    let lines =
        "text,x\n".to_owned() + &(0..3000).map(|row| format!("text {row},{row}\nbad\n")).collect::<Vec<_>>().concat();
    let found = inspect(&table("t.csv", lines.as_bytes()).options).unwrap();
    assert_eq!((found.rows, found.sampled, found.bad, found.columns[1].max), (6000, 6000, 3000, Some(2999.0)));
}

#[test]
fn row_numbers_and_keys_are_known_by_their_values() {
    let columns = profile(",tweet,key,n,mixed", 50, |row| {
        format!(
            "{row},{},{:08x},{},{}",
            467_810_369 + 7 * row,
            row * 77_777,
            row % 5,
            if row % 5 == 0 { row } else { row + 1 }
        )
    });
    let seen: Vec<_> = columns.iter().map(|column| (column.sequence, column.unique, column.form)).collect();
    let expected = [
        (true, true, None),
        (false, true, None),
        (false, true, Some(Form::Code)),
        (false, false, None),
        (false, false, None),
    ];
    assert_eq!(seen, expected);
    assert_eq!(columns[3].values.len(), 5);
}

#[test]
fn a_few_words_among_numbers_are_gaps() {
    let columns = profile("text,y,z", 120, |row| {
        format!(
            "a text {row},{},{}",
            ["-", "n.v."].get(row % 40).map_or_else(|| format!("{row}"), ToString::to_string),
            row % 2
        )
    });
    assert_eq!(columns[1].kind, Number);
    let foreign = columns[1].foreign.as_ref().unwrap();
    assert_eq!((foreign.rows, foreign.words.concat()), (6, "-n.v.".to_owned()));
    assert_eq!((columns[1].distinct, columns[2].foreign.as_ref()), (114, None));
    assert_eq!(columns[1].examples, ["2"], "of the first three only what is a number");
    let columns = profile("size", 40, |row| ["12", "about 7"][row % 2].to_owned());
    assert_eq!(columns[0].kind, Category);
}

#[test]
fn booleans_dates_and_forms_have_names() {
    let columns = profile("ok,day,link,price,who,zwei", 30, |row| {
        let ok = ["True", "False"][row % 2];
        format!("{ok},2024-05-{:02},https://e.org/{row},${row},user{row},{}", row + 1, ["ja", "nein"][row % 2])
    });
    let seen: Vec<_> = columns.iter().map(|column| (column.kind, column.form)).collect();
    let text = |form| (Text, Some(form));
    let expected = [(Boolean, None), (Date, Some(Form::Date)), text(Form::Url), text(Form::Figure), text(Form::Code)];
    assert_eq!(seen[..5], expected);
    assert_eq!(seen[5], (Category, None));
}

#[test]
fn words_are_counted_in_scripts_without_blanks() {
    let columns =
        profile("name,review", 30, |row| format!("The Grand Hotel {row},房间很干净服务也很好下次还会再来{row}"));
    assert!(columns[1].mean_words > Some(7.0) && columns[0].mean_words == Some(4.0), "{columns:?}");
}
