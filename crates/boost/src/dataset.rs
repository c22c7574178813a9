//! The rows of a training: sorted into bins, ordered for the passes over them, equal ones merged.

use std::cmp::Ordering;
use std::fmt::Debug;

use nlpflow_matrix::CsrView;

use crate::columns::Columns;
use crate::{Cuts, Error};

/// What a training learns from.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The features: finite, at least 0; an absent entry is a zero.
    pub rows: CsrView<'a>,
    /// The outcome of each row; it is used as a 32-bit float, as in XGBoost.
    pub outcome: &'a [f64],
    /// The weight of each row, or none for weights of 1.
    pub weight: Option<&'a [f64]>,
}

/// A bin's number among the bins of all columns that are not the lowest of their column.
///
/// The lowest bin holds the zeros. It is never stored: its sums are what the others leave of the whole.
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

/// The bins of all columns, apart from the lowest of each.
#[derive(Debug)]
pub(crate) struct BinMap {
    /// The first bin of each column, and the number of all.
    pub(crate) starts: Vec<u32>,
    /// The column of each bin.
    pub(crate) column: Vec<u32>,
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
    /// In the original order.
    pub(crate) outcome: Vec<f32>,
    pub(crate) weight: Option<Vec<f32>>,
    pub(crate) n_cols: u32,
}

impl Dataset {
    /// Prepares data with at most `max_bin` (2 to 65,536) bins a column.
    pub fn new(data: &Data<'_>, max_bin: u32) -> Result<Self, Error> {
        Self::prepare(data, max_bin, true)
    }

    /// Prepares data without merging rows: what [`Dataset::new`] is compared with.
    pub fn unmerged(data: &Data<'_>, max_bin: u32) -> Result<Self, Error> {
        Self::prepare(data, max_bin, false)
    }

    fn prepare(data: &Data<'_>, max_bin: u32, merge: bool) -> Result<Self, Error> {
        let rows = data.rows.n_rows();
        if !(2..=65_536).contains(&max_bin) {
            return Err(crate::settings::invalid("max_bin", max_bin, "a whole number from 2 to 65536"));
        }
        check(data)?;
        let outcome = data.outcome.iter().map(|value| *value as f32).collect();
        let weight: Option<Vec<f32>> = data.weight.map(|weight| weight.iter().map(|value| *value as f32).collect());

        let columns = Columns::of(&data.rows)?;
        let cuts = Cuts::choose(&columns, max_bin as usize, weight.as_deref());
        let bins = BinMap::of(&cuts);
        let (entries, starts) = sort_into_bins(&data.rows, &columns, &cuts, &bins);
        drop(columns);
        let order = content_order(&entries, &starts);
        let row = |row: u32| &entries[starts[row as usize]..starts[row as usize + 1]];

        let mut member_starts = vec![0];
        for (place, pair) in order.windows(2).enumerate() {
            if !merge || row(pair[0]) != row(pair[1]) {
                member_starts.push(place as u32 + 1);
            }
        }
        member_starts.push(rows as u32);
        let distinct = member_starts.len() - 1;
        let chosen = (0..distinct).map(|merged| row(order[member_starts[merged] as usize]));
        let binned = if bins.column.len() <= 1 << 16 {
            AnyBinned::Narrow(Binned::of(chosen, bins.column.len()))
        } else {
            AnyBinned::Wide(Binned::of(chosen, bins.column.len()))
        };
        Ok(Self { cuts, bins, binned, member_starts, members: order, outcome, weight, n_cols: data.rows.n_cols })
    }

    /// The number of rows that it was made of.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.members.len()
    }

    /// The number of rows that remain when those in the same bins are one.
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

    /// The original rows that became one merged row.
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
    let limit = u32::MAX as usize - 1;
    for (what, found) in [("rows", rows), ("entries", data.rows.n_entries())] {
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
    fn of(cuts: &Cuts) -> Self {
        let (mut starts, mut column) = (vec![0], Vec::new());
        for index in 0..cuts.n_cols() {
            column.resize(column.len() + cuts.column(index).len() - 1, index as u32);
            starts.push(column.len() as u32);
        }
        Self { starts, column }
    }
}

/// The bins of each row's entries that are not in the lowest bin of their column, and where each row's begin.
fn sort_into_bins(rows: &CsrView<'_>, columns: &Columns, cuts: &Cuts, bins: &BinMap) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0; rows.n_rows() + 1];
    // Column after column, so that the cuts at hand are few.
    let binned = |column: usize| {
        let (places, values) = columns.column(column);
        places.iter().zip(values).filter_map(move |(&row, &value)| {
            let bin = cuts.bin(column, value);
            (bin > 0).then(|| (row as usize, bins.starts[column] + bin as u32 - 1))
        })
    };
    let mut found = Vec::with_capacity(rows.n_entries());
    for column in 0..columns.n_cols() {
        found.extend(binned(column).map(|(row, bin)| {
            starts[row + 1] += 1;
            (row as u32, bin)
        }));
    }
    for row in 0..rows.n_rows() {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut entries = vec![0; found.len()];
    for (row, bin) in found {
        let place = &mut next[row as usize];
        entries[*place] = bin;
        *place += 1;
    }
    (entries, starts)
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
