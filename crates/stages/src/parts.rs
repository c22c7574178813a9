//! Parts of a split that say little, as their outcome is always the same.

use nlpflow_source::constant_outcome;

use crate::rows::{Assignment, Rows};

/// The outcomes of a part of the rows: what a fold learns from or, with `analysis` false, is judged by; of the training
/// and the test set when `fold` is none.
pub(crate) fn outcomes(
    rows: &Rows,
    assignment: &Assignment,
    fold: Option<u16>,
    analysis: bool,
) -> impl Iterator<Item = f64> {
    let all = rows.outcome.iter().enumerate();
    all.filter(move |(row, _)| assignment.is_analysis(*row, fold) == Some(analysis)).map(|(_, &outcome)| outcome)
}

/// Names the folds that learn nothing, and the folds and the test set whose outcome is the same in all their rows.
pub(crate) fn warnings(rows: &Rows, assignment: &Assignment, folds: u16) -> Vec<String> {
    let learned = (0..folds).filter_map(|fold| {
        let constant = constant_outcome(outcomes(rows, assignment, Some(fold), true))?;
        Some(format!("fold {}: the outcome is {constant} that it learns from", fold + 1))
    });
    let two = two_values(&rows.outcome);
    let parts = (0..folds).map(Some).chain([None]);
    let judged = parts.filter_map(|fold| {
        let name = fold.map_or("the test set".into(), |fold| format!("fold {}", fold + 1));
        let constant = constant_outcome(outcomes(rows, assignment, fold, false))?;
        let seen = outcomes(rows, assignment, fold, false).next()?;
        Some(match two.and_then(|two| two.into_iter().find(|&value| differ(value, seen))) {
            Some(missing) => format!("{name} has no row with outcome {missing}"),
            None => format!("{name}: the outcome is {constant} that it is judged by"),
        })
    });
    learned.chain(judged).collect()
}

/// Both values of an outcome that has two.
fn two_values(outcome: &[f64]) -> Option<[f64; 2]> {
    let first = *outcome.first()?;
    let mut others = outcome.iter().copied().filter(|&value| differ(value, first));
    let second = others.next()?;
    others.all(|value| !differ(value, second)).then_some([first, second])
}

#[expect(clippy::float_cmp, reason = "the very same number")]
fn differ(one: f64, other: f64) -> bool {
    one != other
}
