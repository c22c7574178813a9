use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::UInt64Array;
use nlpflow_source::{
    BadRow, BadRows, Documents, EmptyPolicy, Expression, NullPolicy, ReadOptions, ReadSummary, Reader, Selection,
    check_outcome,
};
use nlpflow_text::{Recipe, Scratch, Terms};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::columns::{text, write_columns};
use crate::dialect::Dialect;
use crate::hashes::{Hash, hash, write_hashes};
use crate::rows::{Rows, write_json};
use crate::scale::scale;
use crate::split::thread_pool;
use crate::terms::{TokenWriter, write_terms};
use crate::{Context, Error};

/// Which table to read and how; shared by every stage that reads one.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "input")]
    pub(crate) path: PathBuf,
    #[serde(default)]
    pub(crate) dialect: Dialect,
    pub(crate) encoding: Option<String>,
    /// SHA-256 of the table, where it is known: a result must not be kept under the digest of other bytes.
    pub(crate) digest: Option<String>,
    #[serde(default = "one_thread")]
    pub(crate) threads: usize,
    pub(crate) chunk_bytes: Option<usize>,
}

fn one_thread() -> usize {
    1
}

impl Input {
    pub(crate) fn open(&self) -> Result<Reader, Error> {
        Ok(Reader::open(&self.read_options()?)?)
    }

    pub(crate) fn read_options(&self) -> Result<ReadOptions, Error> {
        let mut options = ReadOptions::new(&self.path);
        options.dialect = self.dialect.options()?;
        options.encoding.clone_from(&self.encoding);
        options.digest.clone_from(&self.digest);
        options.threads = self.threads;
        if let Some(bytes) = self.chunk_bytes {
            options.chunk_bytes = bytes;
        }
        Ok(options)
    }
}

/// What to take from the table.
#[derive(Deserialize)]
pub(crate) struct Options {
    #[serde(flatten)]
    input: Input,
    text: String,
    outcome: String,
    split_column: Option<String>,
    na: NullPolicy,
    empty: EmptyPolicy,
    /// The share of records that may be bad before the stage fails.
    max_bad_rows: f64,
    /// The tokeniser's step of the recipe.
    tokenize: Value,
    out: PathBuf,
}

/// Sizes that later stages need, in `corpus.json`.
#[derive(Deserialize, Serialize)]
pub(crate) struct Counts {
    pub(crate) documents: usize,
    pub(crate) terms: usize,
}

/// Reads the table once, turns every text into term ids and keeps them with the outcomes.
///
/// Fails when the outcome says nothing, so that no fold is trained on it. Term ids follow the order of first appearance in the table, whatever the chunks and threads.
pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    // A recipe ends in a weighting; only the tokeniser of this one is used.
    let recipe = Recipe::from_json(&json!([{ "tokenize": options.tokenize }, "tf"]))?;
    let reader = options.input.open()?;
    let outcome = reader.bind(&Expression::parse(&options.outcome)?)?;
    let selection = Selection {
        text: reader.column(&options.text)?,
        outcome: Some(outcome.clone()),
        set: options.split_column.as_deref().map(|name| reader.column(name)).transpose()?,
        na: options.na,
        empty: options.empty,
        bad_rows: BadRows::Skip { max_share: options.max_bad_rows },
    };
    let mut terms = Terms::new();
    let mut rows = Rows::default();
    let mut hashes = Vec::new();
    let mut writer = TokenWriter::create(&options.out.join("tokens.arrow"))?;
    let (mut tokens, mut empty_documents) = (0_u64, 0_u64);
    let summary = reader.documents(
        &selection,
        |documents: &Documents| tokenize(recipe.tokenizer(), documents),
        |documents, chunk: TokenChunk| {
            let global = terms.merge(&chunk.terms);
            let mut start = 0;
            for &end in &chunk.ends {
                writer.push(chunk.ids[start..end].iter().map(|&id| global[id as usize]))?;
                empty_documents += u64::from(start == end);
                start = end;
            }
            tokens += chunk.ids.len() as u64;
            hashes.extend_from_slice(&chunk.hashes);
            rows.row.extend_from_slice(documents.records());
            rows.outcome.extend_from_slice(documents.outcomes());
            rows.set.extend_from_slice(documents.sets());
            Ok(())
        },
        |done, total| context.step(done, total, "bytes"),
    )?;
    if tokens == 0 {
        return Err(
            nlpflow_text::Error::NoTokens { column: options.text.clone(), documents: rows.row.len() as u64 }.into()
        );
    }
    let mut warnings = summary.warnings.clone();
    warnings.extend(match &summary.outcome {
        Some(tally) => check_outcome(&options.input.read_options()?, &outcome, tally)?,
        None => Vec::new(),
    });
    writer.finish()?;
    let (terms_written, rows_written) = thread_pool(options.input.threads)?.install(|| {
        rayon::join(
            || write_terms(&options.out.join("terms.arrow"), &terms),
            || rows.write(&options.out.join("rows.arrow")),
        )
    });
    terms_written.and(rows_written)?;
    write_hashes(&options.out.join("texts.arrow"), hashes)?;
    write_bad_rows(&options.out.join("bad_rows.parquet"), &summary)?;
    let counts = Counts { documents: rows.row.len(), terms: terms.len() };
    write_json(&options.out.join("corpus.json"), &counts)?;
    let first_bad = summary.bad_rows.iter().take(3);
    Ok(json!({
        "records": summary.records,
        "documents": counts.documents,
        "tokens": tokens,
        "terms": counts.terms,
        "empty_documents": empty_documents,
        "bad_rows": summary.bad,
        "first_bad": first_bad.map(|bad| json!({ "row": bad.row, "line": bad.line, "reason": bad.reason })).collect::<Vec<_>>(),
        "dropped": { "null_outcome": summary.null_outcome, "null_text": summary.null_text, "empty_text": summary.empty_text },
        "outcome": moments(&rows),
        "scale": scale(&options.outcome),
        "bytes": summary.bytes,
        "recognised": summary.recognised,
        "warnings": warnings,
    }))
}

/// The tokens of consecutive documents, as ids of terms of their own.
struct TokenChunk {
    terms: Terms,
    ids: Vec<u32>,
    /// Where each document ends in `ids`.
    ends: Vec<usize>,
    /// What tells each document's text from others.
    hashes: Vec<Hash>,
}

fn tokenize(tokenizer: &dyn nlpflow_text::Tokenizer, documents: &Documents) -> TokenChunk {
    let characters: usize = (0..documents.len()).map(|index| documents.text(index).len()).sum();
    let mut chunk = TokenChunk {
        terms: Terms::new(),
        ids: Vec::with_capacity(characters / BYTES_A_TOKEN),
        ends: Vec::with_capacity(documents.len()),
        hashes: (0..documents.len()).map(|index| hash(documents.text(index))).collect(),
    };
    let mut scratch = Scratch::default();
    for index in 0..documents.len() {
        tokenizer.tokenize(documents.text(index), &mut scratch, &mut |token| chunk.ids.push(chunk.terms.intern(token)));
        chunk.ends.push(chunk.ids.len());
    }
    chunk
}

/// English words and the space behind them are longer on average; more tokens only make the list grow.
const BYTES_A_TOKEN: usize = 5;

fn write_bad_rows(path: &Path, summary: &ReadSummary) -> Result<(), Error> {
    let bad = &summary.bad_rows;
    let text = |get: fn(&BadRow) -> Option<&str>| text(bad.iter().map(get));
    write_columns(
        path,
        vec![
            ("row", Arc::new(bad.iter().map(|bad| bad.row).collect::<UInt64Array>())),
            ("line", Arc::new(bad.iter().map(|bad| bad.line).collect::<UInt64Array>())),
            ("column", text(|bad| bad.column.as_deref())),
            ("reason", text(|bad| Some(&bad.reason))),
            ("text", text(|bad| Some(&bad.text))),
        ],
    )
}

/// Range with the first row of each end, mean and standard deviation (over n − 1) of the outcome.
fn moments(rows: &Rows) -> Value {
    let outcome = &rows.outcome;
    let n = outcome.len() as f64;
    let mean = outcome.iter().sum::<f64>() / n;
    let squares: f64 = outcome.iter().map(|value| (value - mean).powi(2)).sum();
    let range = |pick: fn(f64, f64) -> f64| outcome.iter().copied().reduce(pick);
    let row_of = |end: Option<f64>| {
        let at = outcome.iter().position(|value| Some(value.to_bits()) == end.map(f64::to_bits));
        at.map(|at| rows.row[at])
    };
    let (min, max) = (range(f64::min), range(f64::max));
    json!({
        "min": min, "max": max, "mean": mean, "sd": (squares / (n - 1.0)).sqrt(),
        "min_row": row_of(min), "max_row": row_of(max),
    })
}
