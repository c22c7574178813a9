use std::path::PathBuf;

use nlpflow_model::{Parameters, engine};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::boost::read_fold;
use crate::{Context, Error};

/// The booster whose memory is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `features` stage.
    features: PathBuf,
    engine: String,
    parameters: Map<String, Value>,
}

/// The memory that training one booster takes, in bytes.
pub(crate) fn run(options: &Options, _context: &Context) -> Result<Value, Error> {
    let fold = read_fold(&options.features)?;
    let rows = fold.features().view();
    let bytes = engine(&options.engine)?.estimate_memory(
        rows.n_rows() as u64,
        rows.n_entries() as u64,
        rows.n_cols,
        &Parameters::from_json(&options.parameters)?,
    );
    Ok(json!({ "bytes": bytes }))
}
