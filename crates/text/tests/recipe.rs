//! Reading recipes: the one form, and what is wrong with others.

use nlpflow_text::{Recipe, describe};
use serde_json::{Value, json};

#[test]
fn every_way_of_writing_has_one_form() {
    let full = json!([
        { "tokenize": { "words": { "lowercase": true, "strip_punct": true, "strip_numeric": false } } },
        { "stopwords": { "source": "snowball", "language": "en", "keep": false, "custom": null } },
        { "tokenfilter": { "min_times": 0.001, "max_times": 1.0, "percentage": true, "max_tokens": 100 } },
        { "tfidf": { "smooth_idf": true, "norm": "l1", "sublinear_tf": false } },
    ]);
    let short = json!([
        { "tokenize": "words" },
        "stopwords",
        { "tokenfilter": { "percentage": true, "max_times": 1, "min_times": 0.001, "max_tokens": 100.0 } },
        { "tfidf": null },
    ]);
    let read = |recipe: &Value| Recipe::from_json(recipe).expect("a valid recipe").to_json();
    assert_eq!(read(&short).to_string(), full.to_string());
    assert_eq!(read(&full), full);
}

#[test]
fn every_default_is_a_valid_value() {
    let steps = describe();
    for step in steps.as_array().expect("a list") {
        let name = step["name"].as_str().expect("a name");
        let params = step["params"].as_array().expect("a list").iter();
        let values: Value = params
            .map(|param| (param["name"].as_str().unwrap().to_owned(), param["default"].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let recipe = match step["role"].as_str() {
            Some("tokenizer") => json!([{ "tokenize": { name: values } }, "tfidf"]),
            Some("filter") => json!([{ "tokenize": "words" }, { name: values }, "tfidf"]),
            Some("weighting") => json!([{ "tokenize": "words" }, { name: values }]),
            role => panic!("{name} has the role {role:?}"),
        };
        Recipe::from_json(&recipe).unwrap_or_else(|error| panic!("{recipe}: {error}"));
    }
}

#[test]
fn descriptions_are_complete() {
    for step in describe().as_array().expect("a list") {
        assert!(step["doc"].as_str().is_some_and(|doc| doc.ends_with('.')), "{step}");
        for param in step["params"].as_array().expect("a list") {
            assert!(param["doc"].as_str().is_some_and(|doc| doc.ends_with('.')), "{param}");
            let kind = param["kind"].as_str().expect("a kind");
            assert!(["float", "int", "bool", "choice", "strings"].contains(&kind), "{param}");
            assert_eq!(param.get("choices").is_some(), kind == "choice", "{param}");
            assert!(param["tunable"].is_boolean() && param.get("default").is_some(), "{param}");
        }
    }
}

#[test]
fn each_mistake_has_its_message() {
    let words = json!({ "tokenize": "words" });
    for (recipe, code, parts) in [
        (json!({}), "INVALID_RECIPE", &["a list of steps"][..]),
        (json!([]), "INVALID_RECIPE", &["it is empty", "tokenize: words"]),
        (json!([words]), "INVALID_RECIPE", &["last step must be a weighting (tfidf, tf)"]),
        (json!([words, 3, "tfidf"]), "INVALID_RECIPE", &["step 2", "not 3"]),
        (json!([words, { "tf": {}, "tfidf": {} }]), "INVALID_RECIPE", &["step 2", "one name"]),
        (json!(["tfidf"]), "INVALID_STEP", &["step 1", "`tfidf`", "first step must be the tokeniser"]),
        (json!(["tokenize", "tfidf"]), "INVALID_STEP", &["tokenize: words"]),
        (json!(["words", "tfidf"]), "UNKNOWN_STEP", &["write `tokenize: words`"]),
        (json!([{ "tokenize": "word" }, "tfidf"]), "UNKNOWN_STEP", &["did you mean `words`?"]),
        (json!([{ "tokenise": "words" }, "tfidf"]), "UNKNOWN_STEP", &["did you mean `tokenize`?"]),
        (json!([words, "tfidf", "stopwords"]), "INVALID_STEP", &["step 3", "nothing may follow the weighting"]),
        (json!([words, "tf", "tfidf"]), "INVALID_STEP", &["step 3"]),
        (json!([words, words, "tfidf"]), "INVALID_STEP", &["step 2", "must be the first step"]),
        (json!([words, "stopword", "tfidf"]), "UNKNOWN_STEP", &["step 2", "did you mean `stopwords`?", "tokenfilter"]),
        (json!([words, { "tfidf": 3 }]), "INVALID_STEP", &["names with values, not 3"]),
        (json!([words, { "tfidf": { "norms": "l1" } }]), "INVALID_STEP", &["did you mean `norm`?", "smooth_idf"]),
        (
            json!([words, { "tfidf": { "norm": "l3" } }]),
            "INVALID_STEP",
            &["`norm` must be one of l1, l2, none, not \"l3\""],
        ),
        (json!([words, { "tfidf": { "smooth_idf": "yes" } }]), "INVALID_STEP", &["true or false, not \"yes\""]),
        (
            json!([words, { "tokenfilter": { "max_tokens": 0 } }, "tf"]),
            "INVALID_STEP",
            &["step 2 of the recipe, `tokenfilter`", "`max_tokens` must be a whole number from 1 on, or null, not 0"],
        ),
        (json!([words, { "tokenfilter": { "max_tokens": 1.5 } }, "tf"]), "INVALID_STEP", &["whole number", "1.5"]),
        (json!([words, { "tokenfilter": { "min_times": -1 } }, "tf"]), "INVALID_STEP", &["a number from 0 on, not -1"]),
        (json!([words, { "tokenfilter": { "min_times": null } }, "tf"]), "INVALID_STEP", &["not null"]),
        (
            json!([words, { "tokenfilter": { "min_times": 2, "max_times": 1 } }, "tf"]),
            "INVALID_STEP",
            &["`min_times` (2) is greater than `max_times` (1)"],
        ),
        (
            json!([words, { "tokenfilter": { "max_times": 5, "percentage": true } }, "tf"]),
            "INVALID_STEP",
            &["`max_times` is a share from 0 to 1, not 5"],
        ),
        (
            json!([words, { "stopwords": { "language": "xx" } }, "tf"]),
            "INVALID_STEP",
            &["`language` must be one of en, da"],
        ),
        (json!([words, { "stopwords": { "custom": "the" } }, "tf"]), "INVALID_STEP", &["a list of words, or null"]),
        (json!([words, { "stopwords": { "custom": [1] } }, "tf"]), "INVALID_STEP", &["a list of words"]),
    ] {
        let error = Recipe::from_json(&recipe).map(|_| ()).expect_err(&recipe.to_string());
        let message = error.to_string();
        assert_eq!(error.code(), code, "{recipe}: {message}");
        for part in parts {
            assert!(message.contains(part), "{recipe}: {message}");
        }
    }
}
