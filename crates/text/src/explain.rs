use std::collections::BTreeSet;

use serde::Serialize;

use crate::filter::Candidates;
use crate::learned::{KEPT, UNSEEN};
use crate::{Learned, Terms};

/// What one step leaves of a document's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepTrace {
    /// The step's name.
    pub step: String,
    /// The tokens after it, in the order of the text.
    pub tokens: Vec<String>,
    /// The tokens that it dropped, each once, in the order of the text.
    pub dropped: Vec<DropReason>,
}

/// Why a token was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DropReason {
    /// The token.
    pub token: String,
    /// The reason, such as `in the snowball list en`.
    pub reason: String,
}

impl Learned {
    /// What each step does to a document given as term ids: first `tokenize`, then each filter, and `vocabulary` when
    /// the document holds tokens that the training rows do not.
    #[must_use]
    pub fn explain(&self, terms: &Terms, document: &[u32]) -> Vec<StepTrace> {
        let mut left = document.to_vec();
        let mut traces = vec![trace("tokenize", terms, &left, Vec::new())];
        let fate = |id: u32| {
            let from_saved = || self.column(terms.term(id)).map_or(UNSEEN, |_| KEPT);
            if self.fate.is_empty() { from_saved() } else { self.fate.get(id as usize).copied().unwrap_or(UNSEEN) }
        };
        for (step, filter) in (0..).zip(&self.filters) {
            let gone = drop_where(&mut left, |id| fate(id) == step);
            let reached = |id: &u32| self.fate[*id as usize] >= step && self.fate[*id as usize] != UNSEEN;
            // Only a document that lost something is worth a pass over all terms.
            let reasons = if gone.is_empty() {
                Vec::new()
            } else {
                let candidates = (0..self.fate.len() as u32).filter(reached).collect();
                let candidates = Candidates::new(terms, &self.n, candidates);
                reasons(terms, &gone, |id| filter.reason(&candidates, id))
            };
            traces.push(trace(filter.name(), terms, &left, reasons));
        }
        let unseen = drop_where(&mut left, |id| fate(id) == UNSEEN);
        if !unseen.is_empty() {
            let why = if self.fate.is_empty() { "not in the saved vocabulary" } else { "not in the training rows" };
            traces.push(trace("vocabulary", terms, &left, reasons(terms, &unseen, |_| why.into())));
        }
        traces
    }
}

/// Takes the ids for which `gone` holds out of `ids` and returns each once, in the order of `ids`.
fn drop_where(ids: &mut Vec<u32>, gone: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut taken = Vec::new();
    let mut seen = BTreeSet::new();
    ids.retain(|&id| {
        let gone = gone(id);
        if gone && seen.insert(id) {
            taken.push(id);
        }
        !gone
    });
    taken
}

fn reasons(terms: &Terms, ids: &[u32], reason: impl Fn(u32) -> String) -> Vec<DropReason> {
    ids.iter().map(|&id| DropReason { token: terms.term(id).into(), reason: reason(id) }).collect()
}

fn trace(step: &str, terms: &Terms, ids: &[u32], dropped: Vec<DropReason>) -> StepTrace {
    StepTrace { step: step.into(), tokens: ids.iter().map(|&id| terms.term(id).to_owned()).collect(), dropped }
}
