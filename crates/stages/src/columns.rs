//! Tables of the stages: columns of any length, written in record batches of bounded size.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, RecordBatch, StringArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};
use nlpflow_matrix::{TableFormat, write_table};

use crate::Error;

/// Documents a record batch of row-wise artifacts holds, whatever the chunks they were read in.
pub(crate) const BATCH_ROWS: usize = 65_536;

/// Bytes of text that a column of a record batch holds at most: strings of files have offsets of 31 bits.
const BATCH_BYTES: usize = 1 << 30;

/// Text as a column for [`write_columns`], of any length.
pub(crate) fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<LargeStringArray>())
}

/// A column of an artifact by name, of the type it must have.
pub(crate) fn column<'a>(
    batch: &'a RecordBatch,
    name: &str,
    kind: &DataType,
    path: &Path,
) -> Result<&'a ArrayRef, Error> {
    batch
        .column_by_name(name)
        .filter(|column| column.data_type() == kind)
        .ok_or_else(|| Error::damaged(path, format!("it has no column {name} of type {kind}")))
}

/// Writes columns of equal length in batches of [`BATCH_ROWS`], or fewer where text is long.
pub(crate) fn write_columns(path: &Path, columns: Vec<(&str, ArrayRef)>) -> Result<(), Error> {
    write_within(path, columns, BATCH_BYTES)
}

fn write_within(path: &Path, columns: Vec<(&str, ArrayRef)>, bytes: usize) -> Result<(), Error> {
    let table = table(columns)?;
    let fields = table.schema_ref().fields().iter();
    let fields = fields.map(|field| match field.data_type() {
        DataType::LargeUtf8 => Field::new(field.name(), DataType::Utf8, field.is_nullable()),
        _ => Field::clone(field),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut start = 0;
    let batches = std::iter::from_fn(|| {
        let rows = rows_within(&table, start, bytes);
        (rows > 0).then(|| {
            let columns = table.slice(start, rows).columns().iter().map(short).collect::<Result<_, _>>()?;
            start += rows;
            RecordBatch::try_new(schema.clone(), columns).map_err(|error| Error::Options(error.to_string()))
        })
    });
    write_table(path, TableFormat::of(path)?, &schema, batches)?;
    Ok(())
}

/// The rows of the batch that begins with row `start`: at least one, unless it is beyond the last.
fn rows_within(table: &RecordBatch, start: usize, bytes: usize) -> usize {
    let most = BATCH_ROWS.min(table.num_rows() - start);
    let texts = table.columns().iter().filter_map(|column| column.as_string_opt::<i64>());
    let fitting = texts.map(|text| {
        let offsets = &text.value_offsets()[start..=start + most];
        offsets.partition_point(|end| (end - offsets[0]) as usize <= bytes) - 1
    });
    fitting.min().unwrap_or(most).clamp(most.min(1), most)
}

/// A column of a batch as it is written: text with short offsets.
fn short(column: &ArrayRef) -> Result<ArrayRef, Error> {
    let Some(text) = column.as_string_opt::<i64>() else { return Ok(Arc::clone(column)) };
    let offsets = text.value_offsets();
    let (first, last) = (offsets[0], offsets[text.len()]);
    let offsets: Result<Vec<i32>, _> = offsets.iter().map(|offset| i32::try_from(offset - first)).collect();
    let offsets = offsets.map_err(|_| Error::Options("a single text is longer than 2 GiB".into()))?;
    let values = text.values().slice_with_length(first as usize, (last - first) as usize);
    let strings = StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(offsets)), values, text.nulls().cloned());
    Ok(Arc::new(strings.map_err(|error| Error::Options(error.to_string()))?))
}

/// Joins columns of equal length; one that holds nulls is declared so.
pub(crate) fn table(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Error> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), column.null_count() > 0))
        .collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| Error::Options(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use arrow_array::{Float64Array, UInt32Array};
    use nlpflow_matrix::{read_ipc, read_parquet};
    use proptest::prelude::*;

    use super::*;

    /// A table of text, with nulls or without, beside numbers.
    fn columns(words: &[Option<String>]) -> Vec<(&'static str, ArrayRef)> {
        let number = |row: usize| words[row].is_some().then_some(row as f64);
        vec![
            ("row", Arc::new((0..words.len() as u32).collect::<UInt32Array>()) as ArrayRef),
            ("word", text(words.iter().map(Option::as_deref))),
            ("number", Arc::new((0..words.len()).map(number).collect::<Float64Array>())),
        ]
    }

    fn read(path: &Path) -> Vec<RecordBatch> {
        match TableFormat::of(path).unwrap() {
            TableFormat::Arrow => read_ipc(path).unwrap().1.map(Result::unwrap).collect(),
            _ => read_parquet(path).unwrap().1,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn text_beyond_the_limit_is_written_in_several_batches_and_reads_the_same(
            words in prop::collection::vec(prop::option::weighted(0.9, "[a-zé]{0,12}"), 1..60),
            limit in 1_usize..40,
        ) {
            let folder = tempfile::tempdir().unwrap();
            for name in ["t.arrow", "t.parquet"] {
                let path = folder.path().join(name);
                write_within(&path, columns(&words), limit).unwrap();
                let batches = read(&path);
                let mut seen = Vec::new();
                for batch in &batches {
                    let text = batch.column(1).as_string::<i32>();
                    let bytes: usize = text.iter().flatten().map(str::len).sum();
                    prop_assert!(name == "t.parquet" || bytes <= limit || batch.num_rows() == 1);
                    seen.extend(text.iter().map(|word| word.map(str::to_owned)));
                }
                prop_assert_eq!(&seen, &words);
                let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
                prop_assert_eq!(rows, words.len());
            }
        }
    }

    /// The bytes of a file are part of a result: what fits is written as it was by arrays with short offsets.
    #[test]
    fn text_within_the_limit_is_written_as_short_strings_are() {
        let folder = tempfile::tempdir().unwrap();
        let words: Vec<Option<String>> = (0..70_000).map(|row| (row % 7 > 0).then(|| format!("w{row}"))).collect();
        for name in ["t.arrow", "t.parquet"] {
            let (long, plain) = (folder.path().join(name), folder.path().join(format!("plain-{name}")));
            write_columns(&long, columns(&words)).unwrap();
            let mut short = columns(&words);
            short[1].1 = Arc::new(words.iter().map(Option::as_deref).collect::<StringArray>());
            write_columns(&plain, short).unwrap();
            assert!(std::fs::read(long).unwrap() == std::fs::read(plain).unwrap(), "{name}");
        }
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        write_columns(&path, columns(&[])).unwrap();
        let (schema, batches) = read_parquet(&path).unwrap();
        assert_eq!(schema.fields().len(), 3);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    }
}
