use std::path::Path;
use std::sync::Arc;

use super::header::{self, Names};
use super::profile::Profile;
use super::swallow::Shape;
use super::{
    Dialect, DialectOptions, HEAD_BYTES, Head, Mark, Missing, NumberFormat, Syntax, number, refuse_foreign, shown,
    usual_delimiter,
};
use crate::Error;

/// Delimiters that are looked for.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Those that must fit without an exception, where none of the others does.
const RARE_DELIMITERS: [u8; 5] = [b'^', b'~', 1, 0x1f, b':'];
/// So even is a table that has some bad rows.
const EVEN: f64 = 0.9;

/// Finds out how a table is written, from its first decoded bytes; what `given` says counts.
///
/// Fails when the bytes are those of another format.
pub(crate) fn recognise(path: &Path, head: &[u8], given: &DialectOptions) -> Result<(Dialect, Shape), Error> {
    let (sep, body) = sep_line(head);
    refuse_foreign(path, body)?;
    let head = Head { bytes: body, is_whole: head.len() < HEAD_BYTES };
    let usual = usual_delimiter(path);
    let search = Search { head, given };
    let (profile, rival) = search.delimiter(given.delimiter.or(sep), usual);
    let syntax = profile.syntax;
    let names = match (given.header, &given.columns) {
        (Some(true), _) => Names::Header,
        (Some(false), _) | (None, Some(_)) => Names::Data,
        (None, None) => header::look(head, syntax),
    };
    let numbers = match (given.decimal, given.thousands) {
        (None, None) => number::recognise(head, syntax).unwrap_or_default(),
        (decimal, thousands) => NumberFormat { decimal: decimal.unwrap_or(b'.'), thousands, currency: None },
    };
    let numbers = NumberFormat { currency: given.currency.clone(), ..numbers };

    let mut said = Vec::new();
    let mut say = |what: String, option: &'static str| said.push((what, option));
    if given.delimiter.is_none() && syntax.delimiter != usual {
        say(format!("fields separated by {}", shown(syntax.delimiter)), "--delimiter");
    }
    if given.quote == Mark::Auto && syntax.quote != Some(b'"') && (usual_quote(syntax.delimiter) != syntax.quote) {
        match syntax.quote {
            Some(quote) => say(format!("fields quoted by {}", shown(quote)), "--quote"),
            None => say("quotes as plain characters".into(), "--quote"),
        }
    }
    if let (Mark::Auto, Some(escape)) = (given.escape, syntax.escape) {
        say(format!("characters escaped by {}", shown(escape)), "--escape");
    }
    if given.header.is_none() && given.columns.is_none() && names == Names::Data {
        say("no header line".into(), "--header");
    }
    if given.decimal.is_none() && given.thousands.is_none() && numbers.decimal == b',' {
        let grouped = if numbers.thousands.is_some() { " and points between thousands" } else { "" };
        say(format!("decimal commas{grouped}"), "--decimal");
    }
    let recognised = if said.is_empty() {
        Vec::new()
    } else {
        let options: Vec<&str> = said.iter().map(|(_, option)| *option).collect();
        let what: Vec<String> = said.into_iter().map(|(what, _)| what).collect();
        vec![format!("the table has {} (recognised; {} to override)", joined(&what), joined(&options))]
    };
    let mut warnings = search.doubts(&profile);
    if let Some(rival) = rival {
        warnings.push(format!(
            "{} as well as {} could separate the fields; {} was chosen: --delimiter says otherwise",
            shown(syntax.delimiter),
            shown(rival),
            shown(syntax.delimiter)
        ));
    }
    if let Names::Doubtful { column, field } = &names {
        let line = if sep.is_some() { 2 } else { 1 };
        warnings.push(format!(
            "line {line} is taken for the header, but looks like data (`{field}` in column {}); if it is no header, use --no-header",
            column + 1
        ));
    }
    let dialect = Dialect {
        syntax,
        has_sep_line: sep.is_some(),
        has_header: names != Names::Data,
        numbers,
        missing: Arc::new(Missing::new(given.na_values.as_deref().unwrap_or_default())),
        recognised,
        warnings,
    };
    Ok((dialect, profile.shape))
}

fn joined<T: AsRef<str>>(parts: &[T]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.as_ref().into(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
    }
}

/// The quote that a delimiter stands for: none in tab-separated values (IANA), else the double one.
fn usual_quote(delimiter: u8) -> Option<u8> {
    (delimiter != b'\t').then_some(b'"')
}

/// The delimiter in Excel's first line `sep=;`, and what stands behind that line.
pub(super) fn sep_line(head: &[u8]) -> (Option<u8>, &[u8]) {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    let line = head[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    // A tab behind `sep=` was trimmed.
    let is_sep = line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep="));
    match line {
        [_, _, _, _, delimiter] if is_sep => (Some(*delimiter), &head[end..]),
        [_, _, _, _] if is_sep && head[..end].contains(&b'\t') => (Some(b'\t'), &head[end..]),
        _ => (None, head),
    }
}

struct Search<'a> {
    head: Head<'a>,
    given: &'a DialectOptions,
}

impl Search<'_> {
    /// The syntax with the delimiter that fits best; also another delimiter that fits as well.
    fn delimiter(&self, fixed: Option<u8>, usual: u8) -> (Profile, Option<u8>) {
        if let Some(delimiter) = fixed {
            return (self.quoting(delimiter), None);
        }
        let others = DELIMITERS.into_iter().filter(|delimiter| *delimiter != usual);
        let mut best = self.quoting(usual);
        let mut rival = None;
        for delimiter in others {
            let found = self.quoting(delimiter);
            let (ours, theirs) = (best.evenness(), found.evenness());
            let is_better = theirs > ours && (theirs >= EVEN || ours < EVEN);
            let is_equal = best.is_even() && found.is_even();
            if is_better || (is_equal && found.shape.n_numbers() > best.shape.n_numbers()) {
                rival = is_equal.then_some(best.syntax.delimiter);
                best = found;
            } else if is_equal {
                rival = Some(delimiter);
            }
        }
        if best.evenness() < EVEN {
            let rare = RARE_DELIMITERS.into_iter().map(|delimiter| self.quoting(delimiter));
            if let Some(found) = rare.into_iter().find(|found| found.is_even() && found.records >= 3) {
                return (found, None);
            }
        }
        (best, rival)
    }

    fn profile(&self, delimiter: u8, quote: Option<u8>, escape: Option<u8>) -> Profile {
        Profile::new(self.head, Syntax { delimiter, quote, escape })
    }

    /// The best quote and escape for a delimiter.
    fn quoting(&self, delimiter: u8) -> Profile {
        let found = self.with_quotes(delimiter);
        // Where each line is a record by itself, quotes that join lines are none. What an escape hides, a look at lines
        // cannot tell.
        let is_doubtful = found.swallowing > 0 || (found.long > 0 && found.syntax.escape.is_some());
        if self.given.quote == Mark::Auto && found.syntax.quote.is_some() && is_doubtful {
            let plain = self.profile(delimiter, None, found.syntax.escape);
            if plain.is_sound() && plain.fields > 1 && plain.fields == found.fields && plain.records > found.records {
                return plain;
            }
        }
        found
    }

    /// What may have been overlooked in the reading that was chosen.
    fn doubts(&self, chosen: &Profile) -> Vec<String> {
        let syntax = chosen.syntax;
        let mut doubts = Vec::new();
        if self.given.escape == Mark::Auto
            && syntax.escape.is_none()
            && self.has_escapes(syntax.delimiter, syntax.quote.or(Some(b'"')))
        {
            doubts.push(
                "backslashes stand before delimiters, quotes or line ends; if they escape these, use --escape '\\'"
                    .into(),
            );
        }
        if self.given.quote == Mark::Auto && syntax.quote != Some(b'\'') && syntax.delimiter != b'\'' {
            let single = self.profile(syntax.delimiter, Some(b'\''), syntax.escape);
            if single.telling > 0 && single.closed > 0 && single.even >= chosen.even {
                let fields = if single.closed == 1 {
                    "1 field stands".into()
                } else {
                    format!("{} fields stand", single.closed)
                };
                doubts.push(format!("{fields} in single quotes; if these enclose fields, use --quote \"'\""));
            }
        }
        doubts
    }

    fn with_quotes(&self, delimiter: u8) -> Profile {
        let double = (delimiter != b'"').then_some(b'"');
        let escapes: &[Option<u8>] = match self.given.escape {
            Mark::Auto => &[None, Some(b'\\')],
            Mark::None => &[None],
            Mark::Byte(escape) => &[Some(escape)],
        };
        let first = escapes[0];
        let quote = match self.given.quote {
            Mark::None => None,
            Mark::Byte(quote) => Some(quote),
            Mark::Auto => double,
        };
        let base = self.profile(delimiter, quote, first);
        let is_open_choice = self.given.quote == Mark::Auto;
        if base.is_sound() {
            return if is_open_choice { self.plainer(base) } else { base };
        }
        if let Some(escaped) = self.escaped(delimiter, quote) {
            return escaped;
        }
        if !is_open_choice {
            return base;
        }
        if let Some(single) = self.single(delimiter, escapes, &base) {
            return single;
        }
        let plain = self.profile(delimiter, None, first);
        let faults = base.ragged + base.swallowing + u32::from(base.is_open);
        let is_plain = if delimiter == b'\t' {
            faults > base.telling
        } else {
            (base.is_open || base.swallowing > 0) && plain.is_sound() && plain.fields > 1
        };
        if is_plain {
            return plain;
        }
        self.escaped(delimiter, None).filter(|escaped| escaped.fields > 1).unwrap_or(base)
    }

    /// The reading with backslashes as escapes, where nobody says what escapes and some stand where they would be needed.
    fn escaped(&self, delimiter: u8, quote: Option<u8>) -> Option<Profile> {
        let may_be = self.given.escape == Mark::Auto && self.has_escapes(delimiter, quote);
        may_be.then(|| self.profile(delimiter, quote, Some(b'\\'))).filter(Profile::is_sound)
    }

    /// A sound reading with quotes, or a simpler one that explains the table as well.
    fn plainer(&self, base: Profile) -> Profile {
        let Syntax { delimiter, escape, .. } = base.syntax;
        if delimiter == b'\t' && base.telling == 0 && 2 * base.closed < base.records {
            return self.profile(delimiter, None, escape);
        }
        if base.closed == 0
            && let Some(single) = self.single(delimiter, &[escape], &base)
        {
            return single;
        }
        base
    }

    /// The reading with single quotes, where at least every second record has a field in them.
    fn single(&self, delimiter: u8, escapes: &[Option<u8>], base: &Profile) -> Option<Profile> {
        let quote = (delimiter != b'\'' && base.closed == 0).then_some(b'\'')?;
        let found = escapes.iter().map(|escape| self.profile(delimiter, Some(quote), *escape));
        // Where the other reading is sound, it takes more to be sure.
        let least = if base.is_sound() { base.records / 2 } else { 0 };
        found.into_iter().find(|found| found.is_sound() && found.closed >= least.max(3))
    }

    /// Whether a backslash stands before a character that would need it.
    fn has_escapes(&self, delimiter: u8, quote: Option<u8>) -> bool {
        let needs = |byte: u8| byte == delimiter || Some(byte) == quote || matches!(byte, b'\n' | b'\r');
        self.head.bytes.windows(2).any(|pair| pair[0] == b'\\' && needs(pair[1]))
    }
}
