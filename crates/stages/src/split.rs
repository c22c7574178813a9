use std::path::PathBuf;

use nlpflow_source::{Set, SplitOptions, assign, constant_outcome};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::baseline::baselines;
use crate::copies::Copies;
use crate::counts::{count, write_counts};
use crate::hashes::read_hashes;
use crate::parts::{self, outcomes};
use crate::rows::{Assignment, Rows, read_json, write_json};
use crate::{Context, Error};

/// Which rows train, test and judge, and how often each term occurs in the training rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `corpus` stage.
    corpus: PathBuf,
    /// The share of rows in the training set; none when a column of the input says `train` or `test`.
    prop: Option<f64>,
    seed: u64,
    /// Seed of the folds, where it is another one.
    fold_seed: Option<u64>,
    folds: u16,
    threads: usize,
    out: PathBuf,
}

/// Assigns every kept row to the training or the test set and every training row to a fold, counts the terms of the
/// training rows and judges the baseline, which predicts the best constant of the analysis rows.
/// Texts on both sides of the split are counted.
///
/// Terms of test rows are never counted. A fold's analysis counts are the total less those of its assessment rows, which
/// the fold's features count themselves: no stage holds the counts of several folds, and no assessment row can leak.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let rows = Rows::read(&options.corpus.join("rows.arrow"))?;
    let sets = if options.prop.is_none() { Some(rows.set.as_slice()) } else { None };
    let split =
        SplitOptions { prop: options.prop, seed: options.seed, fold_seed: options.fold_seed, folds: options.folds };
    let pool = thread_pool(options.threads)?;
    let assigned = pool.install(|| assign(&rows.row, sets, &split))?;
    let assignment = Assignment { set: assigned.set, fold: assigned.fold };
    if let Some(constant) = constant_outcome(outcomes(&rows, &assignment, None, true)) {
        let reason = format!(
            "the outcome is {constant} of the training set, so there is nothing to learn: all others are test rows; \
             split the rows in another way"
        );
        return Err(nlpflow_source::Error::ConstantOutcome(reason).into());
    }
    let terms = read_json::<crate::corpus::Counts>(&options.corpus.join("corpus.json"))?.terms;
    let copies = {
        let hashes = read_hashes(&options.corpus.join("texts.arrow"), rows.row.len())?;
        pool.install(|| Copies::count(&hashes, &assignment, options.folds))
    };
    let tokens = options.corpus.join("tokens.arrow");
    let n_rows = rows.row.len();
    let in_training = |row: usize| assignment.set[row] == Set::Train;
    let step = |done| context.step(done, n_rows as u64, "rows");
    let (counts, written) = pool.install(|| {
        let write = || assignment.write(&rows.row, &options.out.join("split.arrow"));
        rayon::join(|| count(&tokens, n_rows, terms, in_training, step), write)
    });
    let counts = written.and(counts)?;
    write_counts(&options.out.join("counts.arrow"), counts)?;

    let folds: Vec<Option<u16>> = (0..options.folds).map(Some).collect();
    let baseline = pool.install(|| baselines(&rows.outcome, &assignment, &folds));
    write_json(&options.out.join("baseline.json"), &baseline)?;

    let train = assignment.set.iter().filter(|&&set| set == Set::Train).count();
    let mut sizes = vec![0; options.folds.into()];
    for fold in assignment.fold.iter().flatten() {
        sizes[usize::from(*fold)] += 1;
    }
    let sizes = sizes.into_iter().map(|assessment| json!({ "analysis": train - assessment, "assessment": assessment }));
    let warnings = [copies.warnings(), parts::warnings(&rows, &assignment, options.folds)].concat();
    Ok(json!({
        "train": train,
        "test": assignment.set.len() - train,
        "folds": sizes.collect::<Vec<_>>(),
        "baseline": baseline,
        "copies": copies,
        "warnings": warnings,
    }))
}

/// A pool of its own, so that `threads` bounds the stage whatever else runs in the process.
pub(crate) fn thread_pool(threads: usize) -> Result<rayon::ThreadPool, Error> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Error::Options(format!("{threads} threads cannot be started: {error}")))
}
