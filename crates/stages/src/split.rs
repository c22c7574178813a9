use std::path::PathBuf;
use std::sync::Mutex;

use nlpflow_model::metrics;
use nlpflow_source::{Set, SplitOptions, assign, constant_outcome};
use nlpflow_text::TermCounts;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rows::{Assignment, Rows, read_json, write_json};
use crate::terms::{for_each_batch, write_counts};
use crate::{Context, Error};

/// Which rows train, test and judge, and how often each term occurs where.
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

/// Assigns every kept row to the training or the test set and every training row to a fold, counts terms per fold and
/// judges the baseline, which predicts the mean outcome of the analysis rows.
///
/// Terms of test rows are never counted. A fold's analysis counts are the total less the fold's own, so vocabularies
/// and idf of all folds cost one pass, and no assessment row can leak into them.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let rows = Rows::read(&options.corpus.join("rows.arrow"))?;
    let sets = if options.prop.is_none() { Some(rows.set.as_slice()) } else { None };
    let split =
        SplitOptions { prop: options.prop, seed: options.seed, fold_seed: options.fold_seed, folds: options.folds };
    let pool = thread_pool(options.threads)?;
    let assigned = pool.install(|| assign(&rows.row, sets, &split))?;
    let assignment = Assignment { set: assigned.set, fold: assigned.fold };
    if let Some(constant) = constant_outcome(analysis_outcomes(&rows, &assignment, None)) {
        let reason = format!(
            "the outcome is {constant} of the training set, so there is nothing to learn: all others are test rows; \
             split the rows in another way"
        );
        return Err(nlpflow_source::Error::ConstantOutcome(reason).into());
    }
    let (counts, written) = pool.install(|| {
        let write = || assignment.write(&rows.row, &options.out.join("split.arrow"));
        rayon::join(|| count(options, &assignment, context), write)
    });
    let counts = written.and(counts)?;
    write_counts(&options.out.join("counts.arrow"), &counts)?;

    let folds: Vec<Option<u16>> = (0..options.folds).map(Some).collect();
    let warnings: Vec<String> = pool.install(|| {
        let constant = |&fold: &Option<u16>| {
            let constant = constant_outcome(analysis_outcomes(&rows, &assignment, fold))?;
            Some(format!("fold {}: the outcome is {constant} that it learns from", fold? + 1))
        };
        folds.par_iter().filter_map(constant).collect()
    });
    let judge = |&fold: &Option<u16>| baseline(&rows.outcome, &assignment, fold);
    let baselines: Vec<Value> = pool.install(|| folds.par_iter().map(judge).collect());
    let baseline = json!({ "folds": baselines, "test": baseline(&rows.outcome, &assignment, None) });
    write_json(&options.out.join("baseline.json"), &baseline)?;

    let train = assignment.set.iter().filter(|&&set| set == Set::Train).count();
    let sizes = folds.iter().map(|&fold| {
        let assessment = assignment.fold.iter().filter(|&&of| of == fold).count();
        json!({ "analysis": train - assessment, "assessment": assessment })
    });
    Ok(json!({
        "train": train,
        "test": assignment.set.len() - train,
        "folds": sizes.collect::<Vec<_>>(),
        "baseline": baseline,
        "warnings": warnings,
    }))
}

/// The outcomes of a fold's analysis rows, or of the training set when `fold` is none.
fn analysis_outcomes(rows: &Rows, assignment: &Assignment, fold: Option<u16>) -> impl Iterator<Item = f64> {
    let all = rows.outcome.iter().enumerate();
    all.filter(move |(row, _)| assignment.is_analysis(*row, fold) == Some(true)).map(|(_, &outcome)| outcome)
}

/// Occurrences and document frequencies of every term, fold by fold.
fn count(options: &Options, assignment: &Assignment, context: &Context) -> Result<Vec<TermCounts>, Error> {
    let terms = read_json::<crate::corpus::Counts>(&options.corpus.join("corpus.json"))?.terms;
    let folds = usize::from(options.folds);
    let empty = || Counter::new(folds, terms);
    // A few counters at most, one a thread that is counting: sums of integers do not depend on who adds them.
    let idle: Mutex<Vec<Counter>> = Mutex::new(Vec::new());
    let take = || idle.lock().map_or(None, |mut idle| idle.pop()).unwrap_or_else(empty);
    for_each_batch(
        &options.corpus.join("tokens.arrow"),
        context,
        assignment.set.len(),
        |first, documents| {
            let mut counter = take();
            for (offset, document) in documents.iter().enumerate() {
                if let Some(fold) = assignment.fold[first + offset] {
                    counter.add(usize::from(fold), document);
                }
            }
            if let Ok(mut idle) = idle.lock() {
                idle.push(counter);
            }
            Ok(())
        },
        |()| Ok(()),
    )?;
    let mut total = vec![TermCounts::new(terms); folds];
    for counter in idle.into_inner().unwrap_or_default() {
        counter.add_to(&mut total);
    }
    Ok(total)
}

/// Counts of one thread.
struct Counter {
    /// The counts of each fold's documents.
    parts: Vec<Part>,
    documents: u32,
}

#[derive(Clone)]
struct Part {
    documents: u64,
    terms: Vec<Seen>,
}

/// What was seen of a term: side by side, since a token touches all of it.
#[derive(Clone, Copy, Default)]
struct Seen {
    n: u64,
    df: u32,
    /// The last document that held it, by number from 1.
    last: u32,
}

impl Counter {
    fn new(folds: usize, terms: usize) -> Self {
        Self { parts: vec![Part { documents: 0, terms: vec![Seen::default(); terms] }; folds], documents: 0 }
    }

    fn add(&mut self, fold: usize, document: &[u32]) {
        self.documents += 1;
        let part = &mut self.parts[fold];
        part.documents += 1;
        for &term in document {
            let seen = &mut part.terms[term as usize];
            seen.n += 1;
            // No branch: whether a word stands twice in a text cannot be foretold.
            seen.df += u32::from(seen.last != self.documents);
            seen.last = self.documents;
        }
    }

    fn add_to(self, total: &mut [TermCounts]) {
        for (sum, part) in total.iter_mut().zip(self.parts) {
            sum.documents += part.documents;
            for ((n, df), seen) in sum.n.iter_mut().zip(&mut sum.df).zip(part.terms) {
                *n += seen.n;
                *df += u64::from(seen.df);
            }
        }
    }
}

/// Every metric of the mean-only model on one fold's assessment set, or on the test set when `fold` is none.
fn baseline(outcome: &[f64], assignment: &Assignment, fold: Option<u16>) -> Value {
    let part = |analysis: bool| -> Vec<f64> {
        let rows = 0..outcome.len();
        rows.filter(|&row| assignment.is_analysis(row, fold) == Some(analysis)).map(|row| outcome[row]).collect()
    };
    let (analysis, truth) = (part(true), part(false));
    let mean = analysis.iter().sum::<f64>() / analysis.len() as f64;
    let estimate = vec![mean; truth.len()];
    metrics().iter().map(|metric| (metric.name().to_owned(), json!(metric.evaluate(&truth, &estimate)))).collect()
}

/// A pool of its own, so that `threads` bounds the stage whatever else runs in the process.
pub(crate) fn thread_pool(threads: usize) -> Result<rayon::ThreadPool, Error> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Error::Options(format!("{threads} threads cannot be started: {error}")))
}
