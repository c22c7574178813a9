use std::collections::HashSet;
use std::ops::Range;

use nlpflow_matrix::CsrView;

use crate::{Error, Objective, Tree};
use crate::{format, memory};

/// A trained sequence of trees: in each round one, or one for each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) objective: Objective,
    pub(crate) scale_pos_weight: f32,
    /// One for each group of trees.
    pub(crate) base_scores: Vec<f32>,
    pub(crate) n_cols: u32,
    pub(crate) trees: Vec<Tree>,
    pub(crate) feature_names: Vec<String>,
}

impl Model {
    /// The number of rounds.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        (self.trees.len() / self.groups()) as u32
    }

    /// How many trees a round has, and how many numbers a prediction: one, or one for each class.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.base_scores.len()
    }

    /// The trees, in the order of their rounds, then of their classes.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The model after its first `rounds` rounds, or all of it if it has no more.
    #[must_use]
    pub fn first(&self, rounds: u32) -> Self {
        let trees = self.trees.iter().take(rounds as usize * self.groups()).cloned().collect();
        let (base_scores, feature_names) = (self.base_scores.clone(), self.feature_names.clone());
        Self { base_scores, trees, feature_names, ..*self }
    }

    /// The prediction before the first tree, on the outcome's scale; of classes, the margin of each.
    #[must_use]
    pub fn base_scores(&self) -> &[f32] {
        &self.base_scores
    }

    /// What it minimises.
    #[must_use]
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The number of columns.
    #[must_use]
    pub fn n_cols(&self) -> u32 {
        self.n_cols
    }

    /// The prediction of each row by the given rounds, on the outcome's scale; of classes, the probability of each, row
    /// after row. An absent entry goes the way that it went in training.
    ///
    /// An empty range of rounds gives the base score.
    pub fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        let mut margins = self.margins(rows, rounds)?;
        self.objective.predict(&mut margins);
        Ok(margins)
    }

    /// What [`Model::predict`] gives, before the inverse link.
    ///
    /// The values of the leaves are added to the base in the order of the rounds, as in training, so that the last
    /// bit is the same.
    pub fn margins(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        let mut margins: Vec<f32> = Vec::with_capacity(rows.n_rows() * self.groups());
        (0..rows.n_rows())
            .for_each(|_| margins.extend(self.base_scores.iter().map(|base| self.objective.margin(*base))));
        self.leaves(rows, rounds, |place, value| margins[place] += value)?;
        Ok(margins)
    }

    /// Tells the value of each leaf that each row comes to, tree after tree; places count rows, and groups in them.
    pub(crate) fn leaves(
        &self,
        rows: &CsrView<'_>,
        rounds: Range<u32>,
        mut each_leaf: impl FnMut(usize, f32),
    ) -> Result<(), Error> {
        let Range { start, end } = rounds;
        let groups = self.groups();
        let trees = self.trees.get(start as usize * groups..end as usize * groups);
        let trees = trees.ok_or(Error::InvalidRounds { start, end, rounds: self.rounds() })?;
        if rows.n_cols != self.n_cols {
            return Err(Error::ColumnMismatch { expected: self.n_cols, found: rows.n_cols });
        }
        // A block of rows at a time: its dense values stay in the cache while tree after tree reads them.
        let width = self.n_cols as usize;
        let block = (1 << 15_u32) / width.max(1) + 1;
        let mut dense = vec![f32::NAN; block * width];
        for first in (0..rows.n_rows()).step_by(block) {
            let rows_here = first..rows.n_rows().min(first + block);
            let each = |dense: &mut [f32], write: &dyn Fn(f32) -> f32| {
                for (place, row) in rows_here.clone().enumerate() {
                    let (columns, values) = rows.row(row);
                    for (&column, &value) in columns.iter().zip(values) {
                        dense[place * width + column as usize] = write(value);
                    }
                }
            };
            each(&mut dense, &|value| value);
            for (tree, group) in trees.iter().zip((0..groups).cycle()) {
                for (place, row) in rows_here.clone().enumerate() {
                    each_leaf(row * groups + group, tree.value(&dense[place * width..(place + 1) * width]));
                }
            }
            each(&mut dense, &|_| f32::NAN);
        }
        Ok(())
    }

    /// The model as XGBoost's JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        format::json(&format::describe(self))
    }

    /// The model as XGBoost's Universal Binary JSON.
    #[must_use]
    pub fn to_ubj(&self) -> Vec<u8> {
        // At its full size from the start: growing would hold it twice.
        let (trees, nodes) = (self.trees.len(), self.trees.iter().map(|tree| tree.nodes.len()).sum::<usize>());
        let size = trees as u64 * memory::SAVED_TREE + nodes as u64 * memory::SAVED_NODE;
        format::ubj(&format::describe(self), size as usize)
    }

    /// Reads a model that this crate or XGBoost wrote, in either format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        format::read(bytes)
    }

    /// Gives each column a name, saved with the model; there is one a column, all different.
    pub fn set_feature_names(&mut self, names: &[String]) -> Result<(), Error> {
        if names.len() != self.n_cols as usize {
            let message = format!("there are {} names for {} columns", names.len(), self.n_cols);
            return Err(Error::InvalidFeatureNames(message));
        }
        if let Some(name) = names.iter().find(|name| name.contains('\0')) {
            return Err(Error::InvalidFeatureNames(format!("{name:?} holds a NUL character")));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::InvalidFeatureNames(format!("two columns are called {twice:?}")));
        }
        self.feature_names = names.to_vec();
        Ok(())
    }
}
