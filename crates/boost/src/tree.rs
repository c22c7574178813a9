/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The node above; the root has none.
    pub parent: Option<u32>,
    /// The nodes below, left first; a leaf has none.
    pub children: Option<[u32; 2]>,
    /// The column that is compared (0 in a leaf).
    pub column: u32,
    /// Smaller values go left (0 in a leaf).
    pub threshold: f32,
    /// The reduction of the loss by this split (0 in a leaf).
    pub gain: f32,
    /// The sum of hessians of the rows that came here.
    pub cover: f32,
    /// What this node would add to the margin before `eta`; in a leaf other than the root, after it.
    pub weight: f32,
    /// What a leaf adds to the margin (0 in a split).
    pub value: f32,
    /// Whether a missing value goes left.
    pub default_left: bool,
}

/// One round's tree, its nodes numbered as XGBoost numbers them; node 0 is the root.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The value of the leaf that a row comes to; `values` has one value a column.
    pub(crate) fn value(&self, values: &[f32]) -> f32 {
        let mut node = &self.nodes[0];
        while let Some([left, right]) = node.children {
            let value = values[node.column as usize];
            let goes_left = if value.is_nan() { node.default_left } else { value < node.threshold };
            node = &self.nodes[if goes_left { left } else { right } as usize];
        }
        node.value
    }
}
