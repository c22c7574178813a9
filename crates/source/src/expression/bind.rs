use std::fmt;

use super::function::{Function, MAX_ARGUMENTS};
use super::{Expression, Level, Node, Operator};
use crate::{Error, columns};

/// An outcome expression whose columns are known by their positions in a table.
#[derive(Clone, Debug)]
pub struct BoundExpression {
    expression: Expression,
    slots: Vec<Slot>,
    comparisons: Vec<Comparison>,
    root: Bound,
}

/// A value of a record that an expression needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The number in this column.
    Number {
        /// The position of the column.
        column: usize,
    },
    /// 1 when this column holds exactly this text, else 0.
    Equals {
        /// The position of the column.
        column: usize,
        /// The text, without white space around it.
        text: String,
    },
}

/// A part of an expression that holds for a row or does not.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// As it is written.
    pub(crate) source: String,
    pub(crate) kind: ComparisonKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ComparisonKind {
    /// `label == "spam"`, with the position of its slot. It counts as passed where the text is equal, also for `!=`.
    Text { slot: usize, equal: bool },
    /// `x == y` of numbers; with the position of the slot and the number when a column is compared with a number.
    EqualNumbers(Option<(usize, f64)>),
    /// Any other of numbers.
    Numbers,
}

impl Slot {
    /// The position of the column.
    #[must_use]
    pub fn column(&self) -> usize {
        match self {
            Self::Number { column } | Self::Equals { column, .. } => *column,
        }
    }
}

#[derive(Clone, Debug)]
enum Bound {
    Number(f64),
    Slot(usize),
    /// The value of the slot, or 1 less it, and the position of the comparison.
    Text {
        slot: usize,
        equal: bool,
        comparison: usize,
    },
    Negate(Box<Bound>),
    Binary(Operator, Box<Bound>, Box<Bound>),
    /// With the position of the comparison.
    Compare(Operator, Box<Bound>, Box<Bound>, usize),
    Call(&'static Function, Vec<Bound>),
}

impl BoundExpression {
    pub(super) fn new(expression: &Expression, columns: &[String]) -> Result<Self, Error> {
        let mut parts = Parts { columns, slots: Vec::new(), comparisons: Vec::new() };
        let root = parts.bind(&expression.root)?;
        Ok(Self { expression: expression.clone(), slots: parts.slots, comparisons: parts.comparisons, root })
    }

    /// The values that it needs of each record, each once.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub(crate) fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// The number of comparisons in it.
    #[must_use]
    pub fn n_comparisons(&self) -> usize {
        self.comparisons.len()
    }

    /// The outcome for one record; may be NaN or infinite.
    ///
    /// `values` are those of [`Self::slots`], in that order; the comparisons that hold are counted in `passed`.
    ///
    /// # Panics
    ///
    /// When there are fewer values than slots, or fewer counts than comparisons.
    #[must_use]
    pub fn evaluate(&self, values: &[f64], passed: &mut [u64]) -> f64 {
        self.root.evaluate(values, passed)
    }
}

impl fmt::Display for BoundExpression {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.expression.fmt(out)
    }
}

/// What is gathered while the columns of an expression are looked up.
struct Parts<'a> {
    columns: &'a [String],
    slots: Vec<Slot>,
    comparisons: Vec<Comparison>,
}

impl Parts<'_> {
    /// Calls itself as deep as an expression is nested, so that what needs room is in functions of its own.
    fn bind(&mut self, node: &Node) -> Result<Bound, Error> {
        match node {
            Node::Number(value) => Ok(Bound::Number(*value)),
            Node::Column(column) => self.column(column),
            Node::Text { column, equal, text } => self.text(node, column, *equal, text),
            Node::Negate(_) => self.negate(node),
            Node::Binary(operator, left, right) => {
                let left = self.bind(left)?;
                let right = self.bind(right)?;
                Ok(self.binary(node, *operator, Box::new(left), Box::new(right)))
            }
            Node::Call(function, arguments) => self.call(function, arguments),
        }
    }

    fn column(&mut self, name: &str) -> Result<Bound, Error> {
        let column = columns::find(self.columns, name)?;
        Ok(Bound::Slot(self.slot(Slot::Number { column })))
    }

    fn text(&mut self, node: &Node, name: &str, equal: bool, text: &str) -> Result<Bound, Error> {
        let column = columns::find(self.columns, name)?;
        let slot = self.slot(Slot::Equals { column, text: text.to_owned() });
        let comparison = self.comparison(node, ComparisonKind::Text { slot, equal });
        Ok(Bound::Text { slot, equal, comparison })
    }

    /// Two signs are none.
    fn negate(&mut self, mut node: &Node) -> Result<Bound, Error> {
        let mut is_negative = false;
        while let Node::Negate(inner) = node {
            node = inner;
            is_negative = !is_negative;
        }
        let inner = self.bind(node)?;
        Ok(if is_negative { Bound::Negate(Box::new(inner)) } else { inner })
    }

    fn binary(&mut self, node: &Node, operator: Operator, left: Box<Bound>, right: Box<Bound>) -> Bound {
        if operator.level() != Level::Comparison {
            return Bound::Binary(operator, left, right);
        }
        let kind = match (operator, &*left, &*right) {
            (Operator::Equal, Bound::Slot(slot), other) | (Operator::Equal, other, Bound::Slot(slot)) => {
                ComparisonKind::EqualNumbers(other.constant().map(|value| (*slot, value)))
            }
            (Operator::Equal, ..) => ComparisonKind::EqualNumbers(None),
            _ => ComparisonKind::Numbers,
        };
        Bound::Compare(operator, left, right, self.comparison(node, kind))
    }

    fn call(&mut self, function: &'static Function, arguments: &[Node]) -> Result<Bound, Error> {
        let arguments: Result<_, _> = arguments.iter().map(|node| self.bind(node)).collect();
        Ok(Bound::Call(function, arguments?))
    }

    /// The position of an equal slot, or of a new one.
    fn slot(&mut self, slot: Slot) -> usize {
        self.slots.iter().position(|known| *known == slot).unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        })
    }

    fn comparison(&mut self, node: &Node, kind: ComparisonKind) -> usize {
        let source = Expression { root: node.clone() }.to_string();
        self.comparisons.push(Comparison { source, kind });
        self.comparisons.len() - 1
    }
}

impl Bound {
    /// The number that it is written as.
    fn constant(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Negate(inner) => inner.constant().map(|value| -value),
            _ => None,
        }
    }

    fn evaluate(&self, values: &[f64], passed: &mut [u64]) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Slot(slot) => values[*slot],
            Self::Text { slot, equal, comparison } => {
                let is_equal = values[*slot];
                passed[*comparison] += u64::from(is_equal > 0.0);
                if *equal { is_equal } else { 1.0 - is_equal }
            }
            Self::Negate(inner) => -inner.evaluate(values, passed),
            Self::Binary(operator, left, right) => {
                operator.apply(left.evaluate(values, passed), right.evaluate(values, passed))
            }
            Self::Compare(operator, left, right, comparison) => {
                let truth = operator.apply(left.evaluate(values, passed), right.evaluate(values, passed));
                passed[*comparison] += u64::from(truth > 0.0);
                truth
            }
            Self::Call(function, arguments) => {
                let mut given = [0.0; MAX_ARGUMENTS];
                for (value, argument) in given.iter_mut().zip(arguments) {
                    *value = argument.evaluate(values, passed);
                }
                (function.apply)(given)
            }
        }
    }
}
