//! Trains on raw CSR arrays from a folder and writes the model back: how the tests in Python reach this crate.
//!
//! `train_csr FOLDER COLUMNS ROUNDS PARAMETERS [ENGINE]` reads `indptr.i64`, `indices.u32`, `values.f32` and `outcome.f64`
//! (little-endian, as numpy's `tofile` writes them) and the parameters as a JSON object; it writes `model.ubj`,
//! `model.json` and `predictions.f32` (the training rows), and prints the seconds of the training and of all rounds but
//! the first, whose time holds the sorting into bins.
#![allow(clippy::print_stdout, reason = "a command")]

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use nlpflow_model::{CsrView, ModelFormat, Observer, Parameters, Round, Training, TrainingData, engine};

struct Clock {
    first_round: Option<Instant>,
}

impl Observer for Clock {
    fn round(&mut self, _round: &mut dyn Round) -> ControlFlow<()> {
        self.first_round.get_or_insert_with(Instant::now);
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, columns, rounds, parameters, name) = match arguments.as_slice() {
        [folder, columns, rounds, parameters] => (folder, columns, rounds, parameters, "xgboost"),
        [folder, columns, rounds, parameters, name] => (folder, columns, rounds, parameters, name.as_str()),
        _ => return Err("usage: train_csr FOLDER COLUMNS ROUNDS PARAMETERS [ENGINE]".into()),
    };
    let folder = Path::new(folder);
    let rounds: u32 = rounds.parse()?;
    let indptr = read(&folder.join("indptr.i64"), i64::from_le_bytes)?;
    let indices = read(&folder.join("indices.u32"), u32::from_le_bytes)?;
    let values = read(&folder.join("values.f32"), f32::from_le_bytes)?;
    let outcome = read(&folder.join("outcome.f64"), f64::from_le_bytes)?;
    let rows = CsrView { indptr: &indptr, indices: &indices, values: &values, n_cols: columns.parse()? };
    let parameters = Parameters::from_json(&serde_json::from_str(parameters)?)?;

    let start = Instant::now();
    let mut clock = Clock { first_round: None };
    let booster =
        engine(name)?.train(&Training::new(TrainingData::new(rows, &outcome), &parameters, rounds), &mut clock)?;
    let end = Instant::now();
    fs::write(folder.join("model.ubj"), booster.save(ModelFormat::Ubj)?)?;
    fs::write(folder.join("model.json"), booster.save(ModelFormat::Json)?)?;
    let predictions = booster.predict(&rows, 0..rounds)?;
    let bytes: Vec<u8> = predictions.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(folder.join("predictions.f32"), bytes)?;
    let after_first = clock.first_round.map_or(0.0, |first| (end - first).as_secs_f64());
    println!(r#"{{"training": {}, "after_first": {after_first}}}"#, (end - start).as_secs_f64());
    Ok(())
}

fn read<T, const N: usize>(path: &Path, decode: fn([u8; N]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (elements, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(format!("{}: its length is no multiple of {N}", path.display()).into());
    }
    Ok(elements.iter().copied().map(decode).collect())
}
