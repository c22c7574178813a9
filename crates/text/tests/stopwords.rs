//! The lists are those of R's package stopwords.

mod common;

use common::{learn, recipe, vocabulary};
use nlpflow_text::describe;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Sizes as R has them.
const SIZES: [(&str, usize); 15] = [
    ("da", 94),
    ("de", 231),
    ("en", 175),
    ("es", 308),
    ("fi", 68),
    ("fr", 164),
    ("hu", 199),
    ("ir", 109),
    ("it", 279),
    ("nl", 101),
    ("no", 176),
    ("pt", 203),
    ("ro", 264),
    ("ru", 159),
    ("sv", 114),
];

fn read(language: &str) -> String {
    // Tests run in the folder of their crate.
    let path = format!("src/stopwords/{language}.txt");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_list_has_its_size_and_takes_every_word_of_its_own() {
    for (language, size) in SIZES {
        let list = read(language);
        let words: Vec<&str> = list.lines().collect();
        assert_eq!(words.len(), size, "{language}");
        let mut single: Vec<&str> =
            words.iter().copied().filter(|word| !word.contains(['\'', ' ', '-', '.'])).collect();
        let text = format!("{} 12345", single.join(" "));
        let learned = |keep| {
            let step = json!({ "stopwords": { "language": language, "keep": keep } });
            learn(&recipe(&json!([{ "tokenize": "words" }, step, "tf"])), &[&text]).expect("some tokens").1
        };
        assert_eq!(vocabulary(&learned(false)), ["12345"], "{language}");
        single.sort_unstable();
        single.dedup();
        assert_eq!(vocabulary(&learned(true)), single, "{language}");
    }
}

#[test]
fn english_list_is_the_reference_byte_for_byte() {
    let digest = Sha256::digest(read("en")).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(digest, "77bbb4296d68a59791fc455186f9bdcca94604cc72c657d0a59917f874b42978");
}

#[test]
fn described_languages_are_the_lists() {
    let steps = describe();
    let step = steps.as_array().and_then(|steps| steps.iter().find(|step| step["name"] == "stopwords"));
    let params = step.and_then(|step| step["params"].as_array()).expect("parameters");
    let language = params.iter().find(|param| param["name"] == "language").expect("a language");
    let mut languages: Vec<&str> =
        language["choices"].as_array().expect("choices").iter().filter_map(Value::as_str).collect();
    languages.sort_unstable();
    assert_eq!(languages, SIZES.map(|(language, _)| language));
    assert_eq!(language["default"], "en");
}

#[test]
fn custom_words_take_the_place_of_a_list() {
    let step = json!({ "stopwords": { "custom": ["dog", "don’t"] } });
    let recipe = recipe(&json!([{ "tokenize": "words" }, step, "tf"]));
    let (corpus, learned) = learn(&recipe, &["the dog don’t bark"]).expect("two tokens");
    assert_eq!(vocabulary(&learned), ["bark", "the"]);
    assert_eq!(learned.explain(&corpus.terms, &corpus.documents[0])[1].dropped[0].reason, "in the custom list");
}
