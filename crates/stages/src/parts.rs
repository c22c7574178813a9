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
    let constant = |fold, analysis| constant_outcome(outcomes(rows, assignment, fold, analysis));
    let two = two_values(&rows.outcome);
    // The other one of two outcomes, where a part has one of them only.
    let missing = |fold| {
        let seen = outcomes(rows, assignment, fold, false).next()?;
        two?.into_iter().find(|&value| differ(value, seen))
    };
    let mut learned: Vec<(u16, String)> = Vec::new();
    let mut judged: Vec<(u16, String)> = Vec::new();
    let mut lacking = two.map(|two| two.map(|value| (value, Vec::new())));
    for fold in 0..folds {
        learned.extend(constant(Some(fold), true).map(|constant| (fold + 1, constant)));
        let Some(constant) = constant(Some(fold), false) else { continue };
        let lists = lacking.iter_mut().flatten();
        match missing(Some(fold)).and_then(|value| lists.into_iter().find(|(other, _)| !differ(*other, value))) {
            Some((_, list)) => list.push(fold + 1),
            None => judged.push((fold + 1, constant)),
        }
    }
    let lacking = lacking.into_iter().flatten().filter(|(_, list)| !list.is_empty()).map(|(value, list)| {
        let verb = if list.len() == 1 { "has" } else { "have" };
        format!("{} {verb} no row with outcome {value}", named(&list))
    });
    let test = constant(None, false).map(|constant| match missing(None) {
        Some(value) => format!("the test set has no row with outcome {value}"),
        None => format!("the test set: the outcome is {constant} that it is judged by"),
    });
    let (learned, judged) = (same_outcome(&learned, "learns from"), same_outcome(&judged, "is judged by"));
    learned.into_iter().chain(lacking).chain(judged).chain(test).collect()
}

/// Says of which rows of some folds the outcome is the same.
fn same_outcome(folds: &[(u16, String)], verb: &str) -> Option<String> {
    match folds {
        [] => None,
        [(fold, constant)] => Some(format!("fold {fold}: the outcome is {constant} that it {verb}")),
        _ => {
            let numbers: Vec<u16> = folds.iter().map(|&(fold, _)| fold).collect();
            Some(format!("{}: the outcome is the same in all rows that each {verb}", named(&numbers)))
        }
    }
}

/// The most folds that a message names.
const NAMED: usize = 8;

/// `fold 2`, `folds 1, 3 and 5`, `folds 1, 2, 3, 4, 5, 6, 7, 8 and 12 others`.
fn named(folds: &[u16]) -> String {
    let numbers = |folds: &[u16]| folds.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    match folds {
        [fold] => format!("fold {fold}"),
        _ if folds.len() > NAMED + 1 => {
            format!("folds {} and {} others", numbers(&folds[..NAMED]), folds.len() - NAMED)
        }
        [first @ .., last] => format!("folds {} and {last}", numbers(first)),
        [] => String::new(),
    }
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
