use std::hint::black_box;
use std::ops::Range;

use pulp::Arch;

use super::by_length::by_length;
use crate::binned::{BinId, Binned, Run, Stretch};
use crate::bits::ones;
use crate::fixed::Pair;
use crate::gradient::Gradients;
use crate::histogram::Adding;

/// So many rows are copied at a time.
const TOGETHER: usize = 64;

/// Rows copied together, block upon block: a block is topmost when it is looked at.
#[derive(Debug)]
pub(super) struct Arena<B> {
    simd: Arch,
    rows: Vec<u32>,
    pairs: Vec<Pair>,
    entries: Vec<B>,
    runs: Vec<Run>,
    /// Whether each row of the topmost block goes right.
    marks: Vec<bool>,
}

/// The rows of a node, in ascending order and so in ascending order of their number of entries.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) rows: Range<usize>,
    entries: Range<usize>,
    runs: Range<usize>,
}

impl<B: BinId> Arena<B> {
    pub(super) fn new(simd: Arch) -> Self {
        let (rows, pairs, entries, runs, marks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { simd, rows, pairs, entries, runs, marks }
    }

    /// Copies the rows whose bit is set to the bottom, adds their pairs to the sums of their bins, and clears the bits.
    pub(super) fn fill<G: Gradients>(
        &mut self,
        binned: &Binned<B>,
        gradients: &G,
        leaving: &mut [u64],
        sums: &mut [Pair],
    ) -> Block {
        let count = leaving.iter().map(|bits| bits.count_ones() as usize).sum();
        self.reserve((count, 0, binned.runs.len()));
        let (mut row, mut entry, mut runs) = (0, 0, 0);
        for source in binned.stretches() {
            let length = source.length;
            let taken: usize = words(source, leaving).map(|(_, bits)| bits.count_ones() as usize).sum();
            if taken > 0 {
                self.reserve((row + taken, entry + taken * length, runs + 1));
                let mut place = Room {
                    rows: &mut self.rows[row..row + taken],
                    pairs: &mut self.pairs[row..row + taken],
                    entries: &mut self.entries[entry..entry + taken * length],
                };
                by_length!(length, fill_run::<B, G>(&mut place, source, gradients, leaving, sums));
                self.runs[runs] = Run { length: length as u32, rows: taken as u32 };
                runs += 1;
                row += taken;
                entry += taken * length;
            }
        }
        leaving.fill(0);
        Block { rows: 0..row, entries: 0..entry, runs: 0..runs }
    }

    /// Copies a block of another arena to the bottom.
    pub(super) fn adopt(&mut self, from: &Self, block: &Block) -> Block {
        let (rows, entries, runs) = (block.rows.len(), block.entries.len(), block.runs.len());
        self.reserve((rows, entries, runs));
        self.rows[..rows].copy_from_slice(&from.rows[block.rows.clone()]);
        self.pairs[..rows].copy_from_slice(&from.pairs[block.rows.clone()]);
        self.entries[..entries].copy_from_slice(&from.entries[block.entries.clone()]);
        self.runs[..runs].copy_from_slice(&from.runs[block.runs.clone()]);
        Block { rows: 0..rows, entries: 0..entries, runs: 0..runs }
    }

    /// Makes room for so many rows, entries and runs.
    fn reserve(&mut self, (rows, entries, runs): (usize, usize, usize)) {
        if self.rows.len() < rows {
            self.rows.resize(rows, 0);
            self.pairs.resize(rows, Pair::default());
        }
        if self.entries.len() < entries {
            self.entries.resize(entries, B::default());
        }
        if self.runs.len() < runs {
            self.runs.resize(runs, Run { length: 0, rows: 0 });
        }
    }

    /// The bins of the rows of a block, row after row.
    pub(super) fn entries(&self, block: &Block) -> &[B] {
        &self.entries[block.entries.clone()]
    }

    /// Goes through the rows of a block: number, pair and bins of each.
    pub(super) fn each(&self, block: &Block, mut each: impl FnMut(u32, Pair, &[B])) {
        let (mut row, mut entry) = (block.rows.start, block.entries.start);
        for run in &self.runs[block.runs.clone()] {
            let (rows, length) = (run.rows as usize, run.length as usize);
            let (numbers, pairs) = (&self.rows[row..row + rows], &self.pairs[row..row + rows]);
            let entries = &self.entries[entry..entry + rows * length];
            by_length!(length, each_row::<B, _>(numbers, pairs, length, entries, &mut each));
            row += rows;
            entry += rows * length;
        }
    }

    /// Marks the rows that go right; returns whether they have fewer entries than the others.
    pub(super) fn mark(&mut self, block: &Block, low: B, width: B) -> bool {
        let rows = block.rows.len();
        if self.marks.len() < rows {
            self.marks.resize(rows, false);
        }
        let (mut row, mut entry, mut marked) = (0, block.entries.start, 0);
        for run in &self.runs[block.runs.clone()] {
            let (rows, length) = (run.rows as usize, run.length as usize);
            let entries = &self.entries[entry..entry + rows * length];
            let marks = &mut self.marks[row..row + rows];
            marked += length * by_length!(length, mark_run::<B>(self.simd, marks, length, entries, low, width));
            row += rows;
            entry += rows * length;
        }
        marked * 2 <= block.entries.len()
    }

    /// Moves the marked rows, or the others, above the block and adds their pairs to the sums of their bins; the rest
    /// closes up. Returns the rest and what was moved.
    pub(super) fn part(&mut self, block: &Block, moves_marked: bool, sums: &mut [Pair]) -> (Block, Block) {
        let mut ends = (block.rows.end, block.entries.end, block.runs.end);
        self.reserve((ends.0 + block.rows.len(), ends.1 + block.entries.len(), ends.2 + block.runs.len()));
        let mut parting = Parting {
            rows: &mut self.rows,
            pairs: &mut self.pairs,
            entries: &mut self.entries,
            marks: &self.marks,
            sums,
            moves_marked,
            read: (block.rows.start, block.entries.start),
            kept: (block.rows.start, block.entries.start),
            moved: (ends.0, ends.1),
            mark: 0,
        };
        let mut kept_runs = block.runs.start;
        for at in block.runs.clone() {
            let run = self.runs[at];
            let count = by_length!(run.length, part_run::<B>(&mut parting, run));
            if count < run.rows {
                self.runs[kept_runs] = Run { length: run.length, rows: run.rows - count };
                kept_runs += 1;
            }
            if count > 0 {
                self.runs[ends.2] = Run { length: run.length, rows: count };
                ends.2 += 1;
            }
        }
        (ends.0, ends.1) = parting.moved;
        let kept = Block {
            rows: block.rows.start..parting.kept.0,
            entries: block.entries.start..parting.kept.1,
            runs: block.runs.start..kept_runs,
        };
        let moved =
            Block { rows: block.rows.end..ends.0, entries: block.entries.end..ends.1, runs: block.runs.end..ends.2 };
        (kept, moved)
    }
}

/// The words in which rows have bits, without the bits of others.
fn words<B: BinId>(rows: Stretch<'_, B>, bits: &[u64]) -> impl Iterator<Item = (usize, u64)> {
    let (first, end) = (rows.first, rows.first + rows.rows);
    let words = bits.iter().enumerate().take(end.div_ceil(64)).skip(first / 64);
    words.map(move |(word, &bits)| {
        let from = if word == first / 64 { u64::MAX << (first % 64) } else { u64::MAX };
        let to = if word == end / 64 { !(u64::MAX << (end % 64)) } else { u64::MAX };
        (word, bits & from & to)
    })
}

/// Where rows of one length are copied to.
struct Room<'a, B> {
    rows: &'a mut [u32],
    pairs: &'a mut [Pair],
    entries: &'a mut [B],
}

fn fill_run<B: BinId, G: Gradients, const N: usize>(
    place: &mut Room<'_, B>,
    source: Stretch<'_, B>,
    gradients: &G,
    leaving: &[u64],
    sums: &mut [Pair],
) {
    let length = if N == 0 { source.length } else { N };
    let mut at = 0;
    for (word, bits) in words(source, leaving) {
        for place_in_word in ones(bits) {
            place.rows[at] = (word * 64 + place_in_word) as u32;
            at += 1;
        }
    }
    let mut adding = Adding::to(sums);
    // The rows are far apart in memory. A loop that only reads keeps many reads under way at once, while the rows before
    // are worked on.
    let touch = |rows: &[u32]| {
        let mut seen = 0;
        for &row in rows {
            let start = (row as usize - source.first) * length;
            seen ^= gradients.touch(row as usize);
            if length > 0 {
                seen ^= source.entries[start].number() ^ source.entries[start + length - 1].number();
            }
        }
        black_box(seen);
    };
    let mut ahead = place.rows.chunks(TOGETHER);
    touch(ahead.next().unwrap_or_default());
    let parts = place.rows.chunks(TOGETHER).zip(place.pairs.chunks_mut(TOGETHER));
    for ((rows, pairs), entries) in parts.zip(place.entries.chunks_mut(TOGETHER * length.max(1))) {
        touch(ahead.next().unwrap_or_default());
        for (pair, &row) in pairs.iter_mut().zip(rows) {
            *pair = gradients.pair(row as usize);
        }
        for (at, &row) in rows.iter().enumerate() {
            let start = (row as usize - source.first) * length;
            entries[at * length..(at + 1) * length].copy_from_slice(&source.entries[start..start + length]);
        }
        for (at, pair) in pairs.iter().enumerate() {
            adding.add(&entries[at * length..(at + 1) * length], *pair);
        }
    }
    adding.flush();
}

/// Whether a row has a bin in the range: all are looked at, which is faster than to stop.
#[inline(always)]
#[allow(clippy::inline_always, reason = "only then it is compiled with the wide vectors of its caller")]
pub(super) fn has<B: BinId>(bins: &[B], low: B, width: B) -> bool {
    bins.iter().fold(false, |found, bin| found | bin.within(low, width))
}

fn each_row<B: BinId, F: FnMut(u32, Pair, &[B]), const N: usize>(
    rows: &[u32],
    pairs: &[Pair],
    length: usize,
    entries: &[B],
    each: &mut F,
) {
    let length = if N == 0 { length } else { N };
    for (at, (&row, &pair)) in rows.iter().zip(pairs).enumerate() {
        each(row, pair, &entries[at * length..(at + 1) * length]);
    }
}

fn mark_run<B: BinId, const N: usize>(
    simd: Arch,
    marks: &mut [bool],
    length: usize,
    entries: &[B],
    low: B,
    width: B,
) -> usize {
    simd.dispatch(
        #[inline(always)]
        || {
            let length = if N == 0 { length } else { N };
            let mut marked = 0;
            for (at, mark) in marks.iter_mut().enumerate() {
                *mark = has(&entries[at * length..(at + 1) * length], low, width);
                marked += usize::from(*mark);
            }
            marked
        },
    )
}

/// The state of [`Arena::part`]: places are pairs of a row's and an entry's.
struct Parting<'a, B> {
    rows: &'a mut [u32],
    pairs: &'a mut [Pair],
    entries: &'a mut [B],
    marks: &'a [bool],
    sums: &'a mut [Pair],
    moves_marked: bool,
    read: (usize, usize),
    kept: (usize, usize),
    moved: (usize, usize),
    mark: usize,
}

/// Parts the rows of a run; returns how many moved.
fn part_run<B: BinId, const N: usize>(parting: &mut Parting<'_, B>, run: Run) -> u32 {
    let length = if N == 0 { run.length as usize } else { N };
    let marks = &parting.marks[parting.mark..parting.mark + run.rows as usize];
    let (mut read, mut kept, mut moved) = (parting.read, parting.kept, parting.moved);
    // Without a branch, which nobody could foretell: the sums follow when all rows have their places.
    for &mark in marks {
        let (row, pair) = (parting.rows[read.0], parting.pairs[read.0]);
        let goes = usize::from(mark == parting.moves_marked);
        let to = [kept, moved][goes];
        parting.rows[to.0] = row;
        parting.pairs[to.0] = pair;
        if N == 0 {
            parting.entries.copy_within(read.1..read.1 + length, to.1);
        } else {
            let mut bins = [B::default(); N];
            bins.copy_from_slice(&parting.entries[read.1..read.1 + N]);
            parting.entries[to.1..to.1 + N].copy_from_slice(&bins);
        }
        moved = (moved.0 + goes, moved.1 + goes * length);
        kept = (kept.0 + 1 - goes, kept.1 + (1 - goes) * length);
        read = (read.0 + 1, read.1 + length);
    }
    let pairs = &parting.pairs[parting.moved.0..moved.0];
    let mut adding = Adding::to(parting.sums);
    for (pair, bins) in pairs.iter().zip(parting.entries[parting.moved.1..moved.1].chunks_exact(length.max(1))) {
        adding.add(bins, *pair);
    }
    adding.flush();
    let count = moved.0 - parting.moved.0;
    parting.mark += run.rows as usize;
    (parting.read, parting.kept, parting.moved) = (read, kept, moved);
    count as u32
}
