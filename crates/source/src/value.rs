//! What a field says: one rule for every column, header, comparison and first look.
//!
//! White space around a value is no part of it, nor is a byte order mark that joining files left behind. A value is
//! missing when it is one of the table's `na_values` outside quotes (by default `NA`, and in any column but the text the
//! others that pandas knows, such as `null`), or, in any column but the text, when nothing is left of it. `"NA"` in quotes
//! is a text of two letters, but no number. Only texts that are tokenised keep their white space.

use crate::record::Record;

/// A value as it stands in a field, an expression or on the command line, without what surrounds it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

/// As [`trim`], for bytes that may not be UTF-8.
pub(crate) fn trim_bytes(field: &[u8]) -> &[u8] {
    match (field.first(), field.last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => field,
        _ => std::str::from_utf8(field).map_or_else(|_| field.trim_ascii(), |text| trim(text).as_bytes()),
    }
}

impl<'a> Record<'a> {
    /// The value of a field.
    pub(crate) fn value(&self, index: usize) -> &'a [u8] {
        trim_bytes(self.field(index))
    }

    /// Whether a field holds a value that stands for a missing text, outside quotes.
    pub(crate) fn is_na(&self, index: usize) -> bool {
        !self.is_quoted(index) && self.missing().contains_text(self.value(index))
    }

    /// Whether a field that should hold a number has none: also where the value for that stands in quotes.
    pub(crate) fn is_missing_number(&self, index: usize) -> bool {
        let value = self.value(index);
        value.is_empty() || self.missing().contains(value)
    }

    /// Whether a field that is no text to be tokenised has no value.
    pub(crate) fn is_missing(&self, index: usize) -> bool {
        let value = self.value(index);
        value.is_empty() || (!self.is_quoted(index) && self.missing().contains(value))
    }

    /// Whether the record is the header once more, as where tables were joined with their headers.
    ///
    /// A single column says too little: its name may be a text.
    pub(crate) fn repeats(&self, header: &[String]) -> bool {
        self.len() > 1
            && self.len() == header.len()
            && header.iter().enumerate().all(|(index, name)| self.value(index) == name.as_bytes())
    }
}
