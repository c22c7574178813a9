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
    /// Turns the rows around. In the first `zeros` columns absent means zero, so that stored zeros are left out; in the
    /// others absent means missing, and any finite value is one.
    pub(crate) fn of(matrix: &CsrView<'_>, zeros: u32) -> Result<Self, Error> {
        let columns = matrix.n_cols as usize;
        let counts = |column: u32, value: f32| column >= zeros || value != 0.0;
        let mut starts = vec![0_usize; columns + 1];
        for row in 0..matrix.n_rows() {
            let (indices, values) = matrix.row(row);
            for (&column, &value) in indices.iter().zip(values) {
                if !value.is_finite() {
                    return Err(Error::InvalidValue { row, column, value });
                }
                if value < 0.0 && column < zeros {
                    return Err(Error::NegativeValue { row, column, value });
                }
                starts[column as usize + 1] += usize::from(counts(column, value));
            }
        }
        for column in 0..columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let (mut rows, mut sorted) = (vec![0; starts[columns]], vec![0.0; starts[columns]]);
        for row in 0..matrix.n_rows() {
            let (indices, values) = matrix.row(row);
            for (&column, &value) in indices.iter().zip(values).filter(|(column, value)| counts(**column, **value)) {
                let place = &mut next[column as usize];
                rows[*place] = row as u32;
                sorted[*place] = value + 0.0; // -0 is 0
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

    /// Turns back to rows, each entry as the number that `number` gives its column and value, or left out. Returns the
    /// numbers row after row, ascending by column, and where each row's begin.
    pub(crate) fn into_rows(mut self, number: impl Fn(usize, f32) -> Option<u32>) -> (Vec<u32>, Vec<usize>) {
        let mut starts = vec![0; self.n_rows + 1];
        let mut kept = 0;
        // Column after column, so that the cuts at hand are few; in place, since these are the largest lists there are.
        for column in 0..self.n_cols() {
            for at in self.starts[column]..self.starts[column + 1] {
                if let Some(number) = number(column, self.values[at]) {
                    let row = self.rows[at];
                    starts[row as usize + 1] += 1;
                    self.rows[kept] = row;
                    self.values[kept] = f32::from_bits(number);
                    kept += 1;
                }
            }
        }
        for row in 0..self.n_rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut numbers = vec![0; kept];
        for (row, number) in self.rows[..kept].iter().zip(&self.values[..kept]) {
            let place = &mut next[*row as usize];
            numbers[*place] = number.to_bits();
            *place += 1;
        }
        (numbers, starts)
    }
}
