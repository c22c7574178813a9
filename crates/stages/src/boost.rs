use std::path::PathBuf;

use nlpflow_matrix::FoldMatrix;
use nlpflow_model::{Booster, Metric, Parameters, TrainingData, engine, map_file, metric};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::rows::write_json;
use crate::{Context, Error};

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
    out: PathBuf,
}

/// Trains on the analysis set and judges every asked number of trees on the assessment set.
///
/// Boosting is sequential: the first k trees of a longer booster are the booster of k trees.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let metrics = options.metrics.iter().map(|name| metric(name)).collect::<Result<Vec<_>, _>>()?;
    let fold = read_fold(&options.features)?;
    let rounds = rounds(&options.trees)?;
    let booster = train(&fold, &options.engine, &options.parameters, rounds, context)?;
    let assessment = fold.analysis()..fold.features().n_rows();
    let truth = &fold.outcome()[assessment.clone()];
    let mut judged = Vec::with_capacity(options.trees.len());
    for &trees in &options.trees {
        let estimate = booster.predict(&fold.features().rows(assessment.clone()), 0..trees)?;
        judged.push(json!({ "trees": trees, "metrics": evaluate(&metrics, truth, &estimate) }));
    }
    let judged = Value::Array(judged);
    write_json(&options.out.join("metrics.json"), &judged)?;
    Ok(json!({ "rounds": rounds, "metrics": judged }))
}

/// Maps the matrix of a `features` folder.
pub(crate) fn read_fold(features: &std::path::Path) -> Result<FoldMatrix, Error> {
    let path = features.join("matrix.arrow");
    Ok(FoldMatrix::from_ipc(map_file(&path)?, &path.display().to_string())?)
}

/// The trees to grow so that every asked number of trees can be answered.
pub(crate) fn rounds(trees: &[u32]) -> Result<u32, Error> {
    if trees.first() == Some(&0) || !trees.is_sorted_by(|a, b| a < b) {
        return Err(Error::Options("the numbers of trees must be positive and ascend".into()));
    }
    trees.last().copied().ok_or_else(|| Error::Options("no number of trees is given".into()))
}

/// Trains on the analysis set of `fold`.
pub(crate) fn train(
    fold: &FoldMatrix,
    engine_name: &str,
    parameters: &Map<String, Value>,
    rounds: u32,
    context: &Context,
) -> Result<Box<dyn Booster>, Error> {
    let parameters = Parameters::from_json(parameters)?;
    let analysis = 0..fold.analysis();
    let data = TrainingData { rows: fold.features().rows(analysis.clone()), outcome: &fold.outcome()[analysis] };
    Ok(engine(engine_name)?.train(&data, &parameters, rounds, &mut &*context)?)
}

/// Each metric by name; null where it is not defined for these rows.
pub(crate) fn evaluate(metrics: &[&dyn Metric], truth: &[f64], estimate: &[f32]) -> Value {
    let estimate: Vec<f64> = estimate.iter().copied().map(f64::from).collect();
    metrics.iter().map(|metric| (metric.name().to_owned(), json!(metric.evaluate(truth, &estimate)))).collect()
}
