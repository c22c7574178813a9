//! The readers of models: what is accepted predicts, is written again and is read back the same.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use nlpflow_boost::Model;
use nlpflow_matrix::{Csr, CsrBuilder};
use nlpflow_model::{Booster, Error, ModelFormat, Observer, Parameters, Round, Training, TrainingData, engine};
use serde_json::json;

use crate::{memory, patch};

/// Columns and rounds of the sound models.
pub(crate) const COLUMNS: u32 = 6;
const ROUNDS: u32 = 3;

/// A table of more columns is not made for a model that asks for one.
const MOST_COLUMNS: u32 = 1 << 12;

/// A field of a model takes some bytes in the file and some dozens in memory.
fn limit(length: usize) -> usize {
    (4 << 20) + 128 * length
}

/// The first byte says how the rest is meant: `r`, the model itself; else changes to a sound model, which that byte
/// chooses.
fn model_of(input: &[u8]) -> Option<(u8, Vec<u8>)> {
    let (&kind, rest) = input.split_first()?;
    if kind == b'r' {
        return Some((kind, rest.to_vec()));
    }
    let sound = sound();
    Some((kind, patch::apply(&sound[usize::from(kind) % sound.len()], rest)))
}

/// Models of both engines and both formats.
pub(crate) fn sound() -> &'static [Vec<u8>] {
    static MODELS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let objectives =
            ["reg:squarederror", "binary:logistic", "count:poisson", "reg:tweedie", "reg:quantileerror", "reg:gamma"];
        let of = |name: &str, objective: &str, format| train(name, objective).save(format).expect("a saved model");
        let native = objectives.iter().map(|objective| of("native", objective, ModelFormat::Ubj));
        let others = ["native", "xgboost"]
            .iter()
            .flat_map(|name| [ModelFormat::Ubj, ModelFormat::Json].map(|format| of(name, "reg:squarederror", format)));
        native.chain(others).collect()
    })
}

struct Unobserved;

impl Observer for Unobserved {
    fn round(&mut self, _: &mut dyn Round) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

pub(crate) fn train(name: &str, objective: &str) -> Box<dyn Booster> {
    let rows = rows(COLUMNS);
    let outcome: Vec<f64> = (0..rows.n_rows()).map(|row| f64::from(u8::from(row % 3 == 1)).max(0.05)).collect();
    let json = json!({ "objective": objective, "max_depth": 3, "min_child_weight": 0.0 });
    let parameters = Parameters::from_json(json.as_object().expect("an object")).expect("parameters");
    let training = Training::new(TrainingData::new(rows.view(), &outcome), &parameters, ROUNDS);
    let trained = engine(name).and_then(|engine| engine.train(&training, &mut Unobserved));
    let mut booster = trained.unwrap_or_else(|error| panic!("{name}, {objective}: {error}"));
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("w{column}")).collect();
    booster.set_feature_names(&names).expect("names of the columns");
    booster
}

/// Rows that go many ways: empty ones, full ones, some columns each.
fn rows(columns: u32) -> Csr {
    let mut builder = CsrBuilder::new(columns, 24);
    for row in 0..24_u32 {
        let holds = |column: &u32| row % 8 == 7 || (row % 8 != 0 && (row + column).is_multiple_of(2 + row % 3));
        let value = |column: u32| [0.5, 1.0, 3.0e9, 1e-30][((row / 8 + column) % 4) as usize];
        builder.push_row((0..columns).filter(holds).map(|column| (column, value(column))));
    }
    builder.finish().expect("rows")
}

pub(crate) fn check_native(input: &[u8]) {
    let Some((_, bytes)) = model_of(input) else { return };
    let Ok(model) = memory::within(limit(bytes.len()), || Model::from_bytes(&bytes)) else { return };
    assert_eq!(model.trees().len(), model.rounds() as usize * model.groups());
    let ubj = model.to_ubj();
    for again in [&ubj, &model.to_json()] {
        let again = Model::from_bytes(again).unwrap_or_else(|error| panic!("written by itself: {error}"));
        assert!(again.to_ubj() == ubj, "what is written is read back as another model");
    }
    if model.n_cols() <= MOST_COLUMNS {
        let rows = rows(model.n_cols());
        let found = model.predict(&rows.view(), 0..model.rounds()).expect("predictions");
        assert_eq!(found.len(), rows.n_rows() * model.groups());
    }
}

/// XGBoost's reader gets only what it reads without harm; where nlpflow's own reader takes the model, too, both predict
/// the same.
pub(crate) fn check_xgboost(input: &[u8]) {
    let Some((_, bytes)) = model_of(input) else { return };
    let xgboost = engine("xgboost").expect("an engine");
    let booster = match memory::within(limit(bytes.len()), || xgboost.load(&bytes)) {
        Ok(booster) => booster,
        Err(Error::InvalidModel(_)) => return,
        Err(error) => panic!("{error}"),
    };
    let native = Model::from_bytes(&bytes).ok().filter(|model| model.groups() == 1);
    let columns = match &native {
        Some(model) if model.n_cols() <= MOST_COLUMNS => model.n_cols(),
        Some(_) => return,
        None => COLUMNS,
    };
    let rows = rows(columns);
    let rounds = booster.rounds();
    let found = match booster.predict(&rows.view(), 0..rounds) {
        Ok(found) => found,
        Err(Error::InvalidRounds { .. }) if rounds == 0 => return,
        Err(Error::ColumnMismatch { .. } | Error::XgBoost { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(found.len(), rows.n_rows());
    if let Some(model) = native {
        let expected = model.predict(&rows.view(), 0..model.rounds()).expect("predictions");
        for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!(near(*found, expected), "row {row}: XGBoost predicts {found}, the native reader {expected}");
        }
    }
    let saved = booster.save(ModelFormat::Ubj).expect("a saved model");
    let again = xgboost.load(&saved).unwrap_or_else(|error| panic!("saved by itself: {error}"));
    let repeated = again.predict(&rows.view(), 0..rounds).expect("predictions");
    assert!(repeated.iter().zip(&found).all(|(a, b)| near(*a, *b)), "{repeated:?} in the place of {found:?}");
}

/// Equal but for the last digits: the two add up in 32 bits, in the same order, but raise to powers differently.
fn near(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-4 * a.abs().max(b.abs())
}
