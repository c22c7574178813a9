//! Formats that are no text tables, by their first bytes.

use std::path::Path;

use crate::Error;

/// First bytes of binary files, before anything is decompressed.
const BINARY: [(&[u8], &str); 15] = [
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"%PDF", "a PDF document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"BZh", "a file compressed by bzip2"),
    (b"\xfd7zXZ\x00", "a file compressed by xz"),
    (b"\xff\xff\xff\xff", "an Arrow stream"),
];

/// Refuses what begins as a binary format does.
pub(crate) fn refuse_binary(path: &Path, head: &[u8]) -> Result<(), Error> {
    match BINARY.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, kind)) => Err(refusal(path, kind, "save it as CSV (or .csv.gz, .csv.zst)")),
        None => Ok(()),
    }
}

/// Refuses text that is written in another format; `head` is decompressed and decoded.
pub(crate) fn refuse_foreign(path: &Path, head: &[u8]) -> Result<(), Error> {
    let text = head.trim_ascii_start();
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let starts =
        |start: &str| text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start.as_bytes()));
    if is_json(text) {
        let how =
            "convert it first, e.g. in Python: pandas.read_json(FILE, lines=True).to_csv(\"table.csv\", index=False)";
        let lines = if text.starts_with(b"{") {
            ("JSON lines", how)
        } else {
            ("JSON", "convert it first, e.g. in Python: pandas.read_json(FILE).to_csv(\"table.csv\", index=False)")
        };
        return Err(refusal(path, lines.0, lines.1));
    }
    if starts("__label__") {
        let how = "write a table of two columns, e.g.: (echo 'label,text'; sed -E 's/\"/\"\"/g; s/^__label__([^ ]+) (.*)$/\\1,\"\\2\"/' FILE) > table.csv";
        return Err(refusal(path, "in fastText's format (`__label__x text`)", how));
    }
    let documents = [
        ("<!doctype html", "an HTML page"),
        ("<html", "an HTML page"),
        ("<?xml", "XML"),
        ("{\\rtf", "a document in RTF"),
        ("@relation", "in Weka's ARFF format"),
    ];
    if let Some((_, kind)) = documents.iter().find(|(start, _)| starts(start)) {
        return Err(refusal(path, kind, "save the table in it as CSV"));
    }
    if is_sparse(line) {
        return Err(refusal(
            path,
            "in the LIBSVM format (numbers of features, no text)",
            "nlpflow learns from texts: give the table that holds them",
        ));
    }
    Ok(())
}

fn refusal(path: &Path, kind: &str, remedy: &str) -> Error {
    Error::Unreadable { path: path.into(), reason: format!("it is {kind}, not a text table; {remedy}") }
}

/// Whether a text begins as a JSON object with a name, or as an array of objects.
fn is_json(text: &[u8]) -> bool {
    let object = |text: &[u8]| {
        let Some(inner) = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
        let Some(name) = inner.strip_prefix(b"\"") else { return inner.starts_with(b"}") && text.len() < 64 };
        let Some(end) = name.iter().position(|byte| *byte == b'"') else { return false };
        name[end + 1..].trim_ascii_start().starts_with(b":")
    };
    object(text) || text.strip_prefix(b"[").is_some_and(|inner| object(inner.trim_ascii_start()))
}

/// Whether a line is `1 3:0.5 17:1`.
fn is_sparse(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let mut words = line.split_ascii_whitespace();
    let label = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
    let pair = |word: &str| {
        word.split_once(':').is_some_and(|(index, value)| index.parse::<u32>().is_ok() && value.parse::<f64>().is_ok())
    };
    let pairs: Vec<bool> = words.map(pair).collect();
    label && !pairs.is_empty() && pairs.into_iter().all(|pair| pair)
}
