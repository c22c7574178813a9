use std::ops::Range;

use nlpflow_matrix::CsrView;

use crate::Error;

/// The entries of all columns are turned around in about so many passes over the rows: more of them take less memory.
const PASSES: usize = 8;

/// Counts the entries of each column and checks their values: of at least 0 in the first `zeros` columns, where stored
/// zeros do not count; any finite number in the others.
pub(crate) fn count(matrix: &CsrView<'_>, zeros: u32) -> Result<Vec<usize>, Error> {
    let mut counts = vec![0; matrix.n_cols as usize];
    for row in 0..matrix.n_rows() {
        let (indices, values) = matrix.row(row);
        for (&column, &value) in indices.iter().zip(values) {
            if !value.is_finite() {
                return Err(Error::InvalidValue { row, column, value });
            }
            if value < 0.0 && column < zeros {
                return Err(Error::NegativeValue { row, column, value });
            }
            counts[column as usize] += usize::from(column >= zeros || value != 0.0);
        }
    }
    Ok(counts)
}

/// The entries of neighbouring columns, each column's in the order of the rows.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) range: Range<usize>,
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f32>,
}

impl Columns {
    /// All columns of a matrix, some at a time; `counts` are their [numbers of entries](count).
    pub(crate) fn all<'a>(matrix: &'a CsrView<'a>, zeros: u32, counts: &'a [usize]) -> impl Iterator<Item = Self> + 'a {
        let most = counts.iter().sum::<usize>() / PASSES;
        let mut first = 0;
        std::iter::from_fn(move || {
            let begin = first;
            let mut entries = 0;
            while first < counts.len() && (first == begin || entries + counts[first] <= most) {
                entries += counts[first];
                first += 1;
            }
            (begin < first).then(|| Self::of(matrix, zeros, begin..first, counts))
        })
    }

    fn of(matrix: &CsrView<'_>, zeros: u32, columns: Range<usize>, counts: &[usize]) -> Self {
        let mut starts = vec![0];
        for count in &counts[columns.clone()] {
            starts.push(starts[starts.len() - 1] + count);
        }
        let mut next = starts.clone();
        let total = starts[columns.len()];
        let (mut rows, mut sorted) = (vec![0; total], vec![0.0; total]);
        for row in 0..matrix.n_rows() {
            let (indices, values) = matrix.row(row);
            for (&column, &value) in indices.iter().zip(values) {
                let index = (column as usize).wrapping_sub(columns.start);
                if index < columns.len() && (column >= zeros || value != 0.0) {
                    let place = &mut next[index];
                    rows[*place] = row as u32;
                    sorted[*place] = value + 0.0; // -0 is 0
                    *place += 1;
                }
            }
        }
        Self { range: columns, starts, rows, values: sorted }
    }

    /// The rows that have an entry in the column, ascending, and its value there.
    pub(crate) fn column(&self, column: usize) -> (&[u32], &[f32]) {
        let index = column - self.range.start;
        let entries = self.starts[index]..self.starts[index + 1];
        (&self.rows[entries.clone()], &self.values[entries])
    }
}
