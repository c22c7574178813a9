//! What a run of the stages promises, whatever the machine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Runs, recipe, table};
use nlpflow_matrix::FoldMatrix;
use nlpflow_stages::{Context, run};
use serde_json::{Value, json};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

fn fold_matrix(features: &Path) -> FoldMatrix {
    FoldMatrix::from_ipc(std::fs::read(features.join("matrix.arrow")).unwrap().into(), "matrix.arrow").unwrap()
}

#[test]
fn no_artifact_depends_on_threads_or_chunks() {
    let mut runs = Runs::new();
    let input = runs.write("table.csv", table(3_000));
    let mut seen: Vec<BTreeMap<String, Vec<u8>>> = Vec::new();
    for (index, (threads, chunk_bytes)) in [(1, 1 << 20), (2, 997), (4, 1)].into_iter().enumerate() {
        (runs.threads, runs.chunk_bytes) = (threads, chunk_bytes);
        let name = |stage: &str| format!("{stage}-{index}");
        let (corpus, _) = runs.corpus(&name("corpus"), &input, json!({})).unwrap();
        let (split, _) = runs.split(&name("split"), &corpus, Some(0.8), 5).unwrap();
        let (features, _) = runs.features(&name("features"), (&corpus, &split), Some(2), &recipe(20)).unwrap();
        let mut all = files(&corpus);
        all.extend(files(&split));
        all.extend(files(&features));
        seen.push(all);
    }
    assert!(seen[0].len() >= 10);
    for other in &seen[1..] {
        for (name, bytes) in &seen[0] {
            assert!(other[name] == *bytes, "{name} differs");
        }
    }
}

/// The vocabulary and idf of a fold, which come from total counts less the fold's, against those of a table that holds
/// nothing but the fold's analysis rows.
#[test]
fn a_fold_learns_from_its_analysis_rows_alone() {
    let runs = Runs::new();
    let text = table(1_200);
    let input = runs.write("table.csv", &text);
    let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
    let (split, summary) = runs.split("split", &corpus, Some(0.75), 4).unwrap();
    assert_eq!(summary["train"], 900);
    for fold in 1..=4_u16 {
        let (features, counted) =
            runs.features(&format!("features-{fold}"), (&corpus, &split), Some(fold), &recipe(8)).unwrap();
        assert_eq!((&counted["analysis"], &counted["assessment"]), (&json!(675), &json!(225)));
        let matrix = fold_matrix(&features);
        let analysis = &matrix.rows()[..matrix.analysis()];

        // The same rows in a table of their own, with one more row as the test set that a split must have.
        let records = csv_records(&text);
        let marked = |record: &str, set: &str| format!("{},{set}\n", record.trim_end_matches('\n'));
        let mut alone = marked(&records[0], "set");
        alone.extend(analysis.iter().map(|&row| marked(&records[1 + row as usize], "train")));
        alone.push_str("9,\"dog cat\",1,test\n");
        let alone = runs.write(&format!("alone-{fold}.csv"), alone);
        let (corpus, _) = runs.corpus(&format!("corpus-{fold}"), &alone, json!({ "split_column": "set" })).unwrap();
        let (split, _) = runs.split(&format!("split-{fold}"), &corpus, None, 2).unwrap();
        let (direct, _) = runs.features(&format!("alone-{fold}"), (&corpus, &split), None, &recipe(8)).unwrap();
        assert!(files(&direct)["vocabulary.arrow"] == files(&features)["vocabulary.arrow"], "fold {fold}");
        let (small, large) = (fold_matrix(&direct), matrix.clone());
        for row in 0..large.analysis() {
            assert_eq!(small.features().view().row(row), large.features().view().row(row));
        }
    }
}

/// The records of a table with their line ends, by the parity of quotes: the tables of this file have no other kind.
fn csv_records(text: &str) -> Vec<String> {
    let mut records = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        quoted ^= character == '"';
        let record = records.last_mut().unwrap();
        record.push(character);
        if character == '\n' && !quoted {
            records.push(String::new());
        }
    }
    records
}

#[test]
fn one_booster_answers_every_number_of_trees() {
    let runs = Runs::new();
    let input = runs.write("table.csv", table(800));
    let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
    let (split, _) = runs.split("split", &corpus, Some(0.8), 3).unwrap();
    let (features, _) = runs.features("features", (&corpus, &split), Some(1), &recipe(20)).unwrap();
    let boost = |name: &str, trees: &[u32]| -> Value {
        let options = json!({
            "features": features, "engine": "xgboost", "trees": trees, "metrics": ["rmse", "mae", "rsq", "rsq_trad"],
            "parameters": { "eta": 0.3, "max_depth": 4, "subsample": 0.7, "colsample_bynode": 0.5, "seed": 7 },
        });
        runs.stage("boost", name, options).unwrap().1
    };
    let together = boost("together", &[3, 10, 25]);
    for (index, trees) in [3, 10, 25].into_iter().enumerate() {
        let alone = boost(&format!("alone-{trees}"), &[trees]);
        assert_eq!(alone["metrics"][0], together["metrics"][index]);
        assert!(alone["metrics"][0]["metrics"]["rmse"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn a_saved_model_predicts_what_it_predicted_when_it_was_fitted() {
    let runs = Runs::new();
    let text = table(700);
    let input = runs.write("table.csv", &text);
    let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
    let (split, _) = runs.split("split", &corpus, Some(0.8), 3).unwrap();
    let (features, _) = runs.features("features", (&corpus, &split), None, &recipe(20)).unwrap();
    let options = json!({
        "features": features, "engine": "xgboost", "parameters": { "max_depth": 4 }, "trees": 12,
        "metrics": ["rmse"], "text": "text", "outcome": "y",
    });
    let (fit, _) = runs.stage("fit", "fit", options).unwrap();
    let csv = |table: &str, output: &str| {
        let output = runs.path(output);
        run("export", json!({ "table": fit.join(table), "output": output }), &Context::quiet()).unwrap();
        std::fs::read_to_string(output).unwrap()
    };
    let fitted: Vec<String> = csv("predictions.parquet", "fitted.csv")
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap().to_owned())
        .collect();
    assert_eq!(fitted.len(), 700);
    for chunk_bytes in [100, 1 << 20] {
        let output = runs.path("scored.csv");
        let options = json!({
            "model": fit.join("model.nlpf"), "input": input, "output": output, "threads": 2, "chunk_bytes": chunk_bytes,
        });
        let summary = run("predict", options, &Context::quiet()).unwrap();
        assert_eq!(summary["rows"], 700);
        let scored = std::fs::read_to_string(output).unwrap();
        let scored: Vec<&str> = scored.lines().skip(1).collect();
        for (row, line) in scored.iter().enumerate() {
            assert_eq!(*line, format!("{row},{}", fitted[row]));
        }
    }
}

/// A model of logarithms says so wherever it goes.
#[test]
fn the_scale_of_an_outcome_is_said_by_corpus_and_predict() {
    let runs = Runs::new();
    let input = runs.write("table.csv", table(300));
    for (name, outcome, scale) in [("log", "log1p( y )", json!("log1p(y)")), ("plain", "y", Value::Null)] {
        let of = |stage: &str| format!("{stage}-{name}");
        let (corpus, summary) = runs.corpus(&of("corpus"), &input, json!({ "outcome": outcome })).unwrap();
        assert_eq!(summary["scale"], scale);
        let (split, _) = runs.split(&of("split"), &corpus, Some(0.8), 3).unwrap();
        let (features, _) = runs.features(&of("features"), (&corpus, &split), None, &recipe(20)).unwrap();
        let options = json!({
            "features": features, "engine": "native", "parameters": {}, "trees": 2, "metrics": ["rmse"],
            "text": "text", "outcome": outcome,
        });
        let (fit, _) = runs.stage("fit", &of("fit"), options).unwrap();
        let options =
            json!({ "model": fit.join("model.nlpf"), "input": input, "output": runs.path("scored.csv"), "threads": 1 });
        assert_eq!(run("predict", options, &Context::quiet()).unwrap()["scale"], scale);
    }
}
