//! Grows one tree, depth first, over what is not zero.
//!
//! The rows that no split has sent right form a chain from the root along left children. On text these are most rows, and
//! they are never moved: a bit says whether a row still belongs to the chain, and a split looks at the rows of the bins
//! that leave, no others. Rows that leave are copied together once into a [`block`](arena), in which all further splits
//! of theirs are made.

mod arena;
mod by_length;
mod columns;
mod root;

use arena::{Arena, Block};
use columns::ColumnDraws;

use crate::dataset::{BinId, Binned, Dataset};
use crate::fixed::Pair;
use crate::gradient::Gradients;
use crate::histogram::{Histograms, List};
use crate::limit::Grown;
use crate::settings::Settings;
use crate::split::{Candidates, Rule, Search, Split};

/// Grows trees over one dataset; it keeps its memory between trees.
#[derive(Debug)]
pub(crate) struct Grower<B> {
    histograms: Histograms,
    search: Search,
    arena: Arena<B>,
    /// A bit a row: whether it is in the chain.
    chain: Vec<u64>,
    leaving: Vec<u64>,
    /// What the rows of the last tree's chain must still be given.
    unsettled: Option<f32>,
    nodes: Vec<Grown>,
}

/// What one tree is grown of.
pub(crate) struct Plan<'a, B> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) binned: &'a Binned<B>,
    pub(crate) settings: &'a Settings,
    pub(crate) rule: Rule,
    pub(crate) round: u32,
}

/// What happens to a row in its leaf.
enum Leaves<'a> {
    /// Its margin moves at once.
    Settle(&'a mut [f32]),
    /// The number of its leaf is noted: the tree may still be cut back.
    Note(&'a mut [u32]),
}

impl Leaves<'_> {
    #[inline]
    fn put(&mut self, row: usize, node: u32, value: f32) {
        match self {
            Self::Settle(margins) => margins[row] += value,
            Self::Note(leaves) => leaves[row] = node,
        }
    }
}

/// A node on the way down.
#[derive(Clone, Copy)]
struct Place {
    node: u32,
    depth: u32,
    /// 1 for the root, 2p and 2p + 1 for the children of p.
    path: u64,
    sum: Pair,
}

impl<B: BinId> Grower<B> {
    pub(crate) fn new(dataset: &Dataset) -> Self {
        let words = dataset.n_merged().div_ceil(64);
        Self {
            histograms: Histograms::new(dataset.bins.column.len()),
            search: Search::default(),
            arena: Arena::default(),
            chain: vec![0; words],
            leaving: vec![0; words],
            unsettled: None,
            nodes: Vec::new(),
        }
    }

    /// Gives the rows of the last tree's chain their leaf, so that all margins are up to date.
    pub(crate) fn settle(&mut self, margins: &mut [f32]) {
        if let Some(leaf) = self.unsettled.take() {
            for (row, margin) in margins.iter_mut().enumerate() {
                if self.chain[row / 64] >> (row % 64) & 1 == 1 {
                    *margin += leaf;
                }
            }
        }
    }

    /// Grows a tree. Without `noted` the margins move; with it they do not, and each row's leaf is noted there.
    pub(crate) fn grow<G: Gradients>(
        &mut self,
        plan: &Plan<'_, B>,
        gradients: &mut G,
        mut noted: Option<&mut [u32]>,
    ) -> &[Grown] {
        let unsettled = self.unsettled.take().unwrap_or(0.0);
        let sum = root::sum(plan.binned, gradients, &self.chain, unsettled, &mut self.histograms.sums);
        let rows = plan.dataset.n_merged();
        self.chain.fill(u64::MAX);
        if let Some(last) = self.chain.last_mut().filter(|_| !rows.is_multiple_of(64)) {
            *last = (1 << (rows % 64)) - 1;
        }
        self.nodes.clear();
        let mut draws = plan.settings.samples_columns().then(|| ColumnDraws::new(plan));
        let place = Place { node: self.push(0, 0, sum), depth: 0, path: 1, sum };
        let end = self.grow_chain(plan, gradients, &mut draws, place, &mut noted);
        match noted {
            Some(noted) => {
                for (row, leaf) in noted.iter_mut().enumerate() {
                    if self.chain[row / 64] >> (row % 64) & 1 == 1 {
                        *leaf = end.node;
                    }
                }
            }
            None => self.unsettled = Some(plan.rule.leaf(end.sum)),
        }
        &self.nodes
    }

    fn push(&mut self, parent: u32, depth: u32, sum: Pair) -> u32 {
        self.nodes.push(Grown { parent, depth, sum, split: None, children: None });
        self.nodes.len() as u32 - 1
    }

    /// Splits the chain until nothing is gained; returns its last node.
    fn grow_chain<G: Gradients>(
        &mut self,
        plan: &Plan<'_, B>,
        gradients: &mut G,
        draws: &mut Option<ColumnDraws>,
        mut place: Place,
        noted: &mut Option<&mut [u32]>,
    ) -> Place {
        let mut list = self.histograms.take_all();
        loop {
            let Some((split, [left, right])) = self.split(plan, draws, place, list) else { return place };
            let last_bin = plan.dataset.bins.starts[split.column as usize + 1];
            let postings = plan.binned.posting_starts[split.first_bin as usize] as usize
                ..plan.binned.posting_starts[last_bin as usize] as usize;
            let postings = &plan.binned.postings[postings];
            let (left_open, right_open) = (is_open(plan, left), is_open(plan, right));
            if left_open || right_open {
                for &row in postings {
                    self.leaving[row as usize / 64] |= 1 << (row % 64);
                }
                for (leaving, chain) in self.leaving.iter_mut().zip(&mut self.chain) {
                    *leaving &= *chain;
                    *chain &= !*leaving;
                }
                let block = self.arena.fill(plan.binned, gradients, &mut self.leaving, &mut self.histograms.sums);
                let (child, rest) = self.histograms.take_child(list, self.arena.entries(&block));
                list = rest;
                let mut leaves = leaves(gradients, noted);
                self.grow_block(plan, draws, &mut leaves, right, &block, child);
            } else {
                let value = plan.rule.leaf(right.sum);
                let mut leaves = leaves(gradients, noted);
                for &row in postings {
                    let (word, bit) = (&mut self.chain[row as usize / 64], 1 << (row % 64));
                    if *word & bit != 0 {
                        *word &= !bit;
                        leaves.put(row as usize, right.node, value);
                    }
                }
            }
            place = left;
            if !left_open {
                return place;
            }
        }
    }

    /// Splits a block, which lies on top of the arena, until nothing is gained.
    fn grow_block(
        &mut self,
        plan: &Plan<'_, B>,
        draws: &mut Option<ColumnDraws>,
        leaves: &mut Leaves<'_>,
        place: Place,
        block: &Block,
        list: List,
    ) {
        let open = is_open(plan, place) && block.rows.len() > 1;
        let Some((split, [left, right])) = open.then(|| self.split(plan, draws, place, list)).flatten() else {
            let value = plan.rule.leaf(place.sum);
            for &row in self.arena.rows(block) {
                leaves.put(row as usize, place.node, value);
            }
            return;
        };
        let low = B::from_u32(split.first_bin);
        let width = B::from_u32(plan.dataset.bins.starts[split.column as usize + 1] - split.first_bin);
        let (left_open, right_open) = (is_open(plan, left), is_open(plan, right));
        if !left_open && !right_open {
            let ends = [(left.node, plan.rule.leaf(left.sum)), (right.node, plan.rule.leaf(right.sum))];
            match leaves {
                Leaves::Settle(margins) => {
                    let values = [ends[0].1, ends[1].1];
                    self.arena.each_side(block, low, width, |row, side| margins[row] += values[usize::from(side)]);
                }
                Leaves::Note(noted) => {
                    self.arena.each_side(block, low, width, |row, side| noted[row] = ends[usize::from(side)].0);
                }
            }
            return;
        }
        // The smaller side is moved above the other and counted; the other keeps its place and the parent's list.
        let moves_right = self.arena.mark(block, low, width);
        let (kept, moved) = self.arena.part(block, moves_right, &mut self.histograms.sums);
        let (child, rest) = self.histograms.take_child(list, self.arena.entries(&moved));
        let (moved_place, kept_place) = if moves_right { (right, left) } else { (left, right) };
        self.grow_block(plan, draws, leaves, moved_place, &moved, child);
        self.grow_block(plan, draws, leaves, kept_place, &kept, rest);
    }

    /// Finds the best split of an open node and makes it, if its gain is enough.
    fn split(
        &mut self,
        plan: &Plan<'_, B>,
        draws: &mut Option<ColumnDraws>,
        place: Place,
        list: List,
    ) -> Option<(Split, [Place; 2])> {
        if !is_open(plan, place) {
            return None;
        }
        let columns = draws.as_mut().map(|draws| draws.columns(place.depth, place.path));
        let candidates = Candidates { bins: &plan.dataset.bins, cuts: &plan.dataset.cuts, columns };
        let (bins, pairs) = (self.histograms.bins(list), self.histograms.pairs(list));
        let split = self.search.best(&plan.rule, candidates, place.sum, bins, pairs)?;
        self.nodes[place.node as usize].split = Some(split);
        if !plan.rule.accepts(split.gain) {
            return None;
        }
        let depth = place.depth + 1;
        let sums = [place.sum.sub(split.right), split.right];
        let children = sums.map(|sum| self.push(place.node, depth, sum));
        self.nodes[place.node as usize].children = Some(children);
        let child =
            |side: usize| Place { node: children[side], depth, path: 2 * place.path + side as u64, sum: sums[side] };
        Some((split, [child(0), child(1)]))
    }
}

/// Whether a node may be split, as far as its depth and sums tell.
fn is_open<B>(plan: &Plan<'_, B>, place: Place) -> bool {
    place.depth < plan.settings.max_depth && plan.rule.can_split(place.sum)
}

fn leaves<'a, G: Gradients>(gradients: &'a mut G, noted: &'a mut Option<&mut [u32]>) -> Leaves<'a> {
    match noted {
        Some(noted) => Leaves::Note(noted),
        None => Leaves::Settle(gradients.margins()),
    }
}
