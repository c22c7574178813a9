use std::collections::HashSet;

use memchr::memchr3_iter;

use super::{NumberFormat, Syntax};
use crate::value::trim_bytes;

/// Columns with at most so many different values have levels that a record can be known by.
const MAX_LEVELS: usize = 20;
/// A text of which none of the first lines looks like a record has swallowed none.
const TELLING_LINES: u64 = 2;
/// A single line that looks like a record may be chance: it counts where this share of the records on several lines has one.
const TELLING_SHARE: f64 = 0.02;

/// What the records of a table look like, to know one where a quoted field seems to have swallowed it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    columns: Vec<ColumnShape>,
    delimiter: u8,
}

#[derive(Clone, Debug, Default)]
enum ColumnShape {
    #[default]
    Any,
    Number,
    Levels(HashSet<Vec<u8>>),
}

/// The values of a column so far.
#[derive(Default)]
pub(super) struct ColumnValues {
    pub(super) rows: u32,
    pub(super) numbers: u32,
    levels: HashSet<Vec<u8>>,
}

impl ColumnValues {
    pub(super) fn add(&mut self, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.rows += 1;
        self.numbers += u32::from(is_number(value));
        if self.levels.len() <= MAX_LEVELS {
            self.levels.insert(value.to_vec());
        }
    }

    pub(super) fn is_number(&self) -> bool {
        self.rows >= 3 && u64::from(self.numbers) * 10 >= u64::from(self.rows) * 9
    }

    fn shape(self) -> ColumnShape {
        if self.is_number() {
            ColumnShape::Number
        } else if self.levels.len() <= MAX_LEVELS && self.levels.len() as u64 * 3 <= u64::from(self.rows) {
            ColumnShape::Levels(self.levels)
        } else {
            ColumnShape::Any
        }
    }
}

/// Whether a value is a number in any of the usual forms.
pub(super) fn is_number(value: &[u8]) -> bool {
    let with = |decimal: u8| NumberFormat { decimal, ..NumberFormat::default() };
    value.iter().any(u8::is_ascii_digit) && (with(b'.').parse(value).is_some() || with(b',').parse(value).is_some())
}

impl Shape {
    pub(super) fn new(delimiter: u8, columns: Vec<ColumnValues>) -> Self {
        Self { columns: columns.into_iter().map(ColumnValues::shape).collect(), delimiter }
    }

    pub(super) fn n_numbers(&self) -> usize {
        self.columns.iter().filter(|column| matches!(column, ColumnShape::Number)).count()
    }

    fn is_typed(&self) -> bool {
        self.columns.iter().any(|column| !matches!(column, ColumnShape::Any))
    }

    /// Whether a line with as many fields as the table has columns looks like a record of it.
    fn fits(&self, line: &[u8]) -> bool {
        // A text may be new, and a field may be empty; that nothing is known of a line says that it is no record.
        let (mut known, mut is_typed) = (0, false);
        for (field, column) in line.split(|byte| *byte == self.delimiter).zip(&self.columns) {
            let value = trim_bytes(field);
            let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
            match column {
                ColumnShape::Any => continue,
                ColumnShape::Number if is_number(value) => known += 1,
                ColumnShape::Number if !value.is_empty() => return false,
                ColumnShape::Levels(levels) if levels.contains(value) => known += 1,
                ColumnShape::Number | ColumnShape::Levels(_) => {}
            }
            is_typed = true;
        }
        known > 0 || !is_typed
    }

    /// How many lines of a record that stands on several ones look like records of their own, when most of them do.
    ///
    /// The first and the last line are parts of any such record, and the last one often holds all fields behind the text:
    /// they tell something only where there is no line between them, and then together.
    pub(crate) fn swallowed_lines(&self, record: &[u8]) -> u64 {
        if self.columns.len() < 2 {
            return 0;
        }
        let fits = |line: &[u8], delimiters: usize| delimiters + 1 == self.columns.len() && self.fits(line);
        let (mut start, mut delimiters) = (0, 0);
        let mut first = None;
        let (mut between, mut fitting) = (0_u64, 0_u64);
        for at in memchr3_iter(b'\n', b'\r', self.delimiter, record) {
            if record[at] == self.delimiter {
                delimiters += 1;
                continue;
            }
            let line = &record[start..at];
            if first.is_none() {
                first = Some((line, delimiters));
            } else if !line.is_empty() {
                between += 1;
                fitting += u64::from(fits(line, delimiters));
                if between == TELLING_LINES && fitting == 0 {
                    return 0;
                }
            }
            (start, delimiters) = (at + 1, 0);
        }
        let Some((first, in_first)) = first else { return 0 };
        if between == 0 {
            return u64::from(self.is_typed() && fits(first, in_first) && fits(&record[start..], delimiters));
        }
        // Without a column that says more, prose with as many delimiters in each line must not be taken for records.
        let enough = if self.is_typed() { 1 } else { 3 };
        if fitting >= enough && 2 * fitting >= between { fitting } else { 0 }
    }
}

/// Quotes that most likely are plain characters: what they did to a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swallowed {
    /// Records that stand on several lines.
    pub(crate) long: u64,
    /// Records that hold several lines which look like records.
    several: Suspects,
    /// Records that hold one.
    single: Suspects,
    /// Records in which text stands behind a closing quote, and the line of the first one.
    pub(crate) ragged: u64,
    pub(crate) first_ragged: Option<u64>,
}

/// Records that hold lines which look like records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Suspects {
    records: u64,
    /// The lines that look like records.
    lines: u64,
    /// The line on which the first of the records begins.
    first: Option<u64>,
}

impl Suspects {
    fn with(self, other: Self) -> Self {
        let first = [self.first, other.first].into_iter().flatten().min();
        Self { records: self.records + other.records, lines: self.lines + other.lines, first }
    }
}

impl Swallowed {
    /// Counts a record that begins on `line` and holds so many `lines` that look like records.
    pub(crate) fn add(&mut self, line: u64, lines: u64) {
        let suspects = if lines > 1 { &mut self.several } else { &mut self.single };
        *suspects = suspects.with(Suspects { records: 1, lines, first: Some(line) });
    }

    /// The line on which the first record begins that most likely has swallowed others.
    pub(crate) fn suspects(&self) -> Option<u64> {
        self.told().first
    }

    /// The records to warn of.
    fn told(&self) -> Suspects {
        let is_chance = (self.single.records as f64) < TELLING_SHARE * self.long as f64;
        if is_chance { self.several } else { self.several.with(self.single) }
    }

    /// Counts a record that starts on this line.
    pub(crate) fn add_ragged(&mut self, line: u64) {
        self.ragged += 1;
        self.first_ragged.get_or_insert(line);
    }

    /// Adds what was found further down the table.
    pub(crate) fn merge(&mut self, behind: &Self) {
        self.long += behind.long;
        self.several = self.several.with(behind.several);
        self.single = self.single.with(behind.single);
        self.ragged += behind.ragged;
        self.first_ragged = self.first_ragged.or(behind.first_ragged);
    }

    /// What to tell the user.
    pub(crate) fn warnings(&self, syntax: Syntax) -> Vec<String> {
        let Some(quote) = syntax.quote else { return Vec::new() };
        let mut warnings = Vec::new();
        let quote = quote as char;
        let told = self.told();
        if let Some(first) = told.first {
            let (records, lines) = (counted(told.records, "record"), counted(told.lines, "line"));
            warnings.push(format!(
                "{records} in quotes {hold} {lines} that look like records (the first begins on line {first}); if `{quote}` \
                 is a plain character in this table, use --quote none",
                hold = if told.records == 1 { "holds" } else { "hold" },
            ));
        }
        if let Some(first) = self.first_ragged {
            let (records, has) = (counted(self.ragged, "record"), if self.ragged == 1 { "has" } else { "have" });
            warnings.push(format!(
                "{records} {has} text behind a closing quote (the first on line {first}); if `{quote}` is a plain character \
                 in this table, use --quote none, and if a backslash stands before quotes in a text, --escape '\\'"
            ));
        }
        warnings
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
