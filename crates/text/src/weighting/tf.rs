use std::sync::Arc;

use super::{Weighting, push};
use crate::parameter::{Parameter, Values};
use crate::registry::{Build, Step};

pub(crate) const STEP: Step = Step {
    name: "tf",
    doc: "Term frequency alone. Double normalization is left out: it gives every token of the vocabulary a value in every row.",
    parameters: &[Parameter::choice(
        "weight_scheme",
        &["raw count", "binary", "term frequency", "log normalization"],
        "The count itself; 1; the count over the sum of the document's counts in the vocabulary; ln(1 + count).",
    )],
    build: Build::Weighting(|values| Ok(Arc::new(Tf::new(values)))),
};

/// `textrecipes::step_tf`.
#[derive(Debug)]
enum Tf {
    RawCount,
    Binary,
    TermFrequency,
    LogNormalization,
}

impl Tf {
    fn new(values: &Values) -> Self {
        match values.text("weight_scheme") {
            "binary" => Self::Binary,
            "term frequency" => Self::TermFrequency,
            "log normalization" => Self::LogNormalization,
            _ => Self::RawCount,
        }
    }
}

impl Weighting for Tf {
    fn idf(&self, _documents: u64, _df: u64) -> Option<f64> {
        None
    }

    fn weigh(&self, _idf: &[f64], counts: &[(u32, u32)], row: &mut Vec<(u32, f32)>) {
        let total: f64 = counts.iter().map(|&(_, count)| f64::from(count)).sum();
        for &(column, count) in counts {
            let count = f64::from(count);
            let value = match self {
                Self::RawCount => count,
                Self::Binary => 1.0,
                Self::TermFrequency => count / total,
                Self::LogNormalization => count.ln_1p(),
            };
            push(row, column, value);
        }
    }

    fn can_be_negative(&self) -> bool {
        false
    }
}
