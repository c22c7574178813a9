use nlpflow_source::{DialectOptions, Mark};
use serde::Deserialize;

use crate::Error;

/// How a table is written, as the configuration or the command line says; what is left out is recognised.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dialect {
    delimiter: Option<String>,
    /// One character, or `none`.
    quote: Option<String>,
    /// One character, or `none`.
    escape: Option<String>,
    header: Option<bool>,
    columns: Option<Vec<String>>,
    na_values: Option<Vec<String>>,
    decimal: Option<String>,
    thousands: Option<String>,
    currency: Option<String>,
}

impl Dialect {
    /// Fails when something that must be one character is not.
    pub(crate) fn options(&self) -> Result<DialectOptions, Error> {
        Ok(DialectOptions {
            delimiter: byte("delimiter", self.delimiter.as_deref())?,
            quote: mark("quote", self.quote.as_deref())?,
            escape: mark("escape", self.escape.as_deref())?,
            header: self.header,
            columns: self.columns.clone(),
            na_values: self.na_values.clone(),
            decimal: byte("decimal", self.decimal.as_deref())?,
            thousands: self.thousands.as_deref().map(|text| character("thousands", text)).transpose()?,
            currency: self.currency.clone().filter(|currency| !currency.trim().is_empty()),
        })
    }
}

fn mark(name: &str, text: Option<&str>) -> Result<Mark, Error> {
    Ok(match text {
        None => Mark::Auto,
        Some("none") => Mark::None,
        Some(_) => byte(name, text)?.map_or(Mark::Auto, Mark::Byte),
    })
}

fn byte(name: &str, text: Option<&str>) -> Result<Option<u8>, Error> {
    match text.map(str::as_bytes) {
        None => Ok(None),
        Some([byte]) => Ok(Some(*byte)),
        Some(_) => Err(Error::Options(format!("{name} must be a single ASCII character"))),
    }
}

fn character(name: &str, text: &str) -> Result<char, Error> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(Error::Options(format!("{name} must be a single character"))),
    }
}
