//! Sparse matrices made from a seed.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::ops::ControlFlow;

use nlpflow_matrix::{Csr, CsrBuilder};
use nlpflow_model::{Booster, CsrView, Error, Observer, Parameters, Round, Training, TrainingData, engine};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;

/// Rows and outcomes.
pub struct Data {
    pub matrix: Csr,
    pub outcome: Vec<f64>,
}

impl Data {
    /// `rows` rows over `columns` columns, the first of which come up most; the outcome depends on them and on chance.
    pub fn new(seed: u64, rows: usize, columns: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = move || f64::from(random.next_u32()) / f64::from(u32::MAX);
        let mut builder = CsrBuilder::new(columns, rows);
        let mut outcome = Vec::with_capacity(rows);
        for _ in 0..rows {
            let mut row = Vec::new();
            let mut sum = uniform();
            for column in 0..columns {
                if uniform() < 0.8 / f64::from(column + 1) {
                    let value = ((uniform() * 20.0).ceil() / 8.0) as f32;
                    row.push((column, value));
                    sum += f64::from(value) * (f64::from(column % 5) - 1.5);
                }
            }
            builder.push_row(row);
            outcome.push(sum);
        }
        Self { matrix: builder.finish().expect("a valid matrix"), outcome }
    }

    pub fn training(&self) -> TrainingData<'_> {
        TrainingData::new(self.matrix.view(), &self.outcome)
    }

    pub fn train(&self, engine: &str, parameters: Value, rounds: u32) -> Box<dyn Booster> {
        train(engine, self.training(), parameters, rounds).expect("a booster")
    }
}

pub fn parameters(values: Value) -> Result<Parameters, Error> {
    let Value::Object(values) = values else { panic!("parameters are an object") };
    Parameters::from_json(&values)
}

pub fn train(name: &str, data: TrainingData<'_>, values: Value, rounds: u32) -> Result<Box<dyn Booster>, Error> {
    engine(name)?.train(&Training::new(data, &parameters(values)?, rounds), &mut Silent)
}

/// Runs each function as a test of every engine.
#[macro_export]
macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod native {
            $(#[test] fn $test() { super::$test("native"); })*
        }
        mod xgboost {
            $(#[test] fn $test() { super::$test("xgboost"); })*
        }
    };
}

/// The same rows with every zero written out.
pub struct Dense {
    indptr: Vec<i64>,
    indices: Vec<u32>,
    values: Vec<f32>,
    n_cols: u32,
}

impl Dense {
    pub fn of(rows: &CsrView<'_>) -> Self {
        let n_cols = rows.n_cols;
        let mut values = Vec::new();
        for row in 0..rows.n_rows() {
            let mut dense = vec![0.0; n_cols as usize];
            let (columns, stored) = rows.row(row);
            for (&column, &value) in columns.iter().zip(stored) {
                dense[column as usize] = value;
            }
            values.extend(dense);
        }
        let indptr = (0..=rows.n_rows() as i64).map(|row| row * i64::from(n_cols)).collect();
        let indices = (0..rows.n_rows()).flat_map(|_| 0..n_cols).collect();
        Self { indptr, indices, values, n_cols }
    }

    pub fn view(&self) -> CsrView<'_> {
        CsrView { indptr: &self.indptr, indices: &self.indices, values: &self.values, n_cols: self.n_cols }
    }
}

pub struct Silent;

impl Observer for Silent {
    fn round(&mut self, _round: &mut dyn Round) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
