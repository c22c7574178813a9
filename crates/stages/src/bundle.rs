use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use nlpflow_text::VocabularyEntry;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::{Error, describe};

/// The format of bundles that this version writes, and the latest that it reads.
const FORMAT: u64 = 1;

/// More than any real part: a header that claims more than this is not believed.
const PART_LIMIT: u64 = 4 << 30;

/// A model with all that it takes to apply it: one zip file of `manifest.json`, `vocabulary.json` and `model.ubj`.
///
/// It holds no row of the training data. `model.ubj` is XGBoost's own format, with the tokens as feature names.
pub(crate) struct Bundle {
    pub(crate) manifest: Manifest,
    pub(crate) vocabulary: Vec<VocabularyEntry>,
    pub(crate) model: Vec<u8>,
}

/// What a bundle says about itself.
#[derive(Deserialize, Serialize)]
pub(crate) struct Manifest {
    format: u64,
    nlpflow: String,
    unicode: Value,
    unicode_properties: Value,
    pub(crate) engine: String,
    /// Of the engine that trained the model.
    #[serde(default)]
    engine_version: String,
    parameters: Map<String, Value>,
    pub(crate) trees: u32,
    /// The whole recipe, the tokeniser first.
    pub(crate) recipe: Value,
    pub(crate) text: String,
    /// The outcome as the configuration stated it.
    pub(crate) outcome: String,
    metrics: Value,
}

impl Manifest {
    pub(crate) fn new(
        engine: &str,
        parameters: &Map<String, Value>,
        trees: u32,
        recipe: Value,
        (text, outcome): (&str, &str),
        metrics: Value,
    ) -> Self {
        let versions = describe();
        Self {
            format: FORMAT,
            nlpflow: env!("CARGO_PKG_VERSION").into(),
            unicode: versions["unicode"].clone(),
            unicode_properties: versions["unicode_properties"].clone(),
            engine: engine.into(),
            engine_version: versions["engines"][engine]["version"].as_str().unwrap_or_default().into(),
            parameters: parameters.clone(),
            trees,
            recipe,
            text: text.into(),
            outcome: outcome.into(),
            metrics,
        }
    }
}

impl Bundle {
    /// Writes the bundle; the same model gives the same bytes.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let vocabulary: Vec<Value> = self
            .vocabulary
            .iter()
            .map(|entry| json!({ "token": entry.token, "n": entry.n, "df": entry.df, "idf": entry.idf }))
            .collect();
        let damaged = |error: serde_json::Error| Error::damaged(path, error);
        let manifest = serde_json::to_vec_pretty(&self.manifest).map_err(damaged)?;
        let vocabulary = serde_json::to_vec(&vocabulary).map_err(damaged)?;
        let parts = [("manifest.json", &manifest), ("vocabulary.json", &vocabulary), ("model.ubj", &self.model)];
        let file = File::create(path).map_err(Error::write(path))?;
        let mut zip = ZipWriter::new(BufWriter::new(file));
        // No time stamps, and no compression: trees hardly shrink, and the bytes then depend on no compressor.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        let write = || -> Result<(), zip::result::ZipError> {
            for (name, bytes) in parts {
                zip.start_file(name, options)?;
                zip.write_all(bytes)?;
            }
            zip.finish()?.flush()?;
            Ok(())
        };
        write().map_err(|error| match error {
            zip::result::ZipError::Io(source) => Error::write(path)(source),
            other => Error::damaged(path, other),
        })
    }

    /// Reads a bundle, having checked that this version understands it.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let not_a_model = |reason: String| Error::NotAModel { path: path.into(), reason };
        let file = File::open(path).map_err(Error::read(path))?;
        let mut zip = ZipArchive::new(file).map_err(|error| not_a_model(error.to_string()))?;
        let mut part = |name: &str| -> Result<Vec<u8>, Error> {
            let entry = zip.by_name(name).map_err(|_| not_a_model(format!("it holds no {name}")))?;
            let mut bytes = Vec::new();
            // The checksum of the archive is verified at the end of each part.
            entry.take(PART_LIMIT).read_to_end(&mut bytes).map_err(|error| not_a_model(format!("{name}: {error}")))?;
            Ok(bytes)
        };
        let json = |name: &str, bytes: &[u8]| -> Result<Value, Error> {
            serde_json::from_slice(bytes).map_err(|error| not_a_model(format!("{name}: {error}")))
        };
        let manifest = json("manifest.json", &part("manifest.json")?)?;
        // The format first: a later one may have a manifest of another shape.
        let format = manifest["format"].as_u64().ok_or_else(|| not_a_model("its manifest names no format".into()))?;
        if format > FORMAT {
            return Err(Error::NewerModel {
                path: path.into(),
                version: manifest["nlpflow"].as_str().unwrap_or("of a later version").into(),
                format,
                supported: FORMAT,
            });
        }
        let manifest = serde_json::from_value(manifest).map_err(|error| not_a_model(error.to_string()))?;
        let Value::Array(entries) = json("vocabulary.json", &part("vocabulary.json")?)? else {
            return Err(not_a_model("its vocabulary is no list".into()));
        };
        let entry = |entry: &Value| {
            Some(VocabularyEntry {
                token: entry["token"].as_str()?.into(),
                n: entry["n"].as_u64()?,
                df: entry["df"].as_u64()?,
                idf: entry["idf"].as_f64(),
            })
        };
        let vocabulary: Option<Vec<_>> = entries.iter().map(entry).collect();
        let vocabulary = vocabulary.ok_or_else(|| not_a_model("its vocabulary is incomplete".into()))?;
        Ok(Self { manifest, vocabulary, model: part("model.ubj")? })
    }
}
