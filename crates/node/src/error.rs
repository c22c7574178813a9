use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{Env, JsValue, Status};

/// A failure on its way to JavaScript: built where the environment exists, since napi drops codes of its own errors
/// between threads.
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    details: Vec<String>,
}

impl From<nlpflow_stages::Error> for Failure {
    fn from(error: nlpflow_stages::Error) -> Self {
        let mut details = Vec::new();
        let mut cause = error.source();
        while let Some(current) = cause {
            details.push(printable(&current.to_string()));
            cause = current.source();
        }
        Self { code: error.code(), message: printable(&error.to_string()), details }
    }
}

/// A message whose lines hold nothing that a terminal would act on: names of files, and what the parts of a model or a
/// library say, may come from others.
fn printable(message: &str) -> String {
    message.split('\n').map(nlpflow_stages::visible).collect::<Vec<_>>().join("\n")
}

impl Failure {
    /// The JavaScript error.
    pub(crate) fn into_js(self, env: Env) -> napi::Error {
        let build = || -> napi::Result<napi::Error> {
            let plain = napi::Error::new(Status::GenericFailure, self.message.clone());
            let mut object = napi::JsError::from(plain).into_unknown(env).coerce_to_object()?;
            object.set("code", self.code)?;
            object.set("details", self.details.clone())?;
            Ok(napi::Error::from(object.to_unknown()))
        };
        build().unwrap_or_else(|_| napi::Error::new(Status::GenericFailure, self.message.clone()))
    }
}

/// Runs `work`, turning a panic into a failure: a defect must not take the process with it.
pub(crate) fn guard<T>(work: impl FnOnce() -> Result<T, nlpflow_stages::Error>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Failure::from),
        Err(panic) => {
            let reason = panic.downcast_ref::<String>().map(String::as_str);
            let reason = reason.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
            Err(Failure {
                code: "INTERNAL",
                message: printable(&format!("a defect in nlpflow: {reason}")),
                details: Vec::new(),
            })
        }
    }
}
