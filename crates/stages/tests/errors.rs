//! Bad input gets an error that says what, where and what to do, with a stable code.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

mod common;

use common::{Runs, recipe, table};
use nlpflow_stages::{Context, Error, run};
use serde_json::{Value, json};

/// The code of an error whose message holds every one of `parts`.
fn code(error: &Error, parts: &[&str]) -> &'static str {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "«{part}» is not in: {message}");
    }
    error.code()
}

fn corpus(text: impl AsRef<[u8]>, more: Value) -> Error {
    let runs = Runs::new();
    let input = runs.write("table.csv", text);
    runs.corpus("corpus", &input, more).unwrap_err()
}

#[test]
fn a_missing_file() {
    let runs = Runs::new();
    let error = runs.corpus("corpus", &runs.path("no.csv"), json!({})).unwrap_err();
    assert_eq!(code(&error, &["no.csv"]), "INPUT_NOT_FOUND");
}

#[test]
fn an_unknown_column_with_the_nearest_one() {
    let error = corpus("txet,y\na,1\n", json!({}));
    assert_eq!(code(&error, &["text", "txet"]), "UNKNOWN_COLUMN");
    let error = corpus("text,score\na,1\n", json!({ "outcome": "log1p(scores)" }));
    assert_eq!(code(&error, &["scores", "score"]), "UNKNOWN_COLUMN");
}

#[test]
fn an_empty_table() {
    assert_eq!(corpus("", json!({})).code(), "EMPTY_TABLE");
    assert_eq!(corpus("text,y\n", json!({})).code(), "EMPTY_TABLE");
}

#[test]
fn a_text_column_without_a_token() {
    let error = corpus("text,y\n!!!,1\n\"  \",2\n", json!({}));
    assert_eq!(code(&error, &["text", "2"]), "NO_TOKENS");
}

#[test]
fn an_outcome_with_text_in_it() {
    let error = corpus("text,y\na,1\nb,two\nc,3\n", json!({}));
    assert_eq!(code(&error, &["line 3", "two", "y"]), "TOO_MANY_BAD_ROWS");
}

#[test]
fn an_outcome_that_is_not_finite() {
    let error = corpus("text,y\na,1\nb,inf\nc,2\n", json!({}));
    assert_eq!(code(&error, &["line 3"]), "TOO_MANY_BAD_ROWS");
    let error = corpus("text,y\na,1\nb,-3\n", json!({ "outcome": "log1p(y)" }));
    assert_eq!(code(&error, &["line 3", "log1p"]), "TOO_MANY_BAD_ROWS");
}

#[test]
fn an_outcome_that_is_the_same_in_all_rows() {
    let table = "text,label\na,Spam\nb,ham\nc,ham\n";
    let error = corpus(table, json!({ "outcome": "label == 'spam'" }));
    assert_eq!(code(&error, &["0 in all 3 rows", "\"Spam\" (1 row", "label == \"Spam\""]), "CONSTANT_OUTCOME");
    let error = corpus("text,y\na,1\nb,5\n", json!({ "outcome": "y > 5" }));
    assert_eq!(code(&error, &["0 in all 2 rows", "`y` is from 1 to 5"]), "CONSTANT_OUTCOME");
    let error = corpus("text,label,y\na,Spam,1\nb,ham,2\n", json!({ "outcome": "y + (label == 'spam')" }));
    assert_eq!(code(&error, &["\"Spam\" (1 row"]), "VALUE_NOT_FOUND");
    // A row that is left out does not count.
    let error = corpus("text,label\na,spam\nb,spam\n,ham\n", json!({ "outcome": "label == 'ham'", "empty": "drop" }));
    assert_eq!(code(&error, &["0 in all 2 rows", "\"ham\" in 1 row, but none"]), "CONSTANT_OUTCOME");
}

#[test]
fn an_outcome_that_is_the_same_in_all_training_rows() {
    let runs = Runs::new();
    let corpus = |name: &str, is_one: fn(usize) -> bool| {
        let line = |row: usize| format!("word,{},{}\n", u8::from(is_one(row)), ["train", "test"][row % 2]);
        let lines: Vec<String> = (0..20).map(line).collect();
        let input = runs.write(&format!("{name}.csv"), format!("text,y,set\n{}", lines.concat()));
        runs.corpus(name, &input, json!({ "split_column": "set" })).unwrap().0
    };
    let error = runs.split("split", &corpus("test-only", |row| row % 2 == 1), None, 2).unwrap_err();
    assert_eq!(code(&error, &["0 in all 10 rows of the training set"]), "CONSTANT_OUTCOME");

    let (_, summary) = runs.split("rare-split", &corpus("rare", |row| row == 4), None, 2).unwrap();
    let warnings = summary["warnings"].as_array().unwrap();
    let learns: Vec<_> =
        warnings.iter().filter(|text| text.as_str().unwrap().contains("that it learns from")).collect();
    assert_eq!(learns.len(), 1, "only the fold that assesses the one row learns without it");
    assert!(learns[0].as_str().unwrap().contains("0 in all 5 rows that it learns from"), "{}", learns[0]);
}

#[test]
fn a_table_that_is_not_utf_8() {
    let error = corpus(b"text,y\ncaf\xe9,1\nb,2\n", json!({}));
    assert_eq!(code(&error, &["line 2", "UTF-8", "encoding"]), "TOO_MANY_BAD_ROWS");
    let runs = Runs::new();
    let input = runs.write("table.csv", b"text,y\ncaf\xe9,1\nb,2\n");
    let (_, summary) = runs.corpus("corpus", &input, json!({ "encoding": "windows-1252" })).unwrap();
    assert_eq!(summary["documents"], 2);
}

#[test]
fn a_truncated_archive() {
    let runs = Runs::new();
    let mut table = Vec::new();
    {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(&mut table, flate2::Compression::default());
        encoder.write_all(common::table(2_000).as_bytes()).unwrap();
        encoder.finish().unwrap();
    }
    table.truncate(table.len() / 2);
    let input = runs.write("table.csv.gz", table);
    let error = runs.corpus("corpus", &input, json!({})).unwrap_err();
    assert_eq!(code(&error, &["table.csv.gz"]), "TRUNCATED_INPUT");
}

#[test]
fn a_few_bad_rows_are_reported_and_skipped() {
    let runs = Runs::new();
    let mut text = table(500);
    text.push_str("500,one field too many,1,2\n");
    let lines = text.lines().count();
    let input = runs.write("table.csv", &text);
    let (corpus, summary) = runs.corpus("corpus", &input, json!({})).unwrap();
    assert_eq!((&summary["documents"], &summary["bad_rows"]), (&json!(500), &json!(1)));
    let output = runs.path("bad.csv");
    run("export", json!({ "table": corpus.join("bad_rows.parquet"), "output": output }), &Context::quiet()).unwrap();
    let bad = std::fs::read_to_string(output).unwrap();
    assert!(bad.lines().nth(1).unwrap().starts_with(&format!("500,{lines},")), "{bad}");
}

/// A model of two trees on a small table, and the predictions that are asked of a bundle.
struct Fitted {
    runs: Runs,
    input: std::path::PathBuf,
    fit: std::path::PathBuf,
}

impl Fitted {
    fn by(engine: &str) -> Self {
        let runs = Runs::new();
        let input = runs.write("table.csv", table(200));
        let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
        let (split, _) = runs.split("split", &corpus, Some(0.8), 2).unwrap();
        let (features, _) = runs.features("features", (&corpus, &split), None, &recipe(10)).unwrap();
        let options = json!({
            "features": features, "engine": engine, "parameters": {}, "trees": 2, "metrics": ["rmse"],
            "text": "text", "outcome": "y",
        });
        let (fit, _) = runs.stage("fit", "fit", options).unwrap();
        Self { runs, input, fit }
    }

    fn predict(&self, model: &std::path::Path, more: &Value) -> Result<Value, Error> {
        let output = self.runs.path("out.csv");
        let mut options = json!({ "model": model, "input": self.input, "output": output, "threads": 1 });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("predict", options, &Context::quiet())
    }

    /// The bundle with one of its parts changed, and checksums that are right.
    fn with_part(&self, part: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> std::path::PathBuf {
        let changed = self.runs.path("changed.nlpf");
        let bytes = std::fs::read(self.fit.join("model.nlpf")).unwrap();
        let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut new = zip::ZipWriter::new(std::fs::File::create(&changed).unwrap());
        for index in 0..old.len() {
            let mut entry = old.by_index(index).unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            let name = entry.name().unwrap().into_owned();
            let bytes = if name == part { change(bytes) } else { bytes };
            let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            new.start_file(name, stored).unwrap();
            std::io::Write::write_all(&mut new, &bytes).unwrap();
        }
        new.finish().unwrap();
        changed
    }
}

#[test]
fn a_model_of_a_later_format_and_a_file_that_is_no_model() {
    let fitted = Fitted::by("xgboost");
    let predict = |model: &std::path::Path, more: Value| fitted.predict(model, &more).unwrap_err();
    let model = fitted.fit.join("model.nlpf");
    assert_eq!(code(&predict(&model, json!({ "trees": 3 })), &["2 trees", "3"]), "TOO_MANY_TREES");
    assert_eq!(predict(&fitted.input, json!({})).code(), "NOT_A_MODEL");
    let later = fitted.with_part("manifest.json", |part| {
        let mut manifest: Value = serde_json::from_slice(&part).unwrap();
        manifest["format"] = json!(7);
        manifest["nlpflow"] = json!("9.1.0");
        serde_json::to_vec(&manifest).unwrap()
    });
    assert_eq!(code(&predict(&later, json!({})), &["9.1.0", "format 7"]), "NEWER_MODEL_FORMAT");
    assert!(!fitted.runs.path("out.csv").exists());
}

#[test]
fn a_bundle_whose_parts_do_not_fit_each_other() {
    let fitted = Fitted::by("native");
    let refused = |part: &str, change: &dyn Fn(&mut Value), words: &str| {
        let changed = fitted.with_part(part, |bytes| {
            let mut value: Value = serde_json::from_slice(&bytes).unwrap();
            change(&mut value);
            serde_json::to_vec(&value).unwrap()
        });
        let error = fitted.predict(&changed, &json!({})).unwrap_err();
        assert_eq!(code(&error, &["changed.nlpf", words]), "NOT_A_MODEL");
        assert!(!fitted.runs.path("out.csv").exists());
    };
    let shorten = |value: &mut Value| drop(value.as_array_mut().unwrap().pop());
    refused("vocabulary.json", &shorten, "tokens");
    refused("vocabulary.json", &|value| value.as_array_mut().unwrap().reverse(), "vocabulary");
    refused("manifest.json", &|value| value["engine"] = json!("other"), "other");
    refused("manifest.json", &|value| value["recipe"][0] = json!({ "stemming": {} }), "stemming");
    refused("manifest.json", &|value| value["trees"] = json!(7), "7 trees");
}

#[test]
fn a_bundle_whose_model_is_unsound() {
    for engine in ["native", "xgboost"] {
        let fitted = Fitted::by(engine);
        for list in ["left_children", "right_children", "parents", "split_indices"] {
            let changed = fitted.with_part("model.ubj", |mut model| {
                // The second number of the list: that of a node which has a parent.
                let name = [list.as_bytes(), b"[$l#L"].concat();
                let at = model.windows(name.len()).position(|window| window == name).unwrap() + name.len() + 8 + 4;
                model[at..at + 4].copy_from_slice(&0x00ff_ffff_u32.to_be_bytes());
                model
            });
            let error = fitted.predict(&changed, &json!({})).unwrap_err();
            assert_eq!(error.code(), "INVALID_MODEL", "{engine}, {list}: {error}");
        }
        let same = fitted.with_part("model.ubj", |model| model);
        fitted.predict(&same, &json!({})).unwrap();
    }
}

#[test]
fn a_model_is_converted_for_xgboost() {
    let fitted = Fitted::by("native");
    let model = fitted.fit.join("model.ubj");
    for (name, same) in [("a.ubj", "model.ubj"), ("a.JSON", "model.json")] {
        let output = fitted.runs.path(name);
        let summary = run("convert", json!({ "model": model, "output": output }), &Context::quiet()).unwrap();
        assert_eq!(summary, json!({ "objective": "reg:squarederror", "xgboost": "1.7" }));
        assert_eq!(std::fs::read(&output).unwrap(), std::fs::read(fitted.fit.join(same)).unwrap());
    }
    let options = json!({ "model": fitted.input, "output": fitted.runs.path("b.ubj") });
    assert_eq!(run("convert", options, &Context::quiet()).unwrap_err().code(), "INVALID_MODEL");
}
