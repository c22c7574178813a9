//! The estimate of memory against the peak that the kernel measured.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "the measurements, shown with --nocapture")]

use std::fs;
use std::ops::ControlFlow;
use std::process::Command;

use nlpflow_model::{CsrView, Observer, Parameters, Round, Training, TrainingData, engine};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value};

struct Silent;

impl Observer for Silent {
    fn round(&mut self, _round: &mut dyn Round) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A field of `/proc/self/status` in bytes.
fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find(|line| line.starts_with(field)).expect("a field of the status");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}

fn measure(
    name: &str,
    (rows, columns, per_row, distinct): (usize, u32, usize, u32),
    parameters: &Map<String, Value>,
) -> (u64, u64) {
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut uniform = move || f64::from(random.next_u32()) / f64::from(u32::MAX);
    let (mut indptr, mut indices, mut values, mut outcome) = (vec![0], Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        // The first columns come up often, as the words of a text do.
        let mut row: Vec<u32> =
            (0..per_row).map(|_| (f64::from(columns).powf(uniform()) - 1.0) as u32 % columns).collect();
        row.sort_unstable();
        row.dedup();
        let mut sum = 0.0;
        for column in row {
            let value = ((uniform() * f64::from(distinct)).ceil() / f64::from(distinct) + 0.5) as f32;
            indices.push(column);
            values.push(value);
            sum += f64::from(value) * f64::from(column % 7);
        }
        indptr.push(indices.len() as i64);
        outcome.push(sum + uniform());
    }
    let mut parameters = parameters.clone();
    parameters.insert("trees".into(), ROUNDS.into());
    let parameters = Parameters::from_json(&parameters).expect("parameters");
    let rows = CsrView { indptr: &indptr, indices: &indices, values: &values, n_cols: columns };
    let engine = engine(name).expect("the engine");
    let estimate = engine.estimate_memory(rows.n_rows() as u64, rows.n_entries() as u64, columns, &parameters);
    fs::write("/proc/self/clear_refs", "5").expect("the peak starts anew");
    let before = status("VmRSS:");
    let booster = engine
        .train(&Training::new(TrainingData::new(rows, &outcome), &parameters, ROUNDS), &mut Silent)
        .expect("a booster");
    let peak = status("VmHWM:") - before;
    drop(booster);
    (estimate, peak)
}

const ROUNDS: u32 = 3;

type Case = (&'static str, usize, u32, usize, u32, &'static str);

/// Name, rows, columns, entries a row, distinct values, parameters.
const CASES: [Case; 7] = [
    ("small", 2_000, 100, 8, 50, "{}"),
    ("long", 400_000, 100, 4, 1_000_000, r#"{"max_depth": 6}"#),
    ("long and deep", 400_000, 100, 4, 1_000_000, r#"{"max_depth": 12}"#),
    ("wide", 100_000, 2_000, 20, 1_000_000, r#"{"max_depth": 6}"#),
    ("dense", 200_000, 20, 30, 1_000_000, r#"{"max_depth": 6}"#),
    ("fine", 200_000, 50, 10, 1_000_000, r#"{"max_depth": 4, "max_bin": 4096}"#),
    ("sampled", 400_000, 100, 6, 20, r#"{"max_depth": 8, "subsample": 0.5}"#),
];

const CASE: &str = "NLPFLOW_TEST_MEMORY_CASE";
const ENGINE: &str = "NLPFLOW_TEST_MEMORY_ENGINE";
const REPORT: &str = "NLPFLOW_TEST_MEMORY_REPORT";

/// A process a case: memory that one training gave back would serve the next unseen.
#[test]
fn the_estimate_is_above_the_peak_and_not_far() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut failures = Vec::new();
    let cases =
        CASES.iter().enumerate().flat_map(|(index, case)| ["native", "xgboost"].map(|engine| (index, case.0, engine)));
    for (index, name, engine) in cases {
        let report = folder.path().join(format!("{engine}{index}"));
        let status = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "one_case", "--ignored"])
            .env(CASE, index.to_string())
            .env(ENGINE, engine)
            .env(REPORT, &report)
            .output()
            .expect("a child");
        assert!(status.status.success(), "{name}: {status:?}");
        let numbers = fs::read_to_string(&report).expect("a report");
        let numbers: Vec<u64> = numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
        let (estimate, peak) = (numbers[0], numbers[1]);
        println!("{engine}, {name}: {} MiB estimated, {} MiB measured", estimate >> 20, peak >> 20);
        if peak > estimate || estimate > 6 * peak + (64 << 20) {
            failures.push((engine, name, estimate, peak));
        }
    }
    assert!(failures.is_empty(), "engine, name, estimate, peak in bytes: {failures:?}");
}

#[test]
#[ignore = "a part of the other test, run by it in a process of its own"]
fn one_case() {
    let Ok(index) = std::env::var(CASE) else { return };
    let (_, rows, columns, per_row, distinct, parameters) = CASES[index.parse::<usize>().expect("an index")];
    let parameters = serde_json::from_str(parameters).expect("JSON");
    let engine = std::env::var(ENGINE).expect("an engine");
    let (estimate, peak) = measure(&engine, (rows, columns, per_row, distinct), &parameters);
    fs::write(std::env::var(REPORT).expect("a file"), format!("{estimate} {peak}")).expect("a report");
}
