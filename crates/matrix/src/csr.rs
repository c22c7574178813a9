use arrow_buffer::ScalarBuffer;

use crate::Error;

/// A matrix in compressed sparse rows; an entry that is absent is zero.
///
/// Row `i` holds the entries `indptr[i]..indptr[i + 1]`, whose columns ascend strictly and whose values are finite and
/// not zero. The buffers may lie in a mapped file: nothing is copied on the way to the trainer.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    n_cols: u32,
    indptr: ScalarBuffer<i64>,
    indices: ScalarBuffer<u32>,
    values: ScalarBuffer<f32>,
}

impl Csr {
    /// Takes `indptr` (rows + 1 offsets), `indices` and `values` (one an entry each) after checking every invariant.
    pub fn new(
        n_cols: u32,
        indptr: ScalarBuffer<i64>,
        indices: ScalarBuffer<u32>,
        values: ScalarBuffer<f32>,
    ) -> Result<Self, Error> {
        let matrix = Self { n_cols, indptr, indices, values };
        matrix.check().map_err(Error::InvalidMatrix)?;
        Ok(matrix)
    }

    fn check(&self) -> Result<(), String> {
        let (Some(&first), Some(&last)) = (self.indptr.first(), self.indptr.last()) else {
            return Err("it has no row offsets".into());
        };
        if first != 0 || usize::try_from(last).ok() != Some(self.indices.len()) {
            return Err(format!("row offsets run from {first} to {last} over {} entries", self.indices.len()));
        }
        if self.indices.len() != self.values.len() {
            return Err(format!("{} columns stand beside {} values", self.indices.len(), self.values.len()));
        }
        // All offsets first: a later row may only be sliced when no offset leaves the buffers.
        if let Some(row) = self.indptr.windows(2).position(|pair| pair[0] > pair[1]) {
            return Err(format!("the offsets of row {row} run backwards"));
        }
        for (row, pair) in self.indptr.windows(2).enumerate() {
            let entries = pair[0] as usize..pair[1] as usize;
            let columns = &self.indices[entries.clone()];
            if columns.windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(format!("the columns of row {row} do not ascend"));
            }
            if columns.last().is_some_and(|&column| column >= self.n_cols) {
                return Err(format!("row {row} has an entry beyond column {}", self.n_cols));
            }
            if self.values[entries].iter().any(|value| !value.is_finite() || *value == 0.0) {
                return Err(format!("row {row} stores a zero or a value that is not finite"));
            }
        }
        Ok(())
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The number of columns.
    #[must_use]
    pub fn n_cols(&self) -> u32 {
        self.n_cols
    }

    /// The number of stored entries.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        self.indices.len()
    }

    /// All rows.
    #[must_use]
    pub fn view(&self) -> CsrView<'_> {
        self.rows(0..self.n_rows())
    }

    /// The rows of `range`, borrowed; panics when the range leaves the matrix, as slicing does.
    #[must_use]
    pub fn rows(&self, range: std::ops::Range<usize>) -> CsrView<'_> {
        CsrView {
            indptr: &self.indptr[range.start..=range.end],
            indices: &self.indices,
            values: &self.values,
            n_cols: self.n_cols,
        }
    }

    pub(crate) fn buffers(&self) -> (&ScalarBuffer<i64>, &ScalarBuffer<u32>, &ScalarBuffer<f32>) {
        (&self.indptr, &self.indices, &self.values)
    }
}

/// Rows borrowed from a matrix.
///
/// `indptr` holds absolute offsets into the whole matrix's `indices` and `values`, so that a range of rows is a
/// sub-slice of the offsets and copies nothing.
#[derive(Clone, Copy, Debug)]
pub struct CsrView<'a> {
    /// Rows + 1 ascending offsets into `indices` and `values`; the first need not be 0.
    pub indptr: &'a [i64],
    /// The column of each entry, strictly ascending in a row.
    pub indices: &'a [u32],
    /// The value of each entry: finite, not zero.
    pub values: &'a [f32],
    /// The number of columns.
    pub n_cols: u32,
}

impl<'a> CsrView<'a> {
    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The number of entries in these rows.
    #[must_use]
    pub fn n_entries(&self) -> usize {
        (self.indptr[self.n_rows()] - self.indptr[0]) as usize
    }

    /// Columns and values of one row.
    #[must_use]
    pub fn row(&self, row: usize) -> (&'a [u32], &'a [f32]) {
        let entries = self.indptr[row] as usize..self.indptr[row + 1] as usize;
        (&self.indices[entries.clone()], &self.values[entries])
    }

    /// The values of these rows, row after row.
    #[must_use]
    pub fn stored_values(&self) -> &'a [f32] {
        &self.values[self.indptr[0] as usize..self.indptr[self.n_rows()] as usize]
    }
}

/// Builds a [`Csr`] row by row.
#[derive(Debug)]
pub struct CsrBuilder {
    n_cols: u32,
    indptr: Vec<i64>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl CsrBuilder {
    /// An empty matrix of `n_cols` columns with room for `rows` rows.
    #[must_use]
    pub fn new(n_cols: u32, rows: usize) -> Self {
        let mut indptr = Vec::with_capacity(rows + 1);
        indptr.push(0);
        Self { n_cols, indptr, indices: Vec::new(), values: Vec::new() }
    }

    /// Appends a row; values that are zero are left out, since absent means zero.
    pub fn push_row(&mut self, entries: impl IntoIterator<Item = (u32, f32)>) {
        for (column, value) in entries {
            if value != 0.0 {
                self.indices.push(column);
                self.values.push(value);
            }
        }
        self.indptr.push(self.indices.len() as i64);
    }

    /// Appends all rows of another builder of the same width.
    pub fn append(&mut self, other: &Self) {
        let base = self.indices.len() as i64;
        self.indptr.extend(other.indptr[1..].iter().map(|offset| offset + base));
        self.indices.extend_from_slice(&other.indices);
        self.values.extend_from_slice(&other.values);
    }

    /// The matrix, once its invariants have been checked.
    pub fn finish(self) -> Result<Csr, Error> {
        Csr::new(self.n_cols, self.indptr.into(), self.indices.into(), self.values.into())
    }
}
