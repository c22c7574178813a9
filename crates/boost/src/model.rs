use std::collections::HashSet;
use std::ops::Range;

use nlpflow_matrix::CsrView;

use crate::format;
use crate::{Error, Objective, Tree};

/// A trained sequence of trees, one a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) objective: Objective,
    pub(crate) base_score: f32,
    pub(crate) n_cols: u32,
    pub(crate) trees: Vec<Tree>,
    pub(crate) feature_names: Vec<String>,
}

impl Model {
    /// The number of rounds.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.trees.len() as u32
    }

    /// The trees, in the order of their rounds.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The model after its first `rounds` rounds, or all of it if it has no more.
    #[must_use]
    pub fn first(&self, rounds: u32) -> Self {
        let trees = self.trees.iter().take(rounds as usize).cloned().collect();
        Self { trees, feature_names: self.feature_names.clone(), ..*self }
    }

    /// The prediction before the first tree, on the outcome's scale.
    #[must_use]
    pub fn base_score(&self) -> f32 {
        self.base_score
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

    /// The prediction of each row by the given rounds, on the outcome's scale; an absent entry is a zero.
    ///
    /// An empty range of rounds gives the base score.
    pub fn predict(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        let mut margins = self.margins(rows, rounds)?;
        for margin in &mut margins {
            *margin = self.objective.prediction(*margin);
        }
        Ok(margins)
    }

    /// What [`Model::predict`] gives, before the inverse link.
    ///
    /// The values of the leaves are added to the base in the order of the rounds, as in training, so that the last
    /// bit is the same.
    pub fn margins(&self, rows: &CsrView<'_>, rounds: Range<u32>) -> Result<Vec<f32>, Error> {
        let Range { start, end } = rounds;
        let trees = self.trees.get(start as usize..end as usize);
        let trees = trees.ok_or(Error::InvalidRounds { start, end, rounds: self.rounds() })?;
        if rows.n_cols != self.n_cols {
            return Err(Error::ColumnMismatch { expected: self.n_cols, found: rows.n_cols });
        }
        let mut margins = vec![self.objective.margin(self.base_score); rows.n_rows()];
        // A block of rows at a time: its dense values stay in the cache while tree after tree reads them.
        let width = self.n_cols as usize;
        let block = (1 << 15_u32) / width.max(1) + 1;
        let mut dense = vec![0.0; block * width];
        for (index, margins) in margins.chunks_mut(block).enumerate() {
            let rows_here = index * block..index * block + margins.len();
            let each = |dense: &mut [f32], write: &dyn Fn(f32) -> f32| {
                for (place, row) in rows_here.clone().enumerate() {
                    let (columns, values) = rows.row(row);
                    for (&column, &value) in columns.iter().zip(values) {
                        dense[place * width + column as usize] = write(value);
                    }
                }
            };
            each(&mut dense, &|value| value);
            for tree in trees {
                for (place, margin) in margins.iter_mut().enumerate() {
                    *margin += tree.value(&dense[place * width..(place + 1) * width]);
                }
            }
            each(&mut dense, &|_| 0.0);
        }
        Ok(margins)
    }

    /// The model as XGBoost's JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        format::json(&format::describe(self))
    }

    /// The model as XGBoost's Universal Binary JSON.
    #[must_use]
    pub fn to_ubj(&self) -> Vec<u8> {
        format::ubj(&format::describe(self))
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
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::InvalidFeatureNames(format!("two columns are called {twice:?}")));
        }
        self.feature_names = names.to_vec();
        Ok(())
    }
}
