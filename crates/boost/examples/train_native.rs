//! Trains on raw CSR arrays from a folder and writes the model back: how the tests in Python reach this crate.
//!
//! `train_native FOLDER COLUMNS ROUNDS PARAMETERS` reads `indptr.i64`, `indices.u32`, `values.f32`, `outcome.f64`
//! (little-endian, as numpy's `tofile` writes them) and, if it is there, `weight.f64`; the parameters are a JSON object
//! of numbers by XGBoost's names, and `objective`. It writes `model.ubj`, `model.json` and `predictions.f32` (the training
//! rows); the columns are called `w0`, `w1` and so on.
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]

use std::error::Error;
use std::fs;
use std::path::Path;

use nlpflow_boost::{Data, Dataset, Objective, Settings, Trainer};
use nlpflow_matrix::CsrView;
use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, columns, rounds, parameters] = arguments.as_slice() else {
        return Err("usage: train_native FOLDER COLUMNS ROUNDS PARAMETERS".into());
    };
    let folder = Path::new(folder);
    let indptr = read(&folder.join("indptr.i64"), i64::from_le_bytes)?;
    let indices = read(&folder.join("indices.u32"), u32::from_le_bytes)?;
    let values = read(&folder.join("values.f32"), f32::from_le_bytes)?;
    let outcome = read(&folder.join("outcome.f64"), f64::from_le_bytes)?;
    let weight = folder.join("weight.f64");
    let weight = weight.exists().then(|| read(&weight, f64::from_le_bytes)).transpose()?;
    let rows = CsrView { indptr: &indptr, indices: &indices, values: &values, n_cols: columns.parse()? };
    let parameters: Map<String, Value> = serde_json::from_str(parameters)?;
    let max_bin = parameters.get("max_bin").and_then(Value::as_u64).unwrap_or(256);
    let dataset = Dataset::new(&Data { weight: weight.as_deref(), ..Data::new(rows, &outcome) }, u32::try_from(max_bin)?)?;
    let mut trainer = Trainer::new(&dataset, &settings(&parameters)?)?;
    let rounds: u32 = rounds.parse()?;
    for _ in 0..rounds {
        trainer.round();
    }
    let mut model = trainer.into_model();
    model.set_feature_names(&(0..rows.n_cols).map(|column| format!("w{column}")).collect::<Vec<_>>())?;
    fs::write(folder.join("model.ubj"), model.to_ubj())?;
    fs::write(folder.join("model.json"), model.to_json())?;
    let predictions = model.predict(&rows, 0..rounds)?;
    let bytes: Vec<u8> = predictions.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(fs::write(folder.join("predictions.f32"), bytes)?)
}

fn settings(parameters: &Map<String, Value>) -> Result<Settings, Box<dyn Error>> {
    let number =
        |name: &str, default: f32| parameters.get(name).and_then(Value::as_f64).map_or(default, |value| value as f32);
    let objective = match parameters.get("objective").and_then(Value::as_str).unwrap_or("reg:squarederror") {
        "reg:squarederror" => Objective::SquaredError,
        "binary:logistic" => Objective::Logistic,
        "reg:gamma" => Objective::Gamma,
        "count:poisson" => Objective::Poisson { max_delta_step: number("max_delta_step", 0.7) },
        "reg:tweedie" => Objective::Tweedie { power: number("tweedie_variance_power", 1.5) },
        name => return Err(format!("no objective {name}").into()),
    };
    let is_poisson = matches!(objective, Objective::Poisson { .. });
    Ok(Settings {
        objective,
        max_depth: number("max_depth", 6.0) as u32,
        max_leaves: number("max_leaves", 0.0) as u32,
        eta: number("eta", 0.3),
        lambda: number("lambda", 1.0),
        alpha: number("alpha", 0.0),
        gamma: number("gamma", 0.0),
        min_child_weight: number("min_child_weight", 1.0),
        max_delta_step: number("max_delta_step", if is_poisson { 0.7 } else { 0.0 }),
        subsample: number("subsample", 1.0),
        colsample_bytree: number("colsample_bytree", 1.0),
        colsample_bylevel: number("colsample_bylevel", 1.0),
        colsample_bynode: number("colsample_bynode", 1.0),
        seed: number("seed", 0.0) as u64,
        ..Settings::default()
    })
}

fn read<T, const N: usize>(path: &Path, decode: fn([u8; N]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (elements, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(format!("{}: its length is no multiple of {N}", path.display()).into());
    }
    Ok(elements.iter().copied().map(decode).collect())
}
