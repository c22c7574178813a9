//! The rows of a training: sorted into bins, ordered for the passes over them, equal ones merged.

use nlpflow_matrix::CsrView;

use crate::binned::{BinId, Binned, Rows};
use crate::columns::{self, Columns};
use crate::{Cuts, Error};

/// What a training learns from.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The features.
    pub rows: CsrView<'a>,
    /// The outcome of each row; it is used as a 32-bit float, as in XGBoost.
    pub outcome: &'a [f64],
    /// The weight of each row, or none for weights of 1.
    pub weight: Option<&'a [f64]>,
    /// So many leading columns have values of at least 0, and an absent entry there is a zero. In the others, any finite
    /// value may stand, and an absent entry is a missing value.
    pub zeros: u32,
    /// Rows that nothing is learned from, whose margins are kept up to date while training.
    pub assessment: Option<CsrView<'a>>,
}

impl<'a> Data<'a> {
    /// Rows of weight 1 in which absent entries are zeros.
    #[must_use]
    pub fn new(rows: CsrView<'a>, outcome: &'a [f64]) -> Self {
        Self { rows, outcome, weight: None, zeros: rows.n_cols, assessment: None }
    }
}

#[derive(Debug)]
pub(crate) enum AnyBinned {
    Narrow(Binned<u16>),
    Wide(Binned<u32>),
}

/// The stored bins of all columns.
///
/// Where absent means zero, the columns with the fewest entries come first: rows, which are sorted by their bins, then lie
/// together with those that share their rarest token, and a split that sends few rows away finds them side by side. A
/// frequent token is everywhere in any order.
#[derive(Debug)]
pub(crate) struct BinMap {
    /// The first stored bin of each column.
    pub(crate) starts: Vec<u32>,
    /// The bin behind the last of each column.
    pub(crate) ends: Vec<u32>,
    /// The column of each stored bin.
    pub(crate) column: Vec<u32>,
    /// So many leading columns have a lowest bin that is not stored.
    pub(crate) zeros: u32,
    /// The first stored bin of the columns in which absent means missing.
    pub(crate) first_with_missing: u32,
}

/// Data prepared for training: any number of trainers, on any threads, may share it.
///
/// It depends on `max_bin`, on nothing else that a training is told.
#[derive(Debug)]
pub struct Dataset {
    pub(crate) cuts: Cuts,
    pub(crate) bins: BinMap,
    pub(crate) binned: AnyBinned,
    /// The merged row of each row.
    pub(crate) merged_row: Vec<u32>,
    /// The merged row of each row of the assessment set.
    pub(crate) assessment: Vec<u32>,
    /// In the original order.
    pub(crate) outcome: Vec<f32>,
    pub(crate) weight: Option<Vec<f32>>,
    pub(crate) n_cols: u32,
    merged: bool,
}

impl Dataset {
    /// Prepares data with at most `max_bin` (2 to 65,536) bins a column; rows in the same bins become one.
    pub fn new(data: &Data<'_>, max_bin: u32) -> Result<Self, Error> {
        Self::prepare(data, max_bin, true)
    }

    /// Prepares data without merging rows, as objectives ask for that are not linear in the outcome
    /// ([`crate::Objective::merges`]).
    pub fn unmerged(data: &Data<'_>, max_bin: u32) -> Result<Self, Error> {
        Self::prepare(data, max_bin, false)
    }

    fn prepare(data: &Data<'_>, max_bin: u32, merge: bool) -> Result<Self, Error> {
        if !(2..=65_536).contains(&max_bin) {
            return Err(crate::settings::invalid("max_bin", max_bin, "a whole number from 2 to 65536"));
        }
        check(data)?;
        let counts = columns::count(&data.rows, data.zeros)?;
        if let Some(assessment) = data.assessment {
            columns::count(&assessment, data.zeros)?;
        }
        let outcome = data.outcome.iter().map(|value| *value as f32).collect();
        let weight: Option<Vec<f32>> = data.weight.map(|weight| weight.iter().map(|value| *value as f32).collect());
        let cuts = Cuts::choose(
            Columns::all(&data.rows, data.zeros, &counts),
            (data.rows.n_rows(), data.zeros),
            max_bin as usize,
            weight.as_deref(),
        );
        let bins = BinMap::of(&cuts, data.zeros, &counts);
        let (binned, mut merged_row) = if bins.column.len() <= 1 << 16 {
            let (binned, merged_row) = bin(data, &cuts, &bins, merge);
            (AnyBinned::Narrow(binned), merged_row)
        } else {
            let (binned, merged_row) = bin(data, &cuts, &bins, merge);
            (AnyBinned::Wide(binned), merged_row)
        };
        let assessment = merged_row.split_off(data.rows.n_rows());
        let n_cols = data.rows.n_cols;
        Ok(Self { cuts, bins, binned, merged_row, assessment, outcome, weight, n_cols, merged: merge })
    }

    /// The number of rows that it was made of.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.merged_row.len()
    }

    /// Whether rows in the same bins became one.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    /// The number of rows that remain, the assessment set's among them.
    #[must_use]
    pub fn n_merged(&self) -> usize {
        match &self.binned {
            AnyBinned::Narrow(binned) => binned.n_rows,
            AnyBinned::Wide(binned) => binned.n_rows,
        }
    }

    /// The number of columns.
    #[must_use]
    pub fn n_cols(&self) -> u32 {
        self.n_cols
    }

    /// Where its columns are cut.
    #[must_use]
    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    pub(crate) fn weight_of(&self, row: u32) -> f32 {
        self.weight.as_ref().map_or(1.0, |weight| weight[row as usize])
    }
}

/// Sorts all entries into their bins; returns the rows, and where each went.
fn bin<B: BinId>(data: &Data<'_>, cuts: &Cuts, bins: &BinMap, merge: bool) -> (Binned<B>, Vec<u32>) {
    let all = [Some(data.rows), data.assessment];
    let (n_rows, n_entries) = (all.iter().flatten().map(CsrView::n_rows), all.iter().flatten().map(CsrView::n_entries));
    let mut rows = Rows::with_capacity(n_rows.sum(), n_entries.sum());
    for matrix in all.iter().flatten() {
        rows.append(matrix, |column, value| bins.number(column, cuts.bin(column, value)));
    }
    Binned::of(rows, bins.column.len(), merge)
}

fn check(data: &Data<'_>) -> Result<(), Error> {
    let rows = data.rows.n_rows();
    if rows == 0 || data.rows.n_cols == 0 {
        return Err(Error::Empty { rows, columns: data.rows.n_cols });
    }
    if data.zeros > data.rows.n_cols {
        return Err(crate::settings::invalid("zeros", data.zeros, "at most as many columns as the matrix has"));
    }
    let assessment = data.assessment.map_or((0, 0), |rows| (rows.n_rows(), rows.n_entries()));
    if let Some(found) = data.assessment.map(|rows| rows.n_cols).filter(|found| *found != data.rows.n_cols) {
        return Err(Error::ColumnMismatch { expected: data.rows.n_cols, found });
    }
    let limit = u32::MAX as usize - 1;
    for (what, found) in [("rows", rows + assessment.0), ("entries", data.rows.n_entries() + assessment.1)] {
        if found > limit {
            return Err(Error::TooLarge { what, found, limit });
        }
    }
    let lengths = [("outcomes", Some(data.outcome.len())), ("weights", data.weight.map(<[f64]>::len))];
    for (what, found) in lengths {
        if let Some(found) = found.filter(|found| *found != rows) {
            return Err(Error::LengthMismatch { what, rows, found });
        }
    }
    if let Some(weight) = data.weight {
        let wrong = |value: &f64| !(*value as f32).is_finite() || *value < 0.0;
        if let Some(row) = weight.iter().position(wrong) {
            return Err(Error::InvalidWeight(format!("row {row} has the weight {}", weight[row])));
        }
        if weight.iter().all(|value| *value as f32 == 0.0) {
            return Err(Error::InvalidWeight("no row has a weight above 0".into()));
        }
    }
    Ok(())
}

impl BinMap {
    /// `counts` are the numbers of entries of the columns.
    fn of(cuts: &Cuts, zeros: u32, counts: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..cuts.n_cols()).collect();
        order[..zeros as usize].sort_by_key(|column| counts[*column]);
        let (mut starts, mut ends, mut column) = (vec![0; order.len()], vec![0; order.len()], Vec::new());
        let mut first_with_missing = 0;
        for index in order {
            let lowest = usize::from(index < zeros as usize);
            starts[index] = column.len() as u32;
            column.resize(column.len() + cuts.column(index).len() - lowest, index as u32);
            ends[index] = column.len() as u32;
            if lowest == 1 {
                first_with_missing = column.len() as u32;
            }
        }
        Self { starts, ends, column, zeros, first_with_missing }
    }

    /// The number of a column's bin, if it is stored.
    fn number(&self, column: usize, bin: usize) -> Option<u32> {
        let absent = usize::from(column < self.zeros as usize);
        (bin >= absent).then(|| self.starts[column] + (bin - absent) as u32)
    }
}
