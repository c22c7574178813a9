//! Rows as the bins of their entries, in the order in which trees pass over them.

use std::cmp::Ordering;
use std::fmt::Debug;

use nlpflow_matrix::CsrView;

use crate::postings::Postings;

/// A bin's number among the stored bins of all columns.
///
/// Where absent means zero, the lowest bin holds the zeros. It is never stored: its sums are what the others leave of the
/// whole. Where absent means missing, every bin is stored, and what they leave of the whole is missing.
pub(crate) trait BinId: Copy + Default + Ord + Debug + Send + Sync + 'static {
    /// So many bins fit into 64 bits.
    const IN_A_KEY: usize;
    fn from_u32(number: u32) -> Self;
    fn number(self) -> u32;
    /// Whether the number lies from `low` up to `low + width` exclusively.
    fn within(self, low: Self, width: Self) -> bool;
}

impl BinId for u16 {
    const IN_A_KEY: usize = 4;

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
    const IN_A_KEY: usize = 2;

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

/// Rows of any lengths, one behind the other.
#[derive(Debug)]
pub(crate) struct Rows<B> {
    /// Where each row's entries begin, and the end of the last.
    starts: Vec<u32>,
    /// The bins of each row, ascending.
    entries: Vec<B>,
}

impl<B: BinId> Rows<B> {
    pub(crate) fn with_capacity(rows: usize, entries: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Self { starts, entries: Vec::with_capacity(entries) }
    }

    /// Appends the rows of a matrix, each entry as the bin that `number` gives its column and value, or left out.
    pub(crate) fn append(&mut self, matrix: &CsrView<'_>, number: impl Fn(usize, f32) -> Option<u32>) {
        for row in 0..matrix.n_rows() {
            let (columns, values) = matrix.row(row);
            let entries = columns.iter().zip(values);
            let bins = entries.filter_map(|(&column, &value)| number(column as usize, value)).map(B::from_u32);
            let first = self.entries.len();
            self.entries.extend(bins);
            self.entries[first..].sort_unstable();
            self.starts.push(self.entries.len() as u32);
        }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn row(&self, row: u32) -> &[B] {
        &self.entries[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    /// The rows by number of entries, then content, then place.
    fn order(&self) -> Vec<u32> {
        let length = |row: u32| self.starts[row as usize + 1] - self.starts[row as usize];
        let rows = 0..self.len() as u32;
        let longest = rows.clone().map(length).max().unwrap_or(0);
        let mut ends = vec![0; longest as usize + 1];
        rows.clone().for_each(|row| ends[length(row) as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut order = vec![0; self.len()];
        for row in rows {
            let place = &mut ends[length(row) as usize];
            order[*place] = row;
            *place += 1;
        }
        let (mut first, mut keyed) = (0, Vec::new());
        for (length, &end) in ends.iter().enumerate() {
            self.sort_by_content(length, &mut order[first..end], &mut keyed);
            first = end;
        }
        order
    }

    /// Sorts rows of one length.
    fn sort_by_content(&self, length: usize, rows: &mut [u32], keyed: &mut Vec<(u64, u32)>) {
        // The first bins decide most comparisons without a look at the entries.
        let keys = length.min(B::IN_A_KEY);
        let bits = 64 / B::IN_A_KEY;
        let key = |row: u32| self.row(row)[..keys].iter().fold(0, |key, bin| key << bits | u64::from(bin.number()));
        keyed.clear();
        keyed.extend(rows.iter().map(|&row| (key(row), row)));
        if length == keys {
            keyed.sort_unstable();
        } else {
            keyed.sort_unstable_by(|a, b| match a.0.cmp(&b.0) {
                Ordering::Equal => self.row(a.1)[keys..].cmp(&self.row(b.1)[keys..]).then(a.1.cmp(&b.1)),
                order => order,
            });
        }
        for (row, &(_, index)) in rows.iter_mut().zip(&*keyed) {
            *row = index;
        }
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
    pub(crate) n_rows: usize,
    pub(crate) runs: Vec<Run>,
    /// The bins of each row, ascending.
    pub(crate) entries: Vec<B>,
    pub(crate) postings: Postings,
}

/// Rows of one length and their entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a, B> {
    pub(crate) first: usize,
    pub(crate) rows: usize,
    pub(crate) length: usize,
    pub(crate) entries: &'a [B],
}

impl<B: BinId> Binned<B> {
    /// Orders rows, of which equal ones become one with `merge`; `bins` are the bins of all columns. Returns them and
    /// where each row went.
    pub(crate) fn of(rows: Rows<B>, bins: usize, merge: bool) -> (Self, Vec<u32>) {
        let mut order = rows.order();
        let mut merged_row = vec![0; rows.len()];
        let (mut kept, mut n_entries) = (0, 0);
        for at in 0..order.len() {
            let index = order[at];
            let bins = rows.row(index);
            if !merge || kept == 0 || rows.row(order[kept - 1]) != bins {
                order[kept] = index;
                kept += 1;
                n_entries += bins.len();
            }
            merged_row[index as usize] = kept as u32 - 1;
        }
        order.truncate(kept);
        let (mut runs, mut entries) = (Vec::<Run>::new(), Vec::with_capacity(n_entries));
        for row in order {
            let bins = rows.row(row);
            entries.extend_from_slice(bins);
            match runs.last_mut() {
                Some(run) if run.length as usize == bins.len() => run.rows += 1,
                _ => runs.push(Run { length: bins.len() as u32, rows: 1 }),
            }
        }
        drop(rows);
        let mut binned = Self { n_rows: kept, runs, entries, postings: Postings::default() };
        binned.postings = Postings::of(&binned, bins);
        (binned, merged_row)
    }

    /// All rows.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = Stretch<'_, B>> {
        let (mut first, mut entry) = (0, 0);
        self.runs.iter().map(move |run| {
            let (rows, length) = (run.rows as usize, run.length as usize);
            let stretch = Stretch { first, rows, length, entries: &self.entries[entry..entry + rows * length] };
            first += rows;
            entry += rows * length;
            stretch
        })
    }

    /// All rows in so many parts of about equally many entries.
    pub(crate) fn parts(&self, parts: usize) -> Vec<Vec<Stretch<'_, B>>> {
        // A row counts as an entry, too.
        let each = (self.entries.len() + self.n_rows).div_ceil(parts).max(1);
        let (mut all, mut part, mut room) = (Vec::new(), Vec::new(), each);
        for mut stretch in self.stretches() {
            while stretch.rows > 0 {
                let taken = stretch.rows.min(room.div_ceil(stretch.length + 1));
                let (head, tail) = stretch.split_at(taken);
                part.push(head);
                room = room.saturating_sub(taken * (stretch.length + 1));
                if room == 0 {
                    all.push(std::mem::take(&mut part));
                    room = each;
                }
                stretch = tail;
            }
        }
        all.push(part);
        all
    }
}

impl<'a, B: BinId> Stretch<'a, B> {
    /// The first rows, and the others.
    fn split_at(self, rows: usize) -> (Self, Self) {
        let (head, tail) = self.entries.split_at(rows * self.length);
        let first = self.first + rows;
        (Self { rows, entries: head, ..self }, Self { first, rows: self.rows - rows, entries: tail, ..self })
    }

    /// The bins of each row.
    pub(crate) fn each_row(self) -> impl Iterator<Item = (usize, &'a [B])> {
        (0..self.rows).map(move |at| (self.first + at, &self.entries[at * self.length..(at + 1) * self.length]))
    }
}
