//! Models as bytes, resumed trainings, merged rows, edges: through the public surface.

mod random;

use std::num::NonZeroUsize;

use nlpflow_boost::{Data, Dataset, Error, GrowPolicy, Model, Objective, Settings, Trainer};
use nlpflow_matrix::{Csr, CsrBuilder, CsrView};
use random::Random;

fn trained(dataset: &Dataset, settings: &Settings, rounds: u32) -> Model {
    let mut trainer = Trainer::new(dataset, settings).expect("valid settings");
    (0..rounds).for_each(|_| trainer.round());
    trainer.into_model()
}

/// Settings that use every part of a training, with all objectives.
fn varied() -> Vec<Settings> {
    let base = Settings { max_depth: 5, ..Settings::default() };
    let sampled =
        Settings { colsample_bytree: 0.7, colsample_bylevel: 0.8, colsample_bynode: 0.6, seed: 3, ..base.clone() };
    let mut varied = vec![
        base.clone(),
        Settings { max_depth: 9, eta: 0.1, gamma: 0.5, ..base.clone() },
        Settings { max_leaves: 9, grow_policy: GrowPolicy::LossGuide, ..base.clone() },
        Settings { subsample: 0.6, seed: 7, ..base.clone() },
        Settings { monotone: vec![1, -1, 0, 1], ..base.clone() },
        Settings { objective: Objective::Softprob { classes: 3 }, max_leaves: 9, ..sampled.clone() },
        sampled,
    ];
    let objectives = [
        Objective::SquaredLog,
        Objective::PseudoHuber { slope: 1.5 },
        Objective::Absolute,
        Objective::Quantile { alpha: 0.3 },
        Objective::Softprob { classes: 3 },
        Objective::Poisson { max_delta_step: 0.7 },
        Objective::Tweedie { power: 1.3 },
    ];
    varied.extend(objectives.map(|objective| Settings { objective, subsample: 0.8, ..base.clone() }));
    varied
}

/// Rows, outcomes that every objective of `varied` takes, and rows to assess.
fn case() -> (Csr, Vec<f64>, Csr) {
    let (matrix, outcome) = Random(99).texts(900, 25, 4.0);
    (matrix, outcome.into_iter().map(|y| y.abs().floor() % 3.0).collect(), Random(98).texts(300, 25, 4.0).0)
}

/// The data as the objective takes them.
fn prepared(data: &Data<'_>, max_bin: u32, settings: &Settings) -> Dataset {
    let merges = settings.objective.merges();
    if merges { Dataset::new(data, max_bin) } else { Dataset::unmerged(data, max_bin) }.expect("valid data")
}

fn data<'a>(matrix: &'a Csr, outcome: &'a [f64]) -> Data<'a> {
    Data::new(matrix.view(), outcome)
}

#[test]
fn both_formats_give_the_model_back() {
    let (matrix, outcome, _) = case();
    for settings in varied() {
        let dataset = prepared(&data(&matrix, &outcome), 256, &settings);
        let mut model = trained(&dataset, &settings, 7);
        let names: Vec<String> = (0..25).map(|column| format!("wört \"{column}\"\\\n{{")).collect();
        model.set_feature_names(&names).expect("names that differ");
        for bytes in [model.to_json(), model.to_ubj()] {
            assert_eq!(Model::from_bytes(&bytes).expect("our own bytes"), model);
        }
    }
}

#[test]
fn broken_bytes_are_errors() {
    let (matrix, outcome, _) = case();
    let dataset = Dataset::new(&data(&matrix, &outcome), 256).expect("valid data");
    let model = trained(&dataset, &Settings { max_depth: 2, ..Settings::default() }, 2);
    let mut random = Random(5);
    for bytes in [model.to_json(), model.to_ubj()] {
        for _ in 0..3000 {
            let mut broken = bytes.clone();
            match random.below(3) {
                0 => broken.truncate(random.below(bytes.len())),
                1 => broken[random.below(bytes.len())] = random.below(256) as u8,
                _ => drop(broken.drain(..random.below(bytes.len()))),
            }
            // Whatever still reads as a model must be usable: no way down a tree without an end, no column outside.
            if let Some(read) = Model::from_bytes(&broken).ok().filter(|read| read.n_cols() == 25) {
                drop(read.margins(&matrix.rows(0..5), 0..read.rounds()).expect("a whole model"));
            }
        }
    }
    assert_eq!(Model::from_bytes(b"").expect_err("nothing").code(), "INVALID_MODEL");
}

#[test]
fn a_resumed_training_gives_the_same_bytes() {
    let (matrix, outcome, more) = case();
    // As text, and as columns with missing values.
    for zeros in [25, 10] {
        let data = Data { zeros, assessment: Some(more.view()), ..data(&matrix, &outcome) };
        for settings in varied() {
            let dataset = prepared(&data, 256, &settings);
            let mut whole = Trainer::new(&dataset, &settings).expect("valid settings");
            (0..12).for_each(|_| whole.round());
            let expected = (whole.model().to_ubj(), whole.assess());
            for stop in 0..12 {
                let bytes = trained(&dataset, &settings, stop).to_ubj();
                let model = Model::from_bytes(&bytes).expect("our own bytes");
                let trainer = Trainer::resume(&dataset, &settings, model, &matrix.view(), Some(&more.view()));
                let mut trainer = trainer.expect("the same data");
                (stop..12).for_each(|_| trainer.round());
                let assessed = trainer.assess();
                assert_eq!((trainer.into_model().to_ubj(), assessed), expected, "stopped after {stop}: {settings:?}");
            }
        }
    }
}

/// Sums of the root that follow the leaves, and those of outcomes far from zero, which are added up for every tree.
#[test]
fn what_is_kept_between_trees_changes_no_byte() {
    let (matrix, near, more) = case();
    for far in [0.0, 2000.0] {
        let outcome: Vec<f64> = near.iter().map(|y| y + far).collect();
        let data = Data { assessment: Some(more.view()), ..data(&matrix, &outcome) };
        let dataset = Dataset::new(&data, 256).expect("valid data");
        let unmerged = Dataset::unmerged(&data, 256).expect("valid data");
        let settings = Settings { max_depth: 5, ..Settings::default() };
        let expected = trained(&unmerged, &settings, 12).to_ubj();
        for stop in [0, 1, 7] {
            let model = trained(&dataset, &settings, stop);
            let mut resumed = Trainer::resume(&dataset, &settings, model, &matrix.view(), Some(&more.view()));
            let trainer = resumed.as_mut().expect("the same data");
            trainer.drop_margins();
            for round in stop..12 {
                // Threads add up the root anew, and one alone goes on from there.
                trainer.set_threads([1, 3][usize::from(round % 4 == 2)].try_into().expect("threads")).expect("a pool");
                trainer.round();
                let assessed = trainer.model().margins(&more.view(), 0..trainer.model().rounds()).expect("its rounds");
                assert_eq!(trainer.assess(), assessed, "{far}, round {round}");
            }
            assert_eq!(trainer.margins().is_none(), far == 0.0);
            assert_eq!(trainer.model().to_ubj(), expected, "{far}, stopped after {stop}");
        }
    }
}

#[test]
fn several_threads_grow_the_same_bytes() {
    // Large enough for branches to be handed to other threads.
    let (matrix, outcome) = Random(5).texts(12_000, 60, 12.0);
    let outcome: Vec<f64> = outcome.into_iter().map(|y| y.abs().floor() % 3.0).collect();
    for settings in varied() {
        let settings = Settings { max_depth: 8, ..settings };
        let dataset = prepared(&data(&matrix, &outcome), 64, &settings);
        let expected = trained(&dataset, &settings, 4).to_ubj();
        for threads in [2, 3, 4] {
            let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
            trainer.set_threads(NonZeroUsize::new(threads).expect("not 0")).expect("threads");
            (0..4).for_each(|_| trainer.round());
            assert_eq!(trainer.into_model().to_ubj(), expected, "{threads} threads: {settings:?}");
        }
    }
}

#[test]
fn processors_without_wide_vectors_grow_the_same_bytes() {
    let (matrix, outcome) = Random(6).texts(3000, 60, 30.0);
    let outcome: Vec<f64> = outcome.into_iter().map(|y| y.abs().floor() % 3.0).collect();
    for settings in varied() {
        let dataset = prepared(&data(&matrix, &outcome), 256, &settings);
        let expected = trained(&dataset, &settings, 6).to_ubj();
        let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
        for round in 0..6 {
            if round == 3 {
                trainer.set_portable();
            }
            trainer.round();
        }
        assert_eq!(trainer.into_model().to_ubj(), expected, "{settings:?}");
    }
}

#[test]
fn rows_to_assess_change_no_tree() {
    let (matrix, outcome, more) = case();
    for settings in varied() {
        let alone = prepared(&data(&matrix, &outcome), 16, &settings);
        let data = Data { assessment: Some(more.view()), ..data(&matrix, &outcome) };
        let dataset = prepared(&data, 16, &settings);
        let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
        for round in 1..8 {
            trainer.round();
            let assessed = trainer.assess();
            let expected = trainer.model().predict(&more.view(), 0..round).expect("its rounds");
            assert_eq!(assessed, expected, "{settings:?}");
        }
        assert_eq!(trainer.into_model().to_ubj(), trained(&alone, &settings, 7).to_ubj(), "{settings:?}");
    }
}

/// Values of numeric columns, present or not, in a view (a matrix stores no zeros).
struct Numbers {
    indptr: Vec<i64>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl Numbers {
    fn random(random: &mut Random, rows: usize, columns: u32) -> Self {
        let mut numbers = Self { indptr: vec![0], indices: Vec::new(), values: Vec::new() };
        for _ in 0..rows {
            for column in 0..columns {
                if random.below(4) > 0 {
                    numbers.indices.push(column);
                    numbers.values.push(random.below(9) as f32 - 4.0);
                }
            }
            numbers.indptr.push(numbers.indices.len() as i64);
        }
        numbers
    }

    fn view(&self, n_cols: u32) -> CsrView<'_> {
        CsrView { indptr: &self.indptr, indices: &self.indices, values: &self.values, n_cols }
    }
}

#[test]
fn thresholds_below_everything_are_saved() {
    let mut random = Random(31);
    let numbers = Numbers::random(&mut random, 500, 3);
    // Being there at all is what matters; without a constraint XGBoost would send what is missing to the right instead.
    let outcome: Vec<f64> = (0..500).map(|row| numbers.view(3).row(row).0.len() as f64).collect();
    let dataset = Dataset::new(&Data { zeros: 0, ..Data::new(numbers.view(3), &outcome) }, 256).expect("valid data");
    let settings = Settings { max_depth: 3, monotone: vec![1; 3], ..Settings::default() };
    let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
    (0..3).for_each(|_| trainer.round());
    let margins = trainer.margins().expect("kept margins");
    let model = trainer.into_model();
    assert!(model.trees()[0].nodes().iter().any(|node| node.threshold == f32::NEG_INFINITY));
    assert_eq!(model.margins(&numbers.view(3), 0..3).expect("its rounds"), margins);
    for bytes in [model.to_json(), model.to_ubj()] {
        assert_eq!(Model::from_bytes(&bytes).expect("our own bytes"), model);
    }
}

#[test]
fn merged_rows_give_the_bytes_of_unmerged_ones() {
    for seed in 1..20 {
        let (matrix, outcome) = Random(seed).texts(800, 6, 2.0);
        let outcome: Vec<f64> = outcome.iter().map(|y| y * 1e3 + 0.1).collect();
        let merged = Dataset::new(&data(&matrix, &outcome), 256).expect("valid data");
        let unmerged = Dataset::unmerged(&data(&matrix, &outcome), 256).expect("valid data");
        assert!(merged.n_merged() < 600 && unmerged.n_merged() == 800, "{}", merged.n_merged());
        for max_depth in [2, 6, 12] {
            let settings = Settings { max_depth, ..Settings::default() };
            assert_eq!(trained(&merged, &settings, 20).to_ubj(), trained(&unmerged, &settings, 20).to_ubj());
        }
    }
}

#[test]
fn margins_while_training_are_those_of_the_model() {
    let (matrix, outcome, _) = case();
    for zeros in [25, 10] {
        for settings in varied() {
            let dataset = prepared(&Data { zeros, ..data(&matrix, &outcome) }, 8, &settings);
            let mut trainer = Trainer::new(&dataset, &settings).expect("valid settings");
            for round in 1..8 {
                trainer.round();
                let expected = trainer.model().margins(&matrix.view(), 0..round).expect("its rounds");
                assert_eq!(trainer.margins().expect("kept margins"), expected, "{settings:?}");
            }
        }
    }
}

#[test]
fn weights_are_repeats() {
    let mut random = Random(12);
    let (matrix, outcome) = random.texts(300, 12, 4.0);
    let weight: Vec<f64> = (0..300).map(|_| random.below(4) as f64).collect();
    let mut builder = CsrBuilder::new(12, 900);
    let mut repeated = Vec::new();
    for row in 0..300 {
        let view = matrix.view();
        let (columns, values) = view.row(row);
        for _ in 0..weight[row] as usize {
            builder.push_row(columns.iter().copied().zip(values.iter().copied()));
            repeated.push(outcome[row]);
        }
    }
    let all = builder.finish().expect("a valid matrix");
    let weighted = Data { weight: Some(&weight), ..Data::new(matrix.view(), &outcome) };
    let settings = Settings { max_depth: 4, base_score: Some(0.5), ..Settings::default() };
    let weighted = trained(&Dataset::new(&weighted, 256).expect("valid data"), &settings, 5);
    let repeated = trained(&Dataset::new(&data(&all, &repeated), 256).expect("valid data"), &settings, 5);
    let (a, b) = (weighted.predict(&all.view(), 0..5), repeated.predict(&all.view(), 0..5));
    for (a, b) in a.expect("its rounds").iter().zip(b.expect("its rounds")) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
    }
}

#[test]
fn samples_have_their_sizes_and_seeds_matter() {
    let (matrix, outcome) = Random(77).texts(4000, 25, 4.0);
    let dataset = Dataset::new(&data(&matrix, &outcome), 256).expect("valid data");
    let sampled = |seed| Settings { subsample: 0.3, max_depth: 2, seed, ..Settings::default() };
    let model = trained(&dataset, &sampled(1), 20);
    for tree in model.trees() {
        let cover = tree.nodes()[0].cover;
        assert!((cover - 1200.0).abs() < 5.0 * (4000.0_f32 * 0.3 * 0.7).sqrt(), "{cover} of 4000 rows");
    }
    assert_ne!(model, trained(&dataset, &sampled(2), 20));
    let columns = Settings { colsample_bytree: 0.2, max_depth: 6, ..Settings::default() };
    let mut all = std::collections::HashSet::new();
    for tree in trained(&dataset, &columns, 40).trees() {
        let used: std::collections::HashSet<u32> =
            tree.nodes().iter().filter(|node| node.children.is_some()).map(|node| node.column).collect();
        assert!(used.len() <= 5, "{used:?}");
        all.extend(used);
    }
    assert!(all.len() > 15, "{all:?}");
}

#[test]
fn edges_neither_panic_nor_make_nan() {
    let row = |entries: &[(u32, f32)]| entries.to_vec();
    let matrices = [
        vec![row(&[])],
        vec![row(&[(0, 1.0)])],
        vec![row(&[]), row(&[])],
        vec![row(&[(2, 5.0)]); 70],
        vec![row(&[(0, f32::MIN_POSITIVE)]), row(&[(0, f32::MAX / 4.0)]), row(&[])],
        (0..200).map(|index| row(&[(index % 3, 1.0 + (index / 3) as f32)])).collect(),
    ];
    for rows in matrices {
        let mut builder = CsrBuilder::new(3, rows.len());
        for row in &rows {
            builder.push_row(row.iter().copied());
        }
        let matrix = builder.finish().expect("a valid matrix");
        for outcome in [0.0, 1e-30, 1.0, 1e30] {
            let outcomes: Vec<f64> = (0..rows.len()).map(|row| outcome * (1 + row % 2) as f64).collect();
            for weight in [None, Some(1e6)] {
                let weight = weight.map(|weight| {
                    (0..rows.len()).map(|row| if row % 3 == 1 { 0.0 } else { weight }).collect::<Vec<f64>>()
                });
                let data = Data { weight: weight.as_deref(), ..Data::new(matrix.view(), &outcomes) };
                let dataset = Dataset::new(&data, 4).expect("valid data");
                for (objective, max_delta_step) in
                    [(Objective::SquaredError, 0.0), (Objective::Poisson { max_delta_step: 0.7 }, 0.7)]
                {
                    let base_score = Some(1.0);
                    let settings =
                        Settings { objective, max_delta_step, subsample: 0.9, base_score, ..Settings::default() };
                    for settings in [settings.clone(), Settings { subsample: 1.0, ..settings }] {
                        let model = trained(&dataset, &settings, 4);
                        let predictions = model.predict(&matrix.view(), 0..4).expect("its rounds");
                        assert!(predictions.iter().all(|value| value.is_finite()), "{predictions:?} of {outcomes:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn bad_input_is_told() {
    let (matrix, outcome, _) = case();
    let good = data(&matrix, &outcome);
    let code = |result: Result<Dataset, Error>| result.expect_err("bad input").code();
    assert_eq!(code(Dataset::new(&Data { outcome: &outcome[1..], ..good }, 256)), "LENGTH_MISMATCH");
    assert_eq!(code(Dataset::new(&good, 1)), "INVALID_SETTING");
    assert_eq!(code(Dataset::new(&Data { weight: Some(&vec![0.0; 900]), ..good }, 256)), "INVALID_WEIGHT");
    assert_eq!(code(Dataset::new(&Data::new(matrix.rows(0..0), &[]), 256)), "EMPTY_MATRIX");
    let mut builder = CsrBuilder::new(2, 1);
    builder.push_row([(1, -1.0)]);
    let negative = builder.finish().expect("a valid matrix");
    let error = Dataset::new(&data(&negative, &[1.0]), 256).expect_err("a negative value");
    assert!(error.to_string().starts_with("row 0, column 1 holds -1"), "{error}");

    let dataset = Dataset::new(&good, 256).expect("valid data");
    for settings in [
        Settings { max_depth: 0, ..Settings::default() },
        Settings { eta: 0.0, ..Settings::default() },
        Settings { lambda: f32::NAN, ..Settings::default() },
        Settings { objective: Objective::Tweedie { power: 2.0 }, ..Settings::default() },
    ] {
        assert_eq!(Trainer::new(&dataset, &settings).expect_err("a bad setting").code(), "INVALID_SETTING");
    }
    let logistic = Settings { objective: Objective::Logistic, ..Settings::default() };
    assert_eq!(Trainer::new(&dataset, &logistic).expect_err("outcomes above 1").code(), "INVALID_OUTCOME");
    let model = trained(&dataset, &Settings::default(), 1);
    assert_eq!(model.predict(&matrix.view(), 0..2).expect_err("one round").code(), "INVALID_ROUNDS");
    let tweedie = Settings { objective: Objective::Tweedie { power: 1.5 }, ..Settings::default() };
    let error = Trainer::resume(&dataset, &tweedie, model, &matrix.view(), None).expect_err("another objective");
    assert_eq!(error.code(), "CANNOT_RESUME");
}
