//! The memory of `split` and `features` does not grow with folds × terms, nor does what is kept between them.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and shows its measurements"
)]

mod common;

use std::fmt::Write as _;
use std::fs;

use common::Runs;
use serde_json::json;

/// As many terms as rows, and two more.
const ROWS: usize = 20_000;

/// A field of `/proc/self/status` in bytes.
fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// The largest resident set while `work` runs, less what there was before.
fn peak<Result>(work: impl FnOnce() -> Result) -> (Result, u64) {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let result = work();
    (result, status("VmHWM:").saturating_sub(before))
}

#[test]
fn a_hundred_times_the_folds_take_no_more_memory() {
    let mut text = String::from("text,y\n");
    for row in 0..ROWS {
        writeln!(text, "both every w{row},{}", row % 10).unwrap();
    }
    let runs = Runs::new();
    let input = runs.write("table.csv", text);
    let (corpus, summary) = runs.corpus("corpus", &input, json!({})).unwrap();
    assert_eq!(summary["terms"], ROWS + 2);
    let recipe = json!([{ "tokenize": "words" }, { "tokenfilter": { "max_tokens": 50 } }, "tf"]);
    let measured = [2, 200].map(|folds| {
        let (split, for_split) = peak(|| runs.split(&format!("split {folds}"), &corpus, Some(0.75), folds).unwrap().0);
        let features = || runs.features(&format!("features {folds}"), (&corpus, &split), Some(1), &recipe).unwrap();
        let (_, for_features) = peak(features);
        let kept = fs::metadata(split.join("counts.arrow")).unwrap().len();
        println!("{folds} folds: split {for_split}, features {for_features}, counts.arrow {kept} bytes");
        (for_split, for_features, kept)
    });
    let [few, many] = measured;
    // Counts of each fold would be 200 × 20,002 × 16 bytes, 64 MB.
    let slack = 24 << 20;
    assert!(many.0 <= few.0 + slack && many.1 <= few.1 + slack, "{measured:?}");
    assert_eq!(few.2, many.2);
}
