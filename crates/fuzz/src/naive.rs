//! A calculator for valid outcome expressions that shares nothing with the parser: two stacks (Dijkstra's shunting yard)
//! instead of a descent and a tree.

use std::iter::Peekable;
use std::str::Chars;

/// The numbers and texts that columns hold, made up from their names.
pub(crate) struct Values;

impl Values {
    /// The number in the column of this name.
    pub(crate) fn number(column: &str) -> f64 {
        const NUMBERS: [f64; 8] = [0.5, 3.0, -2.0, 0.0, 1e300, 1.0, -0.125, 7.25];
        NUMBERS[column.bytes().map(usize::from).sum::<usize>() % NUMBERS.len()]
    }

    /// Whether the column of this name holds this text.
    pub(crate) fn equals(column: &str, text: &str) -> bool {
        (column.len() + text.len()).is_multiple_of(2)
    }
}

/// What an expression comes to.
pub(crate) struct Outcome {
    pub(crate) value: f64,
    /// The columns in the order of their first mention.
    pub(crate) columns: Vec<String>,
    /// Whether the sign of a zero was left open: the lesser of 0 and -0 may be either.
    pub(crate) ambiguous: bool,
}

#[derive(Clone)]
enum Operand {
    Number(f64),
    Column(String),
    Text(String),
}

/// What waits on the stack of operators.
#[derive(Clone)]
enum Waiting {
    Binary(String),
    Minus,
    Open,
    /// A function, at its bracket, with the number of commas so far.
    Call(String, usize),
}

#[derive(Default)]
struct Calculator {
    operands: Vec<Operand>,
    waiting: Vec<Waiting>,
    columns: Vec<String>,
    ambiguous: bool,
}

/// Computes an expression that the parser took.
pub(crate) fn evaluate(source: &str) -> Outcome {
    let mut calculator = Calculator::default();
    let mut signs = source.chars().peekable();
    let mut after_operand = false;
    while let Some(&sign) = signs.peek() {
        match sign {
            _ if sign.is_whitespace() => {
                signs.next();
            }
            '(' => {
                signs.next();
                calculator.waiting.push(Waiting::Open);
                after_operand = false;
            }
            ')' => {
                signs.next();
                calculator.close();
                after_operand = true;
            }
            ',' => {
                signs.next();
                calculator.comma();
                after_operand = false;
            }
            '"' | '\'' | '`' => {
                let text = trimmed(&quoted(&mut signs));
                calculator.operand(if sign == '`' { Operand::Column(text) } else { Operand::Text(text) });
                after_operand = true;
            }
            '+' | '-' | '*' | '/' | '<' | '>' | '=' | '!' => {
                let operator = operator(&mut signs);
                calculator.operator(operator, after_operand);
                after_operand = false;
            }
            _ => {
                let word = word(&mut signs);
                after_operand = calculator.word(word, &mut signs);
            }
        }
    }
    while let Some(top) = calculator.waiting.pop() {
        calculator.apply(top);
    }
    let last = calculator.operands.pop().expect("a value");
    Outcome { value: Calculator::number_of(last), columns: calculator.columns, ambiguous: calculator.ambiguous }
}

fn quoted(signs: &mut Peekable<Chars>) -> String {
    let mark = signs.next();
    let mut text = String::new();
    while let Some(sign) = signs.next() {
        if Some(sign) == mark && signs.next_if(|next| Some(*next) == mark).is_none() {
            break;
        }
        text.push(sign);
    }
    text
}

fn operator(signs: &mut Peekable<Chars>) -> String {
    let first: String = signs.next().into_iter().collect();
    match (first.as_str(), signs.peek()) {
        ("<" | ">" | "=" | "!", Some('=')) => first + &signs.next().into_iter().collect::<String>(),
        _ => first,
    }
}

/// A number or a bare name; a sign belongs to it only within an exponent.
fn word(signs: &mut Peekable<Chars>) -> String {
    let mut word = String::new();
    let is_number = |word: &str| word.strip_prefix('.').unwrap_or(word).starts_with(|sign: char| sign.is_ascii_digit());
    while let Some(&sign) = signs.peek() {
        let exponent = matches!(sign, '+' | '-') && word.ends_with(['e', 'E']) && is_number(&word);
        if !(sign.is_alphanumeric() || matches!(sign, '_' | '.') || exponent) {
            break;
        }
        word.push(sign);
        signs.next();
    }
    word
}

/// Without white space and byte order marks around it.
fn trimmed(text: &str) -> String {
    text.trim_matches(|sign: char| sign.is_whitespace() || sign == '\u{feff}').to_owned()
}

impl Calculator {
    fn operand(&mut self, operand: Operand) {
        if let Operand::Column(name) = &operand
            && !self.columns.contains(name)
        {
            self.columns.push(name.clone());
        }
        self.operands.push(operand);
    }

    /// A number, a function when a bracket follows, or a column; says whether an operand stands there now.
    fn word(&mut self, word: String, signs: &mut Peekable<Chars>) -> bool {
        if word.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.')
            && let Ok(number) = word.parse::<f64>()
        {
            self.operand(Operand::Number(number));
            return true;
        }
        while signs.next_if(|sign| sign.is_whitespace()).is_some() {}
        if signs.next_if_eq(&'(').is_some() {
            self.waiting.push(Waiting::Call(word, 0));
            return false;
        }
        self.operand(Operand::Column(word));
        true
    }

    fn operator(&mut self, operator: String, after_operand: bool) {
        if !after_operand {
            assert_eq!(operator, "-", "the only sign before an operand");
            self.waiting.push(Waiting::Minus);
            return;
        }
        let rank = rank(&operator);
        while let Some(top) = self.waiting.pop_if(|top| match top {
            Waiting::Minus => true,
            Waiting::Binary(before) => self::rank(before) >= rank,
            Waiting::Open | Waiting::Call(..) => false,
        }) {
            self.apply(top);
        }
        self.waiting.push(Waiting::Binary(operator));
    }

    /// Computes what waits within the innermost bracket, and takes that bracket.
    fn bracket(&mut self) -> Waiting {
        loop {
            match self.waiting.pop().expect("a bracket") {
                bracket @ (Waiting::Open | Waiting::Call(..)) => return bracket,
                top => self.apply(top),
            }
        }
    }

    fn comma(&mut self) {
        let Waiting::Call(name, commas) = self.bracket() else { panic!("a comma outside a call") };
        self.waiting.push(Waiting::Call(name, commas + 1));
    }

    fn close(&mut self) {
        if let Waiting::Call(name, commas) = self.bracket() {
            let from = self.operands.len() - commas - 1;
            let operands = self.operands.split_off(from);
            let numbers: Vec<f64> = operands.into_iter().map(Self::number_of).collect();
            let value = self.call(&name, &numbers);
            self.operands.push(Operand::Number(value));
        }
    }

    fn number_of(operand: Operand) -> f64 {
        match operand {
            Operand::Number(number) => number,
            Operand::Column(name) => Values::number(&name),
            Operand::Text(text) => panic!("the text {text:?} is no number"),
        }
    }

    fn apply(&mut self, waiting: Waiting) {
        let right = self.operands.pop().expect("an operand");
        let Waiting::Binary(operator) = waiting else {
            let value = -Self::number_of(right);
            return self.operands.push(Operand::Number(value));
        };
        let left = self.operands.pop().expect("an operand");
        let value = match (left, right) {
            (Operand::Column(column), Operand::Text(text)) | (Operand::Text(text), Operand::Column(column)) => {
                truth(Values::equals(&column, &text) == (operator == "=="))
            }
            (left, right) => binary(&operator, Self::number_of(left), Self::number_of(right)),
        };
        self.operands.push(Operand::Number(value));
    }

    fn call(&mut self, name: &str, numbers: &[f64]) -> f64 {
        match (name, numbers) {
            ("log1p", [x]) => x.ln_1p(),
            ("log", [x]) => x.ln(),
            ("exp", [x]) => x.exp(),
            ("sqrt", [x]) => x.sqrt(),
            ("abs", [x]) => x.abs(),
            ("min", [x, y]) => self.choose(*x, *y, |x, y| x < y),
            ("max", [x, y]) => self.choose(*x, *y, |x, y| x > y),
            ("clip", [x, low, high]) => {
                let raised = self.choose(*x, *low, |x, y| x > y);
                self.choose(raised, *high, |x, y| x < y)
            }
            _ => panic!("{name} with {} arguments", numbers.len()),
        }
    }

    fn choose(&mut self, x: f64, y: f64, better: impl Fn(f64, f64) -> bool) -> f64 {
        self.ambiguous |= x == 0.0 && y == 0.0 && x.is_sign_negative() != y.is_sign_negative();
        match (x.is_nan() || y.is_nan(), better(x, y)) {
            (true, _) => f64::NAN,
            (false, true) => x,
            (false, false) => y,
        }
    }
}

fn rank(operator: &str) -> u8 {
    match operator {
        "*" | "/" => 3,
        "+" | "-" => 2,
        _ => 1,
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

#[expect(clippy::float_cmp, reason = "the comparison that the expression asks for")]
fn binary(operator: &str, x: f64, y: f64) -> f64 {
    let compared = |holds: bool| if x.is_nan() || y.is_nan() { f64::NAN } else { truth(holds) };
    match operator {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "<" => compared(x < y),
        "<=" => compared(x <= y),
        ">" => compared(x > y),
        ">=" => compared(x >= y),
        "==" => compared(x == y),
        "!=" => compared(x != y),
        _ => panic!("the operator {operator}"),
    }
}
