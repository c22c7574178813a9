//! The whole text path against the output of the R pipeline: textrecipes on ICU 72.
//!
//! Debian's package descriptions are in `tests/data`; the dictionary's are not free and stay outside the project.

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use common::{Corpus, recipe, vocabulary};
use flate2::read::GzDecoder;
use serde_json::json;

fn table(path: &Path) -> Vec<csv::StringRecord> {
    let mut text = String::new();
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(file).read_to_string(&mut text).expect("gzip of UTF-8");
    csv::Reader::from_reader(text.as_bytes()).records().map(|record| record.expect("a record")).collect()
}

fn number<T: std::str::FromStr>(field: &str) -> T {
    field.trim().parse().unwrap_or_else(|_| panic!("{field} is no number"))
}

/// Learns on the rows of the training set, applies to all, and holds every number to R's.
fn compare(folder: &Path, name: &str) {
    let read = |part: &str| table(&folder.join(format!("{name}.{part}.csv.gz")));
    let recipe = recipe(&json!([
        { "tokenize": "words" },
        { "stopwords": { "source": "snowball", "language": "en" } },
        { "tokenfilter": { "min_times": 0.001, "max_times": 1, "percentage": true, "max_tokens": 100 } },
        { "tfidf": {} },
    ]));
    let input = read("input");
    let texts: Vec<&str> = input.iter().map(|record| &record[0]).collect();
    let corpus = Corpus::new(&recipe, &texts);
    let learned = recipe.learn(&corpus.terms, &corpus.counts(|row| &input[row][2] == "train")).expect("a vocabulary");

    let expected = read("vocabulary");
    assert_eq!(vocabulary(&learned), expected.iter().map(|record| &record[0]).collect::<Vec<_>>());
    for (entry, record) in learned.vocabulary().iter().zip(&expected) {
        let idf: f64 = number(&record[1]);
        assert!(entry.idf.is_some_and(|ours| (ours - idf).abs() <= 1e-12), "{entry:?}: {idf}");
    }

    let expected: BTreeMap<(usize, u32), f64> =
        read("triplets").iter().map(|record| ((number(&record[0]), number(&record[1])), number(&record[2]))).collect();
    let mut entries = 0;
    for row in 0..texts.len() {
        for (column, value) in corpus.row(&learned, row) {
            let theirs = expected.get(&(row, column)).copied().unwrap_or_default();
            let difference = (f64::from(value) - theirs).abs() / theirs.abs();
            assert!(difference <= 1e-6, "row {row}, column {column}: {value}, not {theirs}");
            entries += 1;
        }
    }
    assert_eq!(entries, expected.len());
}

#[test]
fn debian_is_as_in_r() {
    compare(Path::new("tests/data"), "debian");
}

#[test]
fn dictionary_is_as_in_r() {
    let beside = || PathBuf::from("../../../shared");
    let shared = std::env::var_os("NLPFLOW_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("reference/pipeline");
    if !folder.join("urbandict.input.csv.gz").exists() {
        // Straight to the stream: what the print macros write is swallowed when a test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED dictionary_is_as_in_r: no reference data (set NLPFLOW_SHARED)");
        return;
    }
    compare(&folder, "urbandict");
}
