use memchr::{memchr, memchr3};

/// Takes records apart into fields.
///
/// The dialect is that of the `csv` crate: a quote opens a field only at the field's start, two quotes inside a quoted
/// field are one, what follows the closing quote is taken as it is, LF, CR and CRLF end a record, and empty lines are
/// no records. Most fields are slices of the table: nothing is copied but fields with doubled quotes.
pub(crate) struct RecordParser {
    delimiter: u8,
    fields: Vec<Field>,
    /// Contents of fields that differ from the bytes of the table.
    unescaped: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    quoted: bool,
    /// Whether the range lies in `unescaped`.
    unescaped: bool,
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
    pub(crate) fn new(delimiter: u8) -> Self {
        Self { delimiter, fields: Vec::new(), unescaped: Vec::new() }
    }

    /// The next record of `bytes` at or behind `from`; none when only empty lines are left.
    pub(crate) fn next<'a>(&'a mut self, bytes: &'a [u8], from: usize) -> Option<Record<'a>> {
        let start = from + bytes.get(from..)?.iter().position(|byte| !is_line_end(*byte))?;
        self.fields.clear();
        self.unescaped.clear();
        let mut at = start;
        loop {
            at = if bytes.get(at) == Some(&b'"') { self.quoted(bytes, at) } else { self.plain(bytes, at) };
            match bytes.get(at) {
                Some(&byte) if byte == self.delimiter => at += 1,
                _ => return Some(Record { start, end: at, bytes, parser: self }),
            }
        }
    }

    /// Where the field that holds `at` outside quotes ends.
    fn field_end(&self, bytes: &[u8], at: usize) -> usize {
        memchr3(self.delimiter, b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length)
    }

    fn plain(&mut self, bytes: &[u8], start: usize) -> usize {
        let end = self.field_end(bytes, start);
        self.fields.push(Field { start, end, quoted: false, unescaped: false });
        end
    }

    fn quoted(&mut self, bytes: &[u8], open: usize) -> usize {
        let copied = self.unescaped.len();
        let mut start = open + 1;
        let mut at = start;
        let close = loop {
            let Some(length) = memchr(b'"', &bytes[at..]) else { break bytes.len() };
            let quote = at + length;
            if bytes.get(quote + 1) != Some(&b'"') {
                break quote;
            }
            self.unescaped.extend_from_slice(&bytes[start..=quote]);
            start = quote + 2;
            at = start;
        };
        let rest = (close + 1).min(bytes.len());
        let end = self.field_end(bytes, rest);
        if self.unescaped.len() == copied && rest == end {
            self.fields.push(Field { start, end: close, quoted: true, unescaped: false });
        } else {
            self.unescaped.extend_from_slice(&bytes[start..close]);
            self.unescaped.extend_from_slice(&bytes[rest..end]);
            self.fields.push(Field { start: copied, end: self.unescaped.len(), quoted: true, unescaped: true });
        }
        end
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
        self.parser.fields[index].quoted
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
