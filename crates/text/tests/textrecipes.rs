//! Filters and weights against the golden fixture of textrecipes, and by hand where it says nothing.

mod common;

use common::{learn, recipe, vocabulary};
use nlpflow_text::Error;
use serde_json::{Value, json};

/// The fixture's documents. Its fourth is NA, which R counts as one token NA; here a null text is an empty one. The
/// tokens are 22 and not 23, which moves no token across a bound: vocabulary, idf and values are the same.
const DOCUMENTS: [&str; 6] = [
    "The cat sat on the mat, the cat!",
    "A dog. A Cat? zebra Apple apple",
    "",
    "",
    "zebra zebra zebra the",
    "éclair Eclair eclair",
];

fn fixture(weighting: &Value) -> (common::Corpus, nlpflow_text::Learned) {
    let filter = json!({ "tokenfilter": { "min_times": 0.08, "max_times": 1, "percentage": true } });
    learn(&recipe(&json!([{ "tokenize": "words" }, filter, weighting])), &DOCUMENTS).expect("the fixture")
}

fn assert_rows(weighting: &Value, expected: &[(usize, [f64; 6])]) {
    let (corpus, learned) = fixture(weighting);
    for (index, expected) in expected {
        let mut dense = [0.0; 6];
        for (column, value) in corpus.row(&learned, *index) {
            assert!(value != 0.0);
            dense[column as usize] = f64::from(value);
        }
        for (value, expected) in dense.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{weighting}, document {index}: {dense:?}, not {expected:?}");
        }
    }
}

#[test]
fn vocabulary_and_idf_are_those_of_textrecipes() {
    let (_, learned) = fixture(&json!("tfidf"));
    assert_eq!(vocabulary(&learned), ["a", "apple", "cat", "eclair", "the", "zebra"]);
    let expected = [1.945_910, 1.945_910, 1.386_294, 1.945_910, 1.386_294, 1.386_294];
    for (entry, expected) in learned.vocabulary().iter().zip(expected) {
        assert!(entry.idf.is_some_and(|idf| (idf - expected).abs() < 1e-6), "{entry:?}");
    }
    let counts: Vec<_> = learned.vocabulary().iter().map(|entry| (entry.n, entry.df)).collect();
    assert_eq!(counts, [(2, 1), (2, 1), (3, 2), (2, 1), (4, 2), (4, 2)]);
}

#[test]
fn l1_rows_are_those_of_textrecipes() {
    let zero = [0.0; 6];
    assert_rows(
        &json!("tfidf"),
        &[
            (0, [0.0, 0.0, 0.554_518, 0.0, 0.831_777, 0.0]),
            (1, [0.648_637, 0.648_637, 0.231_049, 0.0, 0.0, 0.231_049]),
            (2, zero),
            (3, zero),
            (4, [0.0, 0.0, 0.0, 0.0, 0.346_574, 1.039_721]),
            (5, [0.0, 0.0, 0.0, 1.945_910, 0.0, 0.0]),
        ],
    );
}

#[test]
fn other_norms_are_those_of_textrecipes() {
    let sublinear = json!({ "tfidf": { "sublinear_tf": true } });
    assert_rows(
        &sublinear,
        &[
            (0, [0.0, 0.0, 0.116_046, 0.0, 0.678_140, 0.0]),
            (1, [-0.191_891, -0.191_891, -1.097_612, 0.0, 0.0, -1.097_612]),
        ],
    );
    assert_rows(&json!({ "tfidf": { "norm": "l2" } }), &[(0, [0.0, 0.0, 0.768_978, 0.0, 1.153_467, 0.0])]);
    assert_rows(&json!({ "tfidf": { "norm": "none" } }), &[(0, [0.0, 0.0, 2.772_589, 0.0, 4.158_883, 0.0])]);
    assert!(fixture(&sublinear).1.can_be_negative());
    assert!(!fixture(&json!({ "tfidf": { "sublinear_tf": true, "norm": "none" } })).1.can_be_negative());
    assert!(!fixture(&json!("tfidf")).1.can_be_negative());
}

#[test]
fn plain_idf_of_a_token_in_every_document_is_nothing() {
    let recipe = recipe(&json!([{ "tokenize": "words" }, { "tfidf": { "smooth_idf": false } }]));
    let (corpus, learned) = learn(&recipe, &["a b", "a"]).expect("two tokens");
    assert_eq!(learned.vocabulary()[0].idf, Some(0.0));
    // Document 0: a has weight 0 and no entry, b has half the tokens and ln 2.
    assert_eq!(corpus.row(&learned, 0), [(1, (0.5 * 2_f64.ln()) as f32)]);
    assert_eq!(corpus.row(&learned, 1), []);
}

#[test]
fn tf_schemes_are_those_of_textrecipes() {
    let ln_1p = f64::ln_1p;
    for (scheme, expected) in [
        ("raw count", [0.0, 0.0, 2.0, 0.0, 3.0, 0.0]),
        ("binary", [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
        ("term frequency", [0.0, 0.0, 0.4, 0.0, 0.6, 0.0]),
        ("log normalization", [0.0, 0.0, ln_1p(2.0), 0.0, ln_1p(3.0), 0.0]),
    ] {
        let weighting = json!({ "tf": { "weight_scheme": scheme } });
        assert_rows(&weighting, &[(0, expected), (2, [0.0; 6])]);
        assert!(fixture(&weighting).1.vocabulary().iter().all(|entry| entry.idf.is_none()));
    }
}

fn kept(filter: &Value, texts: &[&str]) -> Result<Vec<String>, Error> {
    let recipe = recipe(&json!([{ "tokenize": "words" }, { "tokenfilter": filter }, "tf"]));
    learn(&recipe, texts).map(|(_, learned)| vocabulary(&learned).into_iter().map(str::to_owned).collect())
}

#[test]
fn bounds_of_the_token_filter_are_inclusive_and_of_occurrences() {
    // Occurrences: a 4, b 3, c 2, d 1; documents: a 1, b 1, c 2, d 1.
    let texts = ["a a a a c d", "b b b c"];
    for (filter, expected) in [
        (json!({}), &["a", "b", "c", "d"][..]),
        (json!({ "min_times": 2, "max_times": 3 }), &["b", "c"]),
        (json!({ "min_times": 0.2, "max_times": 0.3, "percentage": true }), &["b", "c"]),
        (json!({ "min_times": 0.200_1, "percentage": true }), &["a", "b"]),
        (json!({ "max_tokens": 2 }), &["a", "b"]),
        (json!({ "max_tokens": 2, "max_times": 3 }), &["b", "c"]),
        (json!({ "max_tokens": null, "max_times": null }), &["a", "b", "c", "d"]),
        (json!({ "max_tokens": 1000 }), &["a", "b", "c", "d"]),
    ] {
        assert_eq!(kept(&filter, &texts).expect("some tokens"), expected, "{filter}");
    }
}

#[test]
fn equal_counts_are_ordered_by_bytes() {
    let texts = ["é z Z2 a b 10 2"];
    let expected = [&["10"][..], &["10", "2"], &["10", "2", "a"], &["10", "2", "a", "b"], &["10", "2", "a", "b", "z"]];
    for (tokens, expected) in (1..).zip(expected) {
        assert_eq!(kept(&json!({ "max_tokens": tokens }), &texts).expect("some tokens"), expected);
    }
}

#[test]
fn shares_are_of_the_tokens_that_reach_the_filter() {
    let filter = json!({ "tokenfilter": { "min_times": 0.5, "percentage": true } });
    let without = json!([{ "tokenize": "words" }, "stopwords", filter, "tf"]);
    let (_, learned) = learn(&recipe(&without), &["the the the the dog cat"]).expect("half of two tokens");
    assert_eq!(vocabulary(&learned), ["cat", "dog"]);
}

#[test]
fn nothing_left_says_what_took_it() {
    let recipe = recipe(
        &json!([{ "tokenize": "words" }, "stopwords", { "tokenfilter": { "min_times": 5, "max_times": 9 } }, "tf"]),
    );
    let error = learn(&recipe, &["the dog", "a dog and the cat"]).map(|_| ()).expect_err("nothing is left");
    assert_eq!(error.code(), "EMPTY_VOCABULARY");
    assert_eq!(
        error.to_string(),
        "no token is left for the vocabulary: 5 distinct tokens (7 in all) in 2 training rows, 2 distinct tokens (3 in \
         all) after `stopwords`, 0 distinct tokens (0 in all) after `tokenfilter`. In `tokenfilter`, the most frequent \
         token, `dog`, is 2 of 3 tokens (0.667); lower min_times (5) or raise max_times (9); both are counts"
    );
    let error = learn(&recipe, &["the", "a the"]).map(|_| ()).expect_err("nothing is left");
    assert!(error.to_string().contains("every token is in the snowball list en: is it the right language?"), "{error}");
    let error = learn(&recipe, &["...", ""]).map(|_| ()).expect_err("nothing was there");
    assert!(error.to_string().contains("0 distinct tokens (0 in all) in 2 training rows"), "{error}");
}
