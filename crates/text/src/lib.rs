//! Words, steps, vocabularies and weights: how a text becomes a row of numbers.
//!
//! A [`Recipe`] is a tokeniser, token filters and one weighting. Its tokeniser turns texts into tokens, [`Terms`] gives
//! each distinct token an id, [`TermCounts`] counts them in a set of documents, and [`Recipe::learn`] makes of those
//! counts a [`Learned`]: the vocabulary and the weights to apply to any document. What is learned comes from the counts
//! alone, so the counts of a fold's analysis rows suffice, and they are had by subtraction.

mod counts;
mod error;
mod explain;
mod filter;
mod learned;
mod nearest;
mod parameter;
mod recipe;
mod registry;
mod terms;
mod tokenize;
mod weighting;

pub use counts::TermCounts;
pub use error::Error;
pub use explain::{DropReason, StepTrace};
pub use learned::{Learned, VocabularyEntry};
pub use recipe::Recipe;
pub use registry::describe;
pub use terms::Terms;
pub use tokenize::{Scratch, Tokenizer, property_version, unicode_version};
