use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Float64Array, UInt32Array, UInt64Array};
use nlpflow_matrix::{CsrBuilder, FoldMatrix};
use nlpflow_text::{Learned, Recipe};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::columns::{text, write_columns};
use crate::counts::{count, read_counts};
use crate::rows::{Assignment, Rows, write_json};
use crate::split::thread_pool;
use crate::terms::{for_each_batch, read_terms};
use crate::{Context, Error};

/// The features of one fold, or of the final fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `corpus` stage.
    corpus: PathBuf,
    /// Folder of the `split` stage.
    split: PathBuf,
    /// 1-based; none for the final fit, whose analysis set is the training set and whose assessment set is the test set.
    fold: Option<u16>,
    /// The whole recipe, the tokeniser first.
    recipe: Value,
    threads: usize,
    out: PathBuf,
}

/// Learns the recipe from the analysis rows and applies it to them and to the assessment rows.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let fold = match options.fold {
        Some(0) => return Err(Error::Options("folds are numbered from 1".into())),
        fold => fold.map(|fold| fold - 1),
    };
    let recipe = Recipe::from_json(&options.recipe)?;
    let pool = thread_pool(options.threads)?;
    let (terms, (counts, rows, assignment)) = pool.install(|| {
        rayon::join(
            || read_terms(&options.corpus.join("terms.arrow")),
            || {
                let rows = Rows::read(&options.corpus.join("rows.arrow"));
                let counts = read_counts(&options.split.join("counts.arrow"));
                (counts, rows, Assignment::read(&options.split.join("split.arrow")))
            },
        )
    });
    let (terms, mut counts, rows, assignment) = (terms?, counts?, rows?, assignment?);
    let tokens = options.corpus.join("tokens.arrow");
    let n_rows = rows.row.len();
    let step = |done| context.step(done, n_rows as u64, "rows");
    if let Some(fold) = fold {
        let in_fold = |row: usize| assignment.fold[row] == Some(fold);
        // Short beside what follows: it reports no progress of its own.
        let own = pool.install(|| count(&tokens, n_rows, terms.len(), in_fold, |_| step(0)))?;
        if own.documents == 0 {
            return Err(Error::Options(format!("the split has no fold {}", fold + 1)));
        }
        counts.subtract(&own)?;
    }
    let learned = recipe.learn(&terms, &counts)?;
    drop(counts);
    let column_of_term = learned.column_of_term(&terms);

    let width = learned.vocabulary().len() as u32;
    let empty = || Part { rows: Vec::new(), outcome: Vec::new(), features: CsrBuilder::new(width, 0) };
    let (mut matrix, mut assessment) = (empty(), empty());
    pool.install(|| {
        for_each_batch(
            &tokens,
            n_rows,
            step,
            |first, documents| {
                let mut parts = [empty(), empty()];
                let mut weigher = Weigher::new(&learned);
                for (offset, document) in documents.iter().enumerate() {
                    let position = first + offset;
                    let Some(is_analysis) = assignment.is_analysis(position, fold) else { continue };
                    let part = &mut parts[usize::from(!is_analysis)];
                    part.rows.push(rows.row[position]);
                    part.outcome.push(rows.outcome[position]);
                    let columns = document.iter().map(|&term| column_of_term[term as usize]);
                    part.features.push_row(weigher.row(columns).iter().copied());
                }
                Ok(parts)
            },
            |[more, more_to_assess]: [Part; 2]| {
                matrix.append(more);
                assessment.append(more_to_assess);
                Ok(())
            },
        )
    })?;

    let analysis = matrix.rows.len();
    matrix.append(assessment);
    let fold = FoldMatrix::new(matrix.rows.into(), matrix.outcome.into(), matrix.features.finish()?, analysis)?;
    fold.write_ipc(&options.out.join("matrix.arrow"))?;
    write_vocabulary(&options.out.join("vocabulary.arrow"), &learned)?;
    write_json(&options.out.join("recipe.json"), &recipe.to_json())?;

    let view = fold.features().view();
    let empty_rows = (0..view.n_rows()).filter(|&row| view.row(row).0.is_empty()).count();
    Ok(json!({
        "columns": width,
        "analysis": analysis,
        "assessment": view.n_rows() - analysis,
        "entries": view.n_entries(),
        "empty_rows": empty_rows,
        "warnings": learned.warnings(),
    }))
}

struct Part {
    rows: Vec<u64>,
    outcome: Vec<f64>,
    features: CsrBuilder,
}

impl Part {
    fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.outcome.extend(other.outcome);
        self.features.append(&other.features);
    }
}

/// Turns the columns of a document's tokens into a row of the matrix, with buffers that live from row to row.
pub(crate) struct Weigher<'a> {
    learned: &'a Learned,
    columns: Vec<u32>,
    counts: Vec<(u32, u32)>,
    row: Vec<(u32, f32)>,
}

impl<'a> Weigher<'a> {
    pub(crate) fn new(learned: &'a Learned) -> Self {
        Self { learned, columns: Vec::new(), counts: Vec::new(), row: Vec::new() }
    }

    /// The row of a document whose tokens stand in `columns`, where `u32::MAX` marks a token that the recipe drops.
    pub(crate) fn row(&mut self, columns: impl Iterator<Item = u32>) -> &[(u32, f32)] {
        self.columns.clear();
        self.columns.extend(columns.filter(|&column| column != u32::MAX));
        self.columns.sort_unstable();
        self.counts.clear();
        self.counts.extend(self.columns.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u32)));
        self.row.clear();
        self.learned.weigh(&self.counts, &mut self.row);
        &self.row
    }
}

fn write_vocabulary(path: &Path, learned: &Learned) -> Result<(), Error> {
    let vocabulary = learned.vocabulary();
    write_columns(
        path,
        vec![
            ("token", text(vocabulary.iter().map(|entry| Some(entry.token.as_str())))),
            ("column", Arc::new((0..vocabulary.len() as u32).collect::<UInt32Array>())),
            ("n", Arc::new(vocabulary.iter().map(|entry| entry.n).collect::<UInt64Array>())),
            ("df", Arc::new(vocabulary.iter().map(|entry| entry.df).collect::<UInt64Array>())),
            ("idf", Arc::new(vocabulary.iter().map(|entry| entry.idf).collect::<Float64Array>())),
        ],
    )
}
