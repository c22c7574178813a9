use std::sync::Arc;

use serde_json::{Value, json};

use crate::filter::{Filter, stopwords, tokenfilter};
use crate::parameter::{Parameter, Values};
use crate::tokenize::{Tokenizer, words};
use crate::weighting::{Weighting, tf, tfidf};

/// Every step there is: a new one is a file and a line here.
pub(crate) const STEPS: &[Step] = &[words::STEP, stopwords::STEP, tokenfilter::STEP, tfidf::STEP, tf::STEP];

/// A step's entry: what it is called, what it takes and how it is made.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) build: Build,
}

/// Makes a step of checked values; the error is what is wrong with them together.
pub(crate) enum Build {
    Tokenizer(fn(&Values) -> Result<Arc<dyn Tokenizer>, String>),
    Filter(fn(&Values) -> Result<Arc<dyn Filter>, String>),
    Weighting(fn(&Values) -> Result<Arc<dyn Weighting>, String>),
}

impl Build {
    pub(crate) const fn role(&self) -> &'static str {
        match self {
            Self::Tokenizer(_) => "tokenizer",
            Self::Filter(_) => "filter",
            Self::Weighting(_) => "weighting",
        }
    }
}

/// All steps as JSON: a list of `{name, role, doc, params}`, with `role` tokenizer, filter or weighting.
#[must_use]
pub fn describe() -> Value {
    let step = |step: &Step| json!({ "name": step.name, "role": step.build.role(), "doc": step.doc, "params": step.parameters });
    STEPS.iter().map(step).collect()
}
