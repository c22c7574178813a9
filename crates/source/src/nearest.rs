use std::collections::HashMap;

/// A value that looks like one that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Near<'a> {
    pub(crate) value: &'a str,
    /// Rows with it.
    pub(crate) rows: u64,
    /// How the two differ.
    pub(crate) how: &'static str,
}

/// Values that are shown.
const SHOWN: usize = 5;

/// The values nearest to `wanted`: those that differ in case, spaces, accents and signs first, then those of a few other
/// letters. Empty when none is near.
pub(crate) fn nearest<'a>(wanted: &str, counts: &'a HashMap<String, u64>) -> Vec<Near<'a>> {
    let wanted = Forms::new(wanted);
    let mut near: Vec<(usize, Near)> = counts
        .iter()
        .filter_map(|(value, &rows)| {
            let (rank, how) = wanted.difference(&Forms::new(value))?;
            Some((rank, Near { value, rows, how }))
        })
        .collect();
    near.sort_unstable_by(|(i, a), (j, b)| i.cmp(j).then(b.rows.cmp(&a.rows)).then(a.value.cmp(b.value)));
    near.into_iter().take(SHOWN).map(|(_, near)| near).collect()
}

/// A text with less and less of what people overlook.
struct Forms {
    lower: String,
    /// Letters, digits and signs, without spaces and what cannot be seen.
    close: String,
    /// The same without accents.
    base: String,
    /// Letters and digits only, without accents.
    letters: String,
}

impl Forms {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let close: String = lower.chars().filter(|&c| !c.is_whitespace() && !crate::visible::is_hidden(c)).collect();
        let base: String = close.chars().filter(|c| !is_mark(*c)).map(without_accent).collect();
        let letters = base.chars().filter(|c| c.is_alphanumeric()).collect();
        Self { lower, close, base, letters }
    }

    /// How another text differs, and how far it is; none when it is another word.
    fn difference(&self, other: &Self) -> Option<(usize, &'static str)> {
        if self.lower == other.lower {
            return Some((0, "in other case"));
        }
        if self.close == other.close {
            return Some((1, "with other spaces"));
        }
        if self.base == other.base {
            return Some((2, "with other accents"));
        }
        if !self.letters.is_empty() && self.letters == other.letters {
            return Some((3, "with other signs"));
        }
        let length = self.lower.chars().count();
        // Long texts are no labels, and the distance takes time with their square.
        if length > 200 || other.lower.len() > 800 {
            return None;
        }
        let distance = strsim::osa_distance(&self.lower, &other.lower);
        let begins_alike = length >= 3 && strsim::jaro_winkler(&self.lower, &other.lower) >= 0.88;
        (3 * distance <= length || begins_alike).then_some((3 + distance, "with other letters"))
    }
}

/// Accents that follow their letter.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// The letter under an accent, for the small letters of Latin-1 and Latin Extended-A.
fn without_accent(character: char) -> char {
    match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' | 'ŧ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wanted: &str, values: &[&str]) -> Vec<(String, &'static str)> {
        let counts: HashMap<String, u64> = values.iter().map(|value| ((*value).to_owned(), 1)).collect();
        nearest(wanted, &counts).into_iter().map(|near| (near.value.to_owned(), near.how)).collect()
    }

    #[test]
    fn what_people_overlook_comes_before_other_letters() {
        for (wanted, value, how) in [
            ("spam", "SPAM", "in other case"),
            ("not spam", "not\u{a0}spam", "with other spaces"),
            ("spam", "sp\u{200b}am", "with other spaces"),
            ("cafe", "café", "with other accents"),
            ("cafe\u{301}", "café", "with other accents"),
            ("spam", "\"spam\"", "with other signs"),
            ("re-sent", "re_sent", "with other signs"),
            ("positive", "postive", "with other letters"),
            ("spam", "spam mail", "with other letters"),
        ] {
            assert_eq!(found(wanted, &[value, "quite another"]), [(value.to_owned(), how)], "{wanted}");
        }
        let order: Vec<String> =
            found("spam", &["spas", "Spam", "sp am", "\"spam\"", "ham"]).into_iter().map(|(value, _)| value).collect();
        assert_eq!(order, ["Spam", "sp am", "\"spam\"", "spas"]);
    }

    #[test]
    fn short_values_are_not_near_because_they_are_short() {
        assert!(found("y", &["n", "1", "x"]).is_empty());
        assert!(found("spam", &["ham", "egg"]).is_empty());
        assert_eq!(found("Y", &["y"]), [("y".to_owned(), "in other case")]);
    }
}
