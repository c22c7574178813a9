//! From a text to its tokens.

mod ascii;
mod kind;
pub(crate) mod words;

use std::fmt::Debug;

/// Cuts texts into tokens.
pub trait Tokenizer: Debug + Send + Sync {
    /// Calls `token` with each token of `text`, in the order of the text.
    fn tokenize(&self, text: &str, scratch: &mut Scratch, token: &mut dyn FnMut(&str));
}

/// Buffers that live from text to text, one set a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    lower: String,
}

/// The Unicode version of the word boundaries.
///
/// ICU4X 2.4 labels its data 18.0.0, but the tables of its stable word segmenter are those of 17.0: the letters that
/// are new in 18.0 are unassigned there. A test holds this to the data.
#[must_use]
pub const fn unicode_version() -> &'static str {
    "17.0"
}

/// The Unicode version of the letter cases and of the character properties that tell words from other segments.
#[must_use]
pub const fn property_version() -> &'static str {
    icu_properties_data::unicode_tag!()
}

#[cfg(test)]
mod tests;
