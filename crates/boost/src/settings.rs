use crate::{Error, Objective};

/// In which order leaves are split; it matters where `max_leaves` ends the growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowPolicy {
    /// The leaf nearest to the root first.
    DepthWise,
    /// The leaf with the greatest gain first.
    LossGuide,
}

/// What a training is told; the names, meanings and defaults are XGBoost's.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is minimised.
    pub objective: Objective,
    /// The depth of a tree at most, from 1 to 20.
    pub max_depth: u32,
    /// The leaves of a tree at most; 0 is no limit.
    pub max_leaves: u32,
    /// In which order leaves are split.
    pub grow_policy: GrowPolicy,
    /// The share of each tree that is added, above 0, at most 1.
    pub eta: f32,
    /// The penalty on the squares of the leaves' values.
    pub lambda: f32,
    /// The penalty on the sizes of the leaves' values.
    pub alpha: f32,
    /// The least gain of a split.
    pub gamma: f32,
    /// The least sum of hessians in a leaf.
    pub min_child_weight: f32,
    /// The greatest value of a leaf before `eta`; 0 is no limit. Poisson's own default of 0.7 is the caller's to set.
    pub max_delta_step: f32,
    /// The weight of the rows whose outcome is 1, with the objectives that XGBoost has it for: squared, squared log, log
    /// loss of two classes and gamma.
    pub scale_pos_weight: f32,
    /// For each column 1 when predictions may not fall as it rises, -1 when they may not rise, else 0; columns without one
    /// at the end are free.
    pub monotone: Vec<i8>,
    /// The share of the rows that each tree sees.
    pub subsample: f32,
    /// The share of the columns that each tree sees.
    pub colsample_bytree: f32,
    /// The share of the tree's columns that each level sees.
    pub colsample_bylevel: f32,
    /// The share of the level's columns that each node sees.
    pub colsample_bynode: f32,
    /// The seed of both samplings.
    pub seed: u64,
    /// The prediction before the first tree, on the outcome's scale (of classes, the margin of each); estimated as XGBoost
    /// does when absent.
    pub base_score: Option<f32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            objective: Objective::SquaredError,
            max_depth: 6,
            max_leaves: 0,
            grow_policy: GrowPolicy::DepthWise,
            eta: 0.3,
            lambda: 1.0,
            alpha: 0.0,
            gamma: 0.0,
            min_child_weight: 1.0,
            max_delta_step: 0.0,
            scale_pos_weight: 1.0,
            monotone: Vec::new(),
            subsample: 1.0,
            colsample_bytree: 1.0,
            colsample_bylevel: 1.0,
            colsample_bynode: 1.0,
            seed: 0,
            base_score: None,
        }
    }
}

const AT_LEAST_0: &str = "a number of at least 0";
const SHARE: &str = "a number above 0 and at most 1";

impl Settings {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(1..=20).contains(&self.max_depth) {
            return Err(invalid("max_depth", self.max_depth, "a whole number from 1 to 20"));
        }
        let shares = [
            ("eta", self.eta),
            ("subsample", self.subsample),
            ("colsample_bytree", self.colsample_bytree),
            ("colsample_bylevel", self.colsample_bylevel),
            ("colsample_bynode", self.colsample_bynode),
        ];
        if let Some((name, value)) = shares.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= 1.0)) {
            return Err(invalid(name, value, SHARE));
        }
        let penalties = [
            ("lambda", self.lambda),
            ("alpha", self.alpha),
            ("gamma", self.gamma),
            ("min_child_weight", self.min_child_weight),
            ("max_delta_step", self.max_delta_step),
            ("scale_pos_weight", self.scale_pos_weight),
        ];
        if let Some((name, value)) = penalties.into_iter().find(|(_, value)| !(*value >= 0.0 && value.is_finite())) {
            return Err(invalid(name, value, AT_LEAST_0));
        }
        if let Some(&sign) = self.monotone.iter().find(|sign| !(-1..=1).contains(*sign)) {
            return Err(invalid("monotone_constraints", sign, "-1, 0 or 1 for each column"));
        }
        if let Some(base) = self.base_score.filter(|base| !self.objective.margin(*base).is_finite()) {
            return Err(invalid("base_score", base, "a prediction that the objective can make"));
        }
        self.objective.check()
    }

    /// Whether columns are drawn for each node.
    pub(crate) fn samples_columns(&self) -> bool {
        self.colsample_bytree < 1.0 || self.colsample_bylevel < 1.0 || self.colsample_bynode < 1.0
    }

    /// Whether a tree can be cut back after it was grown: see [`crate::limit`].
    pub(crate) fn limits_growth(&self) -> bool {
        self.max_leaves > 0 || self.gamma > 0.0 || self.grow_policy == GrowPolicy::LossGuide
    }
}

pub(crate) fn invalid(name: &'static str, found: impl std::fmt::Display, expected: &'static str) -> Error {
    Error::InvalidSetting { name, found: found.to_string(), expected }
}
