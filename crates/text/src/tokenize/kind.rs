use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, LineBreak, Script, WordBreak};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

/// What a character is to the question whether a segment is a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Word_Break` is `ALetter`, `Hebrew_Letter` or `Katakana`, or it is Han, Hiragana or a letter that needs a
    /// dictionary (Thai, Lao, Khmer, Burmese, …).
    Letter,
    /// A Hangul syllable.
    Hangul,
    /// `Word_Break` is `Numeric`.
    Digit,
    /// `Word_Break` is `ExtendNumLet`, such as `_`.
    Connector,
    /// Belongs to the character before it: `Extend`, `Format` or `ZWJ`.
    Attached,
    Other,
}

/// The properties that decide, from ICU4X's compiled data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds {
    word_break: CodePointMapDataBorrowed<'static, WordBreak>,
    line_break: CodePointMapDataBorrowed<'static, LineBreak>,
    script: CodePointMapDataBorrowed<'static, Script>,
    category: CodePointMapDataBorrowed<'static, GeneralCategory>,
}

impl Kinds {
    pub(super) const fn new() -> Self {
        Self {
            word_break: CodePointMapData::<WordBreak>::new(),
            line_break: CodePointMapData::<LineBreak>::new(),
            script: CodePointMapData::<Script>::new(),
            category: CodePointMapData::<GeneralCategory>::new(),
        }
    }

    pub(super) fn of(&self, character: char) -> Kind {
        if ('\u{ac00}'..='\u{d7a3}').contains(&character) {
            return Kind::Hangul;
        }
        match self.word_break.get(character) {
            WordBreak::ALetter | WordBreak::HebrewLetter | WordBreak::Katakana => Kind::Letter,
            WordBreak::Numeric => Kind::Digit,
            WordBreak::ExtendNumLet => Kind::Connector,
            WordBreak::Extend | WordBreak::Format | WordBreak::ZWJ => Kind::Attached,
            _ if matches!(self.script.get(character), Script::Han | Script::Hiragana) => Kind::Letter,
            _ if self.line_break.get(character) == LineBreak::ComplexContext
                && GeneralCategoryGroup::Letter.contains(self.category.get(character)) =>
            {
                Kind::Letter
            }
            _ => Kind::Other,
        }
    }
}
