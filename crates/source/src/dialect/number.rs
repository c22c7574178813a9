use std::borrow::Cow;

use super::{Head, Syntax};

/// Records that are looked at.
const MAX_RECORDS: usize = 500;

/// How numbers are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    pub(crate) decimal: u8,
    pub(crate) thousands: Option<char>,
    pub(crate) currency: Option<String>,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self { decimal: b'.', thousands: None, currency: None }
    }
}

impl NumberFormat {
    /// The number that a trimmed value is written as; may be infinite or NaN. `True` and `False` are 1 and 0.
    ///
    /// Groups of thousands must be groups of three digits: `1,5` is never 15.
    pub(crate) fn parse(&self, value: &[u8]) -> Option<f64> {
        let text = std::str::from_utf8(value).ok()?;
        match text {
            "True" | "TRUE" | "true" => return Some(1.0),
            "False" | "FALSE" | "false" => return Some(0.0),
            _ => {}
        }
        if self.decimal == b'.' && self.thousands.is_none() && self.currency.is_none() {
            return text.parse().ok();
        }
        self.plain(text)?.parse().ok()
    }

    /// The value as Rust writes a number.
    fn plain<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        let (negative, amount) = self.without_currency(text)?;
        let (whole, rest) = match amount.find([self.decimal as char, 'e', 'E']) {
            Some(at) => amount.split_at(at),
            None => (amount, ""),
        };
        // A point where commas stand before the decimals says that the format is another one.
        if rest.get(1..).is_some_and(|rest| rest.contains(['.', ',']))
            || (self.decimal == b',' && whole.contains('.') && self.thousands != Some('.'))
        {
            return None;
        }
        let whole = match self.thousands {
            Some(sign) => ungrouped(whole, sign)?,
            None => Cow::Borrowed(whole),
        };
        let point = if self.decimal == b',' { rest.replacen(',', ".", 1) } else { rest.to_owned() };
        Some(Cow::Owned(format!("{}{whole}{point}", if negative { "-" } else { "" })))
    }

    /// The amount without its sign and currency, which may stand in either order; whether it is negative.
    fn without_currency<'a>(&self, text: &'a str) -> Option<(bool, &'a str)> {
        let (mut negative, mut rest) = (false, text);
        let mut signs = 0;
        let mut take_sign = |rest: &mut &'a str| {
            if let Some(behind) = rest.strip_prefix(['-', '+', '\u{2212}']) {
                negative = !rest.starts_with('+');
                signs += 1;
                *rest = behind.trim_start();
            }
        };
        take_sign(&mut rest);
        if let Some(currency) = &self.currency {
            rest = match rest.strip_prefix(currency.as_str()) {
                Some(behind) => behind.trim_start(),
                None => rest.strip_suffix(currency.as_str()).map_or(rest, str::trim_end),
            };
            take_sign(&mut rest);
        }
        (signs <= 1).then_some((negative, rest))
    }
}

/// The digits of a whole number without the signs between its thousands; none where these stand elsewhere.
fn ungrouped(whole: &str, sign: char) -> Option<Cow<'_, str>> {
    let is_sign =
        |character: char| character == sign || (sign == ' ' && matches!(character, '\u{a0}' | '\u{202f}' | '\u{2009}'));
    if !whole.contains(is_sign) {
        return Some(Cow::Borrowed(whole));
    }
    let groups: Vec<&str> = whole.split(is_sign).collect();
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let fits = is_digits(first) && first.len() <= 3 && rest.iter().all(|group| group.len() == 3 && is_digits(group));
    fits.then(|| Cow::Owned(groups.concat()))
}

/// The format of a table's numbers where it has decimal commas beyond doubt: a column holds nothing else, at least one of
/// its values cannot be a grouped whole number, and no column holds decimal points.
pub(super) fn recognise(head: Head, syntax: Syntax) -> Option<NumberFormat> {
    let mut columns: Vec<Written> = Vec::new();
    let mut records = 0;
    head.behind_first(syntax, |record| {
        if columns.is_empty() {
            columns.resize_with(record.len(), Written::default);
        }
        for (index, column) in columns.iter_mut().enumerate().take(record.len()) {
            if !record.is_missing(index) {
                column.add(record.value(index));
            }
        }
        records += 1;
        records < MAX_RECORDS
    });
    let has_points = columns.iter().any(|column| column.plain == column.values && column.points > 0);
    let commas =
        columns.iter().find(|column| column.values > 0 && column.commas == column.values && column.certain > 0)?;
    let grouped = commas.grouped > 0;
    (!has_points).then(|| NumberFormat { decimal: b',', thousands: grouped.then_some('.'), currency: None })
}

/// How the values of a column are written.
#[derive(Default)]
struct Written {
    values: u32,
    /// Numbers with a decimal point or none, and those that have one.
    plain: u32,
    points: u32,
    /// Numbers with a decimal comma or none, those that can be nothing else, and those with points between thousands.
    commas: u32,
    certain: u32,
    grouped: u32,
}

impl Written {
    fn add(&mut self, value: &[u8]) {
        let format = |decimal, thousands| NumberFormat { decimal, thousands, currency: None };
        self.values += 1;
        if format(b'.', None).parse(value).is_some() {
            self.plain += 1;
            self.points += u32::from(value.contains(&b'.'));
        }
        if format(b',', Some('.')).parse(value).is_some() {
            self.commas += 1;
            let has_comma = value.contains(&b',');
            self.certain += u32::from(has_comma && format(b'.', Some(',')).parse(value).is_none());
            self.grouped += u32::from(value.contains(&b'.'));
        }
    }
}

/// What a value that is no number may be meant as, and the option that reads it so: the end of a sentence.
pub(crate) fn advice(value: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(value).ok()?;
    let parses = |format: NumberFormat| format.parse(value).is_some();
    let with = |decimal: u8, thousands: Option<char>| NumberFormat { decimal, thousands, currency: None };
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        let is_dash = matches!(text, "-" | "--" | "." | "?" | "\u{2013}" | "\u{2014}" | "x" | "\\N");
        return is_dash.then_some("; if it stands for a missing value, name it with --na-values");
    }
    if parses(with(b'.', Some(','))) && parses(with(b',', None)) {
        return Some(
            "; read it with --decimal , where the comma stands before decimals, or --thousands , where it groups thousands",
        );
    }
    let formats = [
        (with(b',', None), "; read decimal commas with --decimal ,"),
        (with(b'.', Some(',')), "; read grouped thousands with --thousands ,"),
        (with(b',', Some('.')), "; read it with --decimal , --thousands ."),
        (with(b'.', Some(' ')), "; read grouped thousands with --thousands ' '"),
        (with(b',', Some(' ')), "; read it with --decimal , --thousands ' '"),
        (with(b'.', Some('\'')), "; read grouped thousands with --thousands \"'\""),
    ];
    if let Some((_, advice)) = formats.into_iter().find(|(format, _)| parses(format.clone())) {
        return Some(advice);
    }
    let is_sign =
        |character: char| matches!(character, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '₺' | '₴' | '₪' | 'R');
    let amount = text.trim_matches(|character: char| is_sign(character) || character.is_whitespace());
    let is_amount = amount.len() < text.len()
        && !amount.is_empty()
        && amount.bytes().all(|byte| byte.is_ascii_digit() || b".,' -".contains(&byte));
    is_amount.then_some("; name the currency's sign with --currency")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{NumberFormat, advice};

    fn format(decimal: u8, thousands: Option<char>, currency: Option<&str>) -> NumberFormat {
        NumberFormat { decimal, thousands, currency: currency.map(Into::into) }
    }

    #[test]
    fn numbers_as_people_write_them() {
        let cases: [(NumberFormat, &str, Option<f64>); 24] = [
            (format(b'.', None, None), "1.5", Some(1.5)),
            (format(b'.', None, None), "-1e3", Some(-1000.0)),
            (format(b'.', None, None), "1,5", None),
            (format(b'.', None, None), "True", Some(1.0)),
            (format(b',', None, None), "FALSE", Some(0.0)),
            (format(b',', None, None), "0,27", Some(0.27)),
            (format(b',', None, None), "-12", Some(-12.0)),
            (format(b',', None, None), ",5", Some(0.5)),
            (format(b',', None, None), "1.5", None),
            (format(b',', None, None), "1,5,5", None),
            (format(b',', Some('.'), None), "1.234.567,89", Some(1_234_567.89)),
            (format(b',', Some('.'), None), "1.5", None),
            (format(b',', None, None), "1,5e3", Some(1500.0)),
            (format(b'.', Some(','), None), "1,234", Some(1234.0)),
            (format(b'.', Some(','), None), "1,5", None),
            (format(b'.', Some(','), None), "12,34,567", None),
            (format(b'.', Some(','), None), "-1,234,567.5", Some(-1_234_567.5)),
            (format(b'.', Some(' '), None), "1\u{a0}234", Some(1234.0)),
            (format(b'.', Some('\''), None), "1'234.5", Some(1234.5)),
            (format(b'.', Some(','), Some("$")), "$1,200.50", Some(1200.5)),
            (format(b'.', Some(','), Some("$")), "-$5", Some(-5.0)),
            (format(b'.', None, Some("$")), "$-5", Some(-5.0)),
            (format(b',', None, Some("€")), "3,50 €", Some(3.5)),
            (format(b'.', None, Some("$")), "--5", None),
        ];
        for (format, written, number) in cases {
            assert_eq!(format.parse(written.as_bytes()), number, "{format:?} {written}");
        }
    }

    #[test]
    fn advice_names_the_option() {
        for (value, option) in [
            ("0,27", "--decimal ,"),
            ("1,234.5", "--thousands ,"),
            ("1.234,5", "--decimal , --thousands ."),
            ("1,234", "or --thousands ,"),
            ("-", "--na-values"),
            ("$5", "--currency"),
            ("3,50 €", "--currency"),
        ] {
            assert!(advice(value.as_bytes()).is_some_and(|advice| advice.contains(option)), "{value}");
        }
        assert_eq!(advice(b"bad"), None);
    }

    proptest! {
        #[test]
        fn whatever_the_format_the_number_is_the_same(number in -1e9_f64..1e9, decimals in 0_usize..6, comma: bool, thousands: bool) {
            let plain = format!("{number:.decimals$}");
            let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
            let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
            let group = if comma { '.' } else { ',' };
            let mut grouped = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if thousands && index > 0 && (digits.len() - index) % 3 == 0 {
                    grouped.push(group);
                }
                grouped.push(digit);
            }
            let point = if comma { ',' } else { '.' };
            let written = if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}{point}{rest}") };
            let format = format(if comma { b',' } else { b'.' }, thousands.then_some(group), None);
            prop_assert_eq!(format.parse(written.as_bytes()), plain.parse::<f64>().ok(), "{}", written);
        }
    }
}
