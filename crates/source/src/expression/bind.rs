use std::fmt;

use super::function::{Function, MAX_ARGUMENTS};
use super::{Expression, Node, Operator};
use crate::{Error, columns};

/// An outcome expression whose columns are known by their positions in a table.
#[derive(Clone, Debug)]
pub struct BoundExpression {
    expression: Expression,
    slots: Vec<Slot>,
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
        /// The text.
        text: String,
    },
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
    /// 1 less the value of the slot.
    Not(usize),
    Negate(Box<Bound>),
    Binary(Operator, Box<Bound>, Box<Bound>),
    Call(&'static Function, Vec<Bound>),
}

impl BoundExpression {
    pub(super) fn new(expression: &Expression, columns: &[String]) -> Result<Self, Error> {
        let mut slots = Vec::new();
        let root = Bound::new(&expression.root, columns, &mut slots)?;
        Ok(Self { expression: expression.clone(), slots, root })
    }

    /// The values that it needs of each record, each once.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The outcome for one record; may be NaN or infinite.
    ///
    /// `values` are those of [`Self::slots`], in that order.
    ///
    /// # Panics
    ///
    /// When there are fewer values than slots.
    #[must_use]
    pub fn evaluate(&self, values: &[f64]) -> f64 {
        self.root.evaluate(values)
    }
}

impl fmt::Display for BoundExpression {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.expression.fmt(out)
    }
}

impl Bound {
    fn new(node: &Node, columns: &[String], slots: &mut Vec<Slot>) -> Result<Self, Error> {
        Ok(match node {
            Node::Number(value) => Self::Number(*value),
            Node::Column(column) => {
                let column = columns::find(columns, column)?;
                Self::Slot(place(slots, Slot::Number { column }))
            }
            Node::Text { column, equal, text } => {
                let column = columns::find(columns, column)?;
                let slot = place(slots, Slot::Equals { column, text: text.clone() });
                if *equal { Self::Slot(slot) } else { Self::Not(slot) }
            }
            Node::Negate(inner) => Self::Negate(Box::new(Self::new(inner, columns, slots)?)),
            Node::Binary(operator, left, right) => {
                let left = Self::new(left, columns, slots)?;
                Self::Binary(*operator, Box::new(left), Box::new(Self::new(right, columns, slots)?))
            }
            Node::Call(function, arguments) => {
                let arguments: Result<_, _> = arguments.iter().map(|node| Self::new(node, columns, slots)).collect();
                Self::Call(function, arguments?)
            }
        })
    }

    fn evaluate(&self, values: &[f64]) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Slot(slot) => values[*slot],
            Self::Not(slot) => 1.0 - values[*slot],
            Self::Negate(inner) => -inner.evaluate(values),
            Self::Binary(operator, left, right) => operator.apply(left.evaluate(values), right.evaluate(values)),
            Self::Call(function, arguments) => {
                let mut given = [0.0; MAX_ARGUMENTS];
                for (value, argument) in given.iter_mut().zip(arguments) {
                    *value = argument.evaluate(values);
                }
                (function.apply)(given)
            }
        }
    }
}

/// The position of an equal slot, or of a new one.
fn place(slots: &mut Vec<Slot>, slot: Slot) -> usize {
    slots.iter().position(|known| *known == slot).unwrap_or_else(|| {
        slots.push(slot);
        slots.len() - 1
    })
}
