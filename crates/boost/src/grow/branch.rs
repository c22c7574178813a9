use pulp::Arch;

use super::Plan;
use super::arena::{Arena, Block, has};
use super::columns::ColumnDraws;
use super::root::Root;
use crate::binned::BinId;
use crate::fixed::Pair;
use crate::gradient::Gradients;
use crate::histogram::{Histograms, List};
use crate::limit::Grown;
use crate::rule::{Bounds, Rule};
use crate::split::{Candidates, Search, Split, Sums};

/// The memory in which one thread grows nodes.
#[derive(Debug)]
pub(super) struct Branch<B> {
    pub(super) histograms: Histograms,
    search: Search,
    pub(super) arena: Arena<B>,
    pub(super) nodes: Vec<Grown>,
    /// Where rows ended, in a branch of another thread.
    pub(super) kept: Vec<Leaf>,
}

/// A row in its leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    pub(super) row: u32,
    pub(super) node: u32,
    /// The leaf's value before `eta`.
    pub(super) weight: f32,
}

/// What happens to a row in its leaf.
pub(super) enum Leaves<'a, G> {
    /// Its margin moves at once, and the sums of all rows with it.
    Settle(&'a mut G, &'a mut Root),
    /// The number of its leaf is noted: the tree may still be cut back.
    Note(&'a mut [u32]),
    /// It is kept for the thread that holds the margins.
    Keep(&'a mut Vec<Leaf>),
}

impl<G: Gradients> Leaves<'_, G> {
    /// Ends the way of a row whose bins are not at hand.
    #[inline]
    pub(super) fn put(&mut self, row: usize, node: u32, value: f32) {
        match self {
            Self::Settle(gradients, _) => gradients.settle(row, gradients.pair(row), value),
            Self::Note(leaves) => leaves[row] = node,
            Self::Keep(_) => unreachable!("kept rows are put together with their leaf"),
        }
    }
}

/// A node on the way down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) node: u32,
    depth: u32,
    /// 1 for the root, 2p and 2p + 1 for the children of p.
    path: u64,
    pub(super) sum: Pair,
    bounds: Bounds,
    /// Its value before `eta` when it is a leaf, and its gain as it is: both in the bounds of its parent.
    pub(super) leaf: f32,
    gain: f32,
}

impl Place {
    /// The same under another number.
    pub(super) fn renumbered(self, node: u32) -> Self {
        Self { node, ..self }
    }
}

/// Whether a node may be split, as far as its depth and sums tell.
pub(super) fn is_open<B>(plan: &Plan<'_, B>, place: Place) -> bool {
    place.depth < plan.settings.max_depth && plan.rule.can_split(place.sum)
}

impl<B: BinId> Branch<B> {
    pub(super) fn new(bins: usize, simd: Arch) -> Self {
        Self {
            histograms: Histograms::new(bins),
            search: Search::new(simd),
            arena: Arena::new(simd),
            nodes: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Begins a tree.
    pub(super) fn root(&mut self, rule: &Rule, sum: Pair) -> Place {
        let bounds = Bounds::NONE;
        let leaf = rule.weight(sum, bounds);
        let gain = rule.gain(sum, bounds);
        self.nodes.push(Grown { parent: 0, depth: 0, sum, leaf, weight: leaf, split: None, children: None });
        Place { node: 0, depth: 0, path: 1, sum, bounds, leaf, gain }
    }

    /// Copies a node with its block and its list from another branch, to the bottom of everything here.
    pub(super) fn adopt(&mut self, from: &Self, node: u32, block: &Block, list: List) -> (Block, List) {
        self.nodes.push(from.nodes[node as usize]);
        (self.arena.adopt(&from.arena, block), self.histograms.adopt(&from.histograms, list))
    }

    /// Splits a block, which lies on top of the arena, until nothing is gained.
    pub(super) fn grow<G: Gradients>(
        &mut self,
        plan: &Plan<'_, B>,
        draws: &mut Option<ColumnDraws>,
        leaves: &mut Leaves<'_, G>,
        place: Place,
        block: &Block,
        list: List,
    ) {
        let open = is_open(plan, place) && block.rows.len() > 1;
        let Some((split, [left, right])) = open.then(|| self.split(plan, draws, place, list)).flatten() else {
            self.end(plan, leaves, block, [place, place], |_| false);
            return;
        };
        let low = B::from_u32(split.range[0]);
        let width = B::from_u32(split.range[1] - split.range[0]);
        // By whether a row has a bin in the range.
        let sides = if split.side == 1 { [left, right] } else { [right, left] };
        if !is_open(plan, left) && !is_open(plan, right) {
            self.end(plan, leaves, block, sides, |bins| has(bins, low, width));
            return;
        }
        // The smaller side is moved above the other and counted; the other keeps its place and the parent's list.
        let moves_marked = self.arena.mark(block, low, width);
        let (kept, moved) = self.arena.part(block, moves_marked, &mut self.histograms.sums);
        let (child, rest) = self.histograms.take_child(list, self.arena.entries(&moved));
        let [kept_place, moved_place] = if moves_marked { sides } else { [sides[1], sides[0]] };
        self.grow(plan, draws, leaves, moved_place, &moved, child);
        self.grow(plan, draws, leaves, kept_place, &kept, rest);
    }

    /// Ends the way of the rows of a block, in the first or the second of two leaves.
    fn end<G: Gradients>(
        &self,
        plan: &Plan<'_, B>,
        leaves: &mut Leaves<'_, G>,
        block: &Block,
        places: [Place; 2],
        is_second: impl Fn(&[B]) -> bool,
    ) {
        let place = |bins: &[B]| usize::from(is_second(bins));
        match leaves {
            Leaves::Settle(gradients, root) => {
                let values = places.map(|place| plan.rule.shrink(place.leaf));
                if !root.is_followed() {
                    self.arena.each(block, |row, pair, bins| gradients.settle(row as usize, pair, values[place(bins)]));
                    return;
                }
                let shifts = values.map(|value| gradients.shift(value));
                self.arena.each(block, |row, pair, bins| {
                    let place = place(bins);
                    gradients.settle(row as usize, pair, values[place]);
                    root.move_row(bins, pair, shifts[place]);
                });
            }
            Leaves::Note(noted) => {
                self.arena.each(block, |row, _, bins| noted[row as usize] = places[place(bins)].node);
            }
            Leaves::Keep(kept) => self.arena.each(block, |row, _, bins| {
                let Place { node, leaf: weight, .. } = places[place(bins)];
                kept.push(Leaf { row, node, weight });
            }),
        }
    }

    /// Finds the best split of an open node and makes it, if its gain is enough.
    pub(super) fn split(
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
        let node = Sums {
            total: place.sum,
            bounds: place.bounds,
            gain: place.gain,
            bins: self.histograms.bins(list),
            pairs: self.histograms.pairs(list),
        };
        let split = self.search.best(&plan.rule, candidates, node)?;
        let parent = place.node as usize;
        self.nodes[parent].split = Some(split);
        if !plan.rule.accepts(split.gain) {
            return None;
        }
        let depth = place.depth + 1;
        let leaves = split.sums.map(|sum| plan.rule.weight(sum, place.bounds));
        let bounds = plan.rule.bounds_below(place.bounds, split.column, leaves);
        let places = [0, 1].map(|side| {
            let (sum, leaf, bounds) = (split.sums[side], leaves[side], bounds[side]);
            let node = self.nodes.len() as u32;
            let weight = plan.rule.weight(sum, bounds);
            self.nodes.push(Grown { parent: place.node, depth, sum, leaf, weight, split: None, children: None });
            let gain = plan.rule.gain(sum, place.bounds);
            Place { node, depth, path: 2 * place.path + side as u64, sum, bounds, leaf, gain }
        });
        self.nodes[parent].children = Some(places.map(|place| place.node));
        Some((split, places))
    }
}
