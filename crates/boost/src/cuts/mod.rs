//! Where each column is cut into bins: exactly where XGBoost 3.4.1 cuts a dense matrix with the same values.

mod sketch;
mod summary;

use sketch::{Sketch, limit_size};
use summary::{Entry, Summary};

use crate::columns::Columns;

/// The largest number of ones that an `f32` counts without rounding.
const EXACT_COUNT: usize = 1 << 24;

/// The bins of each column.
///
/// Bin `b` of a column holds the values from its cut `b - 1` (or from below, for bin 0) up to but without its cut `b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cuts {
    starts: Vec<u32>,
    values: Vec<f32>,
}

impl Cuts {
    /// Chooses at most `max_bin` bins a column.
    ///
    /// Absent entries count as zeros in the first `zeros` columns, and not at all in the others; `weight` has one weight a
    /// row, or is absent for weights of 1.
    pub(crate) fn choose(
        all: impl Iterator<Item = Columns>,
        (n_rows, zeros): (usize, u32),
        max_bin: usize,
        weight: Option<&[f32]>,
    ) -> Self {
        let mut cuts = Self { starts: vec![0], values: Vec::new() };
        let mut sorted = Vec::new();
        for columns in all {
            for column in columns.range.clone() {
                let (places, values) = columns.column(column);
                let absent = column < zeros as usize;
                let elements = if absent { n_rows } else { values.len() };
                let limit = limit_size(elements, max_bin);
                let is_exact = weight.is_none() && elements <= EXACT_COUNT;
                let summary = if is_exact { exact(values, elements, limit, &mut sorted) } else { None };
                let summary = summary.unwrap_or_else(|| {
                    let rows = if absent { Some(n_rows) } else { None };
                    sketched((places, values), Sketch::new(limit), rows, max_bin, weight)
                });
                summary.cut_values(max_bin.min(summary.len()), &mut cuts.values);
                cuts.starts.push(cuts.values.len() as u32);
            }
        }
        cuts
    }

    /// The ascending cuts of a column; the last lies above every value.
    #[must_use]
    pub fn column(&self, column: usize) -> &[f32] {
        &self.values[self.starts[column] as usize..self.starts[column + 1] as usize]
    }

    /// The number of columns.
    #[must_use]
    pub fn n_cols(&self) -> usize {
        self.starts.len() - 1
    }

    /// The bin of a value within its column.
    #[must_use]
    pub fn bin(&self, column: usize, value: f32) -> usize {
        let cuts = self.column(column);
        cuts.partition_point(|&cut| cut <= value).min(cuts.len() - 1)
    }
}

/// The summary of a column that has at most `limit` distinct values: the sketch would keep each of them, with ranks that
/// are exact in whatever order they came, so that sorting gives the same.
fn exact(values: &[f32], rows: usize, limit: usize, sorted: &mut Vec<i32>) -> Option<Summary> {
    // With all bits but the sign of negative numbers turned, floats ascend with their bits.
    let turn = |bits: i32| bits ^ ((bits >> 31) as u32 >> 1) as i32;
    sorted.clear();
    sorted.extend(values.iter().map(|value| turn(value.to_bits() as i32)));
    sorted.sort_unstable();
    let zeros = rows - values.len();
    let mut entries = Vec::new();
    let mut rank = 0;
    let mut push = |value: f32, count: usize| {
        entries.push(Entry { rmin: rank as f32, rmax: (rank + count) as f32, weight: count as f32, value });
        rank += count;
        entries.len() <= limit
    };
    if zeros > 0 && !push(0.0, zeros) {
        return None;
    }
    for same in sorted.chunk_by(|a, b| a == b) {
        if !push(f32::from_bits(turn(same[0]) as u32), same.len()) {
            return None;
        }
    }
    Some(Summary::new(entries))
}

/// The summary of a column that is fed, row after row, to the sketch; with `rows`, the number of all rows, absent entries
/// are zeros.
fn sketched(
    (places, values): (&[u32], &[f32]),
    mut sketch: Sketch,
    rows: Option<usize>,
    max_bin: usize,
    weight: Option<&[f32]>,
) -> Summary {
    let mut next = 0;
    let mut zeros = |sketch: &mut Sketch, to: usize| {
        if rows.is_none() {
            return;
        }
        match weight {
            None if to > next => sketch.push(0.0, (to - next) as f32, to - next),
            None => {}
            Some(weight) => weight[next..to].iter().for_each(|&weight| sketch.push(0.0, weight, 1)),
        }
        next = to + 1;
    };
    for (&row, &value) in places.iter().zip(values) {
        zeros(&mut sketch, row as usize);
        sketch.push(value, weight.map_or(1.0, |weight| weight[row as usize]), 1);
    }
    zeros(&mut sketch, rows.unwrap_or(0));
    sketch.finish(max_bin)
}
