use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{Float32Array, Float64Array, UInt64Array};
use nlpflow_model::{ModelFormat, metric};
use nlpflow_text::VocabularyEntry;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::boost::read_fold;
use crate::bundle::{Bundle, Manifest};
use crate::columns::{text, write_columns};
use crate::rows::{read_json, write_json};
use crate::training::{self, evaluate, train};
use crate::{Context, Error, checkpoint, export};

/// The model to keep.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `features` stage of the final fit.
    features: PathBuf,
    engine: String,
    /// By XGBoost's names, without the number of trees.
    parameters: Map<String, Value>,
    trees: u32,
    metrics: Vec<String>,
    /// The column of the input that holds the text.
    text: String,
    /// The outcome as the configuration states it.
    outcome: String,
    #[serde(default)]
    threads: Option<NonZeroUsize>,
    #[serde(default)]
    checkpoint: Option<checkpoint::Options>,
    out: PathBuf,
}

/// Trains on the training set, predicts every row, judges the model on the test set and saves it.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let metrics = options.metrics.iter().map(|name| metric(name)).collect::<Result<Vec<_>, _>>()?;
    let fold = read_fold(&options.features)?;
    let vocabulary: Vec<VocabularyEntry> = export::read_vocabulary(&options.features)?;
    let how = training::Options {
        engine: &options.engine,
        parameters: &options.parameters,
        threads: options.threads.unwrap_or(NonZeroUsize::MIN),
        checkpoint: options.checkpoint.as_ref(),
        trees: &[options.trees],
        metrics: &metrics,
        predict: true,
    };
    let mut trained = train(&fold, &how, context)?;
    let (booster, estimate) = (&mut trained.booster, &trained.predictions);
    let names: Vec<String> = vocabulary.iter().map(|entry| entry.token.clone()).collect();
    booster.set_feature_names(&names)?;

    let view = fold.features().view();
    let analysis = fold.analysis();
    let judge = |rows: std::ops::Range<usize>| evaluate(&metrics, &fold.outcome()[rows.clone()], &estimate[rows]);
    let judged = json!({ "train": judge(0..analysis), "test": judge(analysis..view.n_rows()) });
    write_json(&options.out.join("metrics.json"), &judged)?;

    let mut order: Vec<usize> = (0..view.n_rows()).collect();
    order.sort_unstable_by_key(|&position| fold.rows()[position]);
    let set = |&position: &usize| Some(if position < analysis { "train" } else { "test" });
    write_columns(
        &options.out.join("predictions.parquet"),
        vec![
            ("row", Arc::new(order.iter().map(|&position| fold.rows()[position]).collect::<UInt64Array>())),
            ("set", text(order.iter().map(set))),
            ("outcome", Arc::new(order.iter().map(|&position| fold.outcome()[position]).collect::<Float64Array>())),
            ("prediction", Arc::new(order.iter().map(|&position| estimate[position]).collect::<Float32Array>())),
        ],
    )?;

    let ubj = booster.save(ModelFormat::Ubj)?;
    for (name, bytes) in [("model.ubj", &ubj), ("model.json", &booster.save(ModelFormat::Json)?)] {
        let path = options.out.join(name);
        std::fs::write(&path, bytes).map_err(Error::write(&path))?;
    }
    let manifest = Manifest::new(
        &options.engine,
        &options.parameters,
        options.trees,
        read_json(&options.features.join("recipe.json"))?,
        (&options.text, &options.outcome),
        judged.clone(),
    );
    Bundle { manifest, vocabulary, model: ubj }.write(&options.out.join("model.nlpf"))?;
    let mut summary = json!({ "rounds": options.trees, "train": judged["train"], "test": judged["test"] });
    trained.add_to(&mut summary);
    Ok(summary)
}
