use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};

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

pub(crate) fn task(
    work: impl FnOnce() -> Result<String, nlpflow_stages::Error> + Send + 'static,
) -> AsyncTask<TextTask> {
    AsyncTask::new(TextTask { work: Some(Box::new(work)), failure: None })
}
