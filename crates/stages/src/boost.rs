use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use nlpflow_matrix::FoldMatrix;
use nlpflow_model::{map_file, metric};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::rows::write_json;
use crate::training::{self, train};
use crate::{Context, Error, checkpoint};

/// One booster on one fold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `features` stage.
    features: PathBuf,
    engine: String,
    /// By XGBoost's names, without the number of trees.
    parameters: Map<String, Value>,
    /// The numbers of trees to judge the booster at, ascending; the last is how many are grown.
    trees: Vec<u32>,
    metrics: Vec<String>,
    #[serde(default)]
    threads: Option<NonZeroUsize>,
    #[serde(default)]
    checkpoint: Option<checkpoint::Options>,
    out: PathBuf,
}

/// Trains on the analysis set and judges every asked number of trees on the assessment set.
///
/// Boosting is sequential: the first k trees of a longer booster are the booster of k trees. `metrics.json` has the asked
/// numbers of trees, `curve.json` every tenth.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let metrics = options.metrics.iter().map(|name| metric(name)).collect::<Result<Vec<_>, _>>()?;
    let fold = read_fold(&options.features)?;
    let how = training::Options {
        engine: &options.engine,
        parameters: &options.parameters,
        threads: options.threads.unwrap_or(NonZeroUsize::MIN),
        checkpoint: options.checkpoint.as_ref(),
        trees: &options.trees,
        metrics: &metrics,
        predict: false,
    };
    let trained = train(&fold, &how, context)?;
    write_json(&options.out.join("curve.json"), &trained.curve)?;
    write_json(&options.out.join("metrics.json"), &trained.judged)?;
    let mut summary = json!({ "rounds": trained.booster.rounds(), "metrics": trained.judged });
    trained.add_to(&mut summary);
    Ok(summary)
}

/// Maps the matrix of a `features` folder.
pub(crate) fn read_fold(features: &Path) -> Result<FoldMatrix, Error> {
    let path = features.join("matrix.arrow");
    Ok(FoldMatrix::from_ipc(map_file(&path)?, &path.display().to_string())?)
}
