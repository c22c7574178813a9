use std::ops::{ControlFlow, Range};

use nlpflow_matrix::CsrView;

use crate::nearest::nearest;
use crate::xgboost::XgBoost;
use crate::{Error, Parameters};

/// Rows to learn from.
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The features.
    pub rows: CsrView<'a>,
    /// The outcome of each row.
    pub outcome: &'a [f64],
}

/// How a booster is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// Universal Binary JSON: XGBoost's default format, extension `.ubj`.
    Ubj,
    /// JSON text, extension `.json`.
    Json,
}

/// Follows a training, and may stop it.
pub trait Observer {
    /// Called after each round with the rounds done of all; `Break` ends the training with [`Error::Cancelled`].
    fn round(&mut self, done: u32, total: u32) -> ControlFlow<()>;
}

/// A trainer of boosters.
pub trait Engine: Send + Sync {
    /// The name in the registry.
    fn name(&self) -> &'static str;

    /// The version of the library that does the work.
    fn version(&self) -> String;

    /// Grows `rounds` trees on one thread; the same input gives the same booster on every machine of one kind.
    ///
    /// The first k rounds are those of a training of k rounds. A number of trees in `parameters` is not read.
    fn train(
        &self,
        data: &TrainingData<'_>,
        parameters: &Parameters,
        rounds: u32,
        observer: &mut dyn Observer,
    ) -> Result<Box<dyn Booster>, Error>;

    /// Reads a booster that [`Booster::save`], or the engine's own library, wrote.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Booster>, Error>;

    /// An upper estimate, in bytes, of what training one booster takes beside the given matrix.
    fn estimate_memory(&self, rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64;
}

/// A trained sequence of trees.
pub trait Booster: Send {
    /// The number of rounds it holds.
    fn rounds(&self) -> u32;

    /// The prediction of each row, on the outcome's scale, by the given rounds.
    ///
    /// An absent entry goes the way that it went in training: as a zero or as a missing value.
    fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error>;

    /// The whole booster in a format that the engine's own library reads in any language.
    fn save(&self, format: ModelFormat) -> Result<Vec<u8>, Error>;

    /// Gives each column a name, which is saved with the booster; the names must differ.
    fn set_feature_names(&mut self, names: &[String]) -> Result<(), Error>;
}

/// Every engine: a new one is a module and an entry here.
pub(crate) const ENGINES: &[&dyn Engine] = &[&XgBoost];

/// The engine called `name`.
pub fn engine(name: &str) -> Result<&'static dyn Engine, Error> {
    ENGINES.iter().copied().find(|engine| engine.name() == name).ok_or_else(|| Error::UnknownEngine {
        name: name.into(),
        known: ENGINES.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", "),
        nearest: nearest(name, ENGINES.iter().map(|engine| engine.name())),
    })
}
