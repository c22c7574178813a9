//! nlpflow's own trainer (`crates/boost`) as an engine: the trees of XGBoost, faster on sparse text.

mod memory;

use std::ops::{ControlFlow, Range};

use nlpflow_boost::{Data, Dataset, GrowPolicy, Model, Objective, Settings, Trainer};

use crate::parameters::Zeros;
use crate::saved;
use crate::{Booster, CsrView, Engine, Error, Limit, ModelFormat, Observer, Parameters, Round, Training};

/// Raised with every change that may change a tree.
const VERSION: &str = "2";

/// The trainer for sparse text.
pub(crate) struct Native;

impl Engine for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn version(&self) -> String {
        VERSION.into()
    }

    fn limits(&self) -> &'static [Limit] {
        &[Limit { parameter: "max_depth", min: 1.0, max: 20.0 }]
    }

    fn train(&self, training: &Training<'_>, observer: &mut dyn Observer) -> Result<Box<dyn Booster>, Error> {
        let Training { data, parameters, rounds, start, threads, fitted } = training;
        training.check()?;
        for &Limit { parameter, min, max } in self.limits() {
            if let Some(found) = parameters.number(parameter).filter(|found| !(min..=max).contains(found)) {
                return Err(Error::NotCovered { engine: self.name(), parameter, min, max, found });
            }
        }
        let settings = settings(parameters, data.rows.n_cols)?;
        let prepared = Data {
            rows: data.rows,
            outcome: data.outcome,
            weight: data.weight,
            zeros: if parameters.zeros() == Zeros::Value { data.rows.n_cols } else { 0 },
            assessment: data.assessment,
        };
        let max_bin = parameters.number("max_bin").map_or(256, |max_bin| max_bin as u32);
        let dataset = if settings.objective.merges() {
            Dataset::new(&prepared, max_bin)
        } else {
            Dataset::unmerged(&prepared, max_bin)
        };
        let dataset = dataset.map_err(Error::Native)?;
        let trainer = match start {
            None => Trainer::new(&dataset, &settings),
            Some(bytes) => {
                let model = saved::read(bytes)?;
                Trainer::resume(&dataset, &settings, model, &data.rows, data.assessment.as_ref())
            }
        };
        let mut after = After { trainer: trainer.map_err(Error::Native)?, total: *rounds };
        if !fitted {
            after.trainer.drop_margins();
        }
        after.trainer.set_threads(*threads).map_err(Error::Native)?;
        while after.done() < *rounds {
            after.trainer.round();
            if observer.round(&mut after) == ControlFlow::Break(()) {
                return Err(Error::Cancelled { rounds: after.done() });
            }
        }
        Ok(Box::new(NativeBooster(after.trainer.into_model())))
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Booster>, Error> {
        Ok(Box::new(NativeBooster(saved::read(bytes)?)))
    }

    fn estimate_memory(&self, rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64 {
        memory::estimate(rows, entries, columns, parameters)
    }
}

/// A training after a round.
struct After<'a> {
    trainer: Trainer<'a>,
    total: u32,
}

impl Round for After<'_> {
    fn done(&self) -> u32 {
        self.trainer.model().rounds()
    }

    fn total(&self) -> u32 {
        self.total
    }

    fn save(&self) -> Result<Vec<u8>, Error> {
        Ok(self.trainer.model().to_ubj())
    }

    fn assess(&mut self) -> Result<Vec<f32>, Error> {
        Ok(self.trainer.assess())
    }

    fn fitted(&mut self) -> Result<Vec<f32>, Error> {
        let mut fitted = self.trainer.margins().expect("a training that was told to keep them");
        self.trainer.model().objective().predict(&mut fitted);
        Ok(fitted)
    }
}

/// The parameters as the trainer takes them, for a matrix of `columns` columns.
fn settings(parameters: &Parameters, columns: u32) -> Result<Settings, Error> {
    let standard = Settings::default();
    let number = |name: &str, default: f32| parameters.number(name).map_or(default, |value| value as f32);
    let objective = (parameters.objective().loss)(parameters);
    // Poisson has a bound of its own.
    let bound = if let Objective::Poisson { max_delta_step } = objective { max_delta_step } else { 0.0 };
    let loss_guide = parameters.text("grow_policy") == Some("lossguide");
    let share = parameters.share_of_columns(columns)?;
    Ok(Settings {
        objective,
        max_depth: number("max_depth", 6.0) as u32,
        max_leaves: parameters.number("max_leaves").unwrap_or(0.0) as u32,
        grow_policy: if loss_guide { GrowPolicy::LossGuide } else { GrowPolicy::DepthWise },
        eta: number("eta", standard.eta),
        lambda: number("lambda", standard.lambda),
        alpha: number("alpha", standard.alpha),
        gamma: number("gamma", standard.gamma),
        min_child_weight: number("min_child_weight", standard.min_child_weight),
        max_delta_step: number("max_delta_step", bound),
        scale_pos_weight: number("scale_pos_weight", standard.scale_pos_weight),
        monotone: Vec::new(),
        subsample: number("subsample", standard.subsample),
        colsample_bytree: number("colsample_bytree", standard.colsample_bytree),
        colsample_bylevel: number("colsample_bylevel", standard.colsample_bylevel),
        colsample_bynode: share.unwrap_or_else(|| number("colsample_bynode", standard.colsample_bynode)),
        seed: parameters.number("seed").unwrap_or(0.0) as u64,
        base_score: parameters.number("base_score").map(|score| score as f32),
    })
}

/// A model of the trainer.
struct NativeBooster(Model);

impl Booster for NativeBooster {
    fn rounds(&self) -> u32 {
        self.0.rounds()
    }

    fn n_cols(&self) -> u64 {
        self.0.n_cols().into()
    }

    fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        let Range { start, end } = rounds;
        if start >= end || end > self.0.rounds() {
            return Err(Error::InvalidRounds { start, end, rounds: self.0.rounds() });
        }
        if rows.n_cols != self.0.n_cols() {
            return Err(Error::ColumnMismatch { expected: self.0.n_cols().into(), found: rows.n_cols });
        }
        self.0.predict(rows, start..end).map_err(Error::Native)
    }

    fn save(&self, format: ModelFormat) -> Result<Vec<u8>, Error> {
        Ok(saved::write(&self.0, format))
    }

    fn set_feature_names(&mut self, names: &[String]) -> Result<(), Error> {
        self.0.set_feature_names(names).map_err(Error::Native)
    }
}
