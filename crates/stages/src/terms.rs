use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ListArray, RecordBatch, UInt32Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{TableFormat, TableWriter, batch_rows, read_batch, read_ipc};
use nlpflow_text::Terms;
use rayon::prelude::*;

use crate::Error;
use crate::columns::{BATCH_ROWS, column, text, write_columns};

/// A batch of documents is complete when it holds so many tokens.
const BATCH_TOKENS: usize = 1 << 24;

/// Writes the term ids of each document, in text order, in record batches of bounded size.
pub(crate) struct TokenWriter {
    writer: TableWriter,
    schema: SchemaRef,
    ids: Vec<u32>,
    offsets: Vec<i32>,
    batch_tokens: usize,
}

impl TokenWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        Self::in_batches(path, BATCH_TOKENS)
    }

    fn in_batches(path: &Path, batch_tokens: usize) -> Result<Self, Error> {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("tokens", DataType::List(item()), false)]));
        let writer = TableWriter::create(path, TableFormat::Arrow, &schema)?;
        Ok(Self { writer, schema, ids: Vec::new(), offsets: vec![0], batch_tokens })
    }

    /// Appends a document.
    pub(crate) fn push(&mut self, terms: impl IntoIterator<Item = u32>) -> Result<(), Error> {
        self.ids.extend(terms);
        let end = i32::try_from(self.ids.len())
            .map_err(|_| Error::Options("a single text has more than 2 billion tokens".into()))?;
        self.offsets.push(end);
        if self.offsets.len() > BATCH_ROWS || self.ids.len() >= self.batch_tokens { self.flush() } else { Ok(()) }
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
/// `step` is told the documents that are done, and may end it.
pub(crate) fn for_each_batch<T: Send>(
    path: &Path,
    documents: usize,
    step: impl Fn(u64) -> Result<(), Error>,
    map: impl Fn(usize, Documents<'_>) -> Result<T, Error> + Sync,
    mut each: impl FnMut(T) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let mut firsts = vec![0];
    firsts.extend(batch_rows(path)?.iter().scan(0_usize, |sum, rows| {
        *sum = usize::saturating_add(*sum, *rows);
        Some(*sum)
    }));
    let batches = firsts.len() - 1;
    if firsts[batches] != documents {
        return Err(Error::damaged(path, format!("it has {} documents, not {documents}", firsts[batches])));
    }
    let window = BATCHES_A_THREAD * rayon::current_num_threads();
    let map_batch = |index: usize| {
        let first = firsts[index];
        let batch = read_batch(path, index)?;
        let lists = column(&batch, "tokens", &DataType::List(item()), path)?.as_list::<i32>();
        let ids = lists.values().as_primitive::<UInt32Type>().values();
        map(first, Documents { offsets: lists.offsets(), ids })
    };
    let mut put_together = |results: Vec<Result<T, Error>>| results.into_iter().try_for_each(|result| each(result?));
    let mut ready = Vec::new();
    for start in (0..batches).step_by(window) {
        step(firsts[start] as u64)?;
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
    write_columns(path, vec![("term", text(terms.iter().map(Some)))])
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn documents_beyond_the_tokens_of_a_batch_are_read_as_they_were_written(
            documents in prop::collection::vec(prop::collection::vec(0_u32..9, 0..12), 1..80),
            batch_tokens in 1_usize..60,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tokens.arrow");
            let mut writer = TokenWriter::in_batches(&path, batch_tokens).unwrap();
            for document in &documents {
                writer.push(document.iter().copied()).unwrap();
            }
            writer.finish().unwrap();
            let tokens: usize = documents.iter().map(Vec::len).sum();
            prop_assert!(batch_rows(&path).unwrap().len() >= tokens / (batch_tokens + 11));
            let mut seen: Vec<Vec<u32>> = Vec::new();
            let mut firsts = 0;
            for_each_batch(
                &path,
                documents.len(),
                |_| Ok(()),
                |first, batch| Ok((first, batch.iter().map(<[u32]>::to_vec).collect::<Vec<_>>())),
                |(first, batch)| {
                    firsts += usize::from(first == seen.len());
                    seen.extend(batch);
                    Ok(())
                },
            )
            .unwrap();
            prop_assert_eq!(firsts, batch_rows(&path).unwrap().len());
            prop_assert_eq!(seen, documents);
        }
    }
}
