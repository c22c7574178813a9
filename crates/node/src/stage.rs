use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use napi::bindgen_prelude::{AsyncTask, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use nlpflow_stages::{Context, Progress};
use serde_json::Value;

use crate::task::{TextTask, task};

/// Progress reaches JavaScript at most this often.
const PROGRESS_MS: u64 = 50;

/// Asks stages that were given this token to stop.
#[napi]
#[derive(Default)]
pub struct CancelToken {
    cancelled: Arc<AtomicBool>,
}

#[napi]
impl CancelToken {
    /// A token that is not cancelled.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the stages of this token stop at their next step.
    #[napi]
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// How far a stage has come.
#[napi(object)]
pub struct StageProgress {
    /// Units done.
    pub done: f64,
    /// Units in all, 0 when unknown.
    pub total: f64,
    /// `bytes`, `rows` or `rounds`.
    pub unit: String,
}

type Observer = ThreadsafeFunction<StageProgress, (), StageProgress, napi::Status, false, true>;

/// Runs the stage called `name`; see the crate's documentation for the protocol.
#[napi(ts_return_type = "Promise<string>")]
#[allow(clippy::needless_pass_by_value, reason = "napi hands over a function as a value")]
pub fn stage(
    name: String,
    options: Value,
    token: &CancelToken,
    progress: Function<'_, StageProgress, ()>,
) -> napi::Result<AsyncTask<TextTask>> {
    let observer: Observer = progress.build_threadsafe_function().weak::<true>().build()?;
    let started = Instant::now();
    let last = AtomicU64::new(0);
    let observe = move |progress: Progress| {
        let now = started.elapsed().as_millis() as u64 + PROGRESS_MS;
        let before = last.load(Ordering::Relaxed);
        let due = now >= before + PROGRESS_MS || progress.done == progress.total;
        if due && last.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let Progress { done, total, unit } = progress;
            let progress = StageProgress { done: done as f64, total: total as f64, unit: unit.into() };
            // A closing environment takes no more calls, and then nobody is watching.
            observer.call(progress, ThreadsafeFunctionCallMode::NonBlocking);
        }
    };
    let context = Context::new(token.cancelled.clone(), observe);
    Ok(task(move || nlpflow_stages::run(&name, options, &context).map(|summary| summary.to_string())))
}
