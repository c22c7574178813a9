use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::Float32Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, Float64Array, LargeListArray, RecordBatch, StructArray, UInt32Array, UInt64Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use bytes::Bytes;

use crate::ipc::IpcFile;
use crate::{Csr, Error, TableFormat, write_table};

/// Version of the file's layout.
const FORMAT: &str = "1";

/// The rows of one fold: first those a model is trained on (analysis set), then those it is judged on (assessment set).
///
/// The same holds for the final fit, where the analysis set is the training set and the assessment set the test set.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldMatrix {
    rows: ScalarBuffer<u64>,
    outcome: ScalarBuffer<f64>,
    features: Csr,
    analysis: usize,
}

impl FoldMatrix {
    /// Joins record numbers, outcomes and features of the same rows, the first `analysis` of which are the analysis set.
    pub fn new(
        rows: ScalarBuffer<u64>,
        outcome: ScalarBuffer<f64>,
        features: Csr,
        analysis: usize,
    ) -> Result<Self, Error> {
        let n = features.n_rows();
        if rows.len() != n || outcome.len() != n || analysis > n {
            return Err(Error::InvalidMatrix(format!(
                "{n} rows of features, {} record numbers, {} outcomes, {analysis} analysis rows",
                rows.len(),
                outcome.len()
            )));
        }
        Ok(Self { rows, outcome, features, analysis })
    }

    /// The 0-based record number in the input of each row.
    #[must_use]
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// The outcome of each row.
    #[must_use]
    pub fn outcome(&self) -> &[f64] {
        &self.outcome
    }

    /// The document-term matrix.
    #[must_use]
    pub fn features(&self) -> &Csr {
        &self.features
    }

    /// How many rows, from the first, are the analysis set.
    #[must_use]
    pub fn analysis(&self) -> usize {
        self.analysis
    }

    /// Writes an Arrow IPC file of one record batch (`row`, `outcome`, `entries`: a list of column and value), whose
    /// buffers are the matrix itself.
    pub fn write_ipc(&self, path: &Path) -> Result<(), Error> {
        let (indptr, indices, values) = self.features.buffers();
        let entries = StructArray::new(
            entry_fields(),
            vec![
                Arc::new(UInt32Array::new(indices.clone(), None)) as ArrayRef,
                Arc::new(Float32Array::new(values.clone(), None)),
            ],
            None,
        );
        let lists = LargeListArray::new(entry_list(), OffsetBuffer::new(indptr.clone()), Arc::new(entries), None);
        let schema = schema(self.features.n_cols(), self.analysis);
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(UInt64Array::new(self.rows.clone(), None)),
                Arc::new(Float64Array::new(self.outcome.clone(), None)),
                Arc::new(lists),
            ],
        )
        .map_err(|error| Error::InvalidMatrix(error.to_string()))?;
        write_table(path, TableFormat::Arrow, &schema, [Ok::<_, Error>(batch)])?;
        Ok(())
    }

    /// Reads what [`Self::write_ipc`] wrote, borrowing from `bytes` (a mapped file stays mapped, nothing is copied).
    pub fn from_ipc(bytes: Bytes, what: &str) -> Result<Self, Error> {
        let malformed = |reason: String| Error::Malformed { what: what.into(), reason };
        let file = IpcFile::new(bytes, what)?;
        let number = |key: &str| file.schema().metadata().get(key).and_then(|value| value.parse::<u64>().ok());
        if file.schema().metadata().get("nlpflow.format").map(String::as_str) != Some(FORMAT) {
            return Err(malformed("it is not a matrix of this version's format".into()));
        }
        let (Some(columns), Some(analysis), 1) = (
            number("nlpflow.columns").and_then(|n| u32::try_from(n).ok()),
            number("nlpflow.analysis"),
            file.n_batches(),
        ) else {
            return Err(malformed("its header is incomplete".into()));
        };
        let analysis = analysis as usize;
        if file.schema().fields() != schema(columns, analysis).fields() {
            return Err(malformed("its columns are not row, outcome, entries".into()));
        }
        let batch = file.batch(0).map_err(|error| malformed(error.to_string()))?;
        let lists = batch.column(2).as_list::<i64>();
        let entries = lists.values().as_struct();
        let features = Csr::new(
            columns,
            lists.offsets().inner().clone(),
            entries.column(0).as_primitive::<UInt32Type>().values().clone(),
            entries.column(1).as_primitive::<Float32Type>().values().clone(),
        )?;
        Self::new(
            batch.column(0).as_primitive::<UInt64Type>().values().clone(),
            batch.column(1).as_primitive::<Float64Type>().values().clone(),
            features,
            analysis,
        )
    }
}

fn entry_fields() -> Fields {
    Fields::from(vec![Field::new("column", DataType::UInt32, false), Field::new("value", DataType::Float32, false)])
}

fn entry_list() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(entry_fields()), false))
}

fn schema(columns: u32, analysis: usize) -> SchemaRef {
    Arc::new(Schema::new_with_metadata(
        vec![
            Field::new("row", DataType::UInt64, false),
            Field::new("outcome", DataType::Float64, false),
            Field::new("entries", DataType::LargeList(entry_list()), false),
        ],
        HashMap::from([
            ("nlpflow.format".to_owned(), FORMAT.to_owned()),
            ("nlpflow.columns".to_owned(), columns.to_string()),
            ("nlpflow.analysis".to_owned(), analysis.to_string()),
        ]),
    ))
}
