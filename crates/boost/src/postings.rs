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
    /// How many starts there are for so many rows and bins.
    fn starts_of(rows: u64, bins: u64) -> u64 {
        rows.div_ceil(BLOCK as u64) * (bins + 1)
    }

    /// The bytes that it takes for so many rows, entries and bins.
    pub(crate) fn bytes(rows: u64, entries: u64, bins: u64) -> u64 {
        Self::starts_of(rows, bins) * size_of::<u32>() as u64 + entries * size_of::<u16>() as u64
    }

    pub(crate) fn of<B: BinId>(binned: &Binned<B>, bins: usize) -> Self {
        let starts = Self::starts_of(binned.n_rows as u64, bins as u64) as usize;
        let mut postings = Self { bins, starts: Vec::with_capacity(starts), rows: vec![0; binned.entries.len()] };
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

#[cfg(test)]
mod tests {
    use super::Postings;
    use crate::binned::{Binned, Rows};
    use nlpflow_matrix::CsrBuilder;

    /// The memory estimate counts on it.
    #[test]
    fn bytes_are_those_of_the_structure() {
        for (rows, bins) in [(10_usize, 3_u32), (65_536, 50), (70_000, 1_000), (140_000, 70_000)] {
            let mut builder = CsrBuilder::new(bins, rows);
            (0..rows).for_each(|row| builder.push_row([(row as u32 % bins, 1.0)]));
            let matrix = builder.finish().expect("a valid matrix");
            let mut binned = Rows::with_capacity(rows, rows);
            binned.append(&matrix.view(), |column, _| Some(column as u32));
            let (binned, _) = Binned::<u32>::of(binned, bins as usize, false);
            let Postings { starts, rows: places, .. } = &binned.postings;
            let held = starts.capacity() * 4 + places.capacity() * 2;
            assert_eq!(held as u64, Postings::bytes(rows as u64, rows as u64, bins.into()), "{rows} rows, {bins} bins");
        }
    }
}
