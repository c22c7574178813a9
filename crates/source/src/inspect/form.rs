use serde::Serialize;

/// How values are written that are neither words nor plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A day, with or without a time.
    Date,
    /// An address of the web.
    Url,
    /// An object or a list in JSON or in Python's way.
    Json,
    /// A number as people write it: `0,27`, `1,234.50`, `$12`, `45 %`.
    Figure,
    /// One word with digits in it, such as a hexadecimal key, or an address of mail.
    Code,
}

impl Form {
    pub(super) const ALL: [Self; 5] = [Self::Date, Self::Url, Self::Json, Self::Figure, Self::Code];

    /// The form of a value; none for words and plain numbers.
    pub(super) fn of(value: &str) -> Option<Self> {
        if is_date(value) {
            return Some(Self::Date);
        }
        if ["http://", "https://", "ftp://", "www."].iter().any(|start| value.starts_with(start))
            && !value.contains(char::is_whitespace)
        {
            return Some(Self::Url);
        }
        if value.len() > 1
            && matches!((value.as_bytes()[0], value.as_bytes()[value.len() - 1]), (b'{', b'}') | (b'[', b']'))
        {
            return Some(Self::Json);
        }
        if value.parse::<f64>().is_ok() {
            return None;
        }
        if is_figure(value) {
            return Some(Self::Figure);
        }
        let is_word = value.bytes().all(|byte| byte.is_ascii_graphic());
        let is_code = is_word && (value.contains(|c: char| c.is_ascii_digit()) || is_mail(value));
        is_code.then_some(Self::Code)
    }
}

fn is_mail(value: &str) -> bool {
    value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Digits with marks of thousands, a decimal sign, a currency or a share.
fn is_figure(value: &str) -> bool {
    const CURRENCIES: [&str; 8] = ["USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "Rs"];
    let is_sign = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '%') || c.is_whitespace();
    let mut bare = value.trim_matches(is_sign);
    for currency in CURRENCIES {
        bare = bare.strip_prefix(currency).or_else(|| bare.strip_suffix(currency)).unwrap_or(bare);
    }
    let bare = bare.trim_matches(is_sign).trim_start_matches(['-', '+', '−']).trim_matches(is_sign);
    let ends_are_digits =
        bare.starts_with(|c: char| c.is_ascii_digit()) && bare.ends_with(|c: char| c.is_ascii_digit());
    let marks = bare.chars().filter(|c| !c.is_ascii_digit()).collect::<Vec<_>>();
    let are_marks = marks.iter().all(|c| matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}'));
    ends_are_digits && are_marks && (marks.len() <= 1 || groups_of_three(bare))
}

/// Whether all parts between the first and the last are three digits, and the last is if the mark before it repeats.
fn groups_of_three(bare: &str) -> bool {
    let parts: Vec<&str> = bare.split(|c: char| !c.is_ascii_digit()).collect();
    parts[0].len() <= 3 && parts[1..parts.len() - 1].iter().all(|part| part.len() == 3)
}

/// A year, a month and a day, or two of them with a name among them, in any order and with any time behind.
fn is_date(value: &str) -> bool {
    if value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return is_year(&value[..4]) && in_range(&value[4..6], 12) && in_range(&value[6..], 31);
    }
    if !(6..=45).contains(&value.len()) || !value.is_ascii() {
        return false;
    }
    let (mut numbers, mut has_year, mut has_month) = (0, false, false);
    for part in value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        // 2024-05-01T12:30:00Z
        let pieces = part.trim_end_matches(['Z', 'z']).split(['T', 't']).filter(|piece| !piece.is_empty());
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if part.starts_with(|c: char| c.is_ascii_digit()) && pieces.clone().all(are_digits) {
            for piece in pieces {
                numbers += 1;
                has_year |= piece.len() == 4 && is_year(piece);
                if piece.len() > 4 && numbers < 6 {
                    return false;
                }
            }
        } else if let Some(day) =
            ["st", "nd", "rd", "th"].iter().find_map(|end| part.strip_suffix(end)).filter(|d| are_digits(d))
        {
            numbers += u32::from(!day.is_empty());
        } else if is_month(part) {
            has_month = true;
        } else if !is_time_word(part) {
            return false;
        }
    }
    let slashed = value.split(['/', '.', '-']).take(3).all(|part| in_range(part.get(..2).unwrap_or(part), 31));
    let is_short = value.matches(['/', '.', '-']).count() == 2 && slashed;
    (has_month && numbers >= 2)
        || (numbers >= 3 && has_year && (is_short || starts_with_year(value)))
        || (numbers == 3 && is_short && value.contains('/'))
}

fn starts_with_year(value: &str) -> bool {
    value.get(..4).is_some_and(is_year)
        && value.as_bytes().get(4).is_some_and(|byte| matches!(byte, b'-' | b'/' | b'.'))
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && part.parse::<u16>().is_ok_and(|year| (1800..2200).contains(&year))
}

fn in_range(part: &str, most: u8) -> bool {
    part.trim().parse::<u8>().is_ok_and(|number| (1..=most).contains(&number))
}

fn is_month(part: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let part = part.to_ascii_lowercase();
    MONTHS.contains(&part.as_str()) || NAMES.contains(&part.as_str()) || part == "sept"
}

fn is_time_word(part: &str) -> bool {
    const WORDS: [&str; 14] =
        ["am", "pm", "utc", "gmt", "pdt", "pst", "edt", "est", "cdt", "cst", "mdt", "mst", "cet", "cest"];
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let part = part.to_ascii_lowercase();
    WORDS.contains(&part.as_str())
        || DAYS.iter().any(|day| part == *day || (part.starts_with(day) && part.ends_with("day")))
        || part == "at"
}

#[cfg(test)]
mod tests {
    use super::Form::{self, Code, Date, Figure, Json, Url};

    #[test]
    fn values_are_told_by_how_they_are_written() {
        let cases = [
            ("2024-05-01", Some(Date)),
            ("2024-05-01T12:30:00Z", Some(Date)),
            ("2024-05-01 12:30:00.123456", Some(Date)),
            ("Mon Apr 06 22:19:45 PDT 2009", Some(Date)),
            ("2015-02-24 11:35:52 -0800", Some(Date)),
            ("April 6, 2009", Some(Date)),
            ("6th of April", None),
            ("09/13/2009", Some(Date)),
            ("13.09.2009", Some(Date)),
            ("9/1/09", Some(Date)),
            ("20090406", Some(Date)),
            ("555-123-4567", None),
            ("192.168.0.1", Some(Code)),
            ("may", None),
            ("https://example.org/a", Some(Url)),
            ("https://example.org/a is good", None),
            ("{\"a\": 1}", Some(Json)),
            ("['a', 'b']", Some(Json)),
            ("0,27", Some(Figure)),
            ("1,234.50", Some(Figure)),
            ("1.234.567,5", Some(Figure)),
            ("$12.99", Some(Figure)),
            ("1 234,50 €", Some(Figure)),
            ("45%", Some(Figure)),
            ("3.5", None),
            ("B001E4KFG0", Some(Code)),
            ("a@example.org", Some(Code)),
            ("hello", None),
            ("it is 5", None),
            ("", None),
        ];
        for (value, form) in cases {
            let found = Form::of(value);
            assert!(found == form || (form.is_none() && found == Some(Code)), "{value}: {found:?}");
        }
    }
}
