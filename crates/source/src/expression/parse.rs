use super::token::{Token, invalid, tokens};
use super::{Level, Node, Operator, function};
use crate::Error;

/// The longest expression in bytes and the deepest nesting: both bound the depth of the tree.
const MAX_LENGTH: usize = 4096;
const MAX_DEPTH: usize = 64;

pub(super) fn parse(source: &str) -> Result<Node, Error> {
    if source.len() > MAX_LENGTH {
        let start: String = source.chars().take(60).collect();
        return Err(invalid(&start, 0, format!("it is longer than {MAX_LENGTH} bytes")));
    }
    let mut parser = Parser { source, tokens: tokens(source)?, at: 0, depth: 0 };
    let root = parser.expression()?;
    if *parser.peek() != Token::End {
        return Err(parser.fail("expected an operator or the end"));
    }
    let mut columns = Vec::new();
    root.add_columns(&mut columns);
    if columns.is_empty() {
        return Err(invalid(source, 0, "it names no column, so every row would have the same outcome"));
    }
    Ok(root)
}

fn is_comparison(operator: Operator) -> bool {
    operator.level() == Level::Comparison
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    /// Takes the token that stands here; the end stays.
    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    fn take_operator(&mut self, wanted: impl Fn(Operator) -> bool) -> Option<Operator> {
        match *self.peek() {
            Token::Operator(operator) if wanted(operator) => {
                self.at += 1;
                Some(operator)
            }
            _ => None,
        }
    }

    fn fail(&self, reason: impl Into<String>) -> Error {
        invalid(self.source, self.tokens[self.at].1, reason)
    }

    fn expect(&mut self, token: &Token, what: &str) -> Result<(), Error> {
        if self.peek() == token {
            self.at += 1;
            return Ok(());
        }
        Err(self.fail(format!("expected {what}")))
    }

    fn expression(&mut self) -> Result<Node, Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fail(format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        let text = match self.peek() {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        };
        let node = match text {
            Some(text) => self.text_and_column(text)?,
            None => self.comparison()?,
        };
        if self.take_operator(is_comparison).is_some() {
            self.at -= 1;
            return Err(self.fail("comparisons cannot be chained; use parentheses"));
        }
        self.depth -= 1;
        Ok(node)
    }

    /// `"spam" == label`
    fn text_and_column(&mut self, text: String) -> Result<Node, Error> {
        self.at += 1;
        let operator_at = self.at;
        let Some(operator) = self.take_operator(is_comparison) else {
            return Err(self.fail("a text can only be compared with a column, as in label == \"spam\""));
        };
        let column_at = self.at;
        let column = self.sum()?;
        self.text_test(column, column_at, operator, operator_at, text)
    }

    /// A number, the comparison of two, or `label == "spam"`.
    fn comparison(&mut self) -> Result<Node, Error> {
        let left_at = self.at;
        let left = self.sum()?;
        let operator_at = self.at;
        let Some(operator) = self.take_operator(is_comparison) else { return Ok(left) };
        if let Token::Text(text) = self.peek().clone() {
            self.at += 1;
            return self.text_test(left, left_at, operator, operator_at, text);
        }
        let right = self.sum()?;
        Ok(Node::Binary(operator, Box::new(left), Box::new(right)))
    }

    /// A column compared with a text, whichever stands first.
    fn text_test(
        &self,
        side: Node,
        side_at: usize,
        operator: Operator,
        operator_at: usize,
        text: String,
    ) -> Result<Node, Error> {
        let invalid_at = |at: usize, reason: &str| invalid(self.source, self.tokens[at].1, reason);
        let equal = match operator {
            Operator::Equal => true,
            Operator::NotEqual => false,
            _ => return Err(invalid_at(operator_at, "a text can only be compared with `==` or `!=`")),
        };
        if text.is_empty() {
            let reason = "an empty field is a missing value: its row is left out, so there is none to compare with";
            return Err(invalid_at(operator_at, reason));
        }
        match side {
            Node::Column(column) => Ok(Node::Text { column, equal, text }),
            _ => Err(invalid_at(side_at, "only a column can be compared with a text")),
        }
    }

    fn sum(&mut self) -> Result<Node, Error> {
        let mut left = self.product()?;
        while let Some(operator) = self.take_operator(|o| matches!(o, Operator::Add | Operator::Subtract)) {
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, Error> {
        let mut left = self.unary()?;
        while let Some(operator) = self.take_operator(|o| matches!(o, Operator::Multiply | Operator::Divide)) {
            left = Node::Binary(operator, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, Error> {
        let mut negative = false;
        while self.take_operator(|o| o == Operator::Subtract).is_some() {
            negative = !negative;
        }
        // Two signs are none, to the bit: thousands of them must not make a tree that overflows the stack.
        Ok(match self.atom()? {
            Node::Negate(inner) if negative => *inner,
            node if negative => Node::Negate(Box::new(node)),
            node => node,
        })
    }

    fn atom(&mut self) -> Result<Node, Error> {
        let at = self.at;
        match self.take() {
            Token::Number(value) => Ok(Node::Number(value)),
            Token::Name { name, bare: true } if *self.peek() == Token::Open => self.call(&name, at),
            Token::Name { name, .. } => Ok(Node::Column(name)),
            Token::Open => {
                let inner = self.expression()?;
                self.expect(&Token::Close, "`)`")?;
                Ok(inner)
            }
            Token::Text(_) => Err(invalid(
                self.source,
                self.tokens[at].1,
                "a text can only be compared with a column, as in label == \"spam\"",
            )),
            Token::Operator(_) | Token::Close | Token::Comma | Token::End => {
                Err(invalid(self.source, self.tokens[at].1, "expected a number, a column or `(`"))
            }
        }
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Node, Error> {
        let function = function::find(name).ok_or_else(|| {
            let reason = format!("there is no function `{name}`; there are {}", function::names());
            invalid(self.source, self.tokens[at].1, reason)
        })?;
        self.expect(&Token::Open, "`(`")?;
        let mut arguments = vec![self.expression()?];
        while *self.peek() == Token::Comma {
            self.at += 1;
            arguments.push(self.expression()?);
        }
        self.expect(&Token::Close, "`,` or `)`")?;
        if arguments.len() != function.arguments {
            let reason = format!("{name} is called as {}, not with {} arguments", function.usage, arguments.len());
            return Err(invalid(self.source, self.tokens[at].1, reason));
        }
        Ok(Node::Call(function, arguments))
    }
}
