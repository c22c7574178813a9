//! Bad input gives an error that names the place and the way out, and never a crash.

mod common;

use common::{Data, train};
use nlpflow_model::{CsrView, Error, ModelFormat, TrainingData, engine, metric};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use serde_json::{Value, json};

contract! {
    outcomes_must_be_finite,
    outcomes_must_fit_the_objective,
    outcomes_and_rows_must_be_as_many_and_some,
    negative_values_need_zeros_missing,
    xgboost_speaks_for_itself,
    mtry_must_not_exceed_the_columns,
    predictions_need_the_columns_and_rounds_of_the_model,
    names_must_fit_the_columns,
    what_is_no_model_is_refused,
}

fn refused(name: &str, data: TrainingData<'_>, parameters: Value) -> Error {
    train(name, data, parameters, 2).err().expect("a refusal")
}

fn with_outcome(name: &str, data: &Data, row: usize, value: f64, parameters: Value) -> Error {
    let mut outcome: Vec<f64> = data.outcome.iter().map(|value| value.abs() % 0.9 + 0.05).collect();
    outcome[row] = value;
    refused(name, TrainingData::new(data.matrix.view(), &outcome), parameters)
}

fn outcomes_must_be_finite(name: &str) {
    let data = Data::new(1, 50, 4);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        let error = with_outcome(name, &data, 7, value, json!({}));
        assert_eq!(error.code(), "OUTCOME_NOT_FINITE");
        assert!(error.to_string().contains("row 7"), "{error}");
    }
}

fn outcomes_must_fit_the_objective(name: &str) {
    let data = Data::new(1, 50, 4);
    for (objective, value) in [
        ("count:poisson", -1.0),
        ("reg:tweedie", -0.5),
        ("reg:gamma", 0.0),
        ("reg:squaredlogerror", -1.0),
        ("binary:logistic", 1.5),
        ("binary:logistic", -0.1),
    ] {
        let error = with_outcome(name, &data, 9, value, json!({ "objective": objective }));
        assert_eq!(error.code(), "OUTCOME_OUT_OF_RANGE");
        let message = error.to_string();
        assert!(message.contains(objective) && message.contains("row 9"), "{message}");
    }
}

fn outcomes_and_rows_must_be_as_many_and_some(name: &str) {
    let data = Data::new(1, 50, 4);
    let short = TrainingData::new(data.matrix.view(), &data.outcome[1..]);
    assert_eq!(refused(name, short, json!({})).code(), "LENGTH_MISMATCH");
    let empty = TrainingData::new(data.matrix.rows(5..5), &[]);
    assert_eq!(refused(name, empty, json!({})).code(), "EMPTY_MATRIX");
    let no_columns = CsrView { indptr: &[0, 0], indices: &[], values: &[], n_cols: 0 };
    let no_columns = TrainingData::new(no_columns, &[1.0]);
    assert_eq!(refused(name, no_columns, json!({})).code(), "EMPTY_MATRIX");
    assert_eq!(train(name, data.training(), json!({}), 0).err().expect("a refusal").code(), "NO_ROUNDS");
}

fn negative_values_need_zeros_missing(name: &str) {
    let rows = CsrView { indptr: &[0, 1, 2, 3], indices: &[0, 1, 0], values: &[1.0, -0.5, 2.0], n_cols: 2 };
    let data = TrainingData::new(rows, &[1.0, 2.0, 3.0]);
    let error = refused(name, data, json!({}));
    assert_eq!(error.code(), "NEGATIVE_FEATURE");
    let message = error.to_string();
    assert!(message.contains("column 1 of row 1 holds -0.5") && message.contains("zeros: missing"), "{message}");
    train(name, data, json!({"zeros": "missing"}), 2).expect("a booster");
    // Only the rows that are trained on count.
    let others = CsrView { indptr: &rows.indptr[2..], ..rows };
    train(name, TrainingData::new(others, &[3.0]), json!({}), 2).expect("a booster");
}

fn xgboost_speaks_for_itself(name: &str) {
    let error = with_outcome(name, &Data::new(1, 50, 4), 0, 1.0, json!({"objective": "binary:logistic", "base_score": 2}));
    assert_eq!(error.code(), "XGBOOST_FAILED");
    let message = error.to_string();
    assert!(message.contains("base_score must be in (0,1) for the logistic loss"), "{message}");
    assert!(!message.contains("Stack trace") && !message.contains(".h:") && !message.contains('\n'), "{message}");
}

fn mtry_must_not_exceed_the_columns(name: &str) {
    let data = Data::new(1, 50, 4);
    assert_eq!(refused(name, data.training(), json!({"mtry": 5})).code(), "MTRY_TOO_LARGE");
    train(name, data.training(), json!({"mtry": 4}), 2).expect("a booster");
}

fn predictions_need_the_columns_and_rounds_of_the_model(name: &str) {
    let data = Data::new(1, 50, 4);
    let booster = data.train(name, json!({}), 3);
    let rows = data.matrix.view();
    for (start, end) in [(0, 4), (2, 2), (3, 1), (0, 0)] {
        let error = booster.predict(&rows, start..end).expect_err("a refusal");
        assert_eq!(error.code(), "INVALID_ROUNDS", "{start} {end}");
    }
    let wide = CsrView { n_cols: 5, ..rows };
    assert_eq!(booster.predict(&wide, 0..3).expect_err("a refusal").code(), "COLUMN_MISMATCH");
}

fn names_must_fit_the_columns(name: &str) {
    let mut booster = Data::new(1, 50, 3).train(name, json!({}), 1);
    for names in [vec!["a", "b"], vec!["a", "b", "a"], vec!["a", "b\0", "c"]] {
        let names: Vec<String> = names.into_iter().map(String::from).collect();
        assert_eq!(booster.set_feature_names(&names).expect_err("a refusal").code(), "INVALID_FEATURE_NAMES");
    }
}

#[test]
fn unknown_names_get_a_suggestion() {
    let message = engine("xgbost").err().expect("a refusal").to_string();
    assert!(message.contains("did you mean `xgboost`?"), "{message}");
    let message = metric("rmsee").err().expect("a refusal").to_string();
    assert!(message.contains("did you mean `rmse`?"), "{message}");
}

fn what_is_no_model_is_refused(name: &str) {
    let engine = engine(name).expect("the engine");
    let nested = r#"{"a":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
    for bytes in [
        &b""[..],
        b"{",
        b"{}",
        b"{L",
        b"PK\x03\x04",
        b"binf",
        b"{\"learner\": {}}",
        b"[1, 2]",
        b"\0\0\0\0",
        nested.as_bytes(),
    ] {
        let error = engine.load(bytes).err().expect("a refusal");
        assert_eq!(error.code(), "INVALID_MODEL", "{bytes:?}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_truncated_model_is_refused(name in prop::sample::select(vec!["native", "xgboost"]), part in 0.0..1.0_f64, json: bool) {
        let booster = Data::new(1, 50, 4).train(name, json!({}), 3);
        let bytes = booster.save(if json { ModelFormat::Json } else { ModelFormat::Ubj }).expect("a model");
        let part = &bytes[..((bytes.len() - 1) as f64 * part) as usize];
        let refused = engine(name).expect("the engine").load(part).err();
        prop_assert!(refused.is_some_and(|error| error.code() == "INVALID_MODEL"));
    }

    #[test]
    fn a_changed_length_is_refused_or_harmless(name in prop::sample::select(vec!["native", "xgboost"]), part in 0.0..1.0_f64, byte: u8) {
        let mut bytes = Data::new(1, 50, 4).train(name, json!({}), 1).save(ModelFormat::Ubj).expect("a model");
        let lengths: Vec<usize> = (0..bytes.len() - 8).filter(|&at| bytes[at] == b'L' && bytes[at + 1..at + 7] == [0; 6]).collect();
        // The high byte of a length: what it claims is far beyond the end, or negative.
        let at = lengths[(lengths.len() as f64 * part) as usize];
        bytes[at + 1 + usize::from(byte % 4)] ^= byte | 0x40;
        if let Err(error) = engine(name).expect("the engine").load(&bytes) {
            prop_assert!(error.code() == "INVALID_MODEL");
        }
    }

    #[test]
    fn no_text_is_a_model(name in prop::sample::select(vec!["native", "xgboost"]), bytes in prop::collection::vec(any::<char>(), 0..60)) {
        let text: String = std::iter::once('{').chain(bytes).collect();
        prop_assert!(engine(name).expect("the engine").load(text.as_bytes()).is_err());
    }
}
