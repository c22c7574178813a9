//! XGBoost through its C API.
#![allow(unsafe_code, reason = "the C API")]

mod array;
mod booster;
mod call;
mod matrix;
mod memory;
mod structure;

use std::ops::ControlFlow;

use crate::parameters::Zeros;
use crate::{Booster, Engine, Error, Observer, Parameters, TrainingData};
use booster::XgBooster;
use matrix::QuantileMatrix;

/// What every training is told, whatever its parameters.
///
/// `hist` on one thread gives the same trees on every run, and `seed_per_iteration` makes the sampling of a round depend
/// on its number alone, not on the rounds before it.
const ALWAYS: &[(&str, &str)] = &[
    ("booster", "gbtree"),
    ("tree_method", "hist"),
    ("nthread", "1"),
    ("seed_per_iteration", "1"),
    ("verbosity", "0"),
];

/// XGBoost's `hist` trainer.
pub(crate) struct XgBoost;

impl Engine for XgBoost {
    fn name(&self) -> &'static str {
        "xgboost"
    }

    fn version(&self) -> String {
        call::version()
    }

    fn train(
        &self,
        data: &TrainingData<'_>,
        parameters: &Parameters,
        rounds: u32,
        observer: &mut dyn Observer,
    ) -> Result<Box<dyn Booster>, Error> {
        check(data, parameters)?;
        if rounds == 0 {
            return Err(Error::NoRounds);
        }
        let told = parameters.for_xgboost(data.rows.n_cols)?;
        let max_bin = parameters.number("max_bin").map_or(256, |max_bin| max_bin as u32);
        let absent_as_zero = if parameters.zeros() == Zeros::Value { data.rows.n_cols } else { 0 };
        let matrix = QuantileMatrix::new(data, max_bin, absent_as_zero)?;
        let mut booster = XgBooster::on(&matrix)?;
        for (name, value) in ALWAYS {
            booster.set(name, value)?;
        }
        for (name, value) in &told {
            booster.set(name, value)?;
        }
        for round in 0..rounds {
            booster.update(&matrix, round)?;
            if observer.round(round + 1, rounds) == ControlFlow::Break(()) {
                return Err(Error::Cancelled { rounds: round + 1 });
            }
        }
        drop(matrix);
        booster.finish()?;
        Ok(Box::new(booster))
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Booster>, Error> {
        Ok(Box::new(XgBooster::load(bytes)?))
    }

    fn estimate_memory(&self, rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64 {
        memory::estimate(rows, entries, columns, parameters)
    }
}

/// What XGBoost would take without a word, or explain badly.
fn check(data: &TrainingData<'_>, parameters: &Parameters) -> Result<(), Error> {
    let rows = data.rows.n_rows();
    if rows == 0 || data.rows.n_cols == 0 {
        return Err(Error::EmptyData { rows, columns: data.rows.n_cols });
    }
    if data.outcome.len() != rows {
        return Err(Error::OutcomeLength { outcomes: data.outcome.len(), rows });
    }
    parameters.objective().check(data.outcome)?;
    if parameters.zeros() == Zeros::Value && data.rows.stored_values().iter().any(|value| *value < 0.0) {
        for row in 0..rows {
            let (columns, values) = data.rows.row(row);
            if let Some(at) = values.iter().position(|value| *value < 0.0) {
                return Err(Error::NegativeFeature { row, column: columns[at], value: values[at] });
            }
        }
    }
    Ok(())
}
