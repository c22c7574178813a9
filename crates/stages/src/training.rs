//! One training, followed: progress, cancellation, metrics on the way, and checkpoints.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use nlpflow_matrix::FoldMatrix;
use nlpflow_model::{Booster, Metric, Observer, Parameters, Round, Training, TrainingData, engine};
use serde_json::{Map, Value, json};

use crate::checkpoint::{self, Checkpoint, Checkpoints};
use crate::{Context, Error};

/// The metrics of a booster are kept for every so many rounds, for its curve.
const CURVE_ROUNDS: u32 = 10;

/// How to train.
pub(crate) struct Options<'a> {
    pub(crate) engine: &'a str,
    /// By XGBoost's names, without the number of trees.
    pub(crate) parameters: &'a Map<String, Value>,
    /// For an engine whose boosters do not depend on it.
    pub(crate) threads: NonZeroUsize,
    /// Where the training is kept while it runs.
    pub(crate) checkpoint: Option<&'a checkpoint::Options>,
    /// The numbers of trees to judge the booster at, ascending; the last is how many are grown.
    pub(crate) trees: &'a [u32],
    pub(crate) metrics: &'a [&'a dyn Metric],
    /// Whether the predictions of all rows are wanted.
    pub(crate) predict: bool,
}

/// A booster and what was seen of it on the way.
pub(crate) struct Trained {
    pub(crate) booster: Box<dyn Booster>,
    /// The metrics on the assessment set after each of the asked numbers of rounds.
    pub(crate) judged: Vec<Value>,
    /// The same after every tenth round.
    pub(crate) curve: Vec<Value>,
    /// By the whole booster: of the analysis set, then of the assessment set. Empty when they were not asked for.
    pub(crate) predictions: Vec<f32>,
    /// The rounds that a checkpoint saved.
    pub(crate) resumed: u32,
    /// Why a checkpoint that was there was not used.
    pub(crate) note: Option<String>,
    /// Why checkpoints could not be written.
    pub(crate) not_kept: Option<String>,
}

impl Trained {
    /// Adds to the summary of a stage how its training came about: `resumed`, `note` and `not_kept`, where there is any.
    pub(crate) fn add_to(&self, summary: &mut Value) {
        if self.resumed > 0 {
            summary["resumed"] = self.resumed.into();
        }
        for (name, reason) in [("note", &self.note), ("not_kept", &self.not_kept)] {
            if let Some(reason) = reason {
                summary[name] = reason.as_str().into();
            }
        }
    }
}

/// Trains on the analysis set of `fold`, and judges the booster on the assessment set after each number of rounds asked.
pub(crate) fn train(fold: &FoldMatrix, options: &Options<'_>, context: &Context) -> Result<Trained, Error> {
    let rounds = rounds(options.trees)?;
    let parameters = Parameters::from_json(options.parameters)?;
    let (analysis, assessment) = (0..fold.analysis(), fold.analysis()..fold.features().n_rows());
    let data = TrainingData {
        assessment: (!assessment.is_empty()).then(|| fold.features().rows(assessment.clone())),
        ..TrainingData::new(fold.features().rows(analysis.clone()), &fold.outcome()[analysis])
    };
    let (start, note) = match options.checkpoint.map_or(Ok(None), checkpoint::Options::read) {
        Ok(start) => (start.filter(|start| start.rounds < rounds), None),
        Err(reason) => (None, Some(reason)),
    };
    let resumed = start.as_ref().map_or(0, |start| start.rounds);
    let mut follower = Follower {
        context,
        options,
        truth: &fold.outcome()[assessment],
        judged: Vec::new(),
        curve: Vec::new(),
        predictions: Vec::new(),
        checkpoints: options.checkpoint.map(|checkpoint| Checkpoints::new(checkpoint, resumed)),
        failure: None,
    };
    let mut training =
        Training { threads: options.threads, fitted: options.predict, ..Training::new(data, &parameters, rounds) };
    if let Some(start) = &start {
        training.start = Some(&start.model);
        follower.judged.clone_from(&start.judged);
        follower.curve.clone_from(&start.curve);
    }
    let trained = engine(options.engine)?.train(&training, &mut follower);
    let Follower { judged, curve, predictions, checkpoints, failure, .. } = follower;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let not_kept = checkpoints.and_then(|checkpoints| checkpoints.failure);
    Ok(Trained { booster: trained?, judged, curve, predictions, resumed, note, not_kept })
}

/// The trees to grow so that every asked number of trees can be answered.
pub(crate) fn rounds(trees: &[u32]) -> Result<u32, Error> {
    if trees.first() == Some(&0) || !trees.is_sorted_by(|a, b| a < b) {
        return Err(Error::Options("the numbers of trees must be positive and ascend".into()));
    }
    trees.last().copied().ok_or_else(|| Error::Options("no number of trees is given".into()))
}

/// Each metric by name; null where it is not defined for these rows.
pub(crate) fn evaluate(metrics: &[&dyn Metric], truth: &[f64], estimate: &[f32]) -> Value {
    let estimate: Vec<f64> = estimate.iter().copied().map(f64::from).collect();
    metrics.iter().map(|metric| (metric.name().to_owned(), json!(metric.evaluate(truth, &estimate)))).collect()
}

struct Follower<'a> {
    context: &'a Context,
    options: &'a Options<'a>,
    truth: &'a [f64],
    judged: Vec<Value>,
    curve: Vec<Value>,
    predictions: Vec<f32>,
    checkpoints: Option<Checkpoints<'a>>,
    /// An error of ours that ended the training.
    failure: Option<Error>,
}

impl Follower<'_> {
    fn follow(&mut self, round: &mut dyn Round) -> Result<(), Error> {
        let done = round.done();
        let asked = self.options.trees.contains(&done);
        let on_curve = done.is_multiple_of(CURVE_ROUNDS);
        if !self.truth.is_empty() && (asked || on_curve) {
            let values = evaluate(self.options.metrics, self.truth, &round.assess()?);
            let point = json!({ "trees": done, "metrics": values });
            if on_curve {
                self.curve.push(point.clone());
            }
            if asked {
                self.judged.push(point);
            }
        }
        if self.options.predict && done == round.total() {
            self.predictions = round.fitted()?;
            self.predictions.extend(round.assess()?);
        }
        let stopped = self.context.step(done.into(), round.total().into(), "rounds");
        if let Some(checkpoints) = &mut self.checkpoints
            && done < round.total()
            && (stopped.is_err() || checkpoints.is_due(done))
        {
            let (judged, curve) = (&self.judged, &self.curve);
            checkpoints.write(done, || {
                Ok(Checkpoint { rounds: done, model: round.save()?, judged: judged.clone(), curve: curve.clone() })
            });
        }
        stopped
    }
}

impl Observer for Follower<'_> {
    fn round(&mut self, round: &mut dyn Round) -> ControlFlow<()> {
        match self.follow(round) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }
}
