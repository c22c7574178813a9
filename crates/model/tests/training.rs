//! What holds for every training and prediction. Equality with the stock library is checked from Python
//! (`python/tests_xgboost.py`).

mod common;

use std::ops::ControlFlow;
use std::thread;

use common::{Data, Dense, parameters, train};
use nlpflow_model::{Error, ModelFormat, Observer, Round, Training, TrainingData, engine};
use proptest::prelude::{ProptestConfig, Strategy, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

contract! {
    the_first_rounds_of_a_booster_are_a_shorter_booster,
    rounds_add_up,
    the_same_input_gives_the_same_bytes_also_at_once,
    a_booster_serves_many_threads_at_once,
    both_formats_bring_the_booster_back,
    predicting_leaves_no_trace_in_the_model,
    the_observer_counts_and_may_stop,
    a_training_goes_on_from_any_round_to_the_same_bytes,
    rows_without_any_entry_are_rows,
    a_matrix_of_empty_rows_gives_the_mean,
}

fn sampled() -> Value {
    json!({"tree_depth": 5, "sample_size": 0.7, "mtry_prop": 0.5, "seed": 3})
}

fn bytes(booster: &dyn nlpflow_model::Booster) -> Vec<u8> {
    booster.save(ModelFormat::Ubj).expect("a saved model")
}

fn the_first_rounds_of_a_booster_are_a_shorter_booster(name: &str) {
    let data = Data::new(1, 800, 12);
    let rows = data.matrix.view();
    let long = data.train(name, sampled(), 40);
    for rounds in [1, 13, 40] {
        let short = data.train(name, sampled(), rounds);
        assert_eq!(short.rounds(), rounds);
        let by_short = short.predict(&rows, 0..rounds).expect("predictions");
        assert_eq!(long.predict(&rows, 0..rounds).expect("predictions"), by_short);
    }
}

fn rounds_add_up(name: &str) {
    let data = Data::new(2, 500, 10);
    let rows = data.matrix.view();
    // Each prediction contains the base score once.
    let booster = data.train(name, json!({"base_score": 0.25}), 20);
    let part = |rounds| booster.predict(&rows, rounds).expect("predictions");
    for ((whole, first), second) in part(0..20).into_iter().zip(part(0..7)).zip(part(7..20)) {
        assert!((whole - (first + second - 0.25)).abs() <= 1e-5 * whole.abs().max(1.0), "{whole} {first} {second}");
    }
}

fn the_same_input_gives_the_same_bytes_also_at_once(name: &str) {
    let data = Data::new(3, 600, 12);
    let expected = bytes(&*data.train(name, sampled(), 15));
    assert_eq!(bytes(&*data.train(name, sampled(), 15)), expected);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| bytes(&*data.train(name, sampled(), 15)))).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("a thread"), expected);
        }
    });
}

fn a_booster_serves_many_threads_at_once(name: &str) {
    let data = Data::new(4, 300, 8);
    let saved = bytes(&*data.train(name, json!({}), 5));
    let booster = engine(name).expect("the engine").load(&saved).expect("the model");
    let rows = &|first: usize| booster.predict(&data.matrix.rows(first..first + 100), 0..5).expect("predictions");
    // The first predictions of all are those of several threads.
    let by_threads: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|thread| scope.spawn(move || [rows(thread * 20), rows(0)])).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    for (thread, found) in by_threads.into_iter().enumerate() {
        assert_eq!(found, [rows(thread * 20), rows(0)]);
    }
}

fn both_formats_bring_the_booster_back(name: &str) {
    let data = Data::new(5, 400, 10);
    let rows = data.matrix.view();
    let mut booster = data.train(name, json!({"tree_depth": 4}), 12);
    let names: Vec<String> = (0..10).map(|column| format!("wort{column}ß")).collect();
    booster.set_feature_names(&names).expect("names");
    let expected = booster.predict(&rows, 0..12).expect("predictions");
    for format in [ModelFormat::Ubj, ModelFormat::Json] {
        let saved = booster.save(format).expect("a saved model");
        let loaded = engine(name).expect("the engine").load(&saved).expect("the model");
        assert_eq!(loaded.rounds(), 12);
        assert_eq!(loaded.predict(&rows, 0..12).expect("predictions"), expected);
        assert_eq!(loaded.save(format).expect("a saved model"), saved);
    }
    let json: Value = serde_json::from_slice(&booster.save(ModelFormat::Json).expect("JSON")).expect("JSON");
    assert_eq!(json["learner"]["feature_names"], json!(names));
    assert_eq!(json["version"], json!([3, 4, 1]));
}

fn predicting_leaves_no_trace_in_the_model(name: &str) {
    let data = Data::new(6, 200, 6);
    let before = bytes(&*data.train(name, json!({}), 3));
    let booster = data.train(name, json!({}), 3);
    booster.predict(&data.matrix.view(), 0..2).expect("predictions");
    assert_eq!(bytes(&*booster), before);
}

fn the_observer_counts_and_may_stop(name: &str) {
    struct StopAt(u32, Vec<(u32, u32)>);
    impl Observer for StopAt {
        fn round(&mut self, round: &mut dyn Round) -> ControlFlow<()> {
            self.1.push((round.done(), round.total()));
            if round.done() == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let data = Data::new(7, 200, 6);
    let (engine, settings) = (engine(name).expect("the engine"), parameters(json!({})).expect("parameters"));
    let training = Training::new(data.training(), &settings, 10);
    let mut observer = StopAt(3, Vec::new());
    let stopped = engine.train(&training, &mut observer);
    assert!(matches!(stopped.err(), Some(Error::Cancelled { rounds: 3 })));
    assert_eq!(observer.1, [(1, 10), (2, 10), (3, 10)]);
    let mut observer = StopAt(0, Vec::new());
    engine.train(&Training { rounds: 2, ..training }, &mut observer).expect("a booster after a cancelled one");
    assert_eq!(observer.1, [(1, 2), (2, 2)]);
}

/// What is seen of a training after each round: the booster, and predictions of both kinds of rows.
#[derive(Default, PartialEq)]
struct Seen(Vec<(Vec<u8>, Vec<f32>, Vec<f32>)>);

impl Observer for Seen {
    fn round(&mut self, round: &mut dyn Round) -> ControlFlow<()> {
        let assessed = round.assess().expect("predictions");
        self.0.push((round.save().expect("a booster"), assessed, round.fitted().expect("predictions")));
        ControlFlow::Continue(())
    }
}

fn a_training_goes_on_from_any_round_to_the_same_bytes(name: &str) {
    let (data, more) = (Data::new(9, 400, 8), Data::new(10, 90, 8));
    let engine = engine(name).expect("the engine");
    let weight: Vec<f64> = (0..400).map(|row| f64::from(row % 4)).collect();
    for settings in [sampled(), json!({"tree_depth": 4, "zeros": "missing"}), json!({"objective": "reg:absoluteerror"})]
    {
        let settings = parameters(settings).expect("parameters");
        let data = TrainingData { assessment: Some(more.matrix.view()), weight: Some(&weight), ..data.training() };
        let training = Training::new(data, &settings, 9);
        let mut whole = Seen::default();
        let booster = engine.train(&training, &mut whole).expect("a booster");
        for (done, (saved, assessed, fitted)) in (1..).zip(&whole.0) {
            let rows = more.matrix.view();
            assert_eq!(*assessed, booster.predict(&rows, 0..done).expect("predictions"), "{done} rounds");
            assert_eq!(*fitted, booster.predict(&data.rows, 0..done).expect("predictions"), "{done} rounds");
            let mut rest = Seen::default();
            let resumed = engine.train(&Training { start: Some(saved), ..training }, &mut rest).expect("a booster");
            assert_eq!(bytes(&*resumed), bytes(&*booster), "resumed after {done} rounds");
            assert!(rest.0 == whole.0[done as usize..], "resumed after {done} rounds");
        }
    }
}

fn rows_without_any_entry_are_rows(name: &str) {
    let mut data = Data::new(8, 300, 5);
    let mut builder = nlpflow_matrix::CsrBuilder::new(5, 0);
    for row in 0..300 {
        let (columns, values) = data.matrix.view().row(row);
        let empty = row < 3 || row % 7 == 0 || row == 299;
        builder.push_row(columns.iter().copied().zip(values.iter().copied()).filter(|_| !empty));
    }
    data.matrix = builder.finish().expect("a matrix");
    let booster = data.train(name, json!({}), 5);
    let view = data.matrix.view();
    let predictions = booster.predict(&view, 0..5).expect("predictions");
    assert_eq!(predictions.len(), 300);
    assert_eq!(predictions[..1], predictions[299..]);
    let alone = booster.predict(&data.matrix.rows(0..1), 0..5).expect("a prediction");
    assert_eq!(alone, predictions[..1]);
    assert_eq!(booster.predict(&data.matrix.rows(4..4), 0..5).expect("none"), Vec::<f32>::new());
}

fn a_matrix_of_empty_rows_gives_the_mean(name: &str) {
    let mut builder = nlpflow_matrix::CsrBuilder::new(3, 4);
    (0..4).for_each(|_| builder.push_row([]));
    let data = Data { matrix: builder.finish().expect("a matrix"), outcome: vec![1.0, 2.0, 3.0, 6.0] };
    for zeros in ["value", "missing"] {
        let booster = data.train(name, json!({ "zeros": zeros }), 2);
        let predictions = booster.predict(&data.matrix.view(), 0..2).expect("predictions");
        assert!(predictions.iter().all(|value| (value - 3.0).abs() < 1e-5), "{zeros}: {predictions:?}");
    }
}

fn engines() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["native", "xgboost"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_range_of_rows_is_the_same_as_its_copy(name in engines(), seed: u64, start in 0_usize..100, length in 30_usize..200) {
        let data = Data::new(seed, 300, 8);
        let range = start..start + length;
        let view = data.matrix.rows(range.clone());
        let mut copy = nlpflow_matrix::CsrBuilder::new(8, length);
        for row in 0..length {
            let (columns, values) = view.row(row);
            copy.push_row(columns.iter().copied().zip(values.iter().copied()));
        }
        let copy = copy.finish().expect("a matrix");
        let outcome = &data.outcome[range];
        let sliced = train(name, TrainingData::new(view, outcome), sampled(), 6).expect("a booster");
        let copied = train(name, TrainingData::new(copy.view(), outcome), sampled(), 6).expect("a booster");
        prop_assert_eq!(bytes(&*sliced), bytes(&*copied));
        prop_assert_eq!(sliced.predict(&view, 0..6).expect("one"), copied.predict(&copy.view(), 0..6).expect("other"));
    }

    #[test]
    fn an_absent_entry_is_a_zero(name in engines(), seed: u64, depth in 1..8, few_bins: bool) {
        let data = Data::new(seed, 250, 7);
        let settings = json!({"tree_depth": depth, "max_bin": if few_bins { 5 } else { 256 }, "min_n": 2});
        let dense = Dense::of(&data.matrix.view());
        let sparse = data.train(name, settings.clone(), 8);
        let written_out = TrainingData::new(dense.view(), &data.outcome);
        let explicit = train(name, written_out, settings, 8).expect("a booster");
        let expected = sparse.predict(&data.matrix.view(), 0..8).expect("predictions");
        for (booster, rows) in [(&sparse, dense.view()), (&explicit, dense.view()), (&explicit, data.matrix.view())] {
            for (value, expected) in booster.predict(&rows, 0..8).expect("predictions").into_iter().zip(&expected) {
                prop_assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{} {}", value, expected);
            }
        }
    }
}
