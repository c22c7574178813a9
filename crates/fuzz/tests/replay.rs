//! Every input in `tests/seeds`, findings of the past among them, holds what its target asks for.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says which seed it reads")]

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use nlpflow_fuzz::{TARGETS, target};

/// Memory is counted over all threads.
static ALONE: Mutex<()> = Mutex::new(());

fn replay(name: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let target = target(name).expect("a target");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(target.name);
    let mut files: Vec<_> = fs::read_dir(folder).expect("a folder of seeds").map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has seeds", target.name);
    for file in files {
        // Shown when the test fails: the last one is at fault.
        eprintln!("{}", file.display());
        (target.check)(&fs::read(file).expect("a seed"));
    }
}

macro_rules! replays {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { replay(stringify!($name)); })*

        #[test]
        fn every_target_is_replayed() {
            assert!(TARGETS.iter().map(|target| target.name).eq([$(stringify!($name)),*]));
        }
    };
}

replays!(bundle, expression, model, table, xgboost);
