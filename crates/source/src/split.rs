use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::slice::ParallelSliceMut;
use sha2::{Digest, Sha256};

use crate::{Error, Set};

/// How to split rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitOptions {
    /// The share of rows that train, in 0..1; none when the table says where each row belongs.
    pub prop: Option<f64>,
    /// What the random numbers follow from.
    pub seed: u64,
    /// What those of the folds follow from; by default `seed`.
    pub fold_seed: Option<u64>,
    /// Folds of the training rows, at least 2.
    pub folds: u16,
}

/// Where each row belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The set of each row.
    pub set: Vec<Set>,
    /// The 0-based fold whose assessment set holds the row; none for test rows.
    pub fold: Vec<Option<u16>>,
}

/// Assigns each row to the training or the test set and each training row to a fold.
///
/// `rows` are the numbers of the kept records, ascending; `sets` what the table says of each. A row's random number
/// depends on the seed, the purpose and the row's number alone, so other threads, chunks or machines change nothing.
/// Rows in the order of their numbers' draws: the first ⌊n · prop⌋ train, as `rsample::initial_split` counts, and
/// training rows go to the folds in turn, so that fold sizes differ by at most one.
///
/// Fails when a proportion, a number of folds or a column of sets leaves a part without rows.
pub fn assign(rows: &[u64], sets: Option<&[Set]>, options: &SplitOptions) -> Result<Split, Error> {
    let set = match (sets, options.prop) {
        (Some(sets), _) if sets.len() == rows.len() => sets.to_vec(),
        (Some(sets), _) => {
            let reason = format!("{} rows, but {} of them say `train` or `test`", rows.len(), sets.len());
            return Err(Error::InvalidSplit(reason));
        }
        (None, Some(prop)) => by_proportion(rows, prop, options.seed)?,
        (None, None) => {
            return Err(Error::InvalidSplit("neither a proportion nor a column of sets is given".into()));
        }
    };
    let train: Vec<usize> = (0..rows.len()).filter(|&index| set[index] == Set::Train).collect();
    let folds = usize::from(options.folds);
    if train.is_empty() {
        return Err(Error::InvalidSplit(format!("none of the {} rows trains", rows.len())));
    }
    if folds < 2 {
        return Err(Error::InvalidSplit(format!("cross-validation needs 2 folds or more, not {folds}")));
    }
    if folds > train.len() {
        return Err(Error::InvalidSplit(format!(
            "{folds} folds need as many training rows, there are {}",
            train.len()
        )));
    }
    let mut fold = vec![None; rows.len()];
    for (rank, index) in
        shuffled(rows, train, options.fold_seed.unwrap_or(options.seed), "folds").into_iter().enumerate()
    {
        fold[index] = Some((rank % folds) as u16);
    }
    Ok(Split { set, fold })
}

fn by_proportion(rows: &[u64], prop: f64, seed: u64) -> Result<Vec<Set>, Error> {
    if !(prop > 0.0 && prop < 1.0) {
        return Err(Error::InvalidSplit(format!(
            "the proportion of training rows must be between 0 and 1, not {prop}"
        )));
    }
    let train = (rows.len() as f64 * prop).floor() as usize;
    if train == 0 {
        return Err(Error::InvalidSplit(format!("a proportion of {prop} of {} rows is less than one row", rows.len())));
    }
    let mut set = vec![Set::Test; rows.len()];
    for &index in &shuffled(rows, (0..rows.len()).collect(), seed, "split")[..train] {
        set[index] = Set::Train;
    }
    Ok(set)
}

/// `indices` into `rows`, in the order of the rows' draws.
fn shuffled(rows: &[u64], indices: Vec<usize>, seed: u64, purpose: &str) -> Vec<usize> {
    let mut draws = Draws::new(seed, purpose);
    let mut order: Vec<(u64, u64, usize)> =
        indices.into_iter().map(|index| (draws.draw(rows[index]), rows[index], index)).collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, _, index)| index).collect()
}

/// Random numbers by row.
///
/// The draw of row r is the r-th little-endian 64-bit number of the `ChaCha8` stream (counter and nonce from 0) whose
/// key is SHA-256 of `nlpflow draw 1`, NUL, the purpose, NUL and the seed as 8 little-endian bytes.
struct Draws {
    stream: ChaCha8Rng,
    next: u64,
}

impl Draws {
    fn new(seed: u64, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"nlpflow draw 1\0");
        hash.update(purpose.as_bytes());
        hash.update(b"\0");
        hash.update(seed.to_le_bytes());
        Self { stream: ChaCha8Rng::from_seed(hash.finalize().into()), next: 0 }
    }

    fn draw(&mut self, row: u64) -> u64 {
        if row != self.next {
            self.stream.set_word_pos(2 * u128::from(row)); // a draw takes two words of 32 bits
        }
        self.next = row.wrapping_add(1);
        self.stream.next_u64()
    }
}
