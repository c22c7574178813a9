//! The stages against what R's tidymodels and textrecipes, and XGBoost on dense zeros, made of the same tables.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use common::{Runs, recipe, shared};
use flate2::read::GzDecoder;
use nlpflow_stages::{Context, run};
use serde_json::json;

fn records(path: &Path) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path).unwrap()));
    reader.records().map(Result::unwrap).collect()
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}

fn follows_the_reference(name: &str, outcome: &str) {
    let file = |part: &str| shared(&format!("reference/pipeline/{name}.{part}.csv.gz"));
    let (Some(input), Some(vocabulary), Some(triplets), Some(predictions)) =
        (file("input"), file("vocabulary"), file("triplets"), file("predictions"))
    else {
        return;
    };
    let runs = Runs::new();
    let (corpus, _) = runs.corpus("corpus", &input, json!({ "split_column": "set", "outcome": outcome })).unwrap();
    let (split, _) = runs.split("split", &corpus, None, 5).unwrap();
    let (features, _) = runs.features("features", (&corpus, &split), None, &recipe(100)).unwrap();
    let csv = |options: serde_json::Value, to: &str| {
        let output = runs.path(to);
        let mut options = options;
        options["output"] = json!(output);
        run("export", options, &Context::quiet()).unwrap();
        csv::Reader::from_path(output).unwrap().records().map(Result::unwrap).collect::<Vec<_>>()
    };

    let ours = csv(json!({ "table": features.join("vocabulary.arrow") }), "vocabulary.csv");
    let theirs = records(&vocabulary);
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours[0], theirs[0]);
        let number = |text: &str| text.trim().parse::<f64>().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let (a, b) = (number(&ours[4]), number(&theirs[1]));
        assert!(close(a, b, 1e-12), "idf of {}: {a} and {b}", &ours[0]);
    }

    let entries = |records: &[csv::StringRecord]| -> BTreeMap<(u64, u32), f64> {
        // R writes the row 1000 as 1e+03.
        let number = |text: &str| text.trim().parse::<f64>().unwrap();
        let entry =
            |record: &csv::StringRecord| ((number(&record[0]) as u64, number(&record[1]) as u32), number(&record[2]));
        records.iter().map(entry).collect()
    };
    let ours = entries(&csv(json!({ "matrix": features }), "matrix.csv"));
    let theirs = entries(&records(&triplets));
    assert!(ours.keys().eq(theirs.keys()), "the same entries are not zero");
    for (place, value) in &ours {
        assert!(close(*value, theirs[place], 1e-6), "{place:?}: {value} and {}", theirs[place]);
    }

    let options = json!({
        "features": features, "engine": "xgboost", "parameters": { "eta": 0.1, "max_depth": 6, "seed": 1 },
        "trees": 300, "metrics": ["rmse"], "text": "text", "outcome": outcome,
    });
    let (fit, _) = runs.stage("fit", "fit", options).unwrap();
    let theirs = records(&predictions);
    for (column, trees) in [(1, 100), (2, 300)] {
        let output = runs.path(&format!("predictions-{trees}.csv"));
        let options = json!({
            "model": fit.join("model.nlpf"), "input": input, "output": output, "trees": trees, "threads": 2,
        });
        run("predict", options, &Context::quiet()).unwrap();
        let ours: Vec<csv::StringRecord> =
            csv::Reader::from_path(output).unwrap().records().map(Result::unwrap).collect();
        for record in &theirs {
            let row = record[0].trim().parse::<f64>().unwrap() as usize;
            let (a, b): (f64, f64) = (ours[row][1].parse().unwrap(), record[column].parse().unwrap());
            assert!(close(a, b, 1e-4), "row {row} at {trees} trees: {a} and {b}");
        }
    }
}

#[test]
fn debian_packages() {
    follows_the_reference("debian", "log1p(y)");
}

#[test]
fn urban_dictionary() {
    follows_the_reference("urbandict", "y");
}
