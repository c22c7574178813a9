use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{TableFormat, TableWriter, count_batches, read_batch, read_ipc};
use nlpflow_text::{TermCounts, Terms};
use rayon::prelude::*;

use crate::rows::{BATCH_ROWS, column, write_columns};
use crate::{Context, Error};

/// Writes the term ids of each document, in text order, in record batches of a fixed number of documents.
pub(crate) struct TokenWriter {
    writer: TableWriter,
    schema: SchemaRef,
    ids: Vec<u32>,
    offsets: Vec<i32>,
}

impl TokenWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("tokens", DataType::List(item()), false)]));
        let writer = TableWriter::create(path, TableFormat::Arrow, &schema)?;
        Ok(Self { writer, schema, ids: Vec::new(), offsets: vec![0] })
    }

    /// Appends a document.
    pub(crate) fn push(&mut self, terms: impl IntoIterator<Item = u32>) -> Result<(), Error> {
        self.ids.extend(terms);
        let end = i32::try_from(self.ids.len())
            .map_err(|_| Error::Options(format!("{BATCH_ROWS} documents hold more than 2,147,483,647 tokens")))?;
        self.offsets.push(end);
        if self.offsets.len() > BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.offsets.len() == 1 {
            return Ok(());
        }
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        // The next batch is likely as long as this one.
        let room = Vec::with_capacity(self.ids.len());
        let ids = std::mem::replace(&mut self.ids, room);
        let lists = ListArray::new(
            item(),
            OffsetBuffer::new(ScalarBuffer::from(offsets)),
            Arc::new(UInt32Array::from(ids)),
            None,
        );
        let batch = RecordBatch::try_new(self.schema.clone(), vec![Arc::new(lists)])
            .map_err(|error| Error::Options(error.to_string()))?;
        Ok(self.writer.write(&batch)?)
    }

    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        self.writer.finish()?;
        Ok(())
    }
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::UInt32, false))
}

/// Calls `map` with each record batch of documents (first document's position, their term ids) on all threads of the
/// current pool, and `each` with the results in order, beside the next. Only a few batches a thread are held at a time.
pub(crate) fn for_each_batch<T: Send>(
    path: &Path,
    context: &Context,
    documents: usize,
    map: impl Fn(usize, Documents<'_>) -> Result<T, Error> + Sync,
    mut each: impl FnMut(T) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let batches = count_batches(path)?;
    if batches != documents.div_ceil(BATCH_ROWS) {
        return Err(Error::damaged(path, format!("it has {batches} batches for {documents} documents")));
    }
    let window = BATCHES_A_THREAD * rayon::current_num_threads();
    let map_batch = |index: usize| {
        let first = index * BATCH_ROWS;
        let batch = read_batch(path, index)?;
        if batch.num_rows() != BATCH_ROWS.min(documents - first) {
            return Err(Error::damaged(path, format!("batch {index} has {} documents", batch.num_rows())));
        }
        let lists = column(&batch, "tokens", &DataType::List(item()), path)?.as_list::<i32>();
        let ids = lists.values().as_primitive::<UInt32Type>().values();
        map(first, Documents { offsets: lists.offsets(), ids })
    };
    let mut put_together = |results: Vec<Result<T, Error>>| results.into_iter().try_for_each(|result| each(result?));
    let mut ready = Vec::new();
    for start in (0..batches).step_by(window) {
        context.step((start * BATCH_ROWS) as u64, documents as u64, "rows")?;
        let (mapped, done) = rayon::join(
            || (start..batches.min(start + window)).into_par_iter().map(map_batch).collect(),
            || put_together(ready),
        );
        done?;
        ready = mapped;
    }
    put_together(ready)
}

/// Batches that each thread takes before their results are put together: the more, the less threads wait for each other.
const BATCHES_A_THREAD: usize = 2;

/// The term ids of consecutive documents.
pub(crate) struct Documents<'a> {
    offsets: &'a [i32],
    ids: &'a [u32],
}

impl<'a> Documents<'a> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a [u32]> + use<'a> {
        let ids = self.ids;
        self.offsets.windows(2).map(move |pair| &ids[pair[0] as usize..pair[1] as usize])
    }
}

/// Writes the terms in the order of their ids.
pub(crate) fn write_terms(path: &Path, terms: &Terms) -> Result<(), Error> {
    let strings: StringArray = (0..terms.len() as u32).map(|id| Some(terms.term(id))).collect();
    write_columns(path, vec![("term", Arc::new(strings))])
}

/// Reads the terms back under the same ids.
pub(crate) fn read_terms(path: &Path) -> Result<Terms, Error> {
    let mut terms = Terms::new();
    for batch in read_ipc(path)?.1 {
        for term in column(&batch?, "term", &DataType::Utf8, path)?.as_string::<i32>() {
            terms.intern(term.unwrap_or_default());
        }
    }
    Ok(terms)
}

/// Writes the counts of each part's documents: columns `n_1`, `df_1`, `n_2`, …, a row a term; the number of documents
/// of each part stands in the file's metadata.
pub(crate) fn write_counts(path: &Path, parts: &[TermCounts]) -> Result<(), Error> {
    let documents = parts.iter().map(|part| part.documents.to_string()).collect::<Vec<_>>().join(",");
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        for (name, counts) in [("n", &part.n), ("df", &part.df)] {
            fields.push(Field::new(format!("{name}_{}", index + 1), DataType::UInt64, false));
            columns.push(Arc::new(UInt64Array::from(counts.clone())));
        }
    }
    let metadata = HashMap::from([("nlpflow.documents".to_owned(), documents)]);
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(fields, metadata));
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|error| Error::Options(error.to_string()))?;
    let mut writer = TableWriter::create(path, TableFormat::Arrow, &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    Ok(())
}

/// Reads what [`write_counts`] wrote.
pub(crate) fn read_counts(path: &Path) -> Result<Vec<TermCounts>, Error> {
    let (schema, batches) = read_ipc(path)?;
    let documents = schema.metadata().get("nlpflow.documents").map_or("", String::as_str);
    let mut parts = Vec::new();
    for documents in documents.split(',') {
        let documents = documents.parse().map_err(|_| Error::damaged(path, "its header is incomplete"))?;
        parts.push(TermCounts { documents, n: Vec::new(), df: Vec::new() });
    }
    for batch in batches {
        let batch = batch?;
        for (index, part) in parts.iter_mut().enumerate() {
            for (name, counts) in [("n", &mut part.n), ("df", &mut part.df)] {
                let values = column(&batch, &format!("{name}_{}", index + 1), &DataType::UInt64, path)?;
                counts.extend_from_slice(values.as_primitive::<UInt64Type>().values());
            }
        }
    }
    Ok(parts)
}
