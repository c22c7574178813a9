use std::num::NonZeroUsize;

use nlpflow_matrix::CsrView;
use pulp::Arch;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::binned::{BinId, Binned};
use crate::dataset::{AnyBinned, Dataset};
use crate::fixed::Scale;
use crate::gradient::{Computed, Gradients, Precision, SquaredError};
use crate::grow::{Grower, Plan};
use crate::limit;
use crate::rule::Rule;
use crate::settings::Settings;
use crate::{Error, Model, Objective, Tree};

/// Trains round after round over one dataset.
///
/// A training stopped after any round and resumed from its model goes on to the same bytes.
#[derive(Debug)]
pub struct Trainer<'d> {
    dataset: &'d Dataset,
    settings: Settings,
    model: Model,
    loss: Loss,
    grower: AnyGrower,
    pool: Option<ThreadPool>,
}

#[derive(Debug)]
enum Loss {
    SquaredError(SquaredError),
    /// For each group of trees the margin of each merged row.
    Computed(Computed, Vec<Vec<f32>>),
}

#[derive(Debug)]
enum AnyGrower {
    Narrow(Grower<u16>),
    Wide(Grower<u32>),
}

impl<'d> Trainer<'d> {
    /// Starts before the first round.
    pub fn new(dataset: &'d Dataset, settings: &Settings) -> Result<Self, Error> {
        check(dataset, settings)?;
        let objective = settings.objective;
        let base_scores = match settings.base_score {
            Some(base_score) => vec![base_score; objective.groups()],
            None => base_scores(dataset, settings),
        };
        let bases: Vec<f32> = base_scores.iter().map(|base_score| objective.margin(*base_score)).collect();
        if bases.iter().any(|base| !base.is_finite()) {
            return Err(crate::settings::invalid(
                "base_score",
                base_scores[0],
                "a prediction that the objective can make",
            ));
        }
        let model = Model {
            objective,
            scale_pos_weight: settings.scale_pos_weight,
            base_scores,
            n_cols: dataset.n_cols(),
            trees: Vec::new(),
            feature_names: Vec::new(),
        };
        let margins = bases.iter().map(|base| vec![*base; dataset.n_merged()]).collect();
        Self::at(dataset, settings, model, margins, None)
    }

    /// Goes on from a model: one of this crate after fewer rounds, or one of XGBoost. `rows` and `assessment` are those
    /// that the dataset was made of; the model's base score holds.
    pub fn resume(
        dataset: &'d Dataset,
        settings: &Settings,
        model: Model,
        rows: &CsrView<'_>,
        assessment: Option<&CsrView<'_>>,
    ) -> Result<Self, Error> {
        check(dataset, settings)?;
        if model.objective != settings.objective {
            let (old, new) = (model.objective.name(), settings.objective.name());
            return Err(Error::CannotResume(format!("it minimises {old}, the settings say {new}")));
        }
        let counts = [rows.n_rows(), assessment.map_or(0, CsrView::n_rows)];
        let expected = [dataset.n_rows(), dataset.assessment.len()];
        if counts != expected {
            let message =
                format!("there are {counts:?} rows to learn from and to assess, the dataset has {expected:?}");
            return Err(Error::CannotResume(message));
        }
        let groups = model.groups();
        let mut margins = vec![vec![0.0; dataset.n_merged()]; groups];
        let mut put = |merged: usize, row: usize, by_row: &[f32]| {
            for (group, margins) in margins.iter_mut().enumerate() {
                margins[merged] = by_row[row * groups + group];
            }
        };
        let by_row = model.margins(rows, 0..model.rounds())?;
        for (row, &merged) in dataset.merged_row.iter().enumerate() {
            put(merged as usize, row, &by_row);
        }
        if let Some(assessment) = assessment {
            let by_row = model.margins(assessment, 0..model.rounds())?;
            for (row, &merged) in dataset.assessment.iter().enumerate() {
                put(merged as usize, row, &by_row);
            }
        }
        Self::at(dataset, settings, model, margins, Some(rows))
    }

    /// Starts behind a model that gives the merged rows these margins; `rows` are those to learn from, if it has trees.
    fn at(
        dataset: &'d Dataset,
        settings: &Settings,
        model: Model,
        mut margins: Vec<Vec<f32>>,
        rows: Option<&CsrView<'_>>,
    ) -> Result<Self, Error> {
        let loss = if is_plain(dataset, settings) {
            let (base, margins) = (model.base_scores[0], margins.swap_remove(0));
            let precision = Precision::of(dataset, base, &margins);
            let fix = |value: f32| precision.scale.fix(value.into());
            // The margins again, summed in fixed point: by row, what its leaves add to the base.
            let mut leaves = Vec::new();
            if let Some(rows) = rows.filter(|_| !precision.is_rounded) {
                leaves.resize(rows.n_rows(), 0_i64);
                model
                    .leaves(rows, 0..model.rounds(), |row, value| leaves[row] = leaves[row].wrapping_add(fix(value)))?;
            }
            let fixed = |row: usize| fix(base).wrapping_add(leaves.get(row).copied().unwrap_or(0));
            Loss::SquaredError(SquaredError::new(dataset, precision, margins, fixed))
        } else {
            Loss::Computed(Computed::new(dataset, settings), margins)
        };
        let grower = match dataset.binned {
            AnyBinned::Narrow(_) => AnyGrower::Narrow(Grower::new(dataset, Arch::new())),
            AnyBinned::Wide(_) => AnyGrower::Wide(Grower::new(dataset, Arch::new())),
        };
        Ok(Self { dataset, settings: settings.clone(), model, loss, grower, pool: None })
    }

    /// Grows each tree on several threads; the trees are the same.
    pub fn set_threads(&mut self, threads: NonZeroUsize) -> Result<(), Error> {
        self.pool = None;
        if threads.get() > 1 {
            let pool = ThreadPoolBuilder::new().num_threads(threads.get()).build();
            self.pool = Some(pool.map_err(|error| Error::Threads(error.to_string()))?);
        }
        Ok(())
    }

    /// Grows trees without the vector instructions that only some processors have; the trees are the same.
    pub fn set_portable(&mut self) {
        match &mut self.grower {
            AnyGrower::Narrow(grower) => *grower = Grower::new(self.dataset, Arch::Scalar),
            AnyGrower::Wide(grower) => *grower = Grower::new(self.dataset, Arch::Scalar),
        }
    }

    /// Grows the tree of one round, or those of all classes.
    pub fn round(&mut self) {
        let round = self.model.rounds();
        let groups = self.model.groups();
        if let Loss::Computed(loss, margins) = &mut self.loss {
            loss.begin(self.dataset, &self.settings, round, margins);
        }
        for group in 0..groups {
            let tree = self.tree(round * groups as u32 + group as u32, group);
            self.model.trees.push(tree);
        }
    }

    fn tree(&mut self, number: u32, group: usize) -> Tree {
        let Self { dataset, settings, loss, grower, pool, .. } = self;
        if let Loss::Computed(loss, margins) = loss {
            loss.compute(dataset, group, margins);
        }
        let [gradient, hessian] = match loss {
            Loss::SquaredError(loss) => [loss.scale, Scale::ONE],
            Loss::Computed(loss, _) => [loss.gradient, loss.hessian],
        };
        let rule = Rule::new(settings, gradient, hessian);
        let task = Task { dataset, settings, rule, tree: number, pool: pool.as_ref(), loss, group };
        match (&dataset.binned, grower) {
            (AnyBinned::Narrow(binned), AnyGrower::Narrow(grower)) => task.grow(binned, grower),
            (AnyBinned::Wide(binned), AnyGrower::Wide(grower)) => task.grow(binned, grower),
            _ => unreachable!("the grower was made for the dataset's bins"),
        }
    }

    /// The model so far.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model.
    #[must_use]
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Keeps from now on the margins of the assessment set only, which is faster where there are many rows.
    pub fn drop_margins(&mut self) {
        if let Loss::SquaredError(loss) = &mut self.loss {
            loss.drop_margins(self.dataset);
        }
    }

    /// The margins of each row of the dataset after the rounds so far, row after row: to the bit those of the model. None
    /// when they were [dropped](Self::drop_margins).
    #[must_use]
    pub fn margins(&self) -> Option<Vec<f32>> {
        let is_kept = !matches!(&self.loss, Loss::SquaredError(loss) if !loss.keeps_all());
        is_kept.then(|| self.by_row(&self.dataset.merged_row))
    }

    /// The predictions for the assessment set after the rounds so far, row after row: to the bit those of the model.
    #[must_use]
    pub fn assess(&self) -> Vec<f32> {
        let mut margins = self.by_row(&self.dataset.assessment);
        self.settings.objective.predict(&mut margins);
        margins
    }

    /// The margins of some merged rows, group by group in each.
    fn by_row(&self, rows: &[u32]) -> Vec<f32> {
        match &self.loss {
            Loss::SquaredError(loss) => rows.iter().map(|&row| loss.margins()[row as usize]).collect(),
            Loss::Computed(_, margins) => {
                rows.iter().flat_map(|&row| margins.iter().map(move |margins| margins[row as usize])).collect()
            }
        }
    }
}

/// All that one tree is grown from.
struct Task<'a> {
    dataset: &'a Dataset,
    settings: &'a Settings,
    rule: Rule,
    tree: u32,
    pool: Option<&'a ThreadPool>,
    loss: &'a mut Loss,
    group: usize,
}

impl Task<'_> {
    fn grow<B: BinId>(self, binned: &Binned<B>, grower: &mut Grower<B>) -> Tree {
        let Self { dataset, settings, rule, tree, pool, loss, group } = self;
        let plan = Plan { dataset, binned, settings, rule, tree, pool };
        match loss {
            Loss::SquaredError(loss) => one_tree(&plan, loss, grower),
            Loss::Computed(loss, margins) => one_tree(&plan, &mut loss.with(&mut margins[group]), grower),
        }
    }
}

fn one_tree<B: BinId, G: Gradients>(plan: &Plan<'_, B>, gradients: &mut G, grower: &mut Grower<B>) -> Tree {
    if !plan.settings.limits_growth() {
        return limit::finish(grower.grow(plan, gradients, None), &plan.rule, plan.settings).0;
    }
    let mut ends = vec![0; plan.dataset.n_merged()];
    let (tree, nodes) = limit::finish(grower.grow(plan, gradients, Some(&mut ends)), &plan.rule, plan.settings);
    for (row, end) in ends.into_iter().enumerate() {
        gradients.settle(row, gradients.pair(row), tree.nodes[nodes[end as usize] as usize].value);
    }
    gradients.settle_rest(&[], 0.0);
    tree
}

/// Whether sums of gradients are whole numbers that follow the margins.
fn is_plain(dataset: &Dataset, settings: &Settings) -> bool {
    settings.objective == Objective::SquaredError
        && settings.subsample == 1.0
        && settings.scale_pos_weight == 1.0
        && dataset.weight.as_deref().is_none_or(are_counts)
}

/// Whether weights are whole numbers, and all of them add up to one of 32 bits.
fn are_counts(weight: &[f32]) -> bool {
    let total: f64 = weight.iter().map(|weight| f64::from(*weight)).sum();
    total <= u32::MAX.into() && weight.iter().all(|weight| weight.fract() == 0.0)
}

fn check(dataset: &Dataset, settings: &Settings) -> Result<(), Error> {
    settings.check()?;
    if settings.monotone.len() > dataset.n_cols() as usize {
        let expected = "at most as many signs as there are columns";
        return Err(crate::settings::invalid("monotone_constraints", settings.monotone.len(), expected));
    }
    if dataset.is_merged() && !settings.objective.merges() {
        return Err(Error::MergedRows(settings.objective.name()));
    }
    settings.objective.check_outcome(&dataset.outcome)
}

/// What XGBoost 3.4.1 begins with when it is not told.
fn base_scores(dataset: &Dataset, settings: &Settings) -> Vec<f32> {
    let stump = |margin: f32| Computed::new(dataset, settings).stump(dataset, margin);
    let reweighted = (settings.scale_pos_weight - 1.0).abs() > 1e-6;
    match settings.objective {
        Objective::Softprob { classes } => class_margins(dataset, classes as usize),
        Objective::Quantile { alpha } => vec![quantile(dataset, alpha)],
        Objective::Absolute => {
            let mean = mean(dataset);
            vec![mean + stump(mean)]
        }
        Objective::SquaredLog | Objective::PseudoHuber { .. } => vec![stump(0.0)],
        objective if reweighted && objective.is_reweighted() => vec![objective.prediction(stump(0.0))],
        _ => vec![mean(dataset)],
    }
}

/// The (weighted) mean of the outcome, added up in the order of the rows as XGBoost 3.4.1 does.
fn mean(dataset: &Dataset) -> f32 {
    let outcome = dataset.outcome.iter().map(|value| f64::from(*value));
    match &dataset.weight {
        None => {
            let rows = dataset.n_rows() as f64;
            outcome.fold(0.0, |sum, value| sum + value / rows) as f32
        }
        Some(weight) => {
            let total = weight.iter().fold(0.0, |sum, weight| sum + f64::from(*weight));
            outcome.zip(weight).fold(0.0, |sum, (value, weight)| sum + value / total * f64::from(*weight)) as f32
        }
    }
}

/// The quantile of the outcome: between two values by their distance, or with weights the value where they reach it.
fn quantile(dataset: &Dataset, alpha: f32) -> f32 {
    let alpha = f64::from(alpha);
    let mut order: Vec<u32> = (0..dataset.n_rows() as u32).collect();
    order.sort_by(|a, b| dataset.outcome[*a as usize].total_cmp(&dataset.outcome[*b as usize]));
    let value = |place: usize| dataset.outcome[order[place] as usize];
    let last = order.len() - 1;
    if dataset.weight.is_some() {
        let mut reached = 0.0_f32;
        let sums: Vec<f32> = order
            .iter()
            .map(|&row| {
                reached += dataset.weight_of(row);
                reached
            })
            .collect();
        let goal = (f64::from(reached) * alpha) as f32;
        return value(sums.partition_point(|sum| *sum < goal).min(last));
    }
    let place = alpha * (order.len() + 1) as f64;
    if place <= 1.0 {
        return value(0);
    }
    if place >= order.len() as f64 {
        return value(last);
    }
    let (below, above) = (value(place as usize - 1), value(place as usize));
    (f64::from(below) + place.fract() * f64::from(above - below)) as f32
}

/// ln of each class's share, less their mean.
fn class_margins(dataset: &Dataset, classes: usize) -> Vec<f32> {
    let mut shares = vec![0.0_f64; classes];
    let mut total = 0.0;
    for (row, class) in dataset.outcome.iter().enumerate() {
        let weight = f64::from(dataset.weight_of(row as u32));
        shares[*class as usize] += weight;
        total += weight;
    }
    let logarithms: Vec<f32> = shares.iter().map(|share| ((share / total) as f32 + 1e-6).ln()).collect();
    let mean = logarithms.iter().sum::<f32>() / classes as f32;
    logarithms.iter().map(|logarithm| logarithm - mean).collect()
}
