//! Outcome expressions such as `log1p(up + down)`.
//!
//! ```text
//! expression = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]      1 when true, 0 when false
//! sum        = product { ("+" | "-") product }
//! product    = unary { ("*" | "/") unary }
//! unary      = "-" unary | atom
//! atom       = number | column | function "(" sum { "," sum } ")" | "(" expression ")"
//! text test  = column ("==" | "!=") string, in the place of an expression
//! ```
//!
//! A column is a bare name (letters, digits, `_`, `.`, not starting with a digit) or any name in backquotes; a string
//! stands in double or single quotes. The quote is doubled inside.

mod bind;
mod function;
mod parse;
mod token;

use std::fmt;

pub use bind::{BoundExpression, Slot};
pub(crate) use bind::{Comparison, ComparisonKind};
pub(crate) use token::comparison;

use crate::Error;
use function::Function;

/// An outcome expression; its `Display` form parses to the same expression, unless the blanks around operators make it
/// too long.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// Never negative: a sign is a [`Node::Negate`].
    Number(f64),
    Column(String),
    /// Whether the field is (or is not) this text.
    Text {
        column: String,
        equal: bool,
        text: String,
    },
    Negate(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(&'static Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// How tightly an expression binds; operands of an operator bind at least as tightly as the grammar says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Comparison,
    Sum,
    Product,
    Unary,
    Atom,
}

impl Expression {
    /// Understands an expression; an error shows the place.
    pub fn parse(source: &str) -> Result<Self, Error> {
        parse::parse(source).map(|root| Self { root })
    }

    /// The columns that it names, each once, in the order of their first mention.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.root.add_columns(&mut columns);
        columns
    }

    /// Finds its columns among those of a table.
    pub fn bind(&self, columns: &[String]) -> Result<BoundExpression, Error> {
        BoundExpression::new(self, columns)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.root.print(Level::Comparison, out)
    }
}

impl Node {
    fn add_columns<'a>(&'a self, columns: &mut Vec<&'a str>) {
        match self {
            Self::Number(_) => {}
            Self::Column(column) | Self::Text { column, .. } => {
                if !columns.contains(&column.as_str()) {
                    columns.push(column);
                }
            }
            Self::Negate(inner) => inner.add_columns(columns),
            Self::Binary(_, left, right) => {
                left.add_columns(columns);
                right.add_columns(columns);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.add_columns(columns)),
        }
    }

    fn level(&self) -> Level {
        match self {
            Self::Number(_) | Self::Column(_) | Self::Call(..) => Level::Atom,
            Self::Negate(_) => Level::Unary,
            Self::Binary(operator, ..) => operator.level(),
            Self::Text { .. } => Level::Comparison,
        }
    }

    /// Prints with parentheses when it binds less tightly than `needed`.
    fn print(&self, needed: Level, out: &mut fmt::Formatter) -> fmt::Result {
        if self.level() < needed {
            out.write_str("(")?;
            self.print(Level::Comparison, out)?;
            return out.write_str(")");
        }
        match self {
            // Rust writes out all 301 digits of 1e300.
            Self::Number(value) if *value >= 1e16 || (*value > 0.0 && *value < 1e-5) => write!(out, "{value:e}"),
            Self::Number(value) => write!(out, "{value}"),
            Self::Column(column) => out.write_str(&token::column(column)),
            Self::Text { column, equal, text } => {
                out.write_str(&comparison(column, if *equal { "==" } else { "!=" }, text))
            }
            Self::Negate(inner) => {
                out.write_str("-")?;
                inner.print(Level::Unary, out)
            }
            Self::Binary(operator, left, right) => {
                let (left_level, right_level) = operator.operands();
                left.print(left_level, out)?;
                write!(out, " {} ", operator.symbol())?;
                right.print(right_level, out)
            }
            Self::Call(function, arguments) => {
                write!(out, "{}(", function.name)?;
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        out.write_str(", ")?;
                    }
                    argument.print(Level::Comparison, out)?;
                }
                out.write_str(")")
            }
        }
    }
}

impl Operator {
    const ALL: [Self; 10] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::LessOrEqual,
        Self::Less,
        Self::GreaterOrEqual,
        Self::Greater,
        Self::Equal,
        Self::NotEqual,
    ];

    fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Add | Self::Subtract => Level::Sum,
            Self::Multiply | Self::Divide => Level::Product,
            _ => Level::Comparison,
        }
    }

    /// What the left and the right operand must be at least: operators group from the left, comparisons not at all.
    fn operands(self) -> (Level, Level) {
        match self.level() {
            Level::Sum => (Level::Sum, Level::Product),
            Level::Product => (Level::Product, Level::Unary),
            _ => (Level::Sum, Level::Sum),
        }
    }

    /// NaN in either operand gives NaN, also for comparisons: an undefined outcome must not turn into 0.
    fn apply(self, left: f64, right: f64) -> f64 {
        let truth = |holds: bool| if left.is_nan() || right.is_nan() { f64::NAN } else { f64::from(u8::from(holds)) };
        #[expect(clippy::float_cmp, reason = "the comparison that the person wrote")]
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right),
        }
    }
}
