//! The registry of parameters and what it accepts.

mod common;

use common::parameters;
use nlpflow_model::{Error, Parameters, Zeros, describe};
use proptest::prelude::{prop_assert, proptest};
use serde_json::{Map, Value, json};

fn error(values: Value) -> Error {
    parameters(values).expect_err("a refusal")
}

#[test]
fn names_and_aliases_set_the_same_parameters() {
    let by_name = parameters(json!({
        "trees": 300, "max_depth": 6, "eta": 0.1, "subsample": 0.8, "min_child_weight": 2, "gamma": 1,
        "colsample_bynode": 0.5, "lambda": 2, "objective": "count:poisson", "zeros": "missing",
    }));
    let by_alias = parameters(json!({
        "nrounds": 300, "tree_depth": 6.0, "learn_rate": 0.1, "sample_size": 0.8, "min_n": 2, "loss_reduction": 1,
        "mtry_prop": 0.5, "reg_lambda": 2, "objective": "count:poisson", "zeros": "missing",
    }));
    let parameters = by_name.expect("parameters");
    assert_eq!(parameters, by_alias.expect("parameters"));
    assert_eq!(parameters.trees(), Some(300));
    assert_eq!(parameters.zeros(), Zeros::Missing);
    assert_eq!(parameters.objective().name, "count:poisson");
    assert_eq!(Parameters::from_json(&parameters.to_json()).expect("parameters"), parameters);
}

#[test]
fn nothing_set_is_the_default() {
    let parameters = parameters(json!({})).expect("parameters");
    assert_eq!(parameters.zeros(), Zeros::Value);
    assert_eq!(parameters.objective().name, "reg:squarederror");
    assert_eq!(parameters.trees(), None);
}

#[test]
fn mtry_of_two_readings_is_an_error() {
    for value in [json!(1), json!(0.5), json!(1.0), json!(1.9)] {
        let error = error(json!({ "mtry": value }));
        assert_eq!(error.code(), "AMBIGUOUS_MTRY");
        let message = error.to_string();
        assert!(message.contains("mtry_prop") && message.contains("count of columns"), "{message}");
    }
    for value in [json!(0), json!(-3), json!(2.5), json!("10")] {
        assert_eq!(error(json!({ "mtry": value })).code(), "INVALID_PARAMETER");
    }
    for both in [json!({"mtry": 3, "mtry_prop": 0.5}), json!({"colsample_bynode": 0.5, "mtry": 3})] {
        assert_eq!(error(both).code(), "DUPLICATE_PARAMETER");
    }
}

#[test]
fn refusals_name_the_parameter_and_the_way_out() {
    for (values, code, part) in [
        (json!({"eta": 0.1, "learn_rate": 0.1}), "DUPLICATE_PARAMETER", "`eta` and `learn_rate`"),
        (json!({"tree_deph": 3}), "UNKNOWN_PARAMETER", "did you mean `tree_depth`?"),
        (json!({"nthread": 3}), "UNKNOWN_PARAMETER", "`nthread`"),
        (
            json!({"sample_size": 1.2}),
            "INVALID_PARAMETER",
            "`sample_size` must be a number above 0 and at most 1, not 1.2",
        ),
        (json!({"sample_size": 0}), "INVALID_PARAMETER", "not 0"),
        (json!({"max_depth": 31}), "INVALID_PARAMETER", "a whole number from 0 to 30, not 31"),
        (json!({"max_depth": 2.5}), "INVALID_PARAMETER", "not 2.5"),
        (json!({"max_depth": "6"}), "INVALID_PARAMETER", "not \"6\""),
        (json!({"min_n": -1}), "INVALID_PARAMETER", "a number of at least 0, not -1"),
        (json!({"lambda": 1e300}), "INVALID_PARAMETER", "32-bit float can hold, not 1e+300"),
        (json!({"eta": 1e-300}), "INVALID_PARAMETER", "a number above 0 and at most 1, not 1e-300"),
        (json!({"max_bin": 1}), "INVALID_PARAMETER", "a whole number from 2"),
        (json!({"zeros": "absent"}), "INVALID_PARAMETER", "one of value, missing"),
        (json!({"objective": "squared"}), "INVALID_PARAMETER", "reg:squarederror"),
        (json!({"trees": 0}), "INVALID_PARAMETER", "a whole number from 1"),
        (json!({"seed": null}), "INVALID_PARAMETER", "not null"),
    ] {
        let error = error(values.clone());
        assert_eq!(error.code(), code, "{values}: {error}");
        assert!(error.to_string().contains(part), "{values}: {error}");
    }
}

#[test]
fn the_registry_is_one_namespace_and_its_defaults_are_valid() {
    let described = describe();
    let specifications = described["parameters"].as_array().expect("a list");
    let mut names: Vec<&str> = Vec::new();
    for specification in specifications {
        let name = specification["name"].as_str().expect("a name");
        names.push(name);
        names.extend(specification["aliases"].as_array().expect("a list").iter().filter_map(Value::as_str));
        let kind = specification["kind"].as_str().expect("a kind");
        assert!(["float", "int", "choice"].contains(&kind), "{kind}");
        assert_eq!(specification["choices"].is_array(), kind == "choice");
        assert!(
            specification["tunable"].is_boolean() && specification["doc"].as_str().is_some_and(|doc| doc.len() > 10)
        );
        if !specification["default"].is_null() {
            let only: Map<String, Value> = [(name.to_owned(), specification["default"].clone())].into_iter().collect();
            Parameters::from_json(&only).expect("the default");
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each name is one parameter's");
    assert_eq!(described["engines"]["xgboost"], json!({ "version": "3.4.1", "limits": [] }));
    assert_eq!(described["engines"]["native"]["limits"][0]["parameter"], "max_depth");
    assert!(described["metrics"].as_array().expect("a list").contains(&json!({
        "name": "rmse", "direction": "minimize", "doc": described["metrics"][0]["doc"],
    })));
    assert!(described["objectives"].as_array().is_some_and(|list| list.iter().all(|entry| entry["doc"].is_string())));
}

proptest! {
    #[test]
    fn no_object_panics(name in "[a-z_]{1,12}|mtry|eta|max_depth|objective", number: f64, whole: i64, word: String) {
        for value in [json!(number), json!(whole), json!(word), json!([whole]), json!(null), json!(true)] {
            let _ = parameters(json!({ name.clone(): value }));
        }
        prop_assert!(true);
    }
}
