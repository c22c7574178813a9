//! Steps that drop tokens.

pub(crate) mod stopwords;
pub(crate) mod tokenfilter;

use std::fmt::Debug;

use crate::Terms;

/// Drops tokens by what they are and how often they occur in the analysis rows.
pub(crate) trait Filter: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    /// The ids to keep, ascending.
    fn keep(&self, candidates: &Candidates) -> Vec<u32>;

    /// Why `id`, one of the candidates, is not kept.
    fn reason(&self, candidates: &Candidates, id: u32) -> String;

    /// What to change when nothing is kept.
    fn advice(&self, candidates: &Candidates) -> String;

    /// What a person should know about what is kept.
    fn warning(&self, _candidates: &Candidates) -> Option<String> {
        None
    }
}

/// The terms that reach a filter.
pub(crate) struct Candidates<'a> {
    terms: &'a Terms,
    /// Occurrences by term id.
    n: &'a [u64],
    /// Ascending.
    pub(crate) ids: Vec<u32>,
    /// Occurrences of all of them.
    pub(crate) total: u64,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(terms: &'a Terms, n: &'a [u64], ids: Vec<u32>) -> Self {
        let total = ids.iter().map(|&id| n[id as usize]).sum();
        Self { terms, n, ids, total }
    }

    pub(crate) fn token(&self, id: u32) -> &'a str {
        self.terms.term(id)
    }

    pub(crate) fn n(&self, id: u32) -> u64 {
        self.n[id as usize]
    }
}
