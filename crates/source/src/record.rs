use std::sync::Arc;

use memchr::{memchr, memchr2, memchr3};

use crate::dialect::{Missing, Syntax};

/// Takes records apart into fields.
///
/// As the `csv` crate does: a quote opens a field only at the field's start, two quotes inside a quoted field are one,
/// what follows the closing quote is taken as it is, LF, CR and CRLF end a record, and empty lines are no records. As
/// Python's `csv` does, where the syntax has an escape, the byte behind one is taken as it is, in and outside quotes. Most
/// fields are slices of the table: nothing is copied but fields with doubled quotes or escapes.
pub(crate) struct RecordParser {
    syntax: Syntax,
    missing: Arc<Missing>,
    fields: Vec<Field>,
    /// Whether the record has a field with text behind its closing quote.
    has_ragged: bool,
    /// Contents of fields that differ from the bytes of the table.
    unescaped: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    quoting: Quoting,
    /// Whether the range lies in `unescaped`.
    unescaped: bool,
}

/// How a field stands in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    /// The delimiter or the end of the record follows the closing quote.
    Closed,
    /// Text follows the closing quote.
    Ragged,
    /// The table ends before the closing quote.
    Open,
}

/// The fields of one record.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    /// Where the record starts in the parsed bytes, behind empty lines.
    pub(crate) start: usize,
    /// Where the record ends, before its line end.
    pub(crate) end: usize,
    bytes: &'a [u8],
    parser: &'a RecordParser,
}

impl RecordParser {
    pub(crate) fn new(syntax: Syntax, missing: Arc<Missing>) -> Self {
        Self { syntax, missing, fields: Vec::new(), has_ragged: false, unescaped: Vec::new() }
    }

    /// The next record of `bytes` at or behind `from`; none when only empty lines are left.
    pub(crate) fn next<'a>(&'a mut self, bytes: &'a [u8], from: usize) -> Option<Record<'a>> {
        let start = from + bytes.get(from..)?.iter().position(|byte| !is_line_end(*byte))?;
        self.fields.clear();
        self.unescaped.clear();
        self.has_ragged = false;
        let mut at = start;
        loop {
            at = match (bytes.get(at), self.syntax) {
                (Some(&byte), Syntax { quote: Some(quote), escape, .. }) if byte == quote => match escape {
                    None => self.quoted(bytes, at, quote),
                    Some(escape) => self.quoted_with_escapes(bytes, at, quote, escape),
                },
                (_, Syntax { escape: Some(escape), .. }) => self.plain_with_escapes(bytes, at, escape),
                _ => self.plain(bytes, at),
            };
            match bytes.get(at) {
                Some(&byte) if byte == self.syntax.delimiter => at += 1,
                _ => return Some(Record { start, end: at, bytes, parser: self }),
            }
        }
    }

    /// Where the field that holds `at` outside quotes ends.
    fn field_end(&self, bytes: &[u8], at: usize) -> usize {
        memchr3(self.syntax.delimiter, b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length)
    }

    fn plain(&mut self, bytes: &[u8], start: usize) -> usize {
        let end = self.field_end(bytes, start);
        self.fields.push(Field { start, end, quoting: Quoting::None, unescaped: false });
        end
    }

    fn quoted(&mut self, bytes: &[u8], open: usize, sign: u8) -> usize {
        let copied = self.unescaped.len();
        let mut start = open + 1;
        let mut at = start;
        let close = loop {
            let Some(length) = memchr(sign, &bytes[at..]) else { break bytes.len() };
            let quote = at + length;
            if bytes.get(quote + 1) != Some(&sign) {
                break quote;
            }
            self.unescaped.extend_from_slice(&bytes[start..=quote]);
            start = quote + 2;
            at = start;
        };
        let rest = (close + 1).min(bytes.len());
        let end = self.field_end(bytes, rest);
        let quoting = self.quoting(close < bytes.len(), rest < end);
        if self.unescaped.len() == copied && rest == end {
            self.fields.push(Field { start, end: close, quoting, unescaped: false });
        } else {
            self.unescaped.extend_from_slice(&bytes[start..close]);
            self.unescaped.extend_from_slice(&bytes[rest..end]);
            self.fields.push(Field { start: copied, end: self.unescaped.len(), quoting, unescaped: true });
        }
        end
    }

    fn quoting(&mut self, is_closed: bool, has_rest: bool) -> Quoting {
        self.has_ragged |= has_rest;
        match (is_closed, has_rest) {
            (false, _) => Quoting::Open,
            (true, true) => Quoting::Ragged,
            (true, false) => Quoting::Closed,
        }
    }

    fn quoted_with_escapes(&mut self, bytes: &[u8], open: usize, quote: u8, escape: u8) -> usize {
        let copied = self.unescaped.len();
        let mut at = open + 1;
        let close = loop {
            let Some(length) = memchr2(quote, escape, &bytes[at..]) else { break bytes.len() };
            let found = at + length;
            self.unescaped.extend_from_slice(&bytes[at..found]);
            at = found;
            match bytes.get(found + 1) {
                Some(&next) if bytes[found] == escape || next == quote => {
                    self.unescaped.push(next);
                    at = found + 2;
                }
                _ if bytes[found] == quote => break found,
                _ => at = found + 1, // an escape at the very end of the table
            }
        };
        self.unescaped.extend_from_slice(&bytes[at.min(close)..close]);
        let rest = (close + 1).min(bytes.len());
        let end = self.unescape_to_field_end(bytes, rest, escape);
        let quoting = self.quoting(close < bytes.len(), rest < end);
        self.fields.push(Field { start: copied, end: self.unescaped.len(), quoting, unescaped: true });
        end
    }

    fn plain_with_escapes(&mut self, bytes: &[u8], start: usize, escape: u8) -> usize {
        let end = self.field_end(bytes, start);
        if memchr(escape, &bytes[start..end]).is_none() {
            return self.plain(bytes, start);
        }
        let copied = self.unescaped.len();
        let end = self.unescape_to_field_end(bytes, start, escape);
        let field = Field { start: copied, end: self.unescaped.len(), quoting: Quoting::None, unescaped: true };
        self.fields.push(field);
        end
    }

    /// Copies what stands outside quotes up to where the field ends.
    fn unescape_to_field_end(&mut self, bytes: &[u8], start: usize, escape: u8) -> usize {
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            if byte == escape {
                self.unescaped.extend(bytes.get(at + 1));
                at = (at + 2).min(bytes.len());
            } else if byte == self.syntax.delimiter || is_line_end(byte) {
                break;
            } else {
                self.unescaped.push(byte);
                at += 1;
            }
        }
        at
    }
}

impl<'a> Record<'a> {
    /// The number of fields, at least 1.
    pub(crate) fn len(&self) -> usize {
        self.parser.fields.len()
    }

    /// The content of a field.
    pub(crate) fn field(&self, index: usize) -> &'a [u8] {
        let field = self.parser.fields[index];
        let bytes = if field.unescaped { &self.parser.unescaped } else { self.bytes };
        &bytes[field.start..field.end]
    }

    /// Whether a field is written in quotes.
    pub(crate) fn is_quoted(&self, index: usize) -> bool {
        self.parser.fields[index].quoting != Quoting::None
    }

    /// Whether text stands behind the closing quote of a field.
    pub(crate) fn is_ragged(&self, index: usize) -> bool {
        self.parser.fields[index].quoting == Quoting::Ragged
    }

    /// Whether text stands behind the closing quote of any field.
    pub(crate) fn has_ragged(&self) -> bool {
        self.parser.has_ragged
    }

    /// Whether the table ends within the quotes of the last field.
    pub(crate) fn is_open(&self) -> bool {
        self.parser.fields.last().is_some_and(|field| field.quoting == Quoting::Open)
    }

    /// Whether a field holds what could not stand there without its quotes: a delimiter, a line end or a doubled quote.
    pub(crate) fn is_telling(&self, index: usize) -> bool {
        let field = self.parser.fields[index];
        let delimiter = self.parser.syntax.delimiter;
        field.unescaped || memchr3(delimiter, b'\n', b'\r', self.field(index)).is_some()
    }

    pub(crate) fn missing(&self) -> &'a Missing {
        &self.parser.missing
    }

    /// The record as it stands in the table.
    pub(crate) fn raw(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        let record = *self;
        (0..record.len()).map(move |index| record.field(index))
    }
}

pub(crate) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
