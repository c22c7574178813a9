use crate::dialect::{NumberFormat, advice};
use crate::expression::{BoundExpression, Slot};
use crate::record::Record;
use crate::visible::{clip, visible};

/// What the outcomes of a table's kept rows have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeTally {
    /// Rows counted.
    pub(crate) rows: u64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// How many of the rows pass each comparison of the expression.
    pub(crate) passed: Vec<u64>,
}

impl OutcomeTally {
    pub(crate) fn new(expression: &BoundExpression) -> Self {
        let passed = vec![0; expression.n_comparisons()];
        Self { rows: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, passed }
    }

    fn add(&mut self, outcome: f64, passed: &[u64]) {
        self.rows += 1;
        self.min = self.min.min(outcome);
        self.max = self.max.max(outcome);
        self.add_passed(passed);
    }

    /// Adds the rows of another part of the table.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.add_passed(&other.passed);
    }

    fn add_passed(&mut self, passed: &[u64]) {
        for (sum, more) in self.passed.iter_mut().zip(passed) {
            *sum += more;
        }
    }
}

/// Why a record has no outcome.
pub(crate) enum NoOutcome {
    Missing,
    /// The column at fault, and the reason.
    Bad(usize, String),
}

/// Computes outcomes record by record.
pub(crate) struct OutcomeReader<'a> {
    columns: &'a [String],
    expression: &'a BoundExpression,
    numbers: &'a NumberFormat,
    /// Memory to use again.
    values: Vec<f64>,
    passed: Vec<u64>,
    tally: OutcomeTally,
}

impl<'a> OutcomeReader<'a> {
    pub(crate) fn new(expression: &'a BoundExpression, columns: &'a [String], numbers: &'a NumberFormat) -> Self {
        let tally = OutcomeTally::new(expression);
        Self { columns, expression, numbers, values: Vec::new(), passed: tally.passed.clone(), tally }
    }

    /// The outcome of a record, finite.
    pub(crate) fn read(&mut self, record: &Record) -> Result<f64, NoOutcome> {
        self.values.clear();
        for slot in self.expression.slots() {
            let column = slot.column();
            let is_missing = match slot {
                Slot::Number { .. } => record.is_missing_number(column),
                Slot::Equals { .. } => record.is_missing(column),
            };
            if is_missing {
                return Err(NoOutcome::Missing);
            }
            let value = record.value(column);
            self.values.push(match slot {
                Slot::Number { .. } => finite(value, self.numbers).map_err(|reason| NoOutcome::Bad(column, reason))?,
                Slot::Equals { text, .. } => f64::from(u8::from(value == text.as_bytes())),
            });
        }
        self.passed.fill(0);
        let outcome = self.expression.evaluate(&self.values, &mut self.passed);
        if outcome.is_finite() { Ok(outcome) } else { Err(self.not_finite(outcome)) }
    }

    /// Counts the outcome that was read last: its row is kept.
    pub(crate) fn keep(&mut self, outcome: f64) {
        self.tally.add(outcome, &self.passed);
    }

    pub(crate) fn into_tally(self) -> OutcomeTally {
        self.tally
    }

    fn not_finite(&self, outcome: f64) -> NoOutcome {
        let given = self.expression.slots().iter().zip(&self.values).filter_map(|(slot, value)| match slot {
            Slot::Number { column } => Some(format!("{} = {value}", visible(&self.columns[*column]))),
            Slot::Equals { .. } => None,
        });
        let given: Vec<String> = given.collect();
        let expression = self.expression.to_string();
        let reason = format!("the outcome {} is {outcome} where {}", visible(&expression), given.join(", "));
        NoOutcome::Bad(self.expression.slots().first().map_or(0, Slot::column), reason)
    }
}

fn finite(value: &[u8], numbers: &NumberFormat) -> Result<f64, String> {
    match numbers.parse(value) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) if value.iter().any(u8::is_ascii_digit) => {
            Err(format!("`{}` is too large for a number", clip(value, 40)))
        }
        Some(_) => Err(format!("`{}` is not finite", clip(value, 40))),
        None => {
            let advice = advice(value).unwrap_or_default();
            Err(format!("`{}` is not a number{advice}", clip(value, 40)))
        }
    }
}
