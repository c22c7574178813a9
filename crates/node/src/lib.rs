//! The boundary to Node: convert, run, convert back.
//!
//! Protocol. `describe()` returns the registries as JSON text. `stage(name, options, token, progress)` runs one stage
//! of `nlpflow-stages` on a libuv thread and resolves to its summary as JSON text. Rows never cross: stages read and write files.
//! `progress` is called on JavaScript's thread at most every 50 ms with `{done, total, unit}`; it must not throw.
//! `token.cancel()` makes the stage reject with code `CANCELLED` at its next step. A rejection is an `Error` with a
//! stable `code`, a message that says what to do, and `details`, the messages of its causes; a panic has the code
//! `INTERNAL`.

mod error;
mod stage;
mod table;
mod task;

pub use stage::{CancelToken, stage};
pub use table::{digest, write_table};

use napi_derive::napi;

/// The registries from which schema, help and documentation derive, as JSON text.
#[napi]
#[must_use]
pub fn describe() -> String {
    nlpflow_stages::describe().to_string()
}
