use std::path::PathBuf;

use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Task};
use napi_derive::napi;

use crate::error::{Failure, guard};

type Work = Box<dyn FnOnce() -> Result<String, nlpflow_stages::Error> + Send>;

/// A small piece of work off JavaScript's thread that ends in a text.
pub struct TextTask {
    work: Option<Work>,
    failure: Option<Failure>,
}

impl Task for TextTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let Some(work) = self.work.take() else { return Ok(String::new()) };
        guard(work).map_err(|failure| {
            self.failure = Some(failure);
            napi::Error::from_status(napi::Status::GenericFailure)
        })
    }

    fn resolve(&mut self, _env: Env, output: String) -> napi::Result<String> {
        Ok(output)
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<String> {
        Err(match self.failure.take() {
            Some(failure) => failure.into_js(env),
            None => error,
        })
    }
}

fn task(work: impl FnOnce() -> Result<String, nlpflow_stages::Error> + Send + 'static) -> AsyncTask<TextTask> {
    AsyncTask::new(TextTask { work: Some(Box::new(work)), failure: None })
}

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
