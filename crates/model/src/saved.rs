//! Saved models, of whichever engine: what is read was checked, and what is written every XGBoost from 1.7 on reads.

use nlpflow_boost::{Error as Problem, Model};

use crate::{Error, ModelFormat, OBJECTIVES, Objective};

/// The form of the model files that [`crate::Booster::save`] writes: raised with every change of their bytes.
///
/// 2: `base_score` is one number, not a list, which XGBoost before 3.1 took for 0.5.
pub(crate) const FORMAT: u32 = 2;

/// Reads a model of either engine in either format.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, Error> {
    Model::from_bytes(bytes).map_err(|error| match error {
        Problem::InvalidModel(reason) => Error::InvalidModel(reason),
        other => Error::InvalidModel(other.to_string()),
    })
}

/// The bytes of a model.
pub(crate) fn write(model: &Model, format: ModelFormat) -> Vec<u8> {
    match format {
        ModelFormat::Ubj => model.to_ubj(),
        ModelFormat::Json => model.to_json(),
    }
}

/// Writes a saved model anew, so that every XGBoost reads it from the version on that its objective names.
pub fn convert(bytes: &[u8], format: ModelFormat) -> Result<(Vec<u8>, &'static Objective), Error> {
    let model = read(bytes)?;
    let name = model.objective().name();
    let objective = OBJECTIVES.iter().find(|objective| objective.name == name);
    let unknown = || Error::InvalidModel(format!("its objective {name} is not one that nlpflow trains"));
    Ok((write(&model, format), objective.ok_or_else(unknown)?))
}
