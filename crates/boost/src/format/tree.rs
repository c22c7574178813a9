//! A tree of a saved model, and what must hold before anything walks down it.

use serde::Deserialize;

use super::number::{Float, Whole};
use crate::{Node, Tree};

/// XGBoost walks down trees by recursion: what is deeper than this could exhaust a thread's stack.
const DEEPEST: u32 = 10_000;

/// The lists of a tree, an element a node.
#[derive(Deserialize)]
pub(super) struct SavedTree {
    base_weights: Vec<Float>,
    default_left: Vec<Whole>,
    left_children: Vec<Whole>,
    loss_changes: Vec<Float>,
    parents: Vec<Whole>,
    right_children: Vec<Whole>,
    split_conditions: Vec<Float>,
    split_indices: Vec<Whole>,
    split_type: Vec<Whole>,
    sum_hessian: Vec<Float>,
}

impl TryFrom<SavedTree> for Tree {
    type Error = String;

    /// Checks that the nodes are one tree: each but the root is the child of the one before it that is its parent, so that
    /// every way down ends; each split compares a column with a number.
    fn try_from(saved: SavedTree) -> Result<Self, String> {
        let count = saved.left_children.len();
        let lengths = [
            saved.base_weights.len(),
            saved.default_left.len(),
            saved.loss_changes.len(),
            saved.parents.len(),
            saved.right_children.len(),
            saved.split_conditions.len(),
            saved.split_indices.len(),
            saved.split_type.len(),
            saved.sum_hessian.len(),
        ];
        if count == 0 || lengths.into_iter().any(|length| length != count) {
            return Err("the lists of a tree differ in length".into());
        }
        let mut depths = vec![0_u32; count];
        let mut splits = 0;
        let mut nodes = Vec::with_capacity(count);
        for index in 0..count {
            let node = saved.node(index)?;
            if let Some(children) = node.children {
                splits += 1;
                for child in children {
                    depths[child as usize] = depths[index] + 1;
                }
                if depths[index] == DEEPEST {
                    return Err(format!("a tree is deeper than {DEEPEST} levels"));
                }
            }
            nodes.push(node);
        }
        // Children name their parent, so that none has two: as many as there are besides the root means all.
        if count != 2 * splits + 1 || nodes[0].parent.is_some() {
            return Err("a tree has nodes that no way leads to".into());
        }
        Ok(Self { nodes })
    }
}

impl SavedTree {
    fn node(&self, index: usize) -> Result<Node, String> {
        let count = self.left_children.len();
        let children = [self.left_children[index].0, self.right_children[index].0];
        let is_leaf = children == [-1, -1];
        let is_child = |child: i64| {
            let place = usize::try_from(child).ok().filter(|place| *place > index && *place < count);
            place.is_some_and(|place| self.parents[place].0 == index as i64)
        };
        let are_children = children[0] != children[1] && children.into_iter().all(is_child);
        if !is_leaf && !are_children {
            return Err(format!("node {index} of a tree has the children {children:?}"));
        }
        if self.split_type[index].0 != 0 {
            return Err("it splits on categories".into());
        }
        let condition = self.split_conditions[index].0;
        if condition.is_nan() {
            return Err(format!("node {index} of a tree holds no number"));
        }
        // The greatest number is kept for models of as many columns as there are.
        let column = u32::try_from(self.split_indices[index].0).ok().filter(|column| *column < u32::MAX);
        Ok(Node {
            parent: u32::try_from(self.parents[index].0).ok().filter(|parent| (*parent as usize) < count),
            children: (!is_leaf).then(|| children.map(|child| child as u32)),
            column: column
                .ok_or_else(|| format!("node {index} of a tree splits column {}", self.split_indices[index].0))?,
            threshold: if is_leaf { 0.0 } else { condition },
            gain: self.loss_changes[index].0,
            cover: self.sum_hessian[index].0,
            weight: self.base_weights[index].0,
            value: if is_leaf { condition } else { 0.0 },
            default_left: self.default_left[index].0 != 0,
        })
    }
}
