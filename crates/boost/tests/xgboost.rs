//! Node by node against XGBoost 3.4.1, on matrices like those of texts.

#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]
#![allow(clippy::float_cmp, reason = "equal means equal to the bit")]

mod against;
mod random;

use against::compare;
use nlpflow_matrix::CsrBuilder;
use random::Random;
use serde_json::{Value, json};

/// Compares both engines on rows, columns and words a row.
fn check(seed: u64, size: (usize, usize, f64), told: &Value, rounds: u32, transform: fn(f64) -> f64) -> u32 {
    let (matrix, outcome) = Random(seed + 1).texts(size.0, size.1, size.2);
    let outcome: Vec<f64> = outcome.into_iter().map(transform).collect();
    let told = told.as_object().expect("an object");
    let report = compare(matrix.view(), &outcome, told, rounds).expect("both engines train");
    // Some begin with a quotient of sums of 32-bit numbers.
    let [ours, theirs] = report.base_scores;
    assert!((ours - theirs).abs() <= 1e-6 * theirs.abs(), "{told:?}: {ours} {theirs}");
    assert!(report.wrong.is_empty(), "{told:?}: {}", report.wrong.join("\n"));
    assert!(report.nodes >= rounds && report.rows[1] <= report.rows[0], "{told:?}: {report:?}");
    assert!(report.ties.len() as u32 * 1000 <= report.nodes, "{told:?}: {}", report.ties.join("\n"));
    if report.first_apart.is_none() {
        assert!(report.margins_apart < 1e-5, "{told:?}: {report:?}");
    }
    report.nodes
}

#[test]
fn squared_error_grows_the_same_trees() {
    for (seed, told) in [
        json!({}),
        json!({"max_depth": 12, "eta": 0.1}),
        json!({"max_depth": 1, "eta": 1.0}),
        json!({"max_depth": 5, "lambda": 0, "min_child_weight": 0}),
        json!({"max_depth": 7, "min_child_weight": 12.5, "lambda": 3}),
        json!({"max_depth": 6, "alpha": 4}),
        json!({"max_depth": 6, "max_delta_step": 0.3}),
        json!({"max_depth": 10, "gamma": 6}),
        json!({"max_depth": 8, "max_leaves": 17}),
        json!({"max_depth": 8, "max_leaves": 23, "grow_policy": "lossguide"}),
        json!({"max_depth": 6, "grow_policy": "lossguide", "gamma": 3}),
    ]
    .iter()
    .enumerate()
    {
        assert!(check(seed as u64, (1500, 30, 5.0), told, 12, |y| y) >= 36, "{told:?}");
    }
}

#[test]
fn columns_with_more_values_than_bins_are_cut_alike() {
    for (seed, max_bin) in [(20, 256), (21, 64), (22, 7), (23, 2)] {
        assert!(check(seed, (4000, 12, 40.0), &json!({"max_depth": 6, "max_bin": max_bin}), 6, |y| y) > 100);
    }
}

#[test]
fn a_level_of_more_nodes_than_a_batch_is_cut_alike() {
    let told = json!({"max_depth": 13, "min_child_weight": 1, "lambda": 0, "gamma": 1});
    assert!(check(30, (6000, 40, 8.0), &told, 3, |y| y) > 3 * 2 * 256);
}

#[test]
fn more_bins_than_16_bits_number() {
    assert!(check(31, (3000, 400, 60.0), &json!({"max_depth": 6}), 3, |y| y) > 100);
}

#[test]
fn extreme_outcomes() {
    // Gains beyond or below what 32 bits hold: XGBoost makes no split either.
    for (seed, transform) in [(40, (|y| y * 1e30) as fn(f64) -> f64), (41, |y| y * 1e-30)] {
        check(seed, (400, 12, 4.0), &json!({"max_depth": 4}), 5, transform);
    }
    for (seed, transform) in
        [(42, (|y| y * 1e15) as fn(f64) -> f64), (43, |y| y * 1e-2), (44, |y| y + 1e6), (45, |_| 3.25)]
    {
        check(seed, (400, 12, 4.0), &json!({"max_depth": 4}), 5, transform);
    }
}

#[test]
fn other_objectives_grow_the_same_trees() {
    let logistic: fn(f64) -> f64 = |y| f64::from(y > 2.0);
    let positive: fn(f64) -> f64 = |y| y.abs() + 0.1;
    let count: fn(f64) -> f64 = |y| y.abs().floor();
    for (seed, objective, transform) in [
        (50, "binary:logistic", logistic),
        (51, "count:poisson", count),
        (52, "reg:gamma", positive),
        (53, "reg:tweedie", count),
        (54, "reg:squaredlogerror", count),
        (55, "reg:pseudohubererror", positive),
        (56, "reg:absoluteerror", positive),
        (57, "reg:quantileerror", positive),
    ] {
        for told in [
            json!({"objective": objective, "max_depth": 5}),
            json!({"objective": objective, "max_depth": 4, "min_child_weight": 0.2, "gamma": 0.1}),
        ] {
            assert!(check(seed, (1500, 30, 5.0), &told, 12, transform) > 100, "{told:?}");
        }
    }
}

#[test]
fn positive_rows_weigh_more() {
    let told = json!({"objective": "binary:logistic", "max_depth": 5, "scale_pos_weight": 3.5});
    assert!(check(60, (1500, 30, 5.0), &told, 12, |y| f64::from(y > 2.0)) > 100);
}

#[test]
fn absent_entries_that_are_missing_are_sent_the_same_way() {
    for (seed, told) in [
        json!({"zeros": "missing", "max_depth": 6}),
        json!({"zeros": "missing", "max_depth": 12, "eta": 0.1, "min_child_weight": 0}),
        json!({"zeros": "missing", "max_depth": 5, "max_bin": 9, "alpha": 2}),
        json!({"zeros": "missing", "max_depth": 4, "objective": "reg:tweedie"}),
    ]
    .iter()
    .enumerate()
    {
        assert!(check(70 + seed as u64, (1500, 30, 8.0), told, 12, f64::abs) > 100, "{told:?}");
    }
}

#[test]
fn edges_have_the_same_answer() {
    let told = json!({"max_depth": 3});
    let told = told.as_object().expect("an object");
    let row = |entries: &[(u32, f32)]| entries.to_vec();
    let matrices = [
        vec![row(&[])],
        vec![row(&[(0, 1.0)])],
        vec![row(&[(1, 2.0)]); 40],
        vec![row(&[]); 40],
        // A single column, then columns without an entry.
        (0..40).map(|index| row(&[(0, 1.0 + index as f32)])).collect(),
        (0..40).map(|index| if index % 3 == 0 { row(&[(2, 0.5)]) } else { row(&[]) }).collect(),
    ];
    for rows in &matrices {
        for n_cols in [3, 5] {
            let mut builder = CsrBuilder::new(n_cols, rows.len());
            for row in rows {
                builder.push_row(row.iter().copied());
            }
            let matrix = builder.finish().expect("a valid matrix");
            for scale in [0.0, 1e-30, 1e-3, 1.0, 1e15, 1e30] {
                let outcome: Vec<f64> = (0..rows.len()).map(|row| scale * (1 + row % 4) as f64).collect();
                let report = compare(matrix.view(), &outcome, told, 5).expect("both engines train");
                assert!(report.wrong.is_empty(), "{rows:?}, {scale}: {}", report.wrong.join("\n"));
                let apart = report.margins_apart;
                assert!(apart < 1e-5, "{rows:?}, {scale}: margins are apart by {apart}");
            }
        }
    }
}
