use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt16Type, UInt64Type};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt16Array, UInt64Array};
use arrow_schema::DataType;
use nlpflow_matrix::read_ipc;
use nlpflow_source::Set;
use serde::Serialize;

use crate::Error;
use crate::columns::{column, text, write_columns};

/// What the `corpus` stage knows of each kept row beside its tokens, in input order.
#[derive(Default)]
pub(crate) struct Rows {
    /// 0-based record number in the input.
    pub(crate) row: Vec<u64>,
    pub(crate) outcome: Vec<f64>,
    /// The set that a column of the input names; empty when no column was asked for.
    pub(crate) set: Vec<Set>,
}

impl Rows {
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("row", Arc::new(UInt64Array::from(self.row.clone()))),
            ("outcome", Arc::new(Float64Array::from(self.outcome.clone()))),
        ];
        if !self.set.is_empty() {
            columns.push(("set", set_names(&self.set)));
        }
        write_columns(path, columns)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let mut rows = Self::default();
        for batch in read_ipc(path)?.1 {
            let batch = batch?;
            rows.row.extend_from_slice(
                column(&batch, "row", &DataType::UInt64, path)?.as_primitive::<UInt64Type>().values(),
            );
            rows.outcome.extend_from_slice(
                column(&batch, "outcome", &DataType::Float64, path)?.as_primitive::<Float64Type>().values(),
            );
            if batch.column_by_name("set").is_some() {
                read_sets(&batch, path, &mut rows.set)?;
            }
        }
        Ok(rows)
    }
}

/// Where each kept row belongs, in input order.
#[derive(Default)]
pub(crate) struct Assignment {
    pub(crate) set: Vec<Set>,
    /// The 0-based fold whose assessment set holds the row; none for test rows.
    pub(crate) fold: Vec<Option<u16>>,
}

impl Assignment {
    pub(crate) fn write(&self, row: &[u64], path: &Path) -> Result<(), Error> {
        let folds: UInt16Array = self.fold.iter().map(|fold| fold.map(|fold| fold + 1)).collect();
        write_columns(
            path,
            vec![
                ("row", Arc::new(UInt64Array::from(row.to_vec()))),
                ("set", set_names(&self.set)),
                ("fold", Arc::new(folds)),
            ],
        )
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let mut assignment = Self::default();
        for batch in read_ipc(path)?.1 {
            let batch = batch?;
            read_sets(&batch, path, &mut assignment.set)?;
            let folds = column(&batch, "fold", &DataType::UInt16, path)?.as_primitive::<UInt16Type>();
            for fold in folds {
                let fold =
                    fold.map(|fold| fold.checked_sub(1).ok_or_else(|| Error::damaged(path, "there is no fold 0")));
                assignment.fold.push(fold.transpose()?);
            }
        }
        Ok(assignment)
    }

    /// The part of `row` in `fold` (or in the final split, when none): true for the analysis set, false for the
    /// assessment set, none when the row belongs to neither.
    pub(crate) fn is_analysis(&self, row: usize, fold: Option<u16>) -> Option<bool> {
        match (self.set[row], fold) {
            (Set::Train, None) => Some(true),
            (Set::Test, None) => Some(false),
            (Set::Train, Some(fold)) => Some(self.fold[row] != Some(fold)),
            (Set::Test, Some(_)) => None,
        }
    }
}

fn set_names(sets: &[Set]) -> ArrayRef {
    text(sets.iter().map(|set| Some(set.name())))
}

fn read_sets(batch: &RecordBatch, path: &Path, sets: &mut Vec<Set>) -> Result<(), Error> {
    for name in column(batch, "set", &DataType::Utf8, path)?.as_string::<i32>() {
        let set = name.and_then(Set::from_name);
        sets.push(set.ok_or_else(|| Error::damaged(path, "a row is neither in train nor in test"))?);
    }
    Ok(())
}

/// Writes a small JSON document.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Error::damaged(path, error))?;
    text.push(b'\n');
    std::fs::write(path, text).map_err(Error::write(path))
}

/// Reads a small JSON document.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read(path).map_err(Error::read(path))?;
    serde_json::from_slice(&text).map_err(|error| Error::damaged(path, error))
}
