use nlpflow_matrix::CsrView;

use crate::Error;

/// The entries of a matrix by column, each column's in the order of the rows.
pub(crate) struct Columns {
    n_rows: usize,
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f32>,
}

impl Columns {
    /// Turns the rows around; stored zeros are left out, since absent means zero.
    pub(crate) fn of(matrix: &CsrView<'_>) -> Result<Self, Error> {
        let columns = matrix.n_cols as usize;
        let mut starts = vec![0_usize; columns + 1];
        for row in 0..matrix.n_rows() {
            let (indices, values) = matrix.row(row);
            for (&column, &value) in indices.iter().zip(values) {
                if !value.is_finite() || value < 0.0 {
                    return Err(Error::InvalidValue { row, column, value });
                }
                starts[column as usize + 1] += usize::from(value != 0.0);
            }
        }
        for column in 0..columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let (mut rows, mut sorted) = (vec![0; starts[columns]], vec![0.0; starts[columns]]);
        for row in 0..matrix.n_rows() {
            let (indices, values) = matrix.row(row);
            for (&column, &value) in indices.iter().zip(values).filter(|(_, value)| **value != 0.0) {
                let place = &mut next[column as usize];
                rows[*place] = row as u32;
                sorted[*place] = value;
                *place += 1;
            }
        }
        Ok(Self { n_rows: matrix.n_rows(), starts, rows, values: sorted })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn n_cols(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows that have an entry in the column, ascending, and its value there.
    pub(crate) fn column(&self, column: usize) -> (&[u32], &[f32]) {
        let entries = self.starts[column]..self.starts[column + 1];
        (&self.rows[entries.clone()], &self.values[entries])
    }
}
