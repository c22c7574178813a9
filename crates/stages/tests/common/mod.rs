//! A small run of the stages in a temporary folder.

#![allow(dead_code, reason = "each test file uses a part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nlpflow_stages::{Context, Error, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of stages, and shorthand to run them on one table.
pub struct Runs {
    folder: TempDir,
    pub threads: usize,
    pub chunk_bytes: usize,
}

impl Runs {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), threads: 2, chunk_bytes: 1 << 16 }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a stage into a fresh folder called `name` and returns that folder and the summary.
    pub fn stage(&self, stage: &str, name: &str, mut options: Value) -> Result<(PathBuf, Value), Error> {
        let out = self.path(name);
        std::fs::create_dir(&out).unwrap();
        options["out"] = json!(out);
        run(stage, options, &Context::quiet()).map(|summary| (out, summary))
    }

    pub fn corpus(&self, name: &str, input: &Path, more: Value) -> Result<(PathBuf, Value), Error> {
        let mut options = json!({
            "input": input, "text": "text", "outcome": "y", "na": "empty", "empty": "keep", "max_bad_rows": 0.01,
            "tokenize": { "words": {} }, "threads": self.threads, "chunk_bytes": self.chunk_bytes,
        });
        if let Value::Object(more) = more {
            options.as_object_mut().unwrap().extend(more);
        }
        self.stage("corpus", name, options)
    }

    pub fn split(&self, name: &str, corpus: &Path, prop: Option<f64>, folds: u16) -> Result<(PathBuf, Value), Error> {
        let options =
            json!({ "corpus": corpus, "prop": prop, "seed": 20_201_225, "folds": folds, "threads": self.threads });
        self.stage("split", name, options)
    }

    pub fn features(
        &self,
        name: &str,
        (corpus, split): (&Path, &Path),
        fold: Option<u16>,
        recipe: &Value,
    ) -> Result<(PathBuf, Value), Error> {
        let options =
            json!({ "corpus": corpus, "split": split, "fold": fold, "recipe": recipe, "threads": self.threads });
        self.stage("features", name, options)
    }
}

/// The reference's recipe.
pub fn recipe(max_tokens: u32) -> Value {
    json!([
        { "tokenize": "words" },
        { "stopwords": { "source": "snowball", "language": "en" } },
        { "tokenfilter": { "min_times": 0.001, "max_times": 1, "percentage": true, "max_tokens": max_tokens } },
        { "tfidf": {} },
    ])
}

/// A table of `rows` rows whose outcome follows from the words of its text, made from a fixed rule.
pub fn table(rows: u64) -> String {
    const WORDS: [&str; 12] =
        ["cat", "dog", "house", "tree", "the", "river", "stone", "light", "a", "café", "don't", "x86"];
    let mut text = String::from("id,text,y\n");
    let mut state = 12_345_u64;
    for row in 0..rows {
        let mut words = Vec::new();
        let mut outcome = 0;
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        for position in 0..(state >> 59) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(position);
            let word = ((state >> 33) % 29 % WORDS.len() as u64) as usize;
            outcome += word * word;
            words.push(WORDS[word]);
        }
        writeln!(text, "{row},\"{}\",{}", words.join(if row % 7 == 0 { "\n" } else { " " }), outcome as f64 / 8.0)
            .unwrap();
    }
    text
}

/// The folder of reference material, or a note on stderr and none.
pub fn shared(file: &str) -> Option<PathBuf> {
    // Tests run in the folder of their crate.
    let root = PathBuf::from(std::env::var_os("NLPFLOW_SHARED").unwrap_or_else(|| "../../../shared".into()));
    let path = root.join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: the reference file {file} is not here (set NLPFLOW_SHARED to the folder that holds it)");
    None
}
