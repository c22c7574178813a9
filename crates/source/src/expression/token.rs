use super::Operator;
use crate::Error;
use crate::value::trim;
use crate::visible::{is_hidden, visible};

/// The smallest part of an expression that means something.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A name; `bare` when not in backquotes, so that it may name a function.
    Name {
        name: String,
        bare: bool,
    },
    Text(String),
    Operator(Operator),
    Open,
    Close,
    Comma,
    End,
}

/// Cuts an expression into tokens, each with the 0-based character where it starts.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, usize)>, Error> {
    let characters: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        if characters[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (token, end) = token(source, &characters, at)?;
        tokens.push((token, at));
        at = end;
    }
    tokens.push((Token::End, characters.len()));
    Ok(tokens)
}

/// The error that shows `position` in `source`.
pub(super) fn invalid(source: &str, position: usize, reason: impl Into<String>) -> Error {
    // One column for each character, so that the mark below stands under the right one.
    let shown = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c if is_hidden(c) => '\u{fffd}',
        c => c,
    };
    let source_line = source.chars().map(shown).collect();
    Error::InvalidExpression { reason: visible(&reason.into()).into_owned(), source_line, position }
}

/// A column as it stands in an expression.
pub(super) fn column(name: &str) -> String {
    let mut characters = name.chars();
    let bare = characters.next().is_some_and(starts_name) && characters.all(continues_name) && !starts_number(name);
    if bare { name.to_owned() } else { quote(name, '`') }
}

/// The comparison of a column with a text as it stands in an expression.
pub(crate) fn comparison(name: &str, operator: &str, text: &str) -> String {
    format!("{} {operator} {}", column(name), quote(text, '"'))
}

fn quote(text: &str, mark: char) -> String {
    let doubled = text.replace(mark, &format!("{mark}{mark}"));
    format!("{mark}{doubled}{mark}")
}

fn starts_name(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '.')
}

fn continues_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.')
}

/// Whether a name that starts with a dot would read as a number.
fn starts_number(name: &str) -> bool {
    name.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn token(source: &str, characters: &[char], at: usize) -> Result<(Token, usize), Error> {
    let follows = |offset: usize| characters.get(at + offset).copied();
    let first = characters[at];
    let simple = match first {
        '(' => Some(Token::Open),
        ')' => Some(Token::Close),
        ',' => Some(Token::Comma),
        _ => None,
    };
    if let Some(token) = simple {
        return Ok((token, at + 1));
    }
    if first.is_ascii_digit() || (first == '.' && follows(1).is_some_and(|c| c.is_ascii_digit())) {
        return number(source, characters, at);
    }
    if starts_name(first) {
        let length = characters[at..].iter().take_while(|c| continues_name(**c)).count();
        let name = characters[at..at + length].iter().collect();
        return Ok((Token::Name { name, bare: true }, at + length));
    }
    if matches!(first, '`' | '"' | '\'') {
        let (text, end) = quoted(source, characters, at)?;
        // Blanks around a name or a value are no part of it, as in the table.
        let text = trim(&text).to_owned();
        if first == '`' && text.is_empty() {
            return Err(invalid(source, at, "a column's name stands between backquotes"));
        }
        let token = if first == '`' { Token::Name { name: text, bare: false } } else { Token::Text(text) };
        return Ok((token, end));
    }
    let operator = Operator::ALL.into_iter().find(|operator| {
        let symbol = operator.symbol();
        symbol.chars().enumerate().all(|(offset, c)| follows(offset) == Some(c))
    });
    match operator {
        Some(operator) => Ok((Token::Operator(operator), at + operator.symbol().len())),
        None => Err(invalid(source, at, unexpected(first))),
    }
}

fn unexpected(character: char) -> String {
    match character {
        '=' => "compare with `==`".into(),
        '!' => "`!` means nothing alone; compare with `!=`".into(),
        '^' => "there is no power operator; use `*`, `sqrt` or `exp`".into(),
        '−' | '–' => format!("`{character}` is not the minus sign of the keyboard; use `-`"),
        _ => format!(
            "`{}` means nothing here; a column name with other signs stands in backquotes",
            character.escape_debug()
        ),
    }
}

fn number(source: &str, characters: &[char], at: usize) -> Result<(Token, usize), Error> {
    let digits = |from: usize| from + characters[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let is = |at: usize, wanted: &[char]| characters.get(at).is_some_and(|c| wanted.contains(c));
    let mut end = digits(at);
    if is(end, &['.']) {
        end = digits(end + 1);
    }
    if is(end, &['e', 'E']) {
        let sign = end + 1 + usize::from(is(end + 1, &['+', '-']));
        if digits(sign) > sign {
            end = digits(sign);
        }
    }
    let text: String = characters[at..end].iter().collect();
    if characters.get(end).copied().is_some_and(continues_name) {
        return Err(invalid(source, at, "a column name that starts with a digit stands in backquotes"));
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), end)),
        _ => Err(invalid(source, at, format!("`{text}` is too large for a number"))),
    }
}

fn quoted(source: &str, characters: &[char], open: usize) -> Result<(String, usize), Error> {
    let mark = characters[open];
    let mut text = String::new();
    let mut at = open + 1;
    while let Some(&character) = characters.get(at) {
        at += 1;
        if character == mark {
            if characters.get(at) != Some(&mark) {
                return Ok((text, at));
            }
            at += 1;
        }
        text.push(character);
    }
    Err(invalid(source, open, format!("this {mark} is never closed")))
}
