use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// How far a stage has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all; 0 when that is not known.
    pub total: u64,
    /// What is counted: `bytes`, `rows` or `rounds`.
    pub unit: &'static str,
}

/// What a stage is given beside its options: whom to tell of progress and whether to go on.
pub struct Context {
    cancelled: Arc<AtomicBool>,
    progress: Box<dyn Fn(Progress) + Send + Sync>,
}

impl Context {
    /// Cancelled when `cancelled` is set; `progress` may be called often and from any thread, so it must be cheap.
    pub fn new(cancelled: Arc<AtomicBool>, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { cancelled, progress: Box::new(progress) }
    }

    /// Neither observed nor cancelled.
    #[must_use]
    pub fn quiet() -> Self {
        Self::new(Arc::default(), |_| {})
    }

    /// Reports progress, and fails with [`Error::Cancelled`] when the caller has asked to stop.
    pub(crate) fn step(&self, done: u64, total: u64, unit: &'static str) -> Result<(), Error> {
        (self.progress)(Progress { done, total, unit });
        if self.cancelled.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }
}
