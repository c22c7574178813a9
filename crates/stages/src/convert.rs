use std::path::PathBuf;

use nlpflow_model::{ModelFormat, convert, map_file};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Context, Error};

/// A saved model to be written for XGBoost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// A model that either engine saved (.ubj or .json).
    model: PathBuf,
    /// The format follows from the extension.
    output: PathBuf,
}

/// Writes a model in the form that XGBoost reads from some version on, which `xgboost` says.
pub(crate) fn run(options: &Options, _context: &Context) -> Result<Value, Error> {
    let Options { model, output } = options;
    let format = match output.extension().and_then(|extension| extension.to_str()) {
        Some(extension) if extension.eq_ignore_ascii_case("ubj") => ModelFormat::Ubj,
        Some(extension) if extension.eq_ignore_ascii_case("json") => ModelFormat::Json,
        _ => return Err(Error::Options("a model is written to .ubj or .json".into())),
    };
    let (bytes, objective) = convert(&map_file(model)?, format)?;
    std::fs::write(output, bytes).map_err(Error::write(output))?;
    Ok(json!({ "objective": objective.name, "xgboost": objective.xgboost }))
}
