use std::ops::ControlFlow;

use nlpflow_matrix::CsrView;

use crate::dataset::{AnyBinned, BinId, Binned, Dataset};
use crate::fixed::Scale;
use crate::gradient::{Computed, Gradients, SquaredError};
use crate::grow::{Grower, Plan};
use crate::limit;
use crate::settings::Settings;
use crate::split::Rule;
use crate::{Data, Error, Model, Objective};

/// Follows a training, and may stop it.
pub trait Observer {
    /// Called after each round with the rounds done of all and the model so far; `Break` ends the training with
    /// [`Error::Cancelled`].
    fn round(&mut self, done: u32, total: u32, model: &Model) -> ControlFlow<()>;
}

/// Prepares the data, and trains `rounds` rounds with at most `max_bin` bins a column.
pub fn train(
    data: &Data<'_>,
    max_bin: u32,
    settings: &Settings,
    rounds: u32,
    observer: &mut dyn Observer,
) -> Result<Model, Error> {
    let dataset = Dataset::new(data, max_bin)?;
    let mut trainer = Trainer::new(&dataset, settings)?;
    for round in 0..rounds {
        trainer.round();
        if observer.round(round + 1, rounds, trainer.model()).is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(trainer.into_model())
}

/// Trains round after round over one dataset.
///
/// A training stopped after any round and resumed from its model goes on to the same bytes.
#[derive(Debug)]
pub struct Trainer<'d> {
    dataset: &'d Dataset,
    settings: Settings,
    model: Model,
    /// The margin of each merged row; the last tree's chain may still wait for its leaf, in the grower.
    margins: Vec<f32>,
    loss: Loss,
    grower: AnyGrower,
}

#[derive(Debug)]
enum Loss {
    SquaredError(SquaredError),
    Computed(Computed),
}

#[derive(Debug)]
enum AnyGrower {
    Narrow(Grower<u16>),
    Wide(Grower<u32>),
}

impl<'d> Trainer<'d> {
    /// Starts before the first round.
    pub fn new(dataset: &'d Dataset, settings: &Settings) -> Result<Self, Error> {
        settings.check()?;
        let outcome: Vec<f64> = dataset.outcome.iter().map(|value| f64::from(*value)).collect();
        settings.objective.check_outcome(&outcome)?;
        let base_score = settings.base_score.unwrap_or_else(|| mean(dataset));
        let base = settings.objective.margin(base_score);
        if !base.is_finite() {
            return Err(crate::settings::invalid("base_score", base_score, "a prediction that the objective can make"));
        }
        let model = Model {
            objective: settings.objective,
            base_score,
            n_cols: dataset.n_cols(),
            trees: Vec::new(),
            feature_names: Vec::new(),
        };
        Ok(Self::at(dataset, settings, model, vec![base; dataset.n_merged()]))
    }

    /// Goes on from a model: one of this crate after fewer rounds, or one of XGBoost. `rows` are those that the dataset
    /// was made of; the model's base score holds.
    pub fn resume(dataset: &'d Dataset, settings: &Settings, model: Model, rows: &CsrView<'_>) -> Result<Self, Error> {
        settings.check()?;
        if model.objective != settings.objective {
            let (old, new) = (model.objective.name(), settings.objective.name());
            return Err(Error::CannotResume(format!("it minimises {old}, the settings say {new}")));
        }
        if rows.n_rows() != dataset.n_rows() {
            let message = format!("there are {} rows, the dataset has {}", rows.n_rows(), dataset.n_rows());
            return Err(Error::CannotResume(message));
        }
        let margins = model.margins(rows, 0..model.rounds())?;
        let margins = (0..dataset.n_merged()).map(|merged| margins[dataset.members(merged)[0] as usize]).collect();
        Ok(Self::at(dataset, settings, model, margins))
    }

    fn at(dataset: &'d Dataset, settings: &Settings, model: Model, margins: Vec<f32>) -> Self {
        let plain =
            settings.objective == Objective::SquaredError && settings.subsample == 1.0 && dataset.weight.is_none();
        let loss = if plain {
            Loss::SquaredError(SquaredError::new(dataset, settings.objective.margin(model.base_score), &margins))
        } else {
            Loss::Computed(Computed::new(dataset, settings.objective))
        };
        let grower = match dataset.binned {
            AnyBinned::Narrow(_) => AnyGrower::Narrow(Grower::new(dataset)),
            AnyBinned::Wide(_) => AnyGrower::Wide(Grower::new(dataset)),
        };
        Self { dataset, settings: settings.clone(), model, margins, loss, grower }
    }

    /// Grows one tree.
    pub fn round(&mut self) {
        let Self { dataset, settings, model, margins, loss, grower } = self;
        match (&dataset.binned, grower) {
            (AnyBinned::Narrow(binned), AnyGrower::Narrow(grower)) => {
                grow(dataset, binned, settings, model, margins, loss, grower);
            }
            (AnyBinned::Wide(binned), AnyGrower::Wide(grower)) => {
                grow(dataset, binned, settings, model, margins, loss, grower);
            }
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

    /// The margin of each row of the dataset after the rounds so far.
    #[must_use]
    pub fn margins(&mut self) -> Vec<f32> {
        match &mut self.grower {
            AnyGrower::Narrow(grower) => grower.settle(&mut self.margins),
            AnyGrower::Wide(grower) => grower.settle(&mut self.margins),
        }
        let mut margins = vec![0.0; self.dataset.n_rows()];
        for (merged, &margin) in self.margins.iter().enumerate() {
            self.dataset.members(merged).iter().for_each(|&row| margins[row as usize] = margin);
        }
        margins
    }
}

fn grow<B: BinId>(
    dataset: &Dataset,
    binned: &Binned<B>,
    settings: &Settings,
    model: &mut Model,
    margins: &mut [f32],
    loss: &mut Loss,
    grower: &mut Grower<B>,
) {
    let plan = |gradient, hessian| {
        let rule = Rule::new(settings, gradient, hessian);
        Plan { dataset, binned, settings, rule, round: model.rounds() }
    };
    let tree = match loss {
        Loss::SquaredError(loss) => one_tree(&plan(loss.scale, Scale::ONE), &mut loss.with(margins), grower),
        Loss::Computed(loss) => {
            grower.settle(margins);
            loss.compute(dataset, settings, model.rounds(), margins);
            one_tree(&plan(loss.gradient, loss.hessian), &mut loss.with(margins), grower)
        }
    };
    model.trees.push(tree);
}

fn one_tree<B: BinId, G: Gradients>(plan: &Plan<'_, B>, gradients: &mut G, grower: &mut Grower<B>) -> crate::Tree {
    if !plan.settings.limits_growth() {
        return limit::finish(grower.grow(plan, gradients, None), &plan.rule, plan.settings).0;
    }
    let mut ends = vec![0; plan.dataset.n_merged()];
    let (tree, nodes) = limit::finish(grower.grow(plan, gradients, Some(&mut ends)), &plan.rule, plan.settings);
    for (margin, end) in gradients.margins().iter_mut().zip(ends) {
        *margin += tree.nodes[nodes[end as usize] as usize].value;
    }
    tree
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
