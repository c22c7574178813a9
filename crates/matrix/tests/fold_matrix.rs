//! The matrix keeps its invariants through files, whatever stands in them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

use bytes::Bytes;
use nlpflow_matrix::{Csr, CsrBuilder, FoldMatrix};
use proptest::prelude::*;

const COLUMNS: u32 = 12;

fn rows() -> impl Strategy<Value = Vec<Vec<(u32, f32)>>> {
    let value = any::<f32>().prop_filter("finite and not zero", |value| value.is_finite() && *value != 0.0);
    let row = proptest::collection::btree_map(0..COLUMNS, value, 0..8).prop_map(|row| row.into_iter().collect());
    proptest::collection::vec(row, 0..40)
}

fn matrix(rows: &[Vec<(u32, f32)>]) -> Csr {
    let mut builder = CsrBuilder::new(COLUMNS, rows.len());
    for row in rows {
        builder.push_row(row.iter().copied());
    }
    builder.finish().unwrap()
}

fn fold(rows: &[Vec<(u32, f32)>], analysis: usize) -> FoldMatrix {
    let numbers: Vec<u64> = (0..rows.len() as u64).map(|row| row * 3).collect();
    let outcome: Vec<f64> = numbers.iter().map(|&row| row as f64 / 7.0).collect();
    FoldMatrix::new(numbers.into(), outcome.into(), matrix(rows), analysis.min(rows.len())).unwrap()
}

fn file(fold: &FoldMatrix) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("matrix.arrow");
    fold.write_ipc(&path).unwrap();
    std::fs::read(path).unwrap()
}

proptest! {
    #[test]
    fn rows_come_back_as_they_went_in(rows in rows()) {
        let matrix = matrix(&rows);
        prop_assert_eq!(matrix.n_rows(), rows.len());
        for (index, row) in rows.iter().enumerate() {
            let (columns, values) = matrix.view().row(index);
            let read: Vec<(u32, f32)> = columns.iter().copied().zip(values.iter().copied()).collect();
            prop_assert_eq!(&read, row);
        }
    }

    #[test]
    fn a_range_of_rows_is_those_rows(rows in rows(), at in any::<[prop::sample::Index; 2]>()) {
        let matrix = matrix(&rows);
        let (a, b) = (at[0].index(rows.len() + 1), at[1].index(rows.len() + 1));
        let range = a.min(b)..a.max(b);
        let view = matrix.rows(range.clone());
        prop_assert_eq!(view.n_rows(), range.len());
        for (index, row) in rows[range].iter().enumerate() {
            let columns: Vec<u32> = row.iter().map(|entry| entry.0).collect();
            prop_assert_eq!(view.row(index).0, &columns[..]);
        }
        prop_assert_eq!(view.n_entries(), view.stored_values().len());
    }

    #[test]
    fn a_file_holds_the_same_fold(rows in rows(), analysis in 0_usize..40) {
        let fold = fold(&rows, analysis);
        let read = FoldMatrix::from_ipc(Bytes::from(file(&fold)), "matrix.arrow").unwrap();
        prop_assert_eq!(read, fold);
    }

    #[test]
    fn a_damaged_file_is_refused_or_still_a_valid_matrix(
        rows in rows(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = file(&fold(&rows, 3));
        let cut = cut.index(bytes.len());
        prop_assert!(FoldMatrix::from_ipc(Bytes::from(bytes[..cut].to_vec()), "cut").is_err());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = FoldMatrix::from_ipc(Bytes::from(bytes), "changed") {
            let view = read.features().view();
            for row in 0..view.n_rows() {
                prop_assert!(view.row(row).0.iter().all(|&column| column < view.n_cols));
            }
        }
    }
}

#[test]
fn buffers_that_are_no_matrix_are_refused() {
    let csr = |indptr: Vec<i64>, indices: Vec<u32>, values: Vec<f32>| {
        Csr::new(3, indptr.into(), indices.into(), values.into()).map_err(|error| error.to_string())
    };
    let message = |result: Result<Csr, String>| result.unwrap_err();
    assert!(csr(vec![0, 1, 2], vec![0, 2], vec![1.0, 2.0]).is_ok());
    assert!(message(csr(vec![], vec![], vec![])).contains("no row offsets"));
    assert!(message(csr(vec![0, 2, 1], vec![0], vec![1.0])).contains("backwards"));
    assert!(message(csr(vec![0, 9, 1], vec![0], vec![1.0])).contains("backwards"));
    assert!(message(csr(vec![0, 1], vec![0, 1], vec![1.0, 1.0])).contains("run from 0 to 1 over 2"));
    assert!(message(csr(vec![0, 2], vec![1, 1], vec![1.0, 1.0])).contains("do not ascend"));
    assert!(message(csr(vec![0, 1], vec![3], vec![1.0])).contains("beyond column 3"));
    assert!(message(csr(vec![0, 1], vec![0], vec![f32::NAN])).contains("not finite"));
    assert!(message(csr(vec![0, 1], vec![0], vec![0.0])).contains("zero"));
    assert!(message(csr(vec![0, 1], vec![0], vec![])).contains("beside 0 values"));
}
