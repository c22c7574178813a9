use serde_json::{Map, Value, json};

use crate::Engine;
use crate::engine::ENGINES;
use crate::metrics::metrics;
use crate::objective::OBJECTIVES;
use crate::parameters::PARAMETERS;
use crate::saved::FORMAT;

/// The registries as JSON: `engines` (name to version and limits, in the order in which `auto` tries them), `parameters`, `objectives`, `metrics` and `model_format`, the form of the model files.
#[must_use]
pub fn describe() -> Value {
    let engine = |engine: &dyn Engine| json!({ "version": engine.version(), "limits": engine.limits() });
    let engines: Map<String, Value> = ENGINES.iter().map(|known| (known.name().to_owned(), engine(*known))).collect();
    let metrics: Vec<Value> = metrics()
        .iter()
        .map(|metric| json!({ "name": metric.name(), "direction": metric.direction(), "doc": metric.doc() }))
        .collect();
    json!({ "engines": engines, "parameters": PARAMETERS, "objectives": OBJECTIVES, "metrics": metrics, "model_format": FORMAT })
}
