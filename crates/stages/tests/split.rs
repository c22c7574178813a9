//! What the split says of its rows: the baseline, copies of texts, parts without an event.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::Runs;
use nlpflow_stages::{Context, run};
use serde_json::{Value, json};

/// The rows of a split as its file says them: whether a row is a test row, and its fold.
fn assigned(runs: &Runs, split: &Path) -> Vec<(bool, Option<usize>)> {
    let output = runs.path("split.csv");
    run("export", json!({ "table": split.join("split.arrow"), "output": output }), &Context::quiet()).unwrap();
    let text = std::fs::read_to_string(output).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[1] == "test", fields[2].parse().ok())
    };
    text.lines().skip(1).map(row).collect()
}

fn table(rows: impl Iterator<Item = (String, f64)>) -> String {
    let lines: Vec<String> = rows.map(|(text, y)| format!("\"{text}\",{y}\n")).collect();
    format!("text,y\n{}", lines.concat())
}

fn split(runs: &Runs, text: &str, folds: u16) -> (Vec<(bool, Option<usize>)>, Value) {
    let input = runs.write("table.csv", text);
    let (corpus, _) = runs.corpus("corpus", &input, json!({})).unwrap();
    let (folder, summary) = runs.split("split", &corpus, Some(0.8), folds).unwrap();
    (assigned(runs, &folder), summary)
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} against {expected}");
}

/// The errors of the median, of the mean and of the constant with the least relative error, by sorting and by hand.
#[test]
fn a_baseline_is_the_best_constant_of_its_metric() {
    let runs = Runs::new();
    // A heavy tail: the mean is far above the median.
    let outcome: Vec<f64> = (0..200).map(|row| (f64::from(row * 37 % 200) / 25.0).exp().round()).collect();
    let rows = outcome.iter().enumerate().map(|(row, &y)| (format!("text {row}"), y));
    let (parts, summary) = split(&runs, &table(rows), 3);
    let baseline = &summary["baseline"];
    let constants =
        json!({ "rmse": "mean", "mae": "median", "mape": "weighted median", "rsq": "mean", "rsq_trad": "mean" });
    assert_eq!(baseline["constants"], constants);
    for fold in [None, Some(1), Some(2), Some(3)] {
        let is_analysis = |(test, of): (bool, Option<usize>)| match fold {
            None => Some(!test),
            Some(_) if test => None,
            Some(_) => Some(of != fold),
        };
        let part = |analysis: bool| -> Vec<f64> {
            let rows = (0..200).filter(|&row| is_analysis(parts[row]) == Some(analysis));
            rows.map(|row| outcome[row]).collect()
        };
        let (mut analysis, truth) = (part(true), part(false));
        analysis.sort_by(f64::total_cmp);
        let n = analysis.len();
        let median = f64::midpoint(analysis[(n - 1) / 2], analysis[n / 2]);
        let mean = analysis.iter().sum::<f64>() / n as f64;
        assert!(mean > 2.0 * median, "a heavy tail");
        let over = |term: &dyn Fn(f64) -> f64| truth.iter().map(|&y| term(y)).sum::<f64>() / truth.len() as f64;
        let found = fold.map_or(&baseline["test"], |fold| &baseline["folds"][fold - 1]);
        close(&found["mae"], over(&|y| (y - median).abs()));
        // Of all outcomes the one with the least relative error on the rows that it is learned from.
        let relative_error = |constant: f64| analysis.iter().map(|&y| ((y - constant) / y).abs()).sum::<f64>();
        let errors = analysis.iter().map(|&constant| (relative_error(constant), constant));
        let (_, weighted) = errors.min_by(|(one, _), (other, _)| one.total_cmp(other)).unwrap();
        close(&found["mape"], 100.0 * over(&|y| ((y - weighted) / y).abs()));
        close(&found["rmse"], over(&|y| (y - mean).powi(2)).sqrt());
    }
}

/// Shares counted by comparing each text with each other.
#[test]
fn copies_of_texts_are_counted_across_the_split_and_across_folds() {
    let texts = |row: usize| match row % 10 {
        0..4 => format!("one of {}", row % 40),
        4 => format!("  pair {}  ", row / 20),
        5 => format!("pair {}", row / 20),
        6 => String::new(),
        _ => format!("text {row}"),
    };
    let text = table((0..300).map(|row| (texts(row), f64::from(row as u32 % 3))));
    let mut seen = BTreeSet::new();
    for (threads, chunk_bytes) in [(1, 1 << 16), (2, 64), (4, 1)] {
        let mut runs = Runs::new();
        (runs.threads, runs.chunk_bytes) = (threads, chunk_bytes);
        let (parts, summary) = split(&runs, &text, 4);
        let texts: Vec<String> = (0..300).map(|row| texts(row).trim().to_owned()).collect();
        let is_copy = |row: usize, learned: &dyn Fn(usize) -> bool| {
            !texts[row].is_empty() && (0..300).any(|other| learned(other) && texts[other] == texts[row])
        };
        let assessed: Vec<usize> = (0..300).filter(|&row| parts[row].0).collect();
        let copies = assessed.iter().filter(|&&row| is_copy(row, &|other| !parts[other].0)).count();
        assert!(copies > 0 && copies < assessed.len());
        close(&summary["copies"]["test"], copies as f64 / assessed.len() as f64);
        let shares = (1..=4).map(|fold| {
            let judged: Vec<usize> = (0..300).filter(|&row| parts[row].1 == Some(fold)).collect();
            let learned = |other: usize| !parts[other].0 && parts[other].1 != Some(fold);
            judged.iter().filter(|&&row| is_copy(row, &learned)).count() as f64 / judged.len() as f64
        });
        close(&summary["copies"]["folds"], shares.sum::<f64>() / 4.0);
        seen.insert(summary.to_string());
    }
    assert_eq!(seen.len(), 1, "the same for any number of threads");
}

#[test]
fn many_copies_are_warned_of() {
    let runs = Runs::new();
    let rows = (0..1_200).map(|row| (format!("text number {}", row % 60), f64::from(row as u32 % 60 * 7 % 2)));
    let (_, summary) = split(&runs, &table(rows), 3);
    assert_eq!(summary["copies"], json!({ "test": 1.0, "folds": 1.0 }));
    let expected = [
        "100 % of the test rows have their text among the training rows: scores are too good for new texts; remove \
         duplicates, or keep copies together with --split-column",
        "100 % of the training rows have their text in another fold as well: the scores of cross-validation are too good \
         for new texts; remove duplicates",
    ];
    assert_eq!(summary["warnings"], json!(expected));
}

/// 480 texts once and ten twice: fewer than 5 % are copies.
#[test]
fn few_copies_and_blank_texts_are_not_warned_of() {
    let runs = Runs::new();
    let text = |row: usize| if row < 20 { format!("twice {}", row / 2) } else { format!("text {row}") };
    let rows = (0..500).map(|row| (text(row), f64::from(row as u32 % 2)));
    let blank = (0..100).map(|row| (" ".repeat(row % 3), f64::from(row as u32 % 2)));
    let (_, summary) = split(&runs, &table(rows.chain(blank)), 3);
    let share = |name: &str| summary["copies"][name].as_f64().unwrap();
    assert!(share("folds") > 0.0 && share("folds") < 0.05 && share("test") < 0.05, "{}", summary["copies"]);
    assert_eq!(summary["warnings"], json!([]));
}

/// Copies that a column of the table keeps in one set are none across it.
#[test]
fn copies_that_a_column_keeps_together_are_not_across_the_split() {
    let runs = Runs::new();
    let line = |row: usize| format!("text {},{},{}\n", row % 30, row % 2, if row % 30 < 24 { "train" } else { "test" });
    let input = runs.write("table.csv", format!("text,y,set\n{}", (0..300).map(line).collect::<String>()));
    let (corpus, _) = runs.corpus("corpus", &input, json!({ "split_column": "set" })).unwrap();
    let (_, summary) = runs.split("split", &corpus, None, 3).unwrap();
    assert_eq!(summary["copies"], json!({ "test": 0.0, "folds": 1.0 }));
}

#[test]
fn parts_without_an_event_are_named() {
    let mut lacking = BTreeMap::new();
    for folds in [3_u16, 5, 10, 30] {
        let runs = Runs::new();
        // Two of a hundred rows have the event: most folds have none.
        let outcome = |row: usize| f64::from(u8::from(row % 50 == 7));
        let (parts, summary) = split(&runs, &table((0..100).map(|row| (format!("text {row}"), outcome(row)))), folds);
        let has_event =
            |of: &dyn Fn((bool, Option<usize>)) -> bool| (0..100).any(|row| of(parts[row]) && outcome(row) > 0.0);
        let all = 1..=usize::from(folds);
        let unlearned: Vec<usize> =
            all.clone().filter(|&fold| !has_event(&|(test, of)| !test && of.is_some() && of != Some(fold))).collect();
        let unjudged: Vec<usize> = all.filter(|&fold| !has_event(&|(_, of)| of == Some(fold))).collect();
        let mut expected = Vec::new();
        if let [fold] = unlearned[..] {
            let rows = parts.iter().filter(|(test, of)| !test && *of != Some(fold)).count();
            expected.push(format!("fold {fold}: the outcome is 0 in all {rows} rows that it learns from"));
        }
        let verb = if unjudged.len() == 1 { "has" } else { "have" };
        expected.push(format!("{} {verb} no row with outcome 1", folds_in_words(&unjudged)));
        if !has_event(&|(test, _)| test) {
            expected.push("the test set has no row with outcome 1".into());
        }
        assert_eq!(summary["warnings"], json!(expected));
        lacking.insert(folds, unjudged.len());
    }
    assert!(lacking[&3] >= 1 && lacking[&10] >= 8 && lacking[&30] >= 28, "{lacking:?}");
}

/// `fold 2`, `folds 1, 3 and 5`; of more than nine the first eight and how many others.
fn folds_in_words(folds: &[usize]) -> String {
    let names: Vec<String> = folds.iter().map(ToString::to_string).collect();
    match names.len() {
        1 => format!("fold {}", names[0]),
        count @ 0..=9 => format!("folds {} and {}", names[..count - 1].join(", "), names[count - 1]),
        count => format!("folds {} and {} others", names[..8].join(", "), count - 8),
    }
}

#[test]
fn a_table_sorted_by_class_has_both_classes_in_every_part() {
    let runs = Runs::new();
    let (_, summary) = split(&runs, &table((0..400).map(|row| (format!("text {row}"), f64::from(row / 200)))), 5);
    assert_eq!(summary["warnings"], json!([]));
}

#[test]
fn a_test_set_of_one_number_is_named() {
    let runs = Runs::new();
    let line = |row: usize| {
        if row < 90 { format!("text {row},{},train\n", row % 7) } else { format!("text {row},5,test\n") }
    };
    let input = runs.write("table.csv", format!("text,y,set\n{}", (0..100).map(line).collect::<String>()));
    let (corpus, _) = runs.corpus("corpus", &input, json!({ "split_column": "set" })).unwrap();
    let (_, summary) = runs.split("split", &corpus, None, 3).unwrap();
    assert_eq!(summary["warnings"], json!(["the test set: the outcome is 5 in all 10 rows that it is judged by"]));
}
