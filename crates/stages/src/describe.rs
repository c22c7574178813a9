use serde_json::{Value, json};

/// Version of the layout of every artifact; part of every key.
pub const FORMAT: u32 = 1;

/// What this build can do: the registries from which the configuration's schema, the help and the documentation derive.
#[must_use]
pub fn describe() -> Value {
    let model = nlpflow_model::describe();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "format": FORMAT,
        "reading": nlpflow_source::READING,
        "unicode": nlpflow_text::unicode_version(),
        "unicode_properties": nlpflow_text::property_version(),
        "engines": model["engines"],
        "steps": nlpflow_text::describe(),
        "parameters": model["parameters"],
        "objectives": model["objectives"],
        "metrics": model["metrics"],
        "model_format": model["model_format"],
    })
}
