//! Steps that turn counts into values.

pub(crate) mod tf;
pub(crate) mod tfidf;

use std::fmt::Debug;

/// Turns the counts of a row into values.
pub(crate) trait Weighting: Debug + Send + Sync {
    /// The weight of a token that `df` of `documents` documents hold; `None` when the weighting has none.
    fn idf(&self, documents: u64, df: u64) -> Option<f64>;

    /// Appends the value of each column to `row`; values that are 0 are left out.
    ///
    /// `idf` has a value a column when the weighting has them, else it is empty. Computed in 64 bits, stored in 32.
    fn weigh(&self, idf: &[f64], counts: &[(u32, u32)], row: &mut Vec<(u32, f32)>);

    /// Whether a value can be below 0.
    fn can_be_negative(&self) -> bool;
}

fn push(row: &mut Vec<(u32, f32)>, column: u32, value: f64) {
    let value = value as f32;
    if value != 0.0 {
        row.push((column, value));
    }
}
