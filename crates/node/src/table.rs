use std::path::PathBuf;

use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi_derive::napi;

use crate::task::{TextTask, task};

/// SHA-256 of a file's bytes in hexadecimal.
#[napi(ts_return_type = "Promise<string>")]
#[must_use]
pub fn digest(path: String) -> AsyncTask<TextTask> {
    task(move || nlpflow_stages::digest(&PathBuf::from(path)))
}

/// Writes a table, given as an Arrow IPC stream, in the format that the extension of `path` names.
#[napi(ts_return_type = "Promise<string>")]
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "napi hands over a buffer as a value")]
pub fn write_table(ipc: Buffer, path: String) -> AsyncTask<TextTask> {
    let ipc = ipc.to_vec();
    task(move || nlpflow_stages::write_stream(&ipc, &PathBuf::from(path)).map(|rows| rows.to_string()))
}
