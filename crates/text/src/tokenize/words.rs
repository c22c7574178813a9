use std::sync::Arc;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_locale_core::LanguageIdentifier;
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use writeable::Writeable;

use super::kind::{Kind, Kinds};
use super::{Scratch, Tokenizer, ascii};
use crate::parameter::{Parameter, Values};
use crate::registry::{Build, Step};

pub(crate) const STEP: Step = Step {
    name: "words",
    doc: "Words by Unicode's rules (UAX #29), with dictionaries for scripts that put no space between words.",
    parameters: &[
        Parameter::bool(
            "lowercase",
            true,
            "Lower-case the text first, by Unicode's rules and in no language's own way.",
        ),
        Parameter::bool(
            "strip_punct",
            true,
            "Drop what is no word: punctuation, symbols, emoji. White space is always dropped.",
        ),
        Parameter::bool("strip_numeric", false, "Drop words that are numbers."),
    ],
    build: Build::Tokenizer(|values| Ok(Arc::new(Words::new(values)))),
};

/// The words of R's `tokenizers::tokenize_words`, with plain UAX #29 where ICU 72 had rules of its own (`@`, `:`).
///
/// Words of scripts without spaces come from ICU4X's own dictionaries and models; they are not quite R's.
#[derive(Debug)]
pub(super) struct Words {
    lowercase: bool,
    strip_punct: bool,
    strip_numeric: bool,
    pub(super) segmenter: WordSegmenterBorrowed<'static>,
    cases: CaseMapperBorrowed<'static>,
    pub(super) kinds: Kinds,
}

impl Words {
    pub(super) fn new(values: &Values) -> Self {
        Self {
            lowercase: values.bool("lowercase"),
            strip_punct: values.bool("strip_punct"),
            strip_numeric: values.bool("strip_numeric"),
            segmenter: WordSegmenter::new_auto(WordBreakInvariantOptions::default()),
            cases: CaseMapper::new(),
            kinds: Kinds::new(),
        }
    }

    /// The table-driven path; it does what [`Words::by_segmenter`] does on ASCII.
    pub(super) fn by_table(&self, text: &str, lower: &mut String, token: &mut dyn FnMut(&str)) {
        let text = if self.lowercase {
            lower.clear();
            lower.push_str(text);
            lower.make_ascii_lowercase();
            lower
        } else {
            text
        };
        let is_number = |classes| classes & (ascii::LETTER | ascii::DIGIT) == ascii::DIGIT;
        if self.strip_punct {
            ascii::segments::<false>(text, |segment, classes| {
                let is_word = classes != ascii::CONNECTOR || segment.len() > 1;
                if is_word && !(self.strip_numeric && is_number(classes)) {
                    token(segment);
                }
            });
        } else {
            ascii::segments::<true>(text, |segment, classes| {
                if classes != ascii::SPACE && !(self.strip_numeric && is_number(classes)) {
                    token(segment);
                }
            });
        }
    }

    pub(super) fn by_segmenter(&self, text: &str, lower: &mut String, token: &mut dyn FnMut(&str)) {
        let text = if self.lowercase {
            lower.clear();
            // Writing into a string cannot fail.
            let _ = self.cases.lowercase(text, &LanguageIdentifier::UNKNOWN).write_to(lower);
            lower
        } else {
            text
        };
        self.cut(text, token);
    }

    /// The segments of a text that already has its case.
    fn cut(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let mut start = 0;
        for end in self.segmenter.segment_str(text).skip(1) {
            self.judge(&text[start..end], token);
            start = end;
        }
    }

    /// Passes a segment on if it is a word, in parts where it holds Hangul and something else.
    fn judge(&self, segment: &str, token: &mut dyn FnMut(&str)) {
        let (mut letters, mut digits, mut connectors, mut hangul, mut others) = (false, false, 0, false, false);
        for character in segment.chars() {
            match self.kinds.of(character) {
                Kind::Letter => letters = true,
                Kind::Hangul => hangul = true,
                Kind::Digit => digits = true,
                Kind::Connector => connectors += 1,
                Kind::Attached => {}
                Kind::Other => others = true,
            }
        }
        if hangul && (letters || digits || connectors > 0 || others) {
            return self.cut_hangul(segment, token);
        }
        let is_word = letters || digits || hangul || connectors > 1;
        let is_kept = if self.strip_punct { is_word } else { !segment.contains(char::is_whitespace) };
        let is_number = digits && !letters;
        // White space may stand at the start as the bearer of a mark (WB4); a connector that is white space joins.
        let is_bearer = |character: char| character.is_whitespace() && self.kinds.of(character) != Kind::Connector;
        let segment = segment.trim_start_matches(is_bearer);
        if is_kept && !(self.strip_numeric && is_number) {
            token(segment);
        }
    }

    /// Hangul syllables stand apart from all other characters, which are cut anew without them.
    fn cut_hangul(&self, segment: &str, token: &mut dyn FnMut(&str)) {
        let mut start = 0;
        let mut inside = None;
        let mut part = |part: &str, is_hangul| if is_hangul { self.judge(part, token) } else { self.cut(part, token) };
        for (index, character) in segment.char_indices() {
            let is_hangul = match self.kinds.of(character) {
                Kind::Attached => continue,
                kind => kind == Kind::Hangul,
            };
            if let Some(before) = inside.replace(is_hangul).filter(|&before| before != is_hangul) {
                part(&segment[start..index], before);
                start = index;
            }
        }
        part(&segment[start..], inside == Some(true));
    }
}

impl Tokenizer for Words {
    fn tokenize(&self, text: &str, scratch: &mut Scratch, token: &mut dyn FnMut(&str)) {
        let lower = &mut scratch.lower;
        if text.is_ascii() {
            return self.by_table(text, lower, token);
        }
        if !self.strip_punct {
            // A combining mark after a space makes one segment with it, so spaces are no cuts here.
            return self.by_segmenter(text, lower, token);
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let foreign =
                bytes[at..].iter().position(|byte| !byte.is_ascii()).map_or(bytes.len(), |offset| at + offset);
            let cut = if foreign == bytes.len() { foreign } else { after_last_space(bytes, at, foreign) };
            self.by_table(&text[at..cut], lower, token);
            let end = bytes[foreign..].iter().position(|&byte| ascii::is_space(byte));
            at = end.map_or(bytes.len(), |offset| foreign + offset);
            if cut < at {
                self.by_segmenter(&text[cut..at], lower, token);
            }
        }
    }
}

/// Where the stretch without white space that ends at `end` begins, not before `start`.
fn after_last_space(bytes: &[u8], start: usize, end: usize) -> usize {
    bytes[start..end].iter().rposition(|&byte| ascii::is_space(byte)).map_or(start, |offset| start + offset + 1)
}
