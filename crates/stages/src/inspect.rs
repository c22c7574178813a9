use serde_json::Value;

use crate::corpus::Input;
use crate::{Context, Error};

/// What the first records of a table hold, column by column.
pub(crate) fn run(input: &Input, _context: &Context) -> Result<Value, Error> {
    let inspection = nlpflow_source::inspect(&input.read_options()?)?;
    serde_json::to_value(inspection).map_err(|error| Error::Options(error.to_string()))
}
