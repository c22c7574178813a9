//! The reader of `.nlpf` bundles, as `nlpflow predict` calls it.

use std::sync::OnceLock;

use nlpflow_model::ModelFormat;
use nlpflow_stages::{Context, run};
use serde_json::{Value, json};

use crate::zip::{Entry, archive};
use crate::{memory, models, patch, place};

const TABLE: &str = "text,y\nw0 w1,1\nNA,2\n\"\",3\nw5 w5 nothing w2,4\none field\n";
const ROWS: usize = 5;

/// Predicting takes some buffers; parts of the bundle are kept as JSON for a while.
fn limit(length: usize) -> usize {
    (48 << 20) + 200 * length
}

const PARTS: [&str; 3] = ["manifest.json", "vocabulary.json", "model.ubj"];

/// The parts of a sound bundle with a model of each engine.
fn sound(engine: usize) -> &'static [Vec<u8>; 3] {
    static BUNDLES: OnceLock<[[Vec<u8>; 3]; 2]> = OnceLock::new();
    let bundles = BUNDLES.get_or_init(|| {
        ["native", "xgboost"].map(|engine| {
            let model = models::train(engine, "reg:squarederror").save(ModelFormat::Ubj).expect("a saved model");
            let manifest = json!({
                "format": 1, "nlpflow": "0.1.0", "unicode": "17.0.0", "unicode_properties": "17.0.0", "engine": engine,
                "engine_version": "2", "parameters": { "max_depth": 3 }, "trees": 3,
                "recipe": [{ "tokenize": { "words": {} } }, { "tfidf": {} }], "text": "text", "outcome": "y",
                "metrics": { "rmse": 1.5 },
            });
            let entry = |column: u32| json!({ "token": format!("w{column}"), "n": 9 - column, "df": 3, "idf": 0.75 });
            let vocabulary: Vec<Value> = (0..models::COLUMNS).map(entry).collect();
            [manifest.to_string().into(), Value::from(vocabulary).to_string().into(), model]
        })
    });
    &bundles[engine % bundles.len()]
}

/// Begins with `z`, and the rest is the archive, or with a sound bundle's number and then says what to do to its parts:
/// a part (one byte), an action (one byte), a length (two bytes), and as many bytes.
fn bundle(input: &[u8]) -> Option<Vec<u8>> {
    let (&first, mut rest) = input.split_first()?;
    if first == b'z' {
        return Some(rest.to_vec());
    }
    let entry = |name: &str, bytes: &[u8]| Entry { name: name.into(), bytes: bytes.into(), claimed: None, method: 0 };
    let parts = PARTS.iter().zip(sound(first.into()));
    let mut entries: Vec<Entry> = parts.map(|(name, bytes)| entry(name, bytes)).collect();
    while let Some((&[part, action, low, high], behind)) = rest.split_first_chunk() {
        let (bytes, behind) = behind.split_at(behind.len().min(u16::from_le_bytes([low, high]).into()));
        rest = behind;
        let part = usize::from(part) % entries.len().max(1);
        let Some(chosen) = entries.get_mut(part) else { break };
        match action {
            b'=' => chosen.bytes = bytes.into(),
            b'~' => chosen.bytes = patch::apply(&chosen.bytes, bytes),
            b'-' => drop(entries.remove(part)),
            b'+' => {
                let twin = entry(&chosen.name.clone(), bytes);
                entries.push(twin);
            }
            b'n' => chosen.name = String::from_utf8_lossy(bytes).into_owned(),
            b's' => chosen.claimed = bytes.first_chunk().map(|size| u32::from_le_bytes(*size)),
            b'm' => chosen.method = bytes.first().copied().unwrap_or(8).into(),
            _ => {}
        }
    }
    Some(archive(&entries))
}

pub(crate) fn check(input: &[u8]) {
    let Some(bundle) = bundle(input) else { return };
    let (table, output) = (place::write("table.csv", TABLE.as_bytes()), place::file("predictions.csv"));
    let options = json!({ "input": table, "model": place::write("model.nlpf", &bundle), "output": output });
    let predicted = memory::within(limit(bundle.len()), || run("predict", options, &Context::quiet()));
    match predicted {
        Ok(summary) => {
            assert_eq!(summary["rows"], ROWS, "a row in, a row out");
            let written = std::fs::read_to_string(output).expect("the predictions");
            assert_eq!(written.lines().count(), 1 + ROWS, "{written}");
        }
        // Reasons that lie in the bundle: a text column that the table lacks is the one that shows elsewhere.
        Err(error) => assert!(
            matches!(
                error.code(),
                "NOT_A_MODEL" | "INVALID_MODEL" | "NEWER_MODEL_FORMAT" | "TOO_MANY_TREES" | "UNKNOWN_COLUMN"
            ),
            "{}: {error}",
            error.code()
        ),
    }
}
