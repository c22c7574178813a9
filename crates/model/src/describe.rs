use serde_json::{Map, Value, json};

use crate::engine::ENGINES;
use crate::metrics::metrics;
use crate::objective::OBJECTIVES;
use crate::parameters::PARAMETERS;

/// The registries as JSON: `engines` (name to version), `parameters`, `objectives` and `metrics`.
#[must_use]
pub fn describe() -> Value {
    let engines: Map<String, Value> =
        ENGINES.iter().map(|engine| (engine.name().to_owned(), engine.version().into())).collect();
    let metrics: Vec<Value> = metrics()
        .iter()
        .map(|metric| json!({ "name": metric.name(), "direction": metric.direction(), "doc": metric.doc() }))
        .collect();
    json!({ "engines": engines, "parameters": PARAMETERS, "objectives": OBJECTIVES, "metrics": metrics })
}
