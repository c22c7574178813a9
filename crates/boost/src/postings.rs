use crate::binned::{BinId, Binned, Stretch};

/// So many rows share a block: what is left of a row's number within its block takes two bytes.
const BLOCK: usize = 1 << 16;

/// The rows of each bin, block of rows after block, in each bin after bin: the rows of neighbouring bins lie together.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    bins: usize,
    /// For each block where each bin's rows begin, and the end of the last.
    starts: Vec<u32>,
    /// Rows, counted from the start of their block; those of a bin ascend.
    rows: Vec<u16>,
}

impl Postings {
    pub(crate) fn of<B: BinId>(binned: &Binned<B>, bins: usize) -> Self {
        let mut postings = Self { bins, starts: Vec::new(), rows: vec![0; binned.entries.len()] };
        let mut rows = binned.stretches().flat_map(Stretch::each_row).map(|(_, bins)| bins);
        let mut end = 0;
        for _ in 0..binned.n_rows.div_ceil(BLOCK) {
            end = postings.add(rows.by_ref().take(BLOCK).collect(), end);
        }
        postings
    }

    /// Adds a block whose postings begin at `begin`; returns their end.
    fn add<B: BinId>(&mut self, block: Vec<&[B]>, begin: u32) -> u32 {
        let first = self.starts.len();
        self.starts.resize(first + self.bins + 1, 0);
        // Each start is moved to its end while rows are put there, and stands one place too far to the right before.
        let starts = &mut self.starts[first..];
        for bin in block.iter().copied().flatten() {
            starts[bin.number() as usize + 1] += 1;
        }
        let mut sum = begin;
        for start in starts.iter_mut().skip(1) {
            sum += std::mem::replace(start, sum);
        }
        starts[0] = begin;
        for (row, bins) in block.into_iter().enumerate() {
            for bin in bins {
                let place = &mut starts[bin.number() as usize + 1];
                self.rows[*place as usize] = row as u16;
                *place += 1;
            }
        }
        sum
    }

    /// The rows of a range of bins: each block's first row, and its rows as they are counted from there.
    pub(crate) fn rows(&self, range: [u32; 2]) -> impl Iterator<Item = (usize, &[u16])> {
        self.starts.chunks_exact(self.bins + 1).enumerate().map(move |(block, starts)| {
            let [from, to] = range.map(|bin| starts[bin as usize] as usize);
            (block * BLOCK, &self.rows[from..to])
        })
    }
}
