use super::swallow::{ColumnValues, Shape};
use super::{Head, Missing, Syntax};
use crate::record::{RecordParser, is_line_end};

/// Records that are looked at.
const MAX_RECORDS: u32 = 2000;

/// How well a syntax fits the first records of a table.
pub(super) struct Profile {
    pub(super) syntax: Syntax,
    pub(super) records: u32,
    /// The number of fields that most records have.
    pub(super) fields: usize,
    /// Records that have it.
    pub(super) even: u32,
    /// Fields of the first record.
    pub(super) first: usize,
    /// Fields in quotes with nothing behind the closing one.
    pub(super) closed: u32,
    /// Fields in quotes with text behind the closing one.
    pub(super) ragged: u32,
    /// Closed ones that only quotes can explain: they hold a delimiter, a line end or a doubled quote.
    pub(super) telling: u32,
    /// Records that stand on several lines.
    pub(super) long: u32,
    /// Those that hold lines which look like records.
    pub(super) swallowing: u32,
    /// Whether the last quoted field is never closed.
    pub(super) is_open: bool,
    pub(super) shape: Shape,
}

impl Profile {
    /// Reads the head of a table as `syntax` says.
    pub(super) fn new(Head { bytes: head, is_whole }: Head, syntax: Syntax) -> Self {
        let mut parser = RecordParser::new(syntax, Missing::new(&[]).into());
        let mut counts: Vec<(usize, u32)> = Vec::new();
        let mut columns: Vec<ColumnValues> = Vec::new();
        let mut several_lines = Vec::new();
        let (mut records, mut first, mut at) = (0, 0, 0);
        let (mut closed, mut ragged, mut telling, mut is_open) = (0, 0, 0, false);
        while let Some(record) = parser.next(head, at).filter(|_| records < MAX_RECORDS) {
            let is_last = record.end == head.len();
            if is_last && !is_whole {
                // The rest of it is not here; what it has swallowed so far counts.
                if record.is_open() {
                    several_lines.push((record.start, record.end));
                    is_open = true;
                }
                break;
            }
            at = record.end;
            records += 1;
            let fields = record.len();
            if records == 1 {
                first = fields;
            }
            match counts.iter_mut().find(|(known, _)| *known == fields) {
                Some((_, count)) => *count += 1,
                None => counts.push((fields, 1)),
            }
            let has_lines = record.raw().iter().any(|byte| is_line_end(*byte));
            if has_lines {
                several_lines.push((record.start, record.end));
            }
            is_open |= record.is_open();
            for index in 0..fields {
                if record.is_ragged(index) {
                    ragged += 1;
                } else if record.is_quoted(index) && !(record.is_open() && index + 1 == fields) {
                    closed += 1;
                    telling += u32::from(record.is_telling(index));
                }
            }
            if !has_lines && records > 1 {
                if columns.len() < fields && records < 100 {
                    columns.resize_with(fields, ColumnValues::default);
                }
                if columns.len() == fields {
                    for (index, column) in columns.iter_mut().enumerate() {
                        column.add(record.value(index));
                    }
                }
            }
        }
        let (fields, even) = counts.into_iter().max_by_key(|(fields, count)| (*count, *fields)).unwrap_or((0, 0));
        columns.truncate(fields);
        let shape = Shape::new(syntax.delimiter, columns);
        let swallows = |&&(start, end): &&(usize, usize)| shape.swallowed_lines(&head[start..end]) > 0;
        let long = several_lines.len() as u32;
        let swallowing = several_lines.iter().filter(swallows).count() as u32;
        Self {
            syntax,
            records,
            fields,
            even,
            first,
            closed,
            ragged,
            telling,
            long,
            swallowing,
            is_open: is_open && (is_whole || swallowing > 0),
            shape,
        }
    }

    /// Whether nothing speaks against the syntax.
    pub(super) fn is_sound(&self) -> bool {
        self.records > 0 && self.even == self.records && self.ragged == 0 && self.swallowing == 0 && !self.is_open
    }

    /// Whether all records, the first too, have one number of fields, more than one.
    pub(super) fn is_even(&self) -> bool {
        self.fields > 1 && self.even == self.records && self.first == self.fields
    }

    /// The share of records with the usual number of fields, which is more than one; halved when the first differs.
    pub(super) fn evenness(&self) -> f64 {
        if self.fields < 2 {
            return 0.0;
        }
        let share = f64::from(self.even) / f64::from(self.records);
        if self.first == self.fields { share } else { share / 2.0 }
    }
}
