use super::Plan;
use crate::random::{Draw, Purpose};

/// The columns drawn for a tree, its levels and nodes: each set is drawn from the one above, and has at least one column.
#[derive(Clone)]
pub(super) struct ColumnDraws {
    level: Draw,
    node: Draw,
    by_level: f32,
    by_node: f32,
    tree: Vec<bool>,
    levels: Vec<Option<Vec<bool>>>,
    current: Vec<bool>,
}

impl ColumnDraws {
    pub(super) fn new<B>(plan: &Plan<'_, B>) -> Self {
        let (settings, tree) = (plan.settings, plan.tree);
        let mut columns = vec![true; plan.dataset.n_cols as usize];
        let draw = |purpose| Draw::new(settings.seed, purpose, tree);
        thin(draw(Purpose::TreeColumns), &mut columns, settings.colsample_bytree);
        Self {
            level: draw(Purpose::LevelColumns),
            node: draw(Purpose::NodeColumns),
            by_level: settings.colsample_bylevel,
            by_node: settings.colsample_bynode,
            tree: columns,
            levels: vec![None; settings.max_depth as usize + 1],
            current: Vec::new(),
        }
    }

    /// The columns of the node at the end of a path from the root.
    pub(super) fn columns(&mut self, depth: u32, path: u64) -> &[bool] {
        let level = self.levels[depth as usize].get_or_insert_with(|| {
            let mut level = self.tree.clone();
            thin(self.level.split(depth.into()), &mut level, self.by_level);
            level
        });
        self.current.clone_from(level);
        thin(self.node.split(path), &mut self.current, self.by_node);
        &self.current
    }
}

/// Keeps a share of a set: XGBoost's count, `max(1, ⌊share · size⌋)` in 32-bit floats.
fn thin(draw: Draw, set: &mut [bool], share: f32) {
    if share < 1.0 {
        let size = set.iter().filter(|taken| **taken).count();
        draw.thin(set, ((share * size as f32) as usize).max(1));
    }
}
