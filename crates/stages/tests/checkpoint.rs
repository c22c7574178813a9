//! Checkpoints are optional: what keeps one from being written never keeps a training from its result.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Runs, recipe, table};
use nlpflow_stages::{Context, run};
use serde_json::{Value, json};

const TREES: u32 = 60;

/// The features of one fold.
fn features(runs: &Runs) -> PathBuf {
    let input = runs.write("table.csv", table(600));
    let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
    let (split, _) = runs.split("split", &corpus, Some(0.8), 3).unwrap();
    runs.features("features", (&corpus, &split), Some(1), &recipe(20)).unwrap().0
}

fn boost(features: &Path, engine: &str, checkpoint: Option<&Path>) -> Value {
    let mut options = json!({
        "features": features, "engine": engine, "trees": [TREES], "metrics": ["rmse"],
        "parameters": { "max_depth": 4, "subsample": 0.7, "seed": 7 },
    });
    if let Some(path) = checkpoint {
        options["checkpoint"] = json!({ "path": path, "key": "k", "rounds": 5, "seconds": 60 });
    }
    options
}

/// Paths at which no checkpoint can be written.
fn unwritable(runs: &Runs) -> [PathBuf; 2] {
    let taken = runs.path("taken");
    std::fs::create_dir_all(taken.with_extension("writing")).unwrap();
    [runs.path("gone").join("checkpoint"), taken]
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_and_costs_no_training() {
    let runs = Runs::new();
    let features = features(&runs);
    for engine in ["native", "xgboost"] {
        let (_, undisturbed) = runs.stage("boost", &format!("{engine} alone"), boost(&features, engine, None)).unwrap();
        for (index, path) in unwritable(&runs).iter().enumerate() {
            let options = boost(&features, engine, Some(path));
            let (_, mut summary) = runs.stage("boost", &format!("{engine} {index}"), options).unwrap();
            let told = summary.as_object_mut().unwrap().remove("not_kept").unwrap();
            let told = told.as_str().unwrap();
            assert!(
                told.starts_with("the checkpoint cannot be kept: ") && told.contains(path.to_str().unwrap()),
                "{told}"
            );
            assert_eq!(summary, undisturbed);
        }
    }
    let options = json!({
        "features": features, "engine": "native", "parameters": {}, "trees": TREES, "metrics": ["rmse"], "text": "text",
        "outcome": "y", "checkpoint": { "path": &unwritable(&runs)[0], "key": "k", "rounds": 5, "seconds": 60 },
    });
    let (fit, summary) = runs.stage("fit", "fit", options).unwrap();
    assert!(fit.join("model.nlpf").is_file() && summary["not_kept"].is_string(), "{summary}");
}

#[test]
fn a_training_that_is_cancelled_is_cancelled_whether_it_can_be_kept_or_not() {
    let runs = Runs::new();
    let features = features(&runs);
    let kept = runs.path("checkpoint");
    let [gone, taken] = unwritable(&runs);
    for (index, path) in [&kept, &gone, &taken].into_iter().enumerate() {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let context = Context::new(stop, move |progress| {
            if progress.unit == "rounds" && progress.done >= 3 {
                flag.store(true, Ordering::Relaxed);
            }
        });
        let mut options = boost(&features, "native", Some(path));
        let out = runs.path(&format!("out {index}"));
        std::fs::create_dir(&out).unwrap();
        options["out"] = json!(out);
        assert_eq!(run("boost", options, &context).unwrap_err().code(), "CANCELLED");
    }
    // The one that could be kept goes on.
    let (_, summary) = runs.stage("boost", "again", boost(&features, "native", Some(&kept))).unwrap();
    assert_eq!(summary["resumed"], 3);
}
