//! What a training can be told: the registry of parameters and a checked set of them.

mod registry;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use registry::{DefaultValue, Kind, PARAMETERS, Parameter};

use crate::Error;
use crate::nearest::nearest;
use crate::objective::{OBJECTIVES, Objective, objective};

/// What an absent entry of a matrix means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// The value 0, as in a dense matrix.
    Value,
    /// A missing value: each split learns where such rows go.
    Missing,
}

/// Checked parameters; what is not set has its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    set: BTreeMap<&'static str, Value>,
}

impl Parameters {
    /// Takes each parameter by its name or an alias; unknown names, two names of one parameter and values outside the
    /// range are errors.
    pub fn from_json(values: &Map<String, Value>) -> Result<Self, Error> {
        let mut parameters = Self::default();
        let mut given: BTreeMap<&'static str, &str> = BTreeMap::new();
        for (name, value) in values {
            let parameter = find(name)?;
            // A count of columns and a share of them are two forms of one parameter.
            let target = if parameter.name == "mtry" { "colsample_bynode" } else { parameter.name };
            if let Some(first) = given.insert(target, name) {
                return Err(Error::DuplicateParameter { first: first.into(), second: name.clone(), parameter: target });
            }
            parameters.set.insert(parameter.name, parameter.check(name, value)?);
        }
        Ok(parameters)
    }

    /// What was set, by the parameters' own names, in their alphabetical order.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        self.set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The objective.
    #[must_use]
    pub fn objective(&self) -> &'static Objective {
        self.text("objective").and_then(objective).unwrap_or(&OBJECTIVES[0])
    }

    /// What an absent entry means.
    #[must_use]
    pub fn zeros(&self) -> Zeros {
        if self.text("zeros") == Some("missing") { Zeros::Missing } else { Zeros::Value }
    }

    /// The number of trees, if it was set.
    #[must_use]
    pub fn trees(&self) -> Option<u32> {
        self.set.get("trees").and_then(Value::as_u64).and_then(|trees| u32::try_from(trees).ok())
    }

    /// A number, set or by default; `None` for a parameter that has none.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        let set = self.set.get(name).and_then(Value::as_f64);
        set.or_else(|| PARAMETERS.iter().find(|parameter| parameter.name == name)?.default_number())
    }

    /// What XGBoost is told of the parameters that are set, for a matrix of `columns` columns.
    pub(crate) fn for_xgboost(&self, columns: u32) -> Result<Vec<(&'static str, String)>, Error> {
        let mut told = Vec::with_capacity(self.set.len());
        for (&name, value) in &self.set {
            match name {
                "trees" | "zeros" => {} // rounds are counted by the caller, zeros are the matrix's
                "mtry" => told.push(("colsample_bynode", share_of_columns(value, columns)?)),
                _ => told.push((name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
            }
        }
        Ok(told)
    }

    /// The share of columns that `mtry`, if it was set, asks for.
    pub(crate) fn share_of_columns(&self, columns: u32) -> Result<Option<f32>, Error> {
        let share = self.set.get("mtry").map(|mtry| share_of_columns(mtry, columns)).transpose()?;
        Ok(share.and_then(|share| share.parse().ok()))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.set.get(name).and_then(Value::as_str)
    }
}

fn find(name: &str) -> Result<&'static Parameter, Error> {
    let names = || {
        PARAMETERS.iter().flat_map(|parameter| [parameter.name].into_iter().chain(parameter.aliases.iter().copied()))
    };
    PARAMETERS
        .iter()
        .find(|parameter| parameter.name == name || parameter.aliases.contains(&name))
        .ok_or_else(|| Error::UnknownParameter { name: name.into(), nearest: nearest(name, names()) })
}

/// The least share from which XGBoost, which truncates `share * columns` as 32-bit floats, gets exactly `mtry`.
fn share_of_columns(mtry: &Value, columns: u32) -> Result<String, Error> {
    let mtry = mtry.as_u64().and_then(|mtry| u32::try_from(mtry).ok()).unwrap_or(u32::MAX);
    if mtry > columns {
        return Err(Error::MtryTooLarge { mtry, columns });
    }
    let mut share = mtry as f32 / columns as f32;
    while share * (columns as f32) < mtry as f32 {
        share = share.next_up();
    }
    Ok(share.to_string())
}

#[cfg(test)]
mod tests {
    use super::share_of_columns;

    /// XGBoost's own arithmetic (`ColumnSampler::ColSample` in `random.cc`).
    fn sampled_columns(share: f32, columns: u32) -> i32 {
        ((share * columns as f32) as i32).max(1)
    }

    #[test]
    fn mtry_is_the_count_that_xgboost_samples() {
        for columns in (2..400).chain([1_000, 4_097, 65_536, 1_000_003]) {
            let step = (columns / 300).max(1) as usize;
            for mtry in (2..=columns).step_by(step).chain([columns]) {
                let share = share_of_columns(&mtry.into(), columns).expect("a share");
                let share: f32 = share.parse().expect("a number");
                assert!(share <= 1.0 && sampled_columns(share, columns) == mtry as i32, "{mtry} of {columns}: {share}");
            }
        }
    }
}
