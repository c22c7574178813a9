use std::sync::Arc;

use super::{Weighting, push};
use crate::parameter::{Parameter, Values};
use crate::registry::{Build, Step};

pub(crate) const STEP: Step = Step {
    name: "tfidf",
    doc: "Term frequency times inverse document frequency, by the formulas of textrecipes.",
    parameters: &[
        Parameter::bool("smooth_idf", true, "Use ln(1 + N/df) in place of ln(N/df)."),
        Parameter::choice(
            "norm",
            &["l1", "l2", "none"],
            "Divide a document's counts by their sum (l1), by the root of the sum of their squares (l2), or by nothing; \
             only tokens of the vocabulary count.",
        ),
        Parameter::bool(
            "sublinear_tf",
            false,
            "Replace a term frequency, after `norm`, by 1 + ln of it: values can be negative.",
        ),
    ],
    build: Build::Weighting(|values| Ok(Arc::new(TfIdf::new(values)))),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Norm {
    L1,
    L2,
    None,
}

/// `textrecipes::step_tfidf` (0.5.1 and later: idf is learned once, from the training rows).
#[derive(Debug)]
struct TfIdf {
    smooth: bool,
    norm: Norm,
    sublinear: bool,
}

impl TfIdf {
    fn new(values: &Values) -> Self {
        let norm = match values.text("norm") {
            "l2" => Norm::L2,
            "none" => Norm::None,
            _ => Norm::L1,
        };
        Self { smooth: values.bool("smooth_idf"), norm, sublinear: values.bool("sublinear_tf") }
    }
}

impl Weighting for TfIdf {
    fn idf(&self, documents: u64, df: u64) -> Option<f64> {
        let smooth = if self.smooth { 1.0 } else { 0.0 };
        Some((smooth + documents as f64 / df as f64).ln())
    }

    fn weigh(&self, idf: &[f64], counts: &[(u32, u32)], row: &mut Vec<(u32, f32)>) {
        let counts = counts.iter().map(|&(column, count)| (column, f64::from(count)));
        let length = match self.norm {
            Norm::L1 => counts.clone().map(|(_, count)| count).sum(),
            Norm::L2 => counts.clone().map(|(_, count)| count * count).sum::<f64>().sqrt(),
            Norm::None => 1.0,
        };
        for (column, count) in counts {
            let tf = count / length;
            let tf = if self.sublinear { 1.0 + tf.ln() } else { tf };
            push(row, column, tf * idf[column as usize]);
        }
    }

    fn can_be_negative(&self) -> bool {
        self.sublinear && self.norm != Norm::None
    }
}
