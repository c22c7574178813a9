//! Reading a model takes little more memory than the model.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::Command;

use common::Data;
use nlpflow_model::{ModelFormat, engine};
use serde_json::{Value, json};

/// A field of `/proc/self/status` in bytes.
fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find(|line| line.starts_with(field)).expect("a field of the status");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") * 1024
}

/// The bytes of a model of the same tree many times.
fn large() -> (Vec<u8>, u64) {
    let booster = Data::new(41, 3000, 12).train("native", json!({"max_depth": 10}), 1);
    let bytes = booster.save(ModelFormat::Json).expect("a model");
    let mut model: Value = serde_json::from_slice(&bytes).expect("JSON");
    let body = &mut model["learner"]["gradient_booster"]["model"];
    let tree = body["trees"][0].take();
    let nodes = tree["left_children"].as_array().expect("a list").len() as u64;
    let trees = 600_000 / nodes;
    body["trees"] = json!([]);
    body["tree_info"] = vec![0; trees as usize].into();
    let text = serde_json::to_string(&model).expect("JSON");
    let (before, after) = text.split_once("\"trees\":[]").expect("the list of trees");
    let tree = vec![tree.to_string(); trees as usize].join(",");
    (format!("{before}\"trees\":[{tree}]{after}").into_bytes(), nodes * trees)
}

const FORMAT: &str = "NLPFLOW_TEST_READING_FORMAT";
const MODEL: &str = "NLPFLOW_TEST_READING_MODEL";

/// A process a case: memory that one reading gave back would serve the next unseen.
#[test]
fn a_model_is_read_without_a_second_form_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, nodes) = large();
    for (format, name) in [(ModelFormat::Json, "json"), (ModelFormat::Ubj, "ubj")] {
        let path = folder.path().join(name);
        fs::write(&path, nlpflow_model::convert(&text, format).expect("a model").0).expect("a file");
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "one_reading", "--ignored", "--nocapture"])
            .env(FORMAT, name)
            .env(MODEL, &path)
            .output()
            .expect("a child");
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        let peak = said.split("peak ").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        let peak = peak.unwrap_or_else(|| panic!("{child:?}"));
        // A node takes 48 bytes; the list of trees grows by doubling.
        assert!(peak < nodes * 48 * 3 / 2 + (8 << 20), "{name}: {} MiB for {nodes} nodes", peak >> 20);
    }
}

#[test]
#[ignore = "a part of the other test, run by it in a process of its own"]
#[allow(clippy::print_stdout, reason = "how the child reports")]
fn one_reading() {
    let Ok(path) = std::env::var(MODEL) else { return };
    let bytes = fs::read(path).expect("a model");
    fs::write("/proc/self/clear_refs", "5").expect("the peak starts anew");
    let before = status("VmRSS:");
    let booster = engine("native").expect("the engine").load(&bytes).expect("a booster");
    println!("peak {} ", status("VmHWM:").saturating_sub(before));
    drop(booster);
}
