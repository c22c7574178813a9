use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

use nlpflow_matrix::CsrView;
use serde::Serialize;

use crate::native::Native;
use crate::nearest::nearest;
use crate::xgboost::XgBoost;
use crate::{Error, Parameters, Zeros};

/// Rows to learn from.
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The features.
    pub rows: CsrView<'a>,
    /// The outcome of each row.
    pub outcome: &'a [f64],
    /// The weight of each row, or none for weights of 1.
    pub weight: Option<&'a [f64]>,
    /// Rows that nothing is learned from and that [`Round::assess`] predicts.
    pub assessment: Option<CsrView<'a>>,
}

impl<'a> TrainingData<'a> {
    /// Rows of weight 1, and none to assess.
    #[must_use]
    pub fn new(rows: CsrView<'a>, outcome: &'a [f64]) -> Self {
        Self { rows, outcome, weight: None, assessment: None }
    }
}

/// One training.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// What to learn from.
    pub data: TrainingData<'a>,
    /// How; a number of trees in it is not read.
    pub parameters: &'a Parameters,
    /// How many rounds in all.
    pub rounds: u32,
    /// What [`Round::save`] gave in a training of the same data and parameters that was stopped: it goes on there, to the
    /// same bytes.
    pub start: Option<&'a [u8]>,
    /// The threads that an engine may use which gives the same booster for any number of them.
    pub threads: NonZeroUsize,
    /// Whether [`Round::fitted`] is asked for: an engine may be faster without.
    pub fitted: bool,
}

impl<'a> Training<'a> {
    /// A training from the first round, on one thread.
    #[must_use]
    pub fn new(data: TrainingData<'a>, parameters: &'a Parameters, rounds: u32) -> Self {
        Self { data, parameters, rounds, start: None, threads: NonZeroUsize::MIN, fitted: true }
    }
}

/// How a booster is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// Universal Binary JSON: XGBoost's default format, extension `.ubj`.
    Ubj,
    /// JSON text, extension `.json`.
    Json,
}

impl Training<'_> {
    /// Checks what engines would take without a word, or explain badly.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { data, parameters, .. } = self;
        let rows = data.rows.n_rows();
        if self.rounds == 0 {
            return Err(Error::NoRounds);
        }
        if rows == 0 || data.rows.n_cols == 0 {
            return Err(Error::EmptyData { rows, columns: data.rows.n_cols });
        }
        for (what, found) in [("outcomes", Some(data.outcome.len())), ("weights", data.weight.map(<[f64]>::len))] {
            if let Some(found) = found.filter(|found| *found != rows) {
                return Err(Error::LengthMismatch { what, found, rows });
            }
        }
        if let Some(found) = data.assessment.map(|rows| rows.n_cols).filter(|found| *found != data.rows.n_cols) {
            return Err(Error::ColumnMismatch { expected: data.rows.n_cols.into(), found });
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
}

/// A training after one of its rounds.
pub trait Round {
    /// The rounds that are done.
    fn done(&self) -> u32;

    /// The rounds in all.
    fn total(&self) -> u32;

    /// The booster so far, from which the training can go on.
    fn save(&self) -> Result<Vec<u8>, Error>;

    /// The prediction of each row of the assessment set by the rounds so far.
    fn assess(&mut self) -> Result<Vec<f32>, Error>;

    /// The prediction of each row that is learned from by the rounds so far.
    fn fitted(&mut self) -> Result<Vec<f32>, Error>;
}

/// Follows a training, and may stop it.
pub trait Observer {
    /// Called after each round; `Break` ends the training with [`Error::Cancelled`].
    fn round(&mut self, round: &mut dyn Round) -> ControlFlow<()>;
}

/// A parameter of which an engine takes only some numbers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// The parameter.
    pub parameter: &'static str,
    /// The least number.
    pub min: f64,
    /// The greatest number.
    pub max: f64,
}

/// A trainer of boosters.
pub trait Engine: Send + Sync {
    /// The name in the registry.
    fn name(&self) -> &'static str;

    /// The version of what does the work: another one may give other bytes.
    fn version(&self) -> String;

    /// What it does not cover of the registry of parameters.
    fn limits(&self) -> &'static [Limit] {
        &[]
    }

    /// Grows trees; the same input gives the same booster on every machine of one kind, whatever the threads.
    ///
    /// The first k rounds are those of a training of k rounds.
    fn train(&self, training: &Training<'_>, observer: &mut dyn Observer) -> Result<Box<dyn Booster>, Error>;

    /// Reads a booster that [`Booster::save`], or the engine's own library, wrote.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Booster>, Error>;

    /// An upper estimate, in bytes, of what training one booster takes beside the given matrix: `rows` and `entries` are
    /// those of the analysis and of the assessment set.
    fn estimate_memory(&self, rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64;
}

/// A trained sequence of trees; several threads may predict with it at the same time.
pub trait Booster: Send + Sync {
    /// The number of rounds it holds.
    fn rounds(&self) -> u32;

    /// The number of columns it was trained on.
    fn n_cols(&self) -> u64;

    /// The prediction of each row, on the outcome's scale, by the given rounds.
    ///
    /// An absent entry goes the way that it went in training: as a zero or as a missing value.
    fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error>;

    /// The whole booster in XGBoost's format, as every version reads it from the one on that its objective names.
    fn save(&self, format: ModelFormat) -> Result<Vec<u8>, Error>;

    /// Gives each column a name, which is saved with the booster; the names must differ.
    fn set_feature_names(&mut self, names: &[String]) -> Result<(), Error>;
}

/// Every engine: a new one is a module and an entry here. `auto` takes the first that covers the parameters.
pub(crate) const ENGINES: &[&dyn Engine] = &[&Native, &XgBoost];

/// The engine called `name`.
pub fn engine(name: &str) -> Result<&'static dyn Engine, Error> {
    ENGINES.iter().copied().find(|engine| engine.name() == name).ok_or_else(|| Error::UnknownEngine {
        name: name.into(),
        known: ENGINES.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", "),
        nearest: nearest(name, ENGINES.iter().map(|engine| engine.name())),
    })
}
