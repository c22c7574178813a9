use crate::expression::{BoundExpression, Comparison, ComparisonKind, Slot, comparison};
use crate::findings::{Findings, Found, Texts};
use crate::nearest::nearest;
use crate::visible::{clip, visible};
use crate::{Error, OutcomeTally, ReadOptions};

/// Fails when the outcome is the same in all rows, or when a `==` in it asks for a value that no row has. The message
/// shows what the columns hold instead, for which the table is read once more.
///
/// Returns what deserves a warning: a `!=` with a text that no row has.
pub fn check_outcome(
    options: &ReadOptions,
    outcome: &BoundExpression,
    tally: &OutcomeTally,
) -> Result<Vec<String>, Error> {
    if tally.rows == 0 {
        return Ok(Vec::new());
    }
    let constant = constant(tally.rows, tally.min, tally.max);
    let comparisons = outcome.comparisons().iter().zip(&tally.passed);
    let unmatched: Vec<&Comparison> = comparisons
        .filter(|(comparison, passed)| **passed == 0 && comparison.kind != ComparisonKind::Numbers)
        .map(|(comparison, _)| comparison)
        .collect();
    if constant.is_none() && unmatched.is_empty() {
        return Ok(Vec::new());
    }
    let found = Findings::read(options, outcome)?;
    let report = Report { outcome, tally, found: &found };
    if let Some(constant) = constant {
        return Err(Error::ConstantOutcome(report.constant(&constant)));
    }
    let is_warning = |comparison: &&Comparison| matches!(comparison.kind, ComparisonKind::Text { equal: false, .. });
    let (warnings, errors): (Vec<_>, Vec<_>) = unmatched.into_iter().partition(is_warning);
    if errors.is_empty() {
        Ok(vec![report.unmatched(&warnings)])
    } else {
        Err(Error::ValueNotFound(report.unmatched(&errors)))
    }
}

/// The outcome that all rows have, in words; none when they differ, or are less than two.
///
/// Outcomes that differ by less than the 32-bit numbers of training can hold are the same.
#[must_use]
pub fn constant_outcome(mut outcomes: impl Iterator<Item = f64>) -> Option<String> {
    let first = outcomes.next()?;
    let (mut rows, mut min, mut max) = (1, first, first);
    for y in outcomes {
        (rows, min, max) = (rows + 1, min.min(y), max.max(y));
        // Most outcomes differ soon: the rest need not be looked at.
        if are_told_apart(min, max) {
            return None;
        }
    }
    constant(rows, min, max)
}

/// Whether the 32-bit numbers of training tell two outcomes apart.
#[expect(clippy::float_cmp, reason = "the very same number")]
fn are_told_apart(one: f64, other: f64) -> bool {
    one as f32 != other as f32
}

#[expect(clippy::float_cmp, reason = "the very same number")]
fn constant(rows: u64, min: f64, max: f64) -> Option<String> {
    if rows < 2 || are_told_apart(min, max) {
        return None;
    }
    if min == max {
        return Some(format!("{} in all {rows} rows", written(min)));
    }
    Some(format!(
        "from {min:e} to {max:e}, which training cannot tell apart (subtract a constant first), in all {rows} rows"
    ))
}

struct Report<'a> {
    outcome: &'a BoundExpression,
    tally: &'a OutcomeTally,
    found: &'a Findings,
}

impl Report<'_> {
    fn constant(&self, constant: &str) -> String {
        let comparisons = self.outcome.comparisons().iter().zip(&self.tally.passed);
        let reasons: Vec<String> = comparisons
            .filter_map(|(comparison, &passed)| match comparison.kind {
                ComparisonKind::Text { slot, .. } if passed == self.tally.rows => {
                    let (column, text) = self.asked(slot);
                    Some(format!("all have {} in column `{column}`", quoted(text)))
                }
                ComparisonKind::Numbers | ComparisonKind::EqualNumbers(None) => None,
                kind => (passed == 0).then(|| self.why_never(kind)),
            })
            .chain(self.ranges(|min, max| min < max))
            .take(4)
            .collect();
        let reasons = if reasons.is_empty() {
            "; choose another with --outcome".into()
        } else {
            format!(": {}", reasons.join("; "))
        };
        format!(
            "the outcome {} is {constant} that can be used, so there is nothing to learn{reasons}",
            self.expression()
        )
    }

    fn unmatched(&self, comparisons: &[&Comparison]) -> String {
        let reason = |comparison: &&Comparison| {
            format!("{} holds in no row: {}", visible(&comparison.source), self.why_never(comparison.kind))
        };
        let reasons: Vec<String> = comparisons.iter().take(3).map(reason).collect();
        format!("in the outcome {}, {}", self.expression(), reasons.join("; "))
    }

    fn expression(&self) -> String {
        visible(&self.outcome.to_string()).into_owned()
    }

    /// Why a test of equality never passes.
    fn why_never(&self, kind: ComparisonKind) -> String {
        match kind {
            ComparisonKind::Text { slot, .. } => match self.found.slot(slot) {
                Found::Texts(texts) => self.no_such_text(slot, texts),
                Found::Numbers(_) => String::new(),
            },
            ComparisonKind::EqualNumbers(Some((slot, wanted))) => {
                let near = match self.found.slot(slot) {
                    Found::Numbers(numbers) => numbers.nearest(wanted),
                    Found::Texts(_) => &[],
                };
                let near: Vec<String> =
                    near.iter().map(|(value, count)| format!("{} ({})", written(*value), rows(*count))).collect();
                let column = visible(&self.found.columns[self.outcome.slots()[slot].column()]);
                format!("no row has {} in column `{column}`; the nearest are {}", written(wanted), near.join(", "))
            }
            ComparisonKind::EqualNumbers(None) | ComparisonKind::Numbers => {
                self.ranges(|_, _| true).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The column and the text of a comparison, as they may stand in a message and as they are.
    fn asked(&self, slot: usize) -> (String, &str) {
        let slot = &self.outcome.slots()[slot];
        let column = visible(&self.found.columns[slot.column()]).into_owned();
        match slot {
            Slot::Equals { text, .. } => (column, text),
            Slot::Number { .. } => (column, ""),
        }
    }

    fn no_such_text(&self, slot: usize, texts: &Texts) -> String {
        let (column, wanted) = self.asked(slot);
        if let Some(&count) = texts.counts.get(wanted) {
            let text = quoted(wanted);
            return format!("column `{column}` is {text} in {}, but none of them can be used", rows(count));
        }
        let mut said = format!("no row has {} in column `{column}`", quoted(wanted));
        if wanted == "NA" && texts.na > 0 {
            said = format!("{said} (NA without quotes, a missing value, is in {})", rows(texts.na));
        }
        let near = nearest(wanted, &texts.counts);
        let Some(best) = near.first() else {
            let most = texts.most(5);
            let list: Vec<String> = most.iter().map(|(value, n)| format!("{} ({})", quoted(value), rows(*n))).collect();
            let more = texts.counts.len() - most.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            return format!("{said}; it holds {}{more}", list.join(", "));
        };
        let list: Vec<String> =
            near.iter().map(|near| format!("{} ({}, {})", quoted(near.value), rows(near.rows), near.how)).collect();
        let shown = visible(best.value);
        let advice = if shown == best.value && shown.chars().count() <= LONGEST {
            let name = &self.found.columns[self.outcome.slots()[slot].column()];
            format!("write {}", visible(&comparison(name, "==", best.value)))
        } else {
            "correct the column".into()
        };
        format!("{said}; the nearest are {}: {advice}", list.join(", "))
    }

    /// What the columns that are read as numbers hold, where their least and greatest number are `wanted`.
    fn ranges(&self, wanted: impl Fn(f64, f64) -> bool) -> impl Iterator<Item = String> {
        self.outcome.slots().iter().enumerate().filter_map(move |(index, slot)| match self.found.slot(index) {
            Found::Numbers(numbers) => numbers.range.filter(|&(min, max)| wanted(min, max)).map(|(min, max)| {
                let column = visible(&self.found.columns[slot.column()]);
                format!("`{column}` is from {} to {}", written(min), written(max))
            }),
            Found::Texts(_) => None,
        })
    }
}

/// Characters of a value that are shown.
const LONGEST: usize = 80;

fn quoted(text: &str) -> String {
    format!("\"{}\"", clip(text.as_bytes(), LONGEST))
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}

/// A number without dozens of zeros.
fn written(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-5..1e16).contains(&size) { format!("{value}") } else { format!("{value:e}") }
}
