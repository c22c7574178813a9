//! What a saved model holds, for every objective of both engines, and that nothing unsound is taken for one.
//!
//! That stock XGBoost of several versions predicts the same is shown from Python (`tests/proof/test_versions.py`).

mod common;

use common::{Data, train};
use nlpflow_model::{Booster, Error, ModelFormat, OBJECTIVES, TrainingData, convert, engine};
use serde_json::{Value, json};

contract! {
    every_objective_is_trained_as_asked_and_saved_with_one_base_score,
    models_of_older_nlpflow_are_written_anew,
    an_unsound_tree_is_refused,
    a_deep_tree_is_refused,
    fields_given_twice_are_refused,
}

/// A booster on outcomes that every objective takes.
fn booster(name: &str, objective: &str, rounds: u32) -> (Box<dyn Booster>, Data) {
    let mut data = Data::new(31, 300, 8);
    for outcome in &mut data.outcome {
        *outcome = (outcome.abs() % 0.9) + 0.05;
    }
    let booster =
        train(name, TrainingData::new(data.matrix.view(), &data.outcome), json!({ "objective": objective }), rounds);
    (booster.expect("a booster"), data)
}

fn as_json(booster: &dyn Booster) -> Value {
    serde_json::from_slice(&booster.save(ModelFormat::Json).expect("a model")).expect("JSON")
}

fn every_objective_is_trained_as_asked_and_saved_with_one_base_score(name: &str) {
    let mut predictions: Vec<Vec<f32>> = Vec::new();
    for objective in OBJECTIVES {
        let (booster, data) = booster(name, objective.name, 4);
        let learner = &as_json(&*booster)["learner"];
        assert_eq!(learner["objective"]["name"], objective.name);
        let base_score = learner["learner_model_param"]["base_score"].as_str().expect("a text");
        assert!(base_score.parse::<f32>().is_ok_and(f32::is_finite), "{}: {base_score}", objective.name);
        let predicted = booster.predict(&data.matrix.view(), 0..4).expect("predictions");
        assert!(!predictions.contains(&predicted), "{} predicts what another objective does", objective.name);
        predictions.push(predicted);
    }
}

/// Before model format 2 `base_score` was a list.
fn models_of_older_nlpflow_are_written_anew(name: &str) {
    let (booster, data) = booster(name, "count:poisson", 3);
    let mut model = as_json(&*booster);
    let base_score = &mut model["learner"]["learner_model_param"]["base_score"];
    *base_score = format!("[{}]", base_score.as_str().expect("a text")).into();
    let old = serde_json::to_vec(&model).expect("JSON");
    let loaded = engine(name).expect("the engine").load(&old).expect("an older model");
    let rows = data.matrix.view();
    assert_eq!(loaded.predict(&rows, 0..3).expect("predictions"), booster.predict(&rows, 0..3).expect("predictions"));
    for format in [ModelFormat::Ubj, ModelFormat::Json] {
        let (anew, objective) = convert(&old, format).expect("an older model");
        assert_eq!(objective.name, "count:poisson");
        assert!(anew == booster.save(format).expect("a model"), "{format:?}");
    }
}

/// Places a number in a list of 32-bit numbers of the first tree.
fn with_number(ubj: &[u8], list: &str, index: usize, number: i32) -> Vec<u8> {
    let at = start_of(ubj, list, b"l") + 4 * index;
    let mut changed = ubj.to_vec();
    changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
    changed
}

/// Where the numbers of a typed list of the first tree begin.
fn start_of(ubj: &[u8], list: &str, kind: &[u8]) -> usize {
    let name = [b"L", &(list.len() as i64).to_be_bytes()[..], list.as_bytes(), b"[$", kind, b"#L"].concat();
    ubj.windows(name.len()).position(|window| window == name).expect("the list") + name.len() + 8
}

fn an_unsound_tree_is_refused(name: &str) {
    let (booster, data) = booster(name, "reg:squarederror", 2);
    let ubj = booster.save(ModelFormat::Ubj).expect("a model");
    let engine = engine(name).expect("the engine");
    let far = [0x00ff_ffff, i32::MAX, i32::MIN, -2, 0];
    let mut unsound: Vec<(String, Vec<u8>)> = Vec::new();
    for number in far {
        for list in ["left_children", "right_children"] {
            unsound.push((format!("{list} {number}"), with_number(&ubj, list, 0, number)));
        }
        if number != 0 {
            unsound.push((format!("split_indices {number}"), with_number(&ubj, "split_indices", 0, number)));
            unsound.push((format!("parents {number}"), with_number(&ubj, "parents", 1, number)));
        }
    }
    // A split of which both ways lead to one node, a leaf of which one does, and a root below another node.
    unsound.push(("one child twice".into(), with_number(&ubj, "right_children", 0, 1)));
    unsound.push(("half a leaf".into(), with_number(&ubj, "left_children", 0, -1)));
    unsound.push(("a root with a parent".into(), with_number(&ubj, "parents", 0, 1)));
    let kinds = start_of(&ubj, "split_type", b"U");
    let mut categorical = ubj.clone();
    categorical[kinds] = 1;
    unsound.push(("a split on categories".into(), categorical));
    let condition = start_of(&ubj, "split_conditions", b"d");
    let mut no_number = ubj.clone();
    no_number[condition..condition + 4].copy_from_slice(&f32::NAN.to_be_bytes());
    unsound.push(("a split at no number".into(), no_number));
    for (change, bytes) in unsound {
        let error = engine.load(&bytes).err().unwrap_or_else(|| panic!("{change} was taken"));
        assert_eq!(error.code(), "INVALID_MODEL", "{change}: {error}");
        assert!(convert(&bytes, ModelFormat::Json).is_err(), "{change}");
    }
    engine.load(&ubj).expect("the model as it was").predict(&data.matrix.view(), 0..2).expect("predictions");
}

/// XGBoost walks down trees by recursion, and a thread's stack has an end.
fn a_deep_tree_is_refused(name: &str) {
    let (booster, _) = booster(name, "reg:squarederror", 1);
    let mut model = as_json(&*booster);
    let splits = 200_000_usize;
    let tree = &mut model["learner"]["gradient_booster"]["model"]["trees"][0];
    let nodes = 2 * splits + 1;
    // Each left child is a leaf, each right child the next split.
    let ints = |of: &dyn Fn(usize) -> i64| Value::from((0..nodes).map(of).collect::<Vec<_>>());
    let is_split = |node: usize| node < nodes - 1 && node.is_multiple_of(2);
    let child = |node: usize, side: usize| if is_split(node) { (node + 1 + side) as i64 } else { -1 };
    tree["left_children"] = ints(&|node| child(node, 0));
    tree["right_children"] = ints(&|node| child(node, 1));
    tree["parents"] = ints(&|node| if node == 0 { i32::MAX.into() } else { ((node - 1) / 2 * 2) as i64 });
    for list in ["default_left", "split_indices", "split_type"] {
        tree[list] = ints(&|_| 0);
    }
    for list in ["base_weights", "loss_changes", "split_conditions", "sum_hessian"] {
        tree[list] = Value::from(vec![0.5; nodes]);
    }
    tree["tree_param"]["num_nodes"] = nodes.to_string().into();
    let bytes = serde_json::to_vec(&model).expect("JSON");
    let error = engine(name).expect("the engine").load(&bytes).err().expect("a refusal");
    assert!(matches!(&error, Error::InvalidModel(reason) if reason.contains("deeper than")), "{error}");
}

/// One reader could take the first, another the second.
fn fields_given_twice_are_refused(name: &str) {
    let (booster, _) = booster(name, "reg:squarederror", 1);
    let text = String::from_utf8(booster.save(ModelFormat::Json).expect("a model")).expect("text");
    for field in ["\"left_children\":", "\"base_score\":", "\"trees\":", "\"learner\":"] {
        let at = text.find(field).expect("the field");
        let twice = format!("{}{field}[],{}", &text[..at], &text[at..]);
        assert_eq!(
            engine(name).expect("the engine").load(twice.as_bytes()).err().expect("a refusal").code(),
            "INVALID_MODEL"
        );
    }
}
