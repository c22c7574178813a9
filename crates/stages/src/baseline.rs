//! What a model must beat: the best constant of the rows it learns from.

use nlpflow_model::{Constant, metrics};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::rows::Assignment;

/// Judges the baseline of every fold and of the test set by every metric, and names the constant that each metric is
/// compared with.
pub(crate) fn baselines(outcome: &[f64], assignment: &Assignment, folds: &[Option<u16>]) -> Value {
    let constants: Value =
        metrics().iter().map(|metric| (metric.name().to_owned(), json!(metric.baseline()))).collect();
    let judged: Vec<Value> = folds.par_iter().map(|&fold| judge(outcome, assignment, fold)).collect();
    json!({ "constants": constants, "folds": judged, "test": judge(outcome, assignment, None) })
}

/// Every metric of its constant, learned from a fold's analysis rows, on the fold's assessment rows; on the test set when
/// `fold` is none.
fn judge(outcome: &[f64], assignment: &Assignment, fold: Option<u16>) -> Value {
    let part = |analysis: bool| -> Vec<f64> {
        let rows = 0..outcome.len();
        rows.filter(|&row| assignment.is_analysis(row, fold) == Some(analysis)).map(|row| outcome[row]).collect()
    };
    let (analysis, truth) = (part(true), part(false));
    let estimates = Constant::ALL.map(|constant| (constant, vec![constant.learn(&analysis); truth.len()]));
    let value = |of: Constant| estimates.iter().find(|(constant, _)| *constant == of).map(|(_, estimate)| estimate);
    let judged = metrics().iter().map(|metric| {
        let judged = value(metric.baseline()).and_then(|estimate| metric.evaluate(&truth, estimate));
        (metric.name().to_owned(), json!(judged))
    });
    judged.collect()
}
