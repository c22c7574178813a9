use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Array, Float32Array, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use nlpflow_matrix::{FoldMatrix, TableFormat, TableWriter, read_ipc, read_parquet, write_table};
use nlpflow_text::VocabularyEntry;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::boost::read_fold;
use crate::columns::{BATCH_ROWS, column};
use crate::{Context, Error};

/// An artifact to be written in a format for people and other tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Folder of the `features` stage, to write its matrix as `row,col,value`.
    matrix: Option<PathBuf>,
    /// A table (.arrow or .parquet), to write its columns as they are.
    table: Option<PathBuf>,
    /// The format follows from the extension.
    output: PathBuf,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Value, Error> {
    let rows = match (&options.matrix, &options.table) {
        (Some(features), None) => export_matrix(&read_fold(features)?, &options.output, context)?,
        (None, Some(table)) => export_table(table, &options.output)?,
        _ => return Err(Error::Options("either a matrix or a table is exported".into())),
    };
    Ok(json!({ "rows": rows }))
}

fn export_table(table: &Path, output: &Path) -> Result<u64, Error> {
    let format = TableFormat::of(output)?;
    if TableFormat::of(table)? == TableFormat::Arrow {
        let (schema, batches) = read_ipc(table)?;
        return Ok(write_table(output, format, &schema, batches)?);
    }
    let (schema, batches) = read_parquet(table)?;
    Ok(write_table(output, format, &schema, batches.into_iter().map(Ok::<_, nlpflow_matrix::Error>))?)
}

/// Writes one line an entry in input order; both the analysis and the assessment rows are in that order already.
fn export_matrix(fold: &FoldMatrix, output: &Path, context: &Context) -> Result<u64, Error> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt64, false),
        Field::new("col", DataType::UInt32, false),
        Field::new("value", DataType::Float32, false),
    ]));
    let mut writer = TableWriter::create(output, TableFormat::of(output)?, &schema)?;
    let view = fold.features().view();
    let mut order: Vec<usize> = (0..view.n_rows()).collect();
    order.sort_by_key(|&position| fold.rows()[position]);
    for (done, positions) in order.chunks(BATCH_ROWS).enumerate() {
        context.step((done * BATCH_ROWS) as u64, order.len() as u64, "rows")?;
        let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for &position in positions {
            let (row_columns, row_values) = view.row(position);
            rows.resize(rows.len() + row_columns.len(), fold.rows()[position]);
            columns.extend_from_slice(row_columns);
            values.extend_from_slice(row_values);
        }
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(UInt64Array::from(rows)),
                Arc::new(UInt32Array::from(columns)),
                Arc::new(Float32Array::from(values)),
            ],
        );
        writer.write(&batch.map_err(|error| Error::Options(error.to_string()))?)?;
    }
    Ok(writer.finish()?)
}

/// The vocabulary of a `features` folder in the order of its columns.
pub(crate) fn read_vocabulary(features: &Path) -> Result<Vec<VocabularyEntry>, Error> {
    let path = features.join("vocabulary.arrow");
    let mut vocabulary = Vec::new();
    for batch in read_ipc(&path)?.1 {
        let batch = batch?;
        let tokens = column(&batch, "token", &DataType::Utf8, &path)?.as_string::<i32>();
        let n = column(&batch, "n", &DataType::UInt64, &path)?.as_primitive::<UInt64Type>();
        let df = column(&batch, "df", &DataType::UInt64, &path)?.as_primitive::<UInt64Type>();
        let idf = column(&batch, "idf", &DataType::Float64, &path)?.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            vocabulary.push(VocabularyEntry {
                token: tokens.value(row).into(),
                n: n.value(row),
                df: df.value(row),
                idf: idf.is_valid(row).then(|| idf.value(row)),
            });
        }
    }
    Ok(vocabulary)
}
