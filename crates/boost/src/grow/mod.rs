//! Grows one tree, depth first, over what is not zero.
//!
//! The rows that no split has sent away form a chain from the root: along left children where absent means zero. On text
//! these are most rows, and they are never moved: a bit says whether a row still belongs to the chain, and a split looks at
//! the rows of the bins that leave, no others. Rows that leave are copied together once into a [`block`](arena), in which
//! all further splits of theirs are made: a [`Branch`], which another thread may grow.

mod arena;
mod branch;
mod by_length;
mod columns;
mod root;

use std::sync::{Mutex, PoisonError};

use pulp::Arch;
use rayon::ThreadPool;

use branch::{Branch, Leaf, Leaves, Place, is_open};
use columns::ColumnDraws;
use root::Root;

use crate::binned::{BinId, Binned};
use crate::dataset::Dataset;
use crate::fixed::Pair;
use crate::gradient::Gradients;
use crate::histogram::List;
use crate::limit::Grown;
use crate::rule::Rule;
use crate::settings::Settings;

/// A branch with fewer entries is not worth another thread.
const ENTRIES_A_THREAD: usize = 1 << 13;

/// Grows trees over one dataset; it keeps its memory between trees.
#[derive(Debug)]
pub(crate) struct Grower<B> {
    simd: Arch,
    branch: Branch<B>,
    /// A bit a row: whether it is in the chain.
    chain: Vec<u64>,
    leaving: Vec<u64>,
    root: Root,
    /// The memory of other threads.
    spare: Mutex<Vec<Branch<B>>>,
}

/// What one tree is grown of.
pub(crate) struct Plan<'a, B> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) binned: &'a Binned<B>,
    pub(crate) settings: &'a Settings,
    pub(crate) rule: Rule,
    /// The number of the tree, in which all its draws begin.
    pub(crate) tree: u32,
    /// The threads to use, or none for this one alone.
    pub(crate) pool: Option<&'a ThreadPool>,
}

/// A branch that another thread has grown, and the node of the chain that it hangs on.
struct Done<B> {
    node: u32,
    branch: Branch<B>,
}

impl<B: BinId> Grower<B> {
    pub(crate) fn new(dataset: &Dataset, simd: Arch) -> Self {
        let words = dataset.n_merged().div_ceil(64);
        Self {
            branch: Branch::new(dataset.bins.column.len(), simd),
            simd,
            chain: vec![0; words],
            leaving: vec![0; words],
            root: Root::default(),
            spare: Mutex::default(),
        }
    }

    /// Grows a tree. Without `noted` the margins move; with it they do not, and each row's leaf is noted there.
    pub(crate) fn grow<G: Gradients>(
        &mut self,
        plan: &Plan<'_, B>,
        gradients: &mut G,
        mut noted: Option<&mut [u32]>,
    ) -> &[Grown] {
        let (sum, list) = self.sum(plan, gradients, noted.is_some());
        let rows = plan.dataset.n_merged();
        self.chain.fill(u64::MAX);
        if let Some(last) = self.chain.last_mut().filter(|_| !rows.is_multiple_of(64)) {
            *last = (1 << (rows % 64)) - 1;
        }
        self.branch.nodes.clear();
        let mut draws = plan.settings.samples_columns().then(|| ColumnDraws::new(plan));
        let root = (self.branch.root(&plan.rule, sum), list);
        let (end, list) = match plan.pool {
            None => self.grow_chain(plan, gradients, &mut draws, root, &mut noted, None),
            Some(pool) => {
                let done = Mutex::new(Vec::new());
                let end = pool.in_place_scope(|scope| {
                    self.grow_chain(plan, gradients, &mut draws, root, &mut noted, Some((scope, &done)))
                });
                let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
                for done in done {
                    self.join(plan, gradients, &mut noted, done);
                }
                end
            }
        };
        if let Some(noted) = noted {
            for (row, leaf) in noted.iter_mut().enumerate() {
                if self.chain[row / 64] >> (row % 64) & 1 == 1 {
                    *leaf = end.node;
                }
            }
        } else {
            let value = plan.rule.shrink(end.leaf);
            if self.root.is_followed() {
                let sums = (self.branch.histograms.bins(list), self.branch.histograms.pairs(list));
                self.root.move_rest(end.sum, sums, gradients.shift(value));
            }
            gradients.settle_rest(&self.chain, value);
        }
        &self.branch.nodes
    }

    /// The sum of all rows, and the list of their bins.
    fn sum<G: Gradients>(&mut self, plan: &Plan<'_, B>, gradients: &G, is_noted: bool) -> (Pair, List) {
        let histograms = &mut self.branch.histograms;
        if gradients.is_linear() && plan.pool.is_none() && !is_noted {
            let (sum, sums) = self.root.sums(plan.dataset.bins.column.len(), plan.binned, gradients);
            return (sum, histograms.list_of(sums));
        }
        self.root.forget();
        let sum = match plan.pool {
            Some(pool) => {
                root::sum_in_parts(plan.binned, gradients, pool, (&self.spare, self.simd), &mut histograms.sums)
            }
            None => root::sum(plan.binned, gradients, &mut histograms.sums),
        };
        (sum, histograms.take_all())
    }

    /// Splits the chain until nothing is gained; returns its last node and list.
    fn grow_chain<'s, G: Gradients>(
        &mut self,
        plan: &'s Plan<'s, B>,
        gradients: &mut G,
        draws: &mut Option<ColumnDraws>,
        (mut place, mut list): (Place, List),
        noted: &mut Option<&mut [u32]>,
        threads: Option<(&rayon::Scope<'s>, &'s Mutex<Vec<Done<B>>>)>,
    ) -> (Place, List) {
        loop {
            let Some((split, children)) = self.branch.split(plan, draws, place, list) else { return (place, list) };
            let (leaves, stays) = (children[split.side], children[1 - split.side]);
            let (leaves_open, stays_open) = (is_open(plan, leaves), is_open(plan, stays));
            if leaves_open || stays_open || self.root.is_followed() {
                for (first, rows) in plan.binned.postings.rows(split.range) {
                    let words = &mut self.leaving[first / 64..];
                    for &row in rows {
                        words[usize::from(row / 64)] |= 1 << (row % 64);
                    }
                }
                for (leaving, chain) in self.leaving.iter_mut().zip(&mut self.chain) {
                    *leaving &= *chain;
                    *chain &= !*leaving;
                }
                let sums = &mut self.branch.histograms.sums;
                let block = self.branch.arena.fill(plan.binned, gradients, &mut self.leaving, sums);
                let (child, rest) = self.branch.histograms.take_child(list, self.branch.arena.entries(&block));
                list = rest;
                let large = self.branch.arena.entries(&block).len() >= ENTRIES_A_THREAD;
                if let Some((scope, done)) = threads.filter(|_| leaves_open && large) {
                    self.hand_over::<G>(plan, draws.clone(), (leaves, &block, child), (scope, done));
                } else {
                    let mut ends = ends(gradients, noted, &mut self.root);
                    self.branch.grow(plan, draws, &mut ends, leaves, &block, child);
                }
            } else {
                let value = plan.rule.shrink(leaves.leaf);
                let mut ends = ends(gradients, noted, &mut self.root);
                for (first, rows) in plan.binned.postings.rows(split.range) {
                    for row in rows.iter().map(|&row| first + usize::from(row)) {
                        let (word, bit) = (&mut self.chain[row / 64], 1 << (row % 64));
                        if *word & bit != 0 {
                            *word &= !bit;
                            ends.put(row, leaves.node, value);
                        }
                    }
                }
            }
            place = stays;
            if !stays_open {
                return (place, list);
            }
        }
    }

    /// Lets another thread grow a branch, in memory of its own.
    fn hand_over<'s, G: Gradients>(
        &mut self,
        plan: &'s Plan<'s, B>,
        mut draws: Option<ColumnDraws>,
        (place, block, list): (Place, &arena::Block, List),
        (scope, done): (&rayon::Scope<'s>, &'s Mutex<Vec<Done<B>>>),
    ) {
        let mut branch =
            take_spare(&self.spare).unwrap_or_else(|| Branch::new(plan.dataset.bins.column.len(), self.simd));
        let (block, list) = branch.adopt(&self.branch, place.node, block, list);
        scope.spawn(move |_| {
            let mut kept = std::mem::take(&mut branch.kept);
            branch.grow(plan, &mut draws, &mut Leaves::<G>::Keep(&mut kept), place.renumbered(0), &block, list);
            branch.kept = kept;
            done.lock().unwrap_or_else(PoisonError::into_inner).push(Done { node: place.node, branch });
        });
    }

    /// Takes over the nodes and leaves of a branch, and keeps its memory.
    fn join<G: Gradients>(
        &mut self,
        plan: &Plan<'_, B>,
        gradients: &mut G,
        noted: &mut Option<&mut [u32]>,
        Done { node, mut branch }: Done<B>,
    ) {
        let nodes = &mut self.branch.nodes;
        // The branch's root is the chain's node; its other nodes follow behind all there are.
        let base = nodes.len() as u32 - 1;
        let number = |index: u32| if index == 0 { node } else { base + index };
        for (index, grown) in branch.nodes.iter().enumerate() {
            let children = grown.children.map(|children| children.map(number));
            if index == 0 {
                let root = &mut nodes[node as usize];
                (root.split, root.children) = (grown.split, children);
            } else {
                nodes.push(Grown { parent: number(grown.parent), children, ..*grown });
            }
        }
        let mut ends = ends(gradients, noted, &mut self.root);
        for Leaf { row, node, weight } in branch.kept.drain(..) {
            ends.put(row as usize, number(node), plan.rule.shrink(weight));
        }
        branch.nodes.clear();
        self.spare.get_mut().unwrap_or_else(PoisonError::into_inner).push(branch);
    }
}

fn take_spare<B>(spare: &Mutex<Vec<Branch<B>>>) -> Option<Branch<B>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn ends<'a, G>(gradients: &'a mut G, noted: &'a mut Option<&mut [u32]>, root: &'a mut Root) -> Leaves<'a, G> {
    match noted {
        Some(noted) => Leaves::Note(noted),
        None => Leaves::Settle(gradients, root),
    }
}
