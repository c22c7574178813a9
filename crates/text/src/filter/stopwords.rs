use std::collections::HashSet;
use std::sync::Arc;

use super::{Candidates, Filter};
use crate::Terms;
use crate::parameter::{Parameter, Values};
use crate::registry::{Build, Step};

pub(crate) const STEP: Step = Step {
    name: "stopwords",
    doc: "Drops stop words: tokens that equal a word of the list, letter for letter.",
    parameters: &[
        Parameter::choice("source", &["snowball"], "Where the lists are from: the Snowball project."),
        Parameter::choice("language", &LANGUAGES, "The list's language; `ir` is Irish."),
        Parameter::bool("keep", false, "Keep the words of the list and drop all others."),
        Parameter::strings("custom", "Words to take instead of a list; null for the list of `language`."),
    ],
    build: Build::Filter(|values| Ok(Arc::new(StopWords::new(values)))),
};

/// The Snowball project's lists as R's package stopwords has them; the default language is first. See
/// `src/stopwords/LICENSE`.
const LISTS: [(&str, &str); 15] = [
    ("en", include_str!("../stopwords/en.txt")),
    ("da", include_str!("../stopwords/da.txt")),
    ("de", include_str!("../stopwords/de.txt")),
    ("es", include_str!("../stopwords/es.txt")),
    ("fi", include_str!("../stopwords/fi.txt")),
    ("fr", include_str!("../stopwords/fr.txt")),
    ("hu", include_str!("../stopwords/hu.txt")),
    ("ir", include_str!("../stopwords/ir.txt")),
    ("it", include_str!("../stopwords/it.txt")),
    ("nl", include_str!("../stopwords/nl.txt")),
    ("no", include_str!("../stopwords/no.txt")),
    ("pt", include_str!("../stopwords/pt.txt")),
    ("ro", include_str!("../stopwords/ro.txt")),
    ("ru", include_str!("../stopwords/ru.txt")),
    ("sv", include_str!("../stopwords/sv.txt")),
];

const LANGUAGES: [&str; LISTS.len()] = {
    let mut languages = [""; LISTS.len()];
    let mut index = 0;
    while index < LISTS.len() {
        languages[index] = LISTS[index].0;
        index += 1;
    }
    languages
};

/// `textrecipes::step_stopwords`.
#[derive(Debug)]
struct StopWords {
    /// As an error or a reason names the list.
    list: String,
    words: Terms,
    keep: bool,
}

impl StopWords {
    fn new(values: &Values) -> Self {
        let mut words = Terms::new();
        let list = if let Some(custom) = values.strings("custom") {
            for word in custom {
                words.intern(word);
            }
            "the custom list".into()
        } else {
            let language = values.text("language");
            let list = LISTS.iter().find(|(name, _)| *name == language).map_or("", |(_, list)| list);
            for word in list.lines() {
                words.intern(word);
            }
            format!("the {} list {language}", values.text("source"))
        };
        Self { list, words, keep: values.bool("keep") }
    }
}

impl Filter for StopWords {
    fn name(&self) -> &'static str {
        STEP.name
    }

    fn keep(&self, candidates: &Candidates) -> Vec<u32> {
        let is_kept = |id: &u32| self.words.get(candidates.token(*id)).is_some() == self.keep;
        candidates.ids.iter().copied().filter(is_kept).collect()
    }

    fn reason(&self, _candidates: &Candidates, _id: u32) -> String {
        let verb = if self.keep { "not in" } else { "in" };
        format!("{verb} {}", self.list)
    }

    fn advice(&self, _candidates: &Candidates) -> String {
        let what = if self.keep { "no token is in" } else { "every token is in" };
        format!("In `stopwords`, {what} {}: is it the right language?", self.list)
    }

    fn warning(&self, candidates: &Candidates) -> Option<String> {
        self.curly_apostrophes(candidates).or_else(|| self.other_case(candidates))
    }
}

impl StopWords {
    /// Lists write `don't` with the ASCII apostrophe, many texts with the curly one.
    fn curly_apostrophes(&self, candidates: &Candidates) -> Option<String> {
        let is_missed = |token: &str| token.contains('’') && self.words.get(&token.replace('’', "'")).is_some();
        let missed = candidates.ids.iter().copied().filter(|&id| is_missed(candidates.token(id)));
        let missed: Vec<u32> = missed.filter(|&id| self.words.get(candidates.token(id)).is_none()).collect();
        let first = missed.iter().copied().max_by_key(|&id| candidates.n(id))?;
        let n: u64 = missed.iter().map(|&id| candidates.n(id)).sum();
        Some(format!(
            "stopwords: {n} tokens such as `{}` are written with a curly apostrophe (’) and so do not equal the word \
             in {}; list them under `custom`, or replace ’ by ' in the texts",
            candidates.token(first),
            self.list
        ))
    }

    /// A list of one's own is often written with capitals, while tokens are lower-cased.
    fn other_case(&self, candidates: &Candidates) -> Option<String> {
        let is_missed = |word: &&str| {
            let as_token = word.trim().to_lowercase();
            as_token != **word && self.words.get(&as_token).is_none()
        };
        let missed: Vec<&str> = self.words.iter().filter(is_missed).collect();
        if missed.is_empty() {
            return None;
        }
        let tokens: HashSet<&str> = candidates.ids.iter().map(|&id| candidates.token(id)).collect();
        let is_token = |word: &&&str| !tokens.contains(**word) && tokens.contains(word.trim().to_lowercase().as_str());
        let first = missed.iter().find(is_token)?;
        Some(format!(
            "stopwords: no token equals `{first}` of {}, but `{}` is one: write words as the tokeniser leaves them",
            self.list,
            first.trim().to_lowercase()
        ))
    }
}
