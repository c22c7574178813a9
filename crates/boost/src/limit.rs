//! Numbers the nodes of a grown tree, and cuts the tree back to what its limits allow.
//!
//! The best split of a node does not depend on other nodes. So the whole tree is grown first, in the order that suits
//! memory; here XGBoost's queue is replayed over it, with the queue's own order, batches and ends.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use crate::fixed::Pair;
use crate::rule::Rule;
use crate::split::Split;
use crate::tree::{Node, Tree};
use crate::{GrowPolicy, Settings};

/// So many nodes of a level XGBoost takes from its queue at once.
const BATCH: usize = 256;

/// A node as it was grown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grown {
    pub(crate) parent: u32,
    pub(crate) depth: u32,
    pub(crate) sum: Pair,
    /// Its value before `eta`, when it is a leaf.
    pub(crate) leaf: f32,
    /// Its value before `eta`, when it is split: in the bounds that its own split left.
    pub(crate) weight: f32,
    /// The best split, also one whose gain is below `gamma`.
    pub(crate) split: Option<Split>,
    /// The nodes below, when the split was made.
    pub(crate) children: Option<[u32; 2]>,
}

/// A leaf that waits to be split.
#[derive(PartialEq)]
struct Waiting {
    gain: f32,
    number: u32,
    grown: u32,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

enum Queue {
    First(VecDeque<Waiting>),
    Best(BinaryHeap<Waiting>),
}

impl Queue {
    fn push(&mut self, waiting: Waiting) {
        match self {
            Self::First(queue) => queue.push_back(waiting),
            Self::Best(queue) => queue.push(waiting),
        }
    }
}

/// The tree, and for each grown node the node of the tree that its rows end in.
pub(crate) fn finish(grown: &[Grown], rule: &Rule, settings: &Settings) -> (Tree, Vec<u32>) {
    let mut queue = match settings.grow_policy {
        GrowPolicy::DepthWise => Queue::First(VecDeque::new()),
        GrowPolicy::LossGuide => Queue::Best(BinaryHeap::new()),
    };
    let mut nodes = vec![leaf(&grown[0], None, rule)];
    let mut number: Vec<Option<u32>> = vec![None; grown.len()];
    number[0] = Some(0);
    let wait =
        |at: u32, number: u32| grown[at as usize].split.map(|split| Waiting { gain: split.gain, number, grown: at });
    if let Some(root) = wait(0, 0) {
        queue.push(root);
    }
    let mut leaves = 1;
    loop {
        let batch = next(&mut queue, grown, settings, rule, &mut leaves);
        if batch.is_empty() {
            break;
        }
        for Waiting { number: parent, grown: at, .. } in batch {
            let node = &grown[at as usize];
            let (Some(split), Some(children)) = (node.split, node.children) else { continue };
            let first = nodes.len() as u32;
            nodes[parent as usize] = Node {
                parent: nodes[parent as usize].parent,
                children: Some([first, first + 1]),
                column: split.column,
                threshold: split.threshold,
                gain: split.gain,
                cover: rule.cover(node.sum),
                weight: node.weight,
                value: 0.0,
                default_left: split.default_left,
            };
            for (child, child_number) in children.into_iter().zip(first..) {
                nodes.push(leaf(&grown[child as usize], Some(parent), rule));
                number[child as usize] = Some(child_number);
            }
            for (child, child_number) in children.into_iter().zip(first..) {
                if let Some(waiting) = wait(child, child_number) {
                    queue.push(waiting);
                }
            }
        }
    }
    let mut ends = Vec::with_capacity(grown.len());
    for (node, number) in grown.iter().zip(number) {
        // A parent stands before its children.
        let end = number.unwrap_or_else(|| ends[node.parent as usize]);
        ends.push(end);
    }
    (Tree { nodes }, ends)
}

/// What XGBoost's queue gives out at once; nothing ends the growth, whatever still waits.
fn next(queue: &mut Queue, grown: &[Grown], settings: &Settings, rule: &Rule, leaves: &mut u32) -> Vec<Waiting> {
    let mut valid = |waiting: &Waiting| {
        let valid = rule.accepts(waiting.gain) && (settings.max_leaves == 0 || *leaves < settings.max_leaves);
        *leaves += u32::from(valid);
        valid
    };
    match queue {
        Queue::Best(queue) => queue.pop().filter(|waiting| valid(waiting)).into_iter().collect(),
        Queue::First(queue) => {
            let depth = |waiting: &Waiting| grown[waiting.grown as usize].depth;
            let mut batch = Vec::new();
            let level = queue.front().map(depth);
            while batch.len() < BATCH && queue.front().map(depth) == level {
                let Some(waiting) = queue.pop_front() else { break };
                if valid(&waiting) {
                    batch.push(waiting);
                }
            }
            batch
        }
    }
}

fn leaf(grown: &Grown, parent: Option<u32>, rule: &Rule) -> Node {
    let value = rule.shrink(grown.leaf);
    Node {
        parent,
        children: None,
        column: 0,
        threshold: 0.0,
        gain: 0.0,
        cover: rule.cover(grown.sum),
        weight: if parent.is_some() { value } else { grown.leaf },
        value,
        default_left: false,
    }
}
