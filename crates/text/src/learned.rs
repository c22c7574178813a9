use std::sync::Arc;

use serde::Serialize;

use crate::filter::{Candidates, Filter};
use crate::weighting::Weighting;
use crate::{Error, Recipe, TermCounts, Terms};

/// A token of the vocabulary; its column is its place there, from 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VocabularyEntry {
    /// The token.
    pub token: String,
    /// Its occurrences in the analysis rows.
    pub n: u64,
    /// The analysis rows that hold it.
    pub df: u64,
    /// Its weight, when the weighting has one.
    pub idf: Option<f64>,
}

/// What a recipe learned from the analysis rows: the vocabulary and the weights, to be applied to any row.
#[derive(Clone, Debug)]
pub struct Learned {
    vocabulary: Vec<VocabularyEntry>,
    /// The tokens under their columns.
    index: Terms,
    /// By column; empty when the weighting has none.
    idf: Vec<f64>,
    weighting: Arc<dyn Weighting>,
    pub(crate) filters: Vec<Arc<dyn Filter>>,
    warnings: Vec<String>,
    /// Occurrences in the analysis rows by term id; empty when made from a saved vocabulary.
    pub(crate) n: Vec<u64>,
    /// By term id, the filter that dropped the term, [`KEPT`] or [`UNSEEN`].
    pub(crate) fate: Vec<u32>,
}

/// No filter dropped the term.
pub(crate) const KEPT: u32 = u32::MAX;
/// The analysis rows do not hold the term.
pub(crate) const UNSEEN: u32 = u32::MAX - 1;

impl Learned {
    pub(crate) fn learn(recipe: &Recipe, terms: &Terms, counts: &TermCounts) -> Result<Self, Error> {
        if counts.n.len() > terms.len() {
            let problem = format!("there are counts of {} terms, but {} terms", counts.n.len(), terms.len());
            return Err(Error::InvalidVocabulary(problem));
        }
        let seen = (0..counts.n.len() as u32).filter(|&id| counts.n[id as usize] > 0).collect();
        let mut candidates = Candidates::new(terms, &counts.n, seen);
        let mut fate = vec![UNSEEN; counts.n.len()];
        let mut warnings = Vec::new();
        let mut trail = format!("{} in {} training rows", amount(&candidates), counts.documents);
        if candidates.ids.is_empty() {
            let advice = "The texts of the training rows hold no word at all: is it the right column?".into();
            return Err(Error::EmptyVocabulary { trail, advice });
        }
        for (step, filter) in (0..).zip(&recipe.filters) {
            for &id in &candidates.ids {
                fate[id as usize] = step;
            }
            warnings.extend(filter.warning(&candidates));
            let kept = Candidates::new(terms, &counts.n, filter.keep(&candidates));
            trail = format!("{trail}, {} after `{}`", amount(&kept), filter.name());
            if kept.ids.is_empty() {
                return Err(Error::EmptyVocabulary { trail, advice: filter.advice(&candidates) });
            }
            candidates = kept;
        }
        for &id in &candidates.ids {
            fate[id as usize] = KEPT;
        }
        let entry = |&id: &u32| {
            let (n, df) = (counts.n[id as usize], counts.df[id as usize]);
            let idf = recipe.weighting.idf(counts.documents, df);
            VocabularyEntry { token: terms.term(id).into(), n, df, idf }
        };
        let mut vocabulary: Vec<_> = candidates.ids.iter().map(entry).collect();
        vocabulary.sort_unstable_by(|a, b| a.token.cmp(&b.token));
        let learned = Self::from_vocabulary(recipe, vocabulary)?;
        Ok(Self { warnings, n: counts.n.clone(), fate, ..learned })
    }

    /// Applies a vocabulary that was learned before; its tokens must be in the order of their UTF-8 bytes.
    pub fn from_vocabulary(recipe: &Recipe, vocabulary: Vec<VocabularyEntry>) -> Result<Self, Error> {
        let invalid = |problem: String| Err(Error::InvalidVocabulary(problem));
        if let Some(pair) = vocabulary.windows(2).find(|pair| pair[0].token >= pair[1].token) {
            return invalid(format!("`{}` stands before `{}`", pair[0].token, pair[1].token));
        }
        let mut index = Terms::new();
        let mut idf = Vec::new();
        for entry in &vocabulary {
            index.intern(&entry.token);
            match (recipe.weighting.idf(1, 1).is_some(), entry.idf) {
                (true, Some(value)) if value.is_finite() => idf.push(value),
                (true, value) => {
                    return invalid(format!("`{}` needs a finite idf, but has {value:?}", entry.token));
                }
                (false, _) => {}
            }
        }
        Ok(Self {
            vocabulary,
            index,
            idf,
            weighting: recipe.weighting.clone(),
            filters: recipe.filters.clone(),
            warnings: Vec::new(),
            n: Vec::new(),
            fate: Vec::new(),
        })
    }

    /// The tokens by column, in the order of their UTF-8 bytes.
    #[must_use]
    pub fn vocabulary(&self) -> &[VocabularyEntry] {
        &self.vocabulary
    }

    /// What a person should know about what was learned, in whole sentences.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The column of each term, by term id; `u32::MAX` for a term that is not in the vocabulary.
    #[must_use]
    pub fn column_of_term(&self, terms: &Terms) -> Vec<u32> {
        let mut columns = vec![u32::MAX; terms.len()];
        for (column, token) in (0..).zip(self.index.iter()) {
            if let Some(id) = terms.get(token) {
                columns[id as usize] = column;
            }
        }
        columns
    }

    /// The column of a token, if it is in the vocabulary.
    #[must_use]
    pub fn column(&self, token: &str) -> Option<u32> {
        self.index.get(token)
    }

    /// Appends the values of a row to `row`, given its columns, ascending, with their counts; values that are 0 are
    /// left out.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn weigh(&self, counts: &[(u32, u32)], row: &mut Vec<(u32, f32)>) {
        self.weighting.weigh(&self.idf, counts, row);
    }

    /// Whether a value can be below 0, which `zeros: value` cannot take.
    #[must_use]
    pub fn can_be_negative(&self) -> bool {
        self.weighting.can_be_negative()
    }
}

/// "12 distinct tokens (40 in all)".
fn amount(candidates: &Candidates) -> String {
    format!("{} distinct tokens ({} in all)", candidates.ids.len(), candidates.total)
}
