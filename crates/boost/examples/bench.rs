//! Milliseconds a tree, this crate beside XGBoost with `absent_as_zero`, one thread each, in turn in one run.
//!
//! `bench [NAME …] [--trees 30] [--depths 6,12] [--native-only]` makes the corpora itself; without names it runs all.
#![allow(clippy::print_stdout, reason = "a command")]
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]

use std::error::Error;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use nlpflow_boost::{Data, Dataset, Settings, Trainer};
use nlpflow_matrix::{Csr, CsrBuilder};
use nlpflow_model::{Observer, Parameters, Round, Training, TrainingData, engine};
use random::Random;
use serde_json::json;

#[path = "../tests/random/mod.rs"]
mod random;

/// A corpus: rows × columns, words a row on average, and the share of rows that repeat one of the rows before.
struct Corpus {
    name: &'static str,
    rows: usize,
    columns: usize,
    words: f64,
    repeats: f64,
    merge: bool,
}

const CORPORA: &[Corpus] = &[
    Corpus { name: "wide-100", rows: 2_000_000, columns: 100, words: 5.0, repeats: 0.6, merge: false },
    Corpus { name: "wide-100-merged", rows: 2_000_000, columns: 100, words: 5.0, repeats: 0.6, merge: true },
    Corpus { name: "wide-5000", rows: 500_000, columns: 5_000, words: 8.0, repeats: 0.1, merge: true },
    Corpus { name: "short", rows: 700_000, columns: 100, words: 1.5, repeats: 0.7, merge: true },
    Corpus { name: "long-100", rows: 50_000, columns: 100, words: 0.0, repeats: 0.0, merge: true },
    Corpus { name: "long-5000", rows: 50_000, columns: 5_000, words: 0.0, repeats: 0.0, merge: true },
];

/// The times of rounds.
#[derive(Default)]
struct Clock {
    last: Option<Instant>,
    rounds: Vec<Duration>,
}

impl Clock {
    fn tick(&mut self) {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.rounds.push(now - last);
        }
    }

    /// The median of all rounds after the first five.
    fn median(mut self) -> f64 {
        let mut rounds = self.rounds.split_off(self.rounds.len().min(5));
        rounds.sort_unstable();
        rounds[rounds.len() / 2].as_secs_f64() * 1e3
    }
}

impl Observer for Clock {
    fn round(&mut self, _round: &mut dyn Round) -> ControlFlow<()> {
        self.tick();
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|given| given == name).map(|at| arguments[at + 1].as_str());
    let trees: u32 = value("--trees").unwrap_or("30").parse()?;
    let depths = value("--depths").unwrap_or("6,12").split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    let native_only = arguments.iter().any(|given| given == "--native-only");
    let named = |corpus: &Corpus| arguments.iter().any(|given| given == corpus.name);
    let any = CORPORA.iter().any(named);
    println!(
        "corpus            rows     entries  columns  depth  native ms  XGBoost ms  ratio  native rmse  XGBoost rmse"
    );
    for corpus in CORPORA.iter().filter(|corpus| !any || named(corpus)) {
        let (matrix, outcome) = make(corpus);
        let data = Data::new(matrix.view(), &outcome);
        let start = Instant::now();
        let dataset = if corpus.merge { Dataset::new(&data, 256)? } else { Dataset::unmerged(&data, 256)? };
        let prepared = start.elapsed().as_secs_f64();
        for &depth in &depths {
            let settings = Settings { max_depth: depth, eta: 0.1, ..Settings::default() };
            let mut trainer = Trainer::new(&dataset, &settings)?;
            let mut clock = Clock::default();
            clock.tick();
            for _ in 0..trees + 5 {
                trainer.round();
                clock.tick();
            }
            let ours = (clock.median(), error(&trainer.margins(), &outcome));
            let theirs = if native_only { (f64::NAN, f64::NAN) } else { xgboost(&matrix, &outcome, depth, trees)? };
            println!(
                "{:16} {:8} {:10} {:7} {depth:6} {:10.2} {:11.2} {:6.1}  {:.7}  {:.7}   ({} rows merged, prepared in {prepared:.2} s)",
                corpus.name,
                dataset.n_rows(),
                matrix.n_entries(),
                corpus.columns,
                ours.0,
                theirs.0,
                theirs.0 / ours.0,
                ours.1,
                theirs.1,
                dataset.n_merged(),
            );
        }
    }
    Ok(())
}

fn xgboost(matrix: &Csr, outcome: &[f64], depth: u32, trees: u32) -> Result<(f64, f64), Box<dyn Error>> {
    let parameters = json!({"max_depth": depth, "eta": 0.1});
    let parameters = Parameters::from_json(parameters.as_object().ok_or("an object")?)?;
    let mut clock = Clock::default();
    let data = TrainingData::new(matrix.view(), outcome);
    let booster = engine("xgboost")?.train(&Training::new(data, &parameters, trees + 6), &mut clock)?;
    let predictions = booster.predict(&matrix.view(), 0..trees + 5)?;
    Ok((clock.median(), error(&predictions, outcome)))
}

fn error(predictions: &[f32], outcome: &[f64]) -> f64 {
    let squares = predictions.iter().zip(outcome).map(|(prediction, y)| (f64::from(*prediction) - y).powi(2));
    (squares.sum::<f64>() / outcome.len() as f64).sqrt()
}

/// Texts: the words' frequencies fall as 1 / rank from the tenth on; tf-idf of counts over the length. A long text has 200 words.
fn make(corpus: &Corpus) -> (Csr, Vec<f64>) {
    let mut random = Random(42);
    let columns = corpus.columns as f64;
    let mut builder = CsrBuilder::new(corpus.columns as u32, corpus.rows);
    let mut outcome = Vec::with_capacity(corpus.rows);
    let mut kept: Vec<Vec<(u32, f32)>> = Vec::new();
    let mut words = Vec::new();
    for _ in 0..corpus.rows {
        let repeated = !kept.is_empty() && random.unit() < corpus.repeats;
        let row = if repeated {
            // The more often a text was repeated, the more often it will be.
            let at = (kept.len() as f64).powf(random.unit()) as usize - 1;
            kept[at].clone()
        } else {
            let length = if corpus.words > 0.0 {
                (-(1.0 - random.unit()).ln() * corpus.words) as usize
            } else {
                100 + random.below(200)
            };
            words.clear();
            words.extend((0..length).map(|_| {
                ((10.0 * ((columns + 10.0) / 10.0).powf(random.unit()) - 10.0) as usize).min(corpus.columns - 1)
            }));
            words.sort_unstable();
            let total = length as f32 * 1.4 + random.below(5) as f32;
            let row: Vec<(u32, f32)> = words
                .chunk_by(|a, b| a == b)
                .map(|same| (same[0] as u32, same.len() as f32 / total * ((same[0] + 20) as f32).ln()))
                .collect();
            if kept.len() < 400_000 {
                kept.push(row.clone());
            }
            row
        };
        let signal: f64 = row.iter().map(|&(word, value)| f64::from(value) * f64::from(word % 7) * 0.3 - 0.1).sum();
        outcome.push(signal + random.unit() * 2.0);
        builder.push_row(row);
    }
    (builder.finish().expect("rows in order"), outcome)
}
