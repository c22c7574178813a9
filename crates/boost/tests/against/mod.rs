//! Trains the same trees with XGBoost and with this crate, and says where they part.

use std::error::Error;
use std::ops::ControlFlow;

use nlpflow_boost::{Data, Dataset, GrowPolicy, Model, Settings, Trainer, Tree};
use nlpflow_model::{CsrView, ModelFormat, Observer, Parameters, Round, Training, TrainingData, engine};
use serde_json::{Map, Value};

struct Silent;

impl Observer for Silent {
    fn round(&mut self, _round: &mut dyn Round) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Report {
    /// The nodes that were compared.
    pub nodes: u32,
    /// Nodes at which both engines took splits whose gains tie: not looked at below.
    pub ties: Vec<String>,
    /// All other differences.
    pub wrong: Vec<String>,
    /// The first tree with another split, when neither engine is told of the other's margins.
    pub first_apart: Option<u32>,
    /// The greatest difference of two margins, relative to the greatest margin.
    pub margins_apart: f64,
    /// Root mean squared training errors of the margins: ours and XGBoost's.
    pub errors: [f64; 2],
    /// Base scores, ours and XGBoost's.
    pub base_scores: [f32; 2],
    /// Rows before and after merging.
    pub rows: [usize; 2],
}

/// XGBoost's model of the given data and parameters (XGBoost's names).
pub fn xgboost(
    rows: CsrView<'_>,
    outcome: &[f64],
    told: &Map<String, Value>,
    rounds: u32,
) -> Result<Model, Box<dyn Error>> {
    let data = TrainingData::new(rows, outcome);
    let parameters = Parameters::from_json(told)?;
    let booster = engine("xgboost")?.train(&Training::new(data, &parameters, rounds), &mut Silent)?;
    Ok(Model::from_bytes(&booster.save(ModelFormat::Json)?)?)
}

/// Our settings for XGBoost's parameters.
pub fn settings(told: &Map<String, Value>, model: &Model) -> Settings {
    let number = |name: &str, default: f64| told.get(name).and_then(Value::as_f64).unwrap_or(default) as f32;
    let loss_guide = told.get("grow_policy").and_then(Value::as_str) == Some("lossguide");
    let poisson = if told.get("objective").and_then(Value::as_str) == Some("count:poisson") { 0.7 } else { 0.0 };
    Settings {
        max_depth: number("max_depth", 6.0) as u32,
        max_leaves: number("max_leaves", 0.0) as u32,
        grow_policy: if loss_guide { GrowPolicy::LossGuide } else { GrowPolicy::DepthWise },
        eta: number("eta", 0.3),
        lambda: number("lambda", 1.0),
        alpha: number("alpha", 0.0),
        gamma: number("gamma", 0.0),
        min_child_weight: number("min_child_weight", 1.0),
        max_delta_step: number("max_delta_step", poisson),
        objective: model.objective(),
        scale_pos_weight: number("scale_pos_weight", 1.0),
        ..Settings::default()
    }
}

/// So many rounds at most are grown from our own margins before XGBoost's are taken again.
const BESIDE: u32 = 12;

/// Compares both engines. A tree that differs is compared as grown from the margins that XGBoost had before it, and those
/// behind it go on from XGBoost's, so that one difference does not hide the next.
pub fn compare(
    rows: CsrView<'_>,
    outcome: &[f64],
    told: &Map<String, Value>,
    rounds: u32,
) -> Result<Report, Box<dyn Error>> {
    let theirs = xgboost(rows, outcome, told, rounds)?;
    let settings = settings(told, &theirs);
    let max_bin = told.get("max_bin").and_then(Value::as_u64).unwrap_or(256) as u32;
    let is_missing = told.get("zeros").and_then(Value::as_str) == Some("missing");
    let data = Data { zeros: if is_missing { 0 } else { rows.n_cols }, ..Data::new(rows, outcome) };
    let merges = settings.objective.merges();
    let dataset = if merges { Dataset::new(&data, max_bin)? } else { Dataset::unmerged(&data, max_bin)? };
    let mut free = Trainer::new(&dataset, &settings)?;
    let mut report = Report {
        base_scores: [free.model().base_scores()[0], theirs.base_scores()[0]],
        rows: [dataset.n_rows(), dataset.n_merged()],
        ..Report::default()
    };
    let expected = theirs.margins(&rows, 0..rounds)?;
    let resumed = |rounds: u32| Trainer::resume(&dataset, &settings, theirs.first(rounds), &rows, None);
    let mut beside = Trainer::new(&dataset, &settings)?;
    let largest = expected.iter().map(|margin| f64::from(margin.abs())).fold(1e-300, f64::max);
    for round in 0..rounds {
        free.round();
        let tree = &theirs.trees()[round as usize];
        if report.first_apart.is_none() && splits(&free.model().trees()[round as usize]) != splits(tree) {
            report.first_apart = Some(round);
        }
        if round % BESIDE == 0 {
            beside = resumed(round)?;
        }
        beside.round();
        let differs = splits(&beside.model().trees()[round as usize]) != splits(tree);
        if differs && round % BESIDE > 0 {
            beside = resumed(round)?;
            beside.round();
        }
        compare_nodes(round, &beside.model().trees()[round as usize], tree, [0, 0], largest, &mut report);
        if differs {
            beside = resumed(round + 1)?;
        }
    }
    let ours = free.margins().expect("kept margins");
    let apart = ours.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs()));
    report.margins_apart = apart.fold(0.0, f64::max) / largest;
    report.errors = [&ours, &expected].map(|margins| {
        let squares = margins.iter().zip(outcome).map(|(margin, y)| (f64::from(*margin) - y).powi(2));
        (squares.sum::<f64>() / outcome.len() as f64).sqrt()
    });
    Ok(report)
}

/// The shape of a tree and its thresholds, to the bit.
pub fn splits(tree: &Tree) -> Vec<(Option<[u32; 2]>, u32, u32)> {
    tree.nodes().iter().map(|node| (node.children, node.column, node.threshold.to_bits())).collect()
}

fn compare_nodes(round: u32, ours: &Tree, theirs: &Tree, at: [u32; 2], largest: f64, report: &mut Report) {
    let (a, b) = (&ours.nodes()[at[0] as usize], &theirs.nodes()[at[1] as usize]);
    report.nodes += 1;
    // XGBoost rounds each row's gradient to 32 bits, so that sums that cancel keep that much error.
    let near = |a: f32, b: f32, floor: f64| f64::from((a - b).abs()) <= 1e-5 * f64::from(a.abs().max(b.abs())) + floor;
    let same = match (a.children, b.children) {
        (Some(below_ours), Some(below_theirs)) if (a.column, a.threshold) == (b.column, b.threshold) => {
            for (x, y) in below_ours.into_iter().zip(below_theirs) {
                compare_nodes(round, ours, theirs, [x, y], largest, report);
            }
            near(a.cover, b.cover, 0.0) && a.default_left == b.default_left && near(a.weight, b.weight, 1e-6 * largest)
        }
        (None, None) => near(a.value, b.value, 1e-7 * largest) && near(a.cover, b.cover, 0.0),
        (Some(_), Some(_)) if near(a.gain, b.gain, 1e-12 * largest * largest) => {
            report.ties.push(format!(
                "tree {round}, node {at:?}: column {} < {} gains {:e}, XGBoost's column {} < {} gains {:e}",
                a.column, a.threshold, a.gain, b.column, b.threshold, b.gain
            ));
            true
        }
        _ => false,
    };
    if !same {
        report.wrong.push(format!("tree {round}, node {at:?}: {a:?}\n   XGBoost: {b:?}"));
    }
}
