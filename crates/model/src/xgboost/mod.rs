//! XGBoost through its C API.
#![allow(unsafe_code, reason = "the C API")]

mod array;
mod booster;
mod call;
mod matrix;
mod memory;

use std::ops::ControlFlow;

use crate::parameters::Zeros;
use crate::{Booster, Engine, Error, Observer, Parameters, Round, Training, TrainingData};
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

    /// `threads` is not read: XGBoost adds up floats, in an order that depends on them.
    fn train(&self, training: &Training<'_>, observer: &mut dyn Observer) -> Result<Box<dyn Booster>, Error> {
        let Training { data, parameters, rounds, start, .. } = training;
        training.check()?;
        let told = parameters.for_xgboost(data.rows.n_cols)?;
        let max_bin = parameters.number("max_bin").map_or(256, |max_bin| max_bin as u32);
        let absent_as_zero = if parameters.zeros() == Zeros::Value { data.rows.n_cols } else { 0 };
        let matrix = QuantileMatrix::new(data, max_bin, absent_as_zero)?;
        let mut booster = XgBooster::on(&matrix)?;
        if let Some(start) = start {
            booster.read(start)?;
        }
        for (name, value) in ALWAYS {
            booster.set(name, value)?;
        }
        for (name, value) in &told {
            booster.set(name, value)?;
        }
        for round in booster.rounds()..*rounds {
            booster.update(&matrix, round)?;
            booster.count()?;
            let mut after = After { booster: &booster, data, total: *rounds };
            if observer.round(&mut after) == ControlFlow::Break(()) {
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

/// A training after a round.
struct After<'a> {
    booster: &'a XgBooster,
    data: &'a TrainingData<'a>,
    total: u32,
}

impl Round for After<'_> {
    fn done(&self) -> u32 {
        self.booster.rounds()
    }

    fn total(&self) -> u32 {
        self.total
    }

    fn save(&self) -> Result<Vec<u8>, Error> {
        self.booster.save_raw()
    }

    fn assess(&mut self) -> Result<Vec<f32>, Error> {
        match &self.data.assessment {
            Some(rows) => self.booster.predict(rows, 0..self.booster.rounds()),
            None => Ok(Vec::new()),
        }
    }

    fn fitted(&mut self) -> Result<Vec<f32>, Error> {
        self.booster.predict(&self.data.rows, 0..self.booster.rounds())
    }
}
