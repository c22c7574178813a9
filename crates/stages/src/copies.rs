//! Texts that stand on both sides of a split: a model that remembers them looks better than it is.

use nlpflow_source::Set;
use rayon::prelude::*;
use serde::Serialize;

use crate::hashes::{BLANK, Hash};
use crate::rows::Assignment;

/// The share of copies from which scores are not to be trusted.
const MANY: f64 = 0.05;

/// How many of the rows that judge a model have a text that it has learned from; blank texts are no copies.
#[derive(Serialize)]
pub(crate) struct Copies {
    /// The share of the test rows whose text is among the training rows.
    test: f64,
    /// The share of a fold's assessment rows whose text is among its analysis rows, as the mean over folds.
    folds: f64,
}

impl Copies {
    /// Counts copies on the threads of the pool that it is called in.
    pub(crate) fn count(hashes: &[Hash], assignment: &Assignment, folds: u16) -> Self {
        let repeated = Repeated::of(hashes);
        let copies = hashes.par_iter().enumerate().filter(|&(_, &hash)| hash != BLANK && repeated.may_hold(hash));
        let mut order: Vec<(Hash, usize)> = copies.map(|(row, &hash)| (hash, row)).collect();
        order.par_sort_unstable();
        let mut in_test = 0_u64;
        let mut in_folds = vec![0_u64; folds.into()];
        for same in order.chunk_by(|(one, _), (other, _)| one == other).filter(|same| same.len() > 1) {
            let trained = || same.iter().map(|&(_, row)| row).filter(|&row| assignment.set[row] == Set::Train);
            let Some(first) = trained().next() else { continue };
            in_test += (same.len() - trained().count()) as u64;
            if trained().any(|row| assignment.fold[row] != assignment.fold[first]) {
                for fold in trained().filter_map(|row| assignment.fold[row]) {
                    in_folds[usize::from(fold)] += 1;
                }
            }
        }
        let mut sizes = vec![0_u64; folds.into()];
        for fold in assignment.fold.iter().flatten() {
            sizes[usize::from(*fold)] += 1;
        }
        let tested = assignment.set.iter().filter(|&&set| set == Set::Test).count() as u64;
        let shares: f64 = in_folds.iter().zip(&sizes).map(|(&copies, &size)| share(copies, size)).sum();
        Self { test: share(in_test, tested), folds: shares / f64::from(folds.max(1)) }
    }

    /// What deserves a warning.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let test = (self.test >= MANY).then(|| {
            format!(
                "{} of the test rows have their text among the training rows: scores are too good for new texts; \
                 remove duplicates, or keep copies together with --split-column",
                percent(self.test)
            )
        });
        let folds = (self.folds >= MANY).then(|| {
            format!(
                "{} of the training rows have their text in another fold as well: the scores of cross-validation are \
                 too good for new texts; remove duplicates",
                percent(self.folds)
            )
        });
        test.into_iter().chain(folds).collect()
    }
}

/// A set that holds every hash that occurs twice, and few others: most texts occur once, and need not be sorted.
struct Repeated {
    bits: Vec<u64>,
}

impl Repeated {
    fn of(hashes: &[Hash]) -> Self {
        let words = (hashes.len() / 4).next_power_of_two();
        let mut set = Self { bits: vec![0; words] };
        let mut seen = Self { bits: vec![0; words] };
        for &hash in hashes {
            if seen.may_hold(hash) {
                set.insert(hash);
            }
            seen.insert(hash);
        }
        set
    }

    /// The word and the bit of a hash.
    fn place(&self, hash: Hash) -> (usize, u64) {
        let low = u128::from_le_bytes(hash) as usize;
        ((low >> 6) & (self.bits.len() - 1), 1 << (low & 63))
    }

    fn insert(&mut self, hash: Hash) {
        let (word, bit) = self.place(hash);
        self.bits[word] |= bit;
    }

    fn may_hold(&self, hash: Hash) -> bool {
        let (word, bit) = self.place(hash);
        self.bits[word] & bit != 0
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// A share in per cent, rounded, but 100 for all only.
fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    let shown = if share < 1.0 { rounded.min(99.0) } else { rounded };
    format!("{shown} %")
}
