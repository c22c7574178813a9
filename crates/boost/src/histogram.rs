use crate::binned::BinId;
use crate::bits::ones;
use crate::fixed::Pair;

/// A list closes up when one bin in so many is empty.
const EMPTY: usize = 4;

/// A child with so many times fewer entries than its parent has bins is looked up bin by bin. Reading the sums of all
/// bins is cheap while they lie in the second cache.
fn sparse(bins: usize) -> usize {
    if bins > 1 << 15 { 1 } else { 4 }
}

/// Sums a bin for one node at a time, all zero between uses, and above it the lists of the nodes that wait.
///
/// A list holds the bins of a node that are not empty, ascending, and perhaps a few empty ones. Lists lie on a stack: a
/// node's list is the topmost when the node is looked at.
#[derive(Debug)]
pub(crate) struct Histograms {
    pub(crate) sums: Vec<Pair>,
    bins: Vec<u32>,
    pairs: Vec<Pair>,
    /// The bins of a child.
    touched: Vec<u32>,
    /// A bit a bin, all zero between uses.
    marks: Vec<u64>,
}

/// Adds the pairs of rows to the sums of their bins.
///
/// Rows are sorted, so that the first bin is often that of the row before: its sum is kept at hand while it is, since an
/// addition to memory waits for the one before it at the same place.
pub(crate) struct Adding<'a> {
    sums: &'a mut [Pair],
    first: usize,
    at_hand: Pair,
}

impl<'a> Adding<'a> {
    pub(crate) fn to(sums: &'a mut [Pair]) -> Self {
        Self { sums, first: 0, at_hand: Pair::default() }
    }

    #[inline]
    pub(crate) fn add<B: BinId>(&mut self, bins: &[B], pair: Pair) {
        let Some((first, others)) = bins.split_first() else { return };
        let first = first.number() as usize;
        if first != self.first {
            self.flush();
            self.first = first;
        }
        self.at_hand = self.at_hand.add_as_vector(pair);
        for bin in others {
            let sum = &mut self.sums[bin.number() as usize];
            *sum = sum.add_as_vector(pair);
        }
    }

    /// Adds what is at hand, too: the sums are complete.
    #[inline]
    pub(crate) fn flush(&mut self) {
        if let Some(sum) = self.sums.get_mut(self.first) {
            *sum = sum.add(std::mem::take(&mut self.at_hand));
        }
    }
}

/// A node's place on the stack of lists.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct List {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// How many of its bins are known to be empty.
    empty: usize,
}

impl Histograms {
    pub(crate) fn new(bins: usize) -> Self {
        Self {
            sums: vec![Pair::default(); bins],
            bins: Vec::new(),
            pairs: Vec::new(),
            touched: Vec::new(),
            marks: vec![0; bins.div_ceil(64)],
        }
    }

    pub(crate) fn bins(&self, list: List) -> &[u32] {
        &self.bins[list.start..list.end]
    }

    pub(crate) fn pairs(&self, list: List) -> &[Pair] {
        &self.pairs[list.start..list.end]
    }

    /// Copies a list of another stack to the bottom of this one.
    pub(crate) fn adopt(&mut self, from: &Self, list: List) -> List {
        let length = list.end - list.start;
        self.reserve(length);
        self.bins[..length].copy_from_slice(from.bins(list));
        self.pairs[..length].copy_from_slice(from.pairs(list));
        List { start: 0, end: length, ..list }
    }

    /// Moves all sums into a list at the bottom of the stack.
    pub(crate) fn take_all(&mut self) -> List {
        let mut sums = std::mem::take(&mut self.sums);
        let list = self.list_of(&sums);
        sums.fill(Pair::default());
        self.sums = sums;
        list
    }

    /// Copies sums, one a bin, into a list at the bottom of the stack.
    pub(crate) fn list_of(&mut self, sums: &[Pair]) -> List {
        self.reserve(sums.len());
        let mut end = 0;
        for (bin, sum) in sums.iter().enumerate() {
            self.bins[end] = bin as u32;
            self.pairs[end] = *sum;
            end += usize::from(sum.hessian != 0);
        }
        List { start: 0, end, empty: 0 }
    }

    /// Moves the sums of one child, made of the given entries, onto the stack above its parent's list, which becomes the
    /// other child's.
    pub(crate) fn take_child<B: BinId>(&mut self, parent: List, entries: &[B]) -> (List, List) {
        if entries.len() * sparse(self.sums.len()) < parent.end - parent.start {
            self.take_sparse_child(parent, entries)
        } else {
            self.take_dense_child(parent)
        }
    }

    /// Goes through the parent's whole list.
    fn take_dense_child(&mut self, parent: List) -> (List, List) {
        self.reserve(2 * parent.end - parent.start);
        let (bins, new_bins) = self.bins.split_at_mut(parent.end);
        let (pairs, new_pairs) = self.pairs.split_at_mut(parent.end);
        let (bins, pairs) = (&mut bins[parent.start..], &mut pairs[parent.start..]);
        let length = bins.len();
        let (new_bins, new_pairs) = (&mut new_bins[..length], &mut new_pairs[..length]);
        let (mut kept, mut taken) = (0, 0);
        for at in 0..length {
            let bin = bins[at];
            let sum = std::mem::take(&mut self.sums[bin as usize]);
            let rest = pairs[at].sub(sum);
            new_bins[taken] = bin;
            new_pairs[taken] = sum;
            taken += usize::from(sum.hessian != 0);
            bins[kept] = bin;
            pairs[kept] = rest;
            kept += usize::from(rest.hessian != 0);
        }
        let child = List { start: parent.end, end: parent.end + taken, empty: 0 };
        (child, List { start: parent.start, end: parent.start + kept, empty: 0 })
    }

    /// Looks up the bins of the entries; bins that become empty stay in the parent's list until they are many.
    fn take_sparse_child<B: BinId>(&mut self, parent: List, entries: &[B]) -> (List, List) {
        self.touch(entries);
        self.reserve(parent.end + self.touched.len());
        let (bins, new_bins) = self.bins.split_at_mut(parent.end);
        let (pairs, new_pairs) = self.pairs.split_at_mut(parent.end);
        let (mut at, mut taken, mut empty) = (parent.start, 0, parent.empty);
        for &bin in &self.touched {
            let sum = std::mem::take(&mut self.sums[bin as usize]);
            if sum.hessian == 0 {
                continue;
            }
            at = seek(bins, at, bin);
            pairs[at] = pairs[at].sub(sum);
            empty += usize::from(pairs[at].hessian == 0);
            new_bins[taken] = bin;
            new_pairs[taken] = sum;
            taken += 1;
        }
        let child = List { start: parent.end, end: parent.end + taken, empty: 0 };
        let rest = List { empty, ..parent };
        let length = parent.end - parent.start;
        (child, if empty * EMPTY > length { self.close_up(rest) } else { rest })
    }

    /// Collects the bins of some entries, ascending, each once.
    fn touch<B: BinId>(&mut self, entries: &[B]) {
        self.touched.clear();
        if entries.len() * 4 < self.marks.len() {
            self.touched.extend(entries.iter().map(|bin| bin.number()));
            self.touched.sort_unstable();
            self.touched.dedup();
            return;
        }
        for bin in entries {
            let bin = bin.number();
            self.marks[bin as usize / 64] |= 1 << (bin % 64);
        }
        for (word, marks) in self.marks.iter_mut().enumerate() {
            self.touched.extend(ones(std::mem::take(marks)).map(|place| (word * 64 + place) as u32));
        }
    }

    /// Drops the empty bins of a list.
    fn close_up(&mut self, list: List) -> List {
        let mut end = list.start;
        for at in list.start..list.end {
            let pair = self.pairs[at];
            self.bins[end] = self.bins[at];
            self.pairs[end] = pair;
            end += usize::from(pair.hessian != 0);
        }
        List { end, empty: 0, ..list }
    }

    fn reserve(&mut self, length: usize) {
        if self.bins.len() < length {
            self.bins.resize(length, 0);
            self.pairs.resize(length, Pair::default());
        }
    }
}

/// The place of `bin`, which is in the ascending `bins` at `from` or behind: in steps that double, then halve.
fn seek(bins: &[u32], from: usize, bin: u32) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step < bins.len() && bins[low + step] <= bin {
        low += step;
        step *= 2;
    }
    let end = bins.len().min(low + step);
    low + bins[low..end].partition_point(|other| *other < bin)
}
