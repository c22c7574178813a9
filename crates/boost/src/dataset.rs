//! The rows of a training: sorted into bins, ordered for the passes over them, equal ones merged.

use std::cmp::Ordering;
use std::fmt::Debug;

use nlpflow_matrix::CsrView;

use crate::columns::Columns;
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

/// A bin's number among the stored bins of all columns.
///
/// Where absent means zero, the lowest bin holds the zeros. It is never stored: its sums are what the others leave of the
/// whole. Where absent means missing, every bin is stored, and what they leave of the whole is missing.
pub(crate) trait BinId: Copy + Default + Ord + Debug + Send + Sync + 'static {
    fn from_u32(number: u32) -> Self;
    fn number(self) -> u32;
    /// Whether the number lies from `low` up to `low + width` exclusively.
    fn within(self, low: Self, width: Self) -> bool;
}

impl BinId for u16 {
    fn from_u32(number: u32) -> Self {
        number as Self
    }

    #[inline]
    fn number(self) -> u32 {
        self.into()
    }

    #[inline]
    fn within(self, low: Self, width: Self) -> bool {
        self.wrapping_sub(low) < width
    }
}

impl BinId for u32 {
    fn from_u32(number: u32) -> Self {
        number
    }

    #[inline]
    fn number(self) -> u32 {
        self
    }

    #[inline]
    fn within(self, low: Self, width: Self) -> bool {
        self.wrapping_sub(low) < width
    }
}

/// Neighbouring rows with equally many entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// Entries a row.
    pub(crate) length: u32,
    /// Rows.
    pub(crate) rows: u32,
}

/// Merged rows in ascending order of their number of entries.
#[derive(Debug)]
pub(crate) struct Binned<B> {
    pub(crate) runs: Vec<Run>,
    /// Where each row's entries begin, and the end of the last.
    pub(crate) starts: Vec<u32>,
    /// The bins of each row, ascending.
    pub(crate) entries: Vec<B>,
    /// Where each bin's rows begin in `postings`, and the end of the last.
    pub(crate) posting_starts: Vec<u32>,
    /// The rows of each bin, ascending.
    pub(crate) postings: Vec<u32>,
}

#[derive(Debug)]
pub(crate) enum AnyBinned {
    Narrow(Binned<u16>),
    Wide(Binned<u32>),
}

/// The stored bins of all columns.
#[derive(Debug)]
pub(crate) struct BinMap {
    /// The first stored bin of each column, and the number of all.
    pub(crate) starts: Vec<u32>,
    /// The column of each stored bin.
    pub(crate) column: Vec<u32>,
    /// So many leading columns have a lowest bin that is not stored.
    pub(crate) zeros: u32,
}

/// Data prepared for training: any number of trainers, on any threads, may share it.
///
/// It depends on `max_bin`, on nothing else that a training is told.
#[derive(Debug)]
pub struct Dataset {
    pub(crate) cuts: Cuts,
    pub(crate) bins: BinMap,
    pub(crate) binned: AnyBinned,
    /// The original rows of each merged row: where they begin in `members`, and the end of the last.
    pub(crate) member_starts: Vec<u32>,
    pub(crate) members: Vec<u32>,
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
        let rows = data.rows.n_rows();
        let outcome = data.outcome.iter().map(|value| *value as f32).collect();
        let weight: Option<Vec<f32>> = data.weight.map(|weight| weight.iter().map(|value| *value as f32).collect());

        let columns = Columns::of(&data.rows, data.zeros)?;
        let cuts = Cuts::choose(&columns, data.zeros, max_bin as usize, weight.as_deref());
        let bins = BinMap::of(&cuts, data.zeros);
        let number = |column: usize, value: f32| bins.number(column, cuts.bin(column, value));
        let (mut entries, mut starts) = columns.into_rows(number);
        if let Some(assessment) = data.assessment {
            let (more, ends) = Columns::of(&assessment, data.zeros)?.into_rows(number);
            starts.extend(ends[1..].iter().map(|end| end + entries.len()));
            entries.extend(more);
        }
        let order = content_order(&entries, &starts);
        let row = |row: u32| &entries[starts[row as usize]..starts[row as usize + 1]];

        let (mut firsts, mut member_starts, mut members) = (Vec::new(), Vec::new(), Vec::with_capacity(rows));
        let mut assessment = vec![0; order.len() - rows];
        let mut last: Option<u32> = None;
        for &index in &order {
            if !merge || last.is_none_or(|last| row(last) != row(index)) {
                firsts.push(index);
                member_starts.push(members.len() as u32);
            }
            last = Some(index);
            match (index as usize).checked_sub(rows) {
                None => members.push(index),
                Some(place) => assessment[place] = firsts.len() as u32 - 1,
            }
        }
        member_starts.push(rows as u32);
        drop(order);
        let chosen = firsts.iter().map(|&first| row(first));
        let binned = if bins.column.len() <= 1 << 16 {
            AnyBinned::Narrow(Binned::of(chosen, bins.column.len()))
        } else {
            AnyBinned::Wide(Binned::of(chosen, bins.column.len()))
        };
        let n_cols = data.rows.n_cols;
        Ok(Self { cuts, bins, binned, member_starts, members, assessment, outcome, weight, n_cols, merged: merge })
    }

    /// The number of rows that it was made of.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.members.len()
    }

    /// Whether rows in the same bins became one.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    /// The number of rows that remain, the assessment set's among them.
    #[must_use]
    pub fn n_merged(&self) -> usize {
        self.member_starts.len() - 1
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

    /// The original rows that became one merged row: none when they are all of the assessment set.
    pub(crate) fn members(&self, merged: usize) -> &[u32] {
        &self.members[self.member_starts[merged] as usize..self.member_starts[merged + 1] as usize]
    }

    pub(crate) fn weight_of(&self, row: u32) -> f32 {
        self.weight.as_ref().map_or(1.0, |weight| weight[row as usize])
    }
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
    fn of(cuts: &Cuts, zeros: u32) -> Self {
        let (mut starts, mut column) = (vec![0], Vec::new());
        for index in 0..cuts.n_cols() {
            let stored = cuts.column(index).len() - usize::from(index < zeros as usize);
            column.resize(column.len() + stored, index as u32);
            starts.push(column.len() as u32);
        }
        Self { starts, column, zeros }
    }

    /// The number of a column's bin, if it is stored.
    fn number(&self, column: usize, bin: usize) -> Option<u32> {
        let absent = usize::from(column < self.zeros as usize);
        (bin >= absent).then(|| self.starts[column] + (bin - absent) as u32)
    }

    /// The first stored bin of the columns in which absent means missing.
    pub(crate) fn first_with_missing(&self) -> u32 {
        self.starts[self.zeros as usize]
    }
}

/// The rows by number of entries, then content, then place.
fn content_order(entries: &[u32], starts: &[usize]) -> Vec<u32> {
    let rows = starts.len() - 1;
    let row = |row: u32| &entries[starts[row as usize]..starts[row as usize + 1]];
    // Length and first two bins decide most comparisons without a look at the entries.
    let mut keyed: Vec<(u128, u32)> = (0..rows as u32)
        .map(|index| {
            let bins = row(index);
            let bin = |at: usize| u128::from(bins.get(at).copied().unwrap_or(0));
            ((bins.len() as u128) << 96 | bin(0) << 64 | bin(1) << 32 | bin(2), index)
        })
        .collect();
    keyed.sort_unstable_by(|a, b| {
        let rest = || if a.0 >> 96 > 3 { row(a.1).cmp(row(b.1)) } else { Ordering::Equal };
        a.0.cmp(&b.0).then_with(rest).then_with(|| a.1.cmp(&b.1))
    });
    keyed.into_iter().map(|(_, index)| index).collect()
}

impl<B: BinId> Binned<B> {
    fn of<'a>(rows: impl Iterator<Item = &'a [u32]>, bins: usize) -> Self {
        let mut binned = Self {
            runs: Vec::new(),
            starts: vec![0],
            entries: Vec::new(),
            posting_starts: vec![0; bins + 1],
            postings: Vec::new(),
        };
        for row in rows {
            binned.entries.extend(row.iter().map(|&bin| B::from_u32(bin)));
            binned.starts.push(binned.entries.len() as u32);
            match binned.runs.last_mut() {
                Some(run) if run.length as usize == row.len() => run.rows += 1,
                _ => binned.runs.push(Run { length: row.len() as u32, rows: 1 }),
            }
        }
        for entry in &binned.entries {
            binned.posting_starts[entry.number() as usize + 1] += 1;
        }
        for bin in 0..bins {
            binned.posting_starts[bin + 1] += binned.posting_starts[bin];
        }
        let mut next = binned.posting_starts.clone();
        binned.postings = vec![0; binned.entries.len()];
        for row in 0..binned.starts.len() - 1 {
            for entry in &binned.entries[binned.starts[row] as usize..binned.starts[row + 1] as usize] {
                let place = &mut next[entry.number() as usize];
                binned.postings[*place as usize] = row as u32;
                *place += 1;
            }
        }
        binned
    }
}
