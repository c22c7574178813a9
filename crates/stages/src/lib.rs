//! The stages of a run: pure functions from files and options to files and a summary.
//!
//! A stage reads artifacts of earlier stages from local folders, writes its own into an empty folder and returns a
//! small JSON summary. It knows neither JavaScript nor where the folders come from or go to. The result depends on the
//! options that describe the data and the model, never on `threads` or `chunk_bytes`.

mod baseline;
mod boost;
mod bundle;
mod checkpoint;
mod columns;
mod context;
mod convert;
mod copies;
mod corpus;
mod counts;
mod describe;
mod dialect;
mod digest;
mod error;
mod estimate;
mod export;
mod features;
mod fit;
mod hashes;
mod inspect;
mod pace;
mod parts;
mod predict;
mod rows;
mod scale;
mod split;
mod terms;
mod tokens;
mod training;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use context::{Context, Progress};
pub use describe::{FORMAT, describe};
pub use digest::{digest, write_stream};
pub use error::Error;
pub use nlpflow_source::visible;

type Stage = fn(Value, &Context) -> Result<Value, Error>;

/// Every stage by name: a new one is a file and a line here.
const STAGES: &[(&str, Stage)] = &[
    ("boost", |options, context| boost::run(&parse(options)?, context)),
    ("convert", |options, context| convert::run(&parse(options)?, context)),
    ("corpus", |options, context| corpus::run(&parse(options)?, context)),
    ("estimate", |options, context| estimate::run(&parse(options)?, context)),
    ("export", |options, context| export::run(&parse(options)?, context)),
    ("features", |options, context| features::run(&parse(options)?, context)),
    ("fit", |options, context| fit::run(&parse(options)?, context)),
    ("inspect", |options, context| inspect::run(&parse(options)?, context)),
    ("predict", |options, context| predict::run(&parse(options)?, context)),
    ("split", |options, context| split::run(&parse(options)?, context)),
    ("tokens", |options, context| tokens::run(&parse(options)?, context)),
];

/// Runs the stage called `name` and returns its summary.
pub fn run(name: &str, options: Value, context: &Context) -> Result<Value, Error> {
    let (_, stage) = STAGES
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| Error::Options(format!("there is no stage called {name}")))?;
    stage(options, context)
}

fn parse<T: DeserializeOwned>(options: Value) -> Result<T, Error> {
    serde_json::from_value(options).map_err(|error| Error::Options(error.to_string()))
}
