//! What is learned comes from the analysis rows alone, can be explained, and can be saved.

mod common;

use common::{Corpus, learn, recipe, vocabulary};
use nlpflow_text::{Learned, Recipe, VocabularyEntry};
use serde_json::{Value, json};

#[test]
fn only_analysis_rows_are_learned_from() {
    let recipe = recipe(&json!([{ "tokenize": "words" }, "tfidf"]));
    let corpus = Corpus::new(&recipe, &["a b", "b c", "c d d"]);
    let mut counts = corpus.counts(|_| true);
    counts.subtract(&corpus.counts(|index| index == 2)).expect("a part of the total");
    let learned = recipe.learn(&corpus.terms, &counts).expect("three tokens");
    let alone = learn(&recipe, &["a b", "b c"]).expect("three tokens").1;
    assert_eq!(learned.vocabulary(), alone.vocabulary());
    // Of "c d d" the vocabulary holds c alone, so c is the whole row.
    assert_eq!(corpus.row(&learned, 2), [(2, 3_f64.ln() as f32)]);
    assert_eq!((learned.column("c"), learned.column("d")), (Some(2), None));
}

#[test]
fn a_saved_vocabulary_gives_the_same_rows() {
    let recipe = recipe(&json!([{ "tokenize": "words" }, { "tokenfilter": { "max_tokens": 3 } }, "tfidf"]));
    let (corpus, learned) = learn(&recipe, &["a b b", "b c é", "é z z"]).expect("five tokens");
    let saved = Learned::from_vocabulary(&recipe, learned.vocabulary().to_vec()).expect("it was learned so");
    for index in 0..3 {
        assert_eq!(corpus.row(&saved, index), corpus.row(&learned, index));
    }
}

#[test]
fn a_vocabulary_that_does_not_fit_is_refused() {
    let entry = |token: &str, idf| VocabularyEntry { token: token.into(), n: 1, df: 1, idf };
    let recipe = recipe(&json!([{ "tokenize": "words" }, "tfidf"]));
    for (vocabulary, problem) in [
        (vec![entry("b", Some(1.0)), entry("a", Some(1.0))], "`b` stands before `a`"),
        (vec![entry("a", Some(1.0)), entry("a", Some(1.0))], "`a` stands before `a`"),
        (vec![entry("a", None)], "`a` needs a finite idf"),
        (vec![entry("a", Some(f64::INFINITY))], "`a` needs a finite idf"),
    ] {
        let error = Learned::from_vocabulary(&recipe, vocabulary).map(|_| ()).expect_err(problem);
        assert_eq!(error.code(), "INVALID_VOCABULARY");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn each_dropped_token_has_its_reason() {
    let filter = json!({ "tokenfilter": { "min_times": 2, "max_times": 4, "max_tokens": 1 } });
    let recipe = recipe(&json!([{ "tokenize": "words" }, "stopwords", filter, "tf"]));
    let corpus =
        Corpus::new(&recipe, &["the cat cat dog", "dog dog bird", "fish fish fish fish fish", "the eel cat dog"]);
    let learned = recipe.learn(&corpus.terms, &corpus.counts(|index| index < 3)).expect("the dog");
    assert_eq!(vocabulary(&learned), ["dog"]);
    let explained = |index: usize| json!(learned.explain(&corpus.terms, &corpus.documents[index]));
    assert_eq!(
        explained(0),
        json!([
            { "step": "tokenize", "tokens": ["the", "cat", "cat", "dog"], "dropped": [] },
            { "step": "stopwords", "tokens": ["cat", "cat", "dog"],
              "dropped": [{ "token": "the", "reason": "in the snowball list en" }] },
            { "step": "tokenfilter", "tokens": ["dog"],
              "dropped": [{ "token": "cat", "reason": "2 of 11 tokens (0.182), rank 2, beyond max_tokens 1" }] },
        ])
    );
    let reason = |index: usize| explained(index)[2]["dropped"][0]["reason"].as_str().map(str::to_owned);
    assert_eq!(reason(1).as_deref(), Some("1 of 11 tokens (0.0909), below min_times 2"));
    assert_eq!(reason(2).as_deref(), Some("5 of 11 tokens (0.455), above max_times 4"));
    assert_eq!(
        explained(3)[3],
        json!({ "step": "vocabulary", "tokens": ["dog"], "dropped": [{ "token": "eel", "reason": "not in the training rows" }] })
    );
    let saved = Learned::from_vocabulary(&recipe, learned.vocabulary().to_vec()).expect("it was learned so");
    let last = saved.explain(&corpus.terms, &corpus.documents[3]).pop().expect("a step");
    assert_eq!((last.tokens, last.dropped.len()), (vec!["dog".to_owned()], 3));
}

#[test]
fn settings_that_match_nothing_are_warned_of() {
    let stopwords =
        |words: &[&str]| recipe(&json!([{ "tokenize": "words" }, { "stopwords": { "custom": words } }, "tf"]));
    let warnings = |recipe: &Recipe| learn(recipe, &["The dog and the cat"]).expect("words").1.warnings().to_vec();
    let [warning] = &warnings(&stopwords(&["The", "and"]))[..] else { panic!("one warning") };
    assert!(warning.contains("no token equals `The`") && warning.contains("`the` is one"), "{warning}");
    assert!(warnings(&stopwords(&["the", "The", "Eel"])).is_empty());
    let filter = |filter: &Value| recipe(&json!([{ "tokenize": "words" }, { "tokenfilter": filter }, "tf"]));
    let [warning] = &warnings(&filter(&json!({ "min_times": 0.001 })))[..] else { panic!("one warning") };
    assert!(warning.contains("min_times 0.001") && warning.contains("percentage: true"), "{warning}");
    assert!(warnings(&filter(&json!({ "min_times": 0.001, "percentage": true }))).is_empty());
}

#[test]
fn curly_apostrophes_are_warned_of() {
    let recipe = recipe(&json!([{ "tokenize": "words" }, "stopwords", "tf"]));
    let (_, learned) = learn(&recipe, &["I don’t, you don't, we’re dogs", "don’t"]).expect("dogs");
    assert_eq!(vocabulary(&learned), ["dogs", "don’t", "we’re"]);
    let [warning] = learned.warnings() else { panic!("one warning, not {:?}", learned.warnings()) };
    assert!(warning.contains("3 tokens such as `don’t`"), "{warning}");
    assert!(learn(&recipe, &["don't dogs"]).expect("dogs").1.warnings().is_empty());
}
