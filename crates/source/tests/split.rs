//! Splits and folds: partitions that depend on the seed and the row alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in its helper functions")]

use nlpflow_source::{Set, SplitOptions, assign};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn options(prop: f64, seed: u64, folds: u16) -> SplitOptions {
    SplitOptions { prop: Some(prop), seed, fold_seed: None, folds }
}

/// Ascending record numbers with gaps, as bad rows leave them.
fn rows() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::btree_set(0_u64..5000, 20..400).prop_map(|rows| rows.into_iter().collect())
}

proptest! {
    #[test]
    fn folds_partition_the_training_rows(rows in rows(), seed: u64, folds in 2_u16..12, prop in 0.6_f64..0.95) {
        let split = assign(&rows, None, &options(prop, seed, folds)).unwrap();
        let train = split.set.iter().filter(|set| **set == Set::Train).count();
        prop_assert_eq!(train, (rows.len() as f64 * prop).floor() as usize);
        prop_assert_eq!(split.fold.len(), rows.len());
        let mut sizes = vec![0; usize::from(folds)];
        for (set, fold) in split.set.iter().zip(&split.fold) {
            prop_assert_eq!(*set == Set::Train, fold.is_some(), "each training row is in one fold, no test row in any");
            if let Some(fold) = fold {
                sizes[usize::from(*fold)] += 1;
            }
        }
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
    }

    #[test]
    fn the_order_of_two_rows_does_not_depend_on_others(
        rows in rows(),
        seed: u64,
        kept in prop::collection::vec(any::<bool>(), 400),
    ) {
        // By draws, rows form one order. A row that trains among all rows stands before one that tests among all; so
        // among fewer rows the second may not train when the first tests.
        let all = assign(&rows, None, &options(0.5, seed, 2)).unwrap();
        let some: Vec<usize> = (0..rows.len()).filter(|&index| kept[index]).collect();
        prop_assume!(some.len() > 8);
        let fewer: Vec<u64> = some.iter().map(|&index| rows[index]).collect();
        let part = assign(&fewer, None, &options(0.5, seed, 2)).unwrap();
        let changed = |from: Set, to: Set| {
            some.iter().enumerate().any(|(place, &index)| all.set[index] == from && part.set[place] == to)
        };
        prop_assert!(!(changed(Set::Train, Set::Test) && changed(Set::Test, Set::Train)));
    }

    #[test]
    fn a_larger_proportion_only_adds_training_rows(rows in rows(), seed: u64) {
        let less = assign(&rows, None, &options(0.5, seed, 2)).unwrap();
        let more = assign(&rows, None, &options(0.8, seed, 2)).unwrap();
        prop_assert!(less.set.iter().zip(&more.set).all(|(less, more)| *less == Set::Test || *more == Set::Train));
    }

    #[test]
    fn sets_of_the_table_are_taken_as_they_are(rows in rows(), seed: u64) {
        let sets: Vec<Set> = rows.iter().map(|row| if row % 3 == 0 { Set::Test } else { Set::Train }).collect();
        prop_assume!(sets.iter().filter(|set| **set == Set::Train).count() >= 5);
        let split = assign(&rows, Some(&sets), &SplitOptions { prop: None, seed, fold_seed: None, folds: 5 }).unwrap();
        prop_assert_eq!(split.set, sets);
    }
}

#[test]
fn training_rows_spread_evenly_and_seeds_and_purposes_differ() {
    let rows: Vec<u64> = (0..100_000).collect();
    let split = assign(&rows, None, &options(0.8, 20_201_225, 5)).unwrap();
    // Each tenth of the table: 8,000 expected, standard deviation about 38.
    for tenth in split.set.chunks(10_000) {
        let train = tenth.iter().filter(|set| **set == Set::Train).count() as f64;
        assert!((train - 8000.0).abs() < 5.0 * 40.0, "{train}");
    }
    let other = assign(&rows, None, &options(0.8, 20_201_226, 5)).unwrap();
    let same = split.set.iter().zip(&other.set).filter(|(a, b)| a == b).count() as f64;
    assert!((same / 1e5 - 0.68).abs() < 0.01, "independent draws agree on 0.8² + 0.2² of the rows, not {same}");
    // If folds used the draws of the split, the first fold of a 50 % split would differ from chance.
    for fold in 0..5 {
        let of_fold = split.fold.iter().zip(&other.set).filter(|(of, _)| **of == Some(fold));
        let (count, train) = of_fold.fold((0, 0), |(n, t), (_, set)| (n + 1, t + usize::from(*set == Set::Train)));
        assert_eq!(count, 16_000);
        assert!((train as f64 / 16_000.0 - 0.8).abs() < 0.02, "{train}");
    }
}

#[test]
fn parts_without_rows_are_refused() {
    let rows: Vec<u64> = (0..10).collect();
    let by_column = SplitOptions { prop: None, seed: 1, fold_seed: None, folds: 2 };
    let test = [Set::Test; 10];
    for (sets, options, part) in [
        (None, options(0.0, 1, 2), "between 0 and 1"),
        (None, options(1.0, 1, 2), "between 0 and 1"),
        (None, options(f64::NAN, 1, 2), "between 0 and 1"),
        (None, options(0.05, 1, 2), "less than one row"),
        (None, options(0.8, 1, 1), "2 folds or more"),
        (None, options(0.8, 1, 9), "9 folds need as many training rows, there are 8"),
        (None, by_column, "neither a proportion nor a column"),
        (Some(&test[..]), by_column, "none of the 10 rows trains"),
        (Some(&test[..3]), by_column, "10 rows, but 3 of them say"),
    ] {
        let error = assign(&rows, sets, &options).unwrap_err();
        assert_eq!(error.code(), "INVALID_SPLIT");
        assert!(error.to_string().contains(part), "{error}");
    }
}

/// Block `counter` of the `ChaCha8` stream under `key`, by D. J. Bernstein's definition.
fn chacha8(key: [u8; 32], counter: u64) -> [u32; 16] {
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let mut start = [0; 16];
    for (to, from) in start[..4].iter_mut().zip(b"expand 32-byte k".chunks(4)) {
        *to = word(from);
    }
    for (to, from) in start[4..12].iter_mut().zip(key.chunks(4)) {
        *to = word(from);
    }
    (start[12], start[13]) = (counter as u32, (counter >> 32) as u32);
    let mut state: [u32; 16] = start;
    let mut quarter = |a: usize, b: usize, c: usize, d: usize| {
        for (x, y, z, bits) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
            state[x] = state[x].wrapping_add(state[y]);
            state[z] = (state[z] ^ state[x]).rotate_left(bits);
        }
    };
    for _ in 0..4 {
        for [a, b, c, d] in [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]] {
            quarter(a, b, c, d);
        }
        for [a, b, c, d] in [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]] {
            quarter(a, b, c, d);
        }
    }
    for (word, start) in state.iter_mut().zip(start) {
        *word = word.wrapping_add(start);
    }
    state
}

#[test]
fn draws_are_the_documented_stream() {
    let seed = 20_201_225_u64;
    let draw = |purpose: &str, row: u64| {
        let key = Sha256::digest([b"nlpflow draw 1\0", purpose.as_bytes(), b"\0", &seed.to_le_bytes()].concat());
        let block = chacha8(key.into(), row / 8);
        let word = 2 * (row % 8) as usize;
        u64::from(block[word]) | u64::from(block[word + 1]) << 32
    };
    let rows: Vec<u64> = (0..500).filter(|row| row % 7 != 3).chain([1_000_000, 1_000_001, 1 << 40]).collect();
    let split = assign(&rows, None, &options(0.75, seed, 4)).unwrap();
    let order = |rows: Vec<u64>, purpose: &str| {
        let mut order: Vec<(u64, u64)> = rows.into_iter().map(|row| (draw(purpose, row), row)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, row)| row).collect::<Vec<u64>>()
    };
    let mut train = order(rows.clone(), "split");
    train.truncate(rows.len() * 3 / 4);
    let ranked = order(train, "folds");
    for (index, row) in rows.iter().enumerate() {
        let rank = ranked.iter().position(|ranked| ranked == row);
        assert_eq!(split.set[index] == Set::Train, rank.is_some(), "row {row}");
        assert_eq!(split.fold[index], rank.map(|rank| (rank % 4) as u16), "row {row}");
    }
}

#[test]
fn folds_may_have_a_seed_of_their_own() {
    let rows: Vec<u64> = (0..200).collect();
    let base = options(0.8, 1, 5);
    let both = assign(&rows, None, &base).unwrap();
    assert_eq!(assign(&rows, None, &SplitOptions { fold_seed: Some(1), ..base }).unwrap(), both);
    let folds = assign(&rows, None, &SplitOptions { fold_seed: Some(2), ..base }).unwrap();
    assert_eq!(folds.set, both.set);
    assert_ne!(folds.fold, both.fold);
    // The same folds as those of a table that says which rows train, drawn with that seed.
    let by_column = SplitOptions { prop: None, seed: 2, fold_seed: None, folds: 5 };
    assert_eq!(folds.fold, assign(&rows, Some(&both.set), &by_column).unwrap().fold);
}
