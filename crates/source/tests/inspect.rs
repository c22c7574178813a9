//! What the first look at a table finds.

mod common;

use common::table;
use nlpflow_source::ColumnKind::{Category, Empty, Number, Text};
use nlpflow_source::inspect;
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
        json!({ "name": "description", "kind": "text", "nulls": 0, "distinct": 40, "mean_words": 5.0, "examples":
            ["a short description, number 0", "a short description, number 1", "a short description, number 2"] })
    );
    assert_eq!(
        columns[2],
        json!({ "name": "section", "kind": "category", "nulls": 13, "distinct": 2, "mean_words": 1.0,
            "examples": ["games", "net"], "value": "games" })
    );
    assert_eq!(
        columns[4],
        json!({ "name": "ratio", "kind": "number", "nulls": 0, "distinct": 40, "min": 0.5, "max": 39.5,
            "non_integer": true, "examples": ["0.5", "1.5", "2.5"] })
    );
    assert_eq!(columns[5], json!({ "name": "nothing", "kind": "empty", "nulls": 40, "distinct": 0, "examples": [] }));
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
    assert_eq!(found.columns[0].value.as_deref(), Some(long.as_str()));
    assert_eq!(found.columns[1].value, None);
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

#[test]
fn only_the_first_records_are_looked_at_whatever_the_chunks() {
    let lines =
        "text,x\n".to_owned() + &(0..3000).map(|row| format!("text {row},{row}\nbad\n")).collect::<Vec<_>>().concat();
    let mut table = table("t.csv", lines.as_bytes());
    for chunk_bytes in [1, 777, 1 << 20] {
        table.options.chunk_bytes = chunk_bytes;
        let found = inspect(&table.options).unwrap();
        assert_eq!((found.sampled, found.bad, found.columns[1].max), (2000, 1000, Some(999.0)));
    }
}
