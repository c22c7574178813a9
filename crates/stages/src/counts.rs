//! How often each term occurs: counted from the documents, and kept between stages.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{TableFormat, read_ipc, write_table};
use nlpflow_text::TermCounts;

use crate::Error;
use crate::columns::{BATCH_ROWS, column};
use crate::terms::for_each_batch;

/// All counters of the threads together take no more than this, or one counter where that is more.
const COUNTERS_BYTES: usize = 256 << 20;

/// Counts the terms of some documents of `tokens`, which holds `documents` with term ids below `terms`; on all threads of
/// the current pool, in memory that does not grow with them.
pub(crate) fn count(
    tokens: &Path,
    documents: usize,
    terms: usize,
    is_counted: impl Fn(usize) -> bool + Sync,
    step: impl Fn(u64) -> Result<(), Error>,
) -> Result<TermCounts, Error> {
    // Sums of integers do not depend on who adds them: where one counter a thread is too much, threads share them.
    let most = COUNTERS_BYTES / (terms.max(1) * size_of::<Seen>());
    let counters: Vec<Mutex<Option<Counter>>> =
        (0..most.clamp(1, rayon::current_num_threads())).map(|_| Mutex::default()).collect();
    for_each_batch(
        tokens,
        documents,
        step,
        |first, documents| {
            let counter = &counters[rayon::current_thread_index().unwrap_or(0) % counters.len()];
            let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
            let counter = counter.get_or_insert_with(|| Counter::new(terms));
            for (offset, document) in documents.iter().enumerate() {
                if is_counted(first + offset) {
                    counter.add(document);
                }
            }
            Ok(())
        },
        |()| Ok(()),
    )?;
    let mut total = TermCounts::new(terms);
    for counter in counters {
        if let Some(counter) = counter.into_inner().unwrap_or_else(PoisonError::into_inner) {
            counter.add_to(&mut total);
        }
    }
    Ok(total)
}

/// Counts of one thread, or of a few.
struct Counter {
    documents: u32,
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
    fn new(terms: usize) -> Self {
        Self { documents: 0, terms: vec![Seen::default(); terms] }
    }

    fn add(&mut self, document: &[u32]) {
        self.documents += 1;
        for &term in document {
            let seen = &mut self.terms[term as usize];
            seen.n += 1;
            // Branch-free: whether a word occurs twice in a text is unpredictable.
            seen.df += u32::from(seen.last != self.documents);
            seen.last = self.documents;
        }
    }

    fn add_to(self, total: &mut TermCounts) {
        total.documents += u64::from(self.documents);
        for ((n, df), seen) in total.n.iter_mut().zip(&mut total.df).zip(self.terms) {
            *n += seen.n;
            *df += u64::from(seen.df);
        }
    }
}

/// The number of documents, in the metadata of a file of counts.
const DOCUMENTS: &str = "nlpflow.documents";

/// Writes counts as columns `n` and `df`, a row a term.
pub(crate) fn write_counts(path: &Path, counts: TermCounts) -> Result<(), Error> {
    let TermCounts { documents, n, df } = counts;
    let terms = n.len();
    let fields = ["n", "df"].map(|name| Field::new(name, DataType::UInt64, false));
    let metadata = HashMap::from([(DOCUMENTS.to_owned(), documents.to_string())]);
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(fields.to_vec(), metadata));
    let columns = [n, df].map(|column| Arc::new(UInt64Array::from(column)) as ArrayRef);
    let batch = RecordBatch::try_new(schema.clone(), columns.to_vec());
    let batch = batch.map_err(|error| Error::Options(error.to_string()))?;
    let starts = (0..terms).step_by(BATCH_ROWS);
    let batches = starts.map(|start| Ok::<_, Error>(batch.slice(start, BATCH_ROWS.min(terms - start))));
    write_table(path, TableFormat::Arrow, &schema, batches)?;
    Ok(())
}

/// Reads what [`write_counts`] wrote.
pub(crate) fn read_counts(path: &Path) -> Result<TermCounts, Error> {
    let (schema, batches) = read_ipc(path)?;
    let documents = schema.metadata().get(DOCUMENTS).and_then(|documents| documents.parse().ok());
    let documents = documents.ok_or_else(|| Error::damaged(path, "it does not say how many documents it counts"))?;
    let mut counts = TermCounts { documents, n: Vec::new(), df: Vec::new() };
    for batch in batches {
        let batch = batch?;
        for (name, counts) in [("n", &mut counts.n), ("df", &mut counts.df)] {
            let values = column(&batch, name, &DataType::UInt64, path)?;
            counts.extend_from_slice(values.as_primitive::<UInt64Type>().values());
        }
    }
    Ok(counts)
}
