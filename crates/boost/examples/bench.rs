//! Makes corpora and trains on them: the worker of `scripts/bench train`.
//!
//! `bench make NAME FOLDER` writes `indptr.i64`, `indices.u32`, `values.f32`, `outcome.f64` (little-endian) and `columns`;
//! NAME ends in `-merged` for a corpus whose equal rows are one, with `weight.f64`.
//! `bench train FOLDER ENGINE DEPTH TREES` trains on one thread and prints a line of JSON: the median milliseconds a tree
//! after five trees of warm-up, the bytes of memory at the peak above what the matrix takes, and the training rmse. The
//! engine is `native`, `native-unmerged`, or `xgboost`.
#![allow(clippy::print_stdout, reason = "a command")]
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use nlpflow_boost::{Data, Dataset, Settings, Trainer};
use nlpflow_matrix::{Csr, CsrBuilder, CsrView};
use nlpflow_model::{Observer, Parameters, Round, Training, TrainingData, engine};
use random::Random;
use serde_json::json;

#[path = "../tests/random/mod.rs"]
mod random;

/// Trees that are grown before the clock counts.
const WARM_UP: u32 = 5;

/// A corpus of texts: the words that are left of a text when its stop words are gone.
struct Corpus {
    name: &'static str,
    rows: usize,
    columns: usize,
    /// Words a text on average.
    words: f64,
    lengths: Lengths,
}

/// How the lengths of texts spread about their mean.
#[derive(Clone, Copy)]
enum Lengths {
    Exponential,
    /// With this standard deviation of the logarithm.
    LogNormal(f64),
}

impl Lengths {
    /// A length as a share of the mean.
    fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Exponential => -(1.0 - random.unit()).ln(),
            Self::LogNormal(sigma) => {
                // Box and Muller's transform.
                let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * random.unit()).cos();
                (sigma * normal - sigma * sigma / 2.0).exp()
            }
        }
    }
}

/// 2 million texts have the 7.5 million entries, and 640 thousand different rows, of the real ones that the trainer was first
/// measured on. Long texts have 200 tokens, of which about 110 are no stop words, and the lengths of film reviews.
const CORPORA: &[Corpus] = &[
    Corpus { name: "2m-100", rows: 2_000_000, columns: 100, words: 18.5, lengths: Lengths::LogNormal(1.5) },
    Corpus { name: "500k-5000", rows: 500_000, columns: 5_000, words: 9.0, lengths: Lengths::Exponential },
    Corpus { name: "short-100", rows: 700_000, columns: 100, words: 9.0, lengths: Lengths::Exponential },
    Corpus { name: "long-100", rows: 50_000, columns: 100, words: 110.0, lengths: Lengths::LogNormal(0.65) },
    Corpus { name: "long-5000", rows: 50_000, columns: 5_000, words: 110.0, lengths: Lengths::LogNormal(0.65) },
];

/// Different words of the language, and how far the most frequent ones lie below 1 / rank (Mandelbrot).
const LANGUAGE: f64 = 30_000.0;
const FLATTENING: f64 = 20.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", name, folder] => make(name, Path::new(folder)),
        ["train", folder, engine, depth, trees] => train(Path::new(folder), engine, depth.parse()?, trees.parse()?),
        _ => Err("usage: bench make NAME FOLDER | bench train FOLDER ENGINE DEPTH TREES".into()),
    }
}

fn make(name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let plain = name.trim_end_matches("-merged");
    let corpus = CORPORA.iter().find(|corpus| corpus.name == plain).ok_or("no such corpus")?;
    let (matrix, outcome) = texts(corpus);
    fs::write(folder.join("columns"), corpus.columns.to_string())?;
    if plain == name {
        return write(folder, &matrix.view(), &outcome);
    }
    let view = matrix.view();
    let mut places: HashMap<Vec<u64>, usize> = HashMap::new();
    let (mut weights, mut sums, mut builder) = (Vec::new(), Vec::new(), CsrBuilder::new(view.n_cols, 0));
    for (row, outcome) in outcome.iter().enumerate() {
        let (columns, values) = view.row(row);
        let key =
            columns.iter().zip(values).map(|(column, value)| u64::from(*column) << 32 | u64::from(value.to_bits()));
        let place = *places.entry(key.collect()).or_insert(weights.len());
        if place == weights.len() {
            builder.push_row(columns.iter().copied().zip(values.iter().copied()));
            weights.push(0.0);
            sums.push(0.0);
        }
        weights[place] += 1.0;
        sums[place] += outcome;
    }
    let means: Vec<f64> = sums.iter().zip(&weights).map(|(sum, weight)| sum / weight).collect();
    fs::write(folder.join("weight.f64"), bytes(&weights, f64::to_le_bytes))?;
    write(folder, &builder.finish()?.view(), &means)
}

fn write(folder: &Path, view: &CsrView<'_>, outcome: &[f64]) -> Result<(), Box<dyn Error>> {
    fs::write(folder.join("indptr.i64"), bytes(view.indptr, i64::to_le_bytes))?;
    fs::write(folder.join("indices.u32"), bytes(view.indices, u32::to_le_bytes))?;
    fs::write(folder.join("values.f32"), bytes(view.values, f32::to_le_bytes))?;
    Ok(fs::write(folder.join("outcome.f64"), bytes(outcome, f64::to_le_bytes))?)
}

fn bytes<T: Copy, const N: usize>(numbers: &[T], encode: fn(T) -> [u8; N]) -> Vec<u8> {
    numbers.iter().flat_map(|number| encode(*number)).collect()
}

/// Counts of words over the number of kept words, times a weight a word (l1 tf-idf), and an outcome that some words move.
fn texts(corpus: &Corpus) -> (Csr, Vec<f64>) {
    let mut random = Random(42);
    let mut builder = CsrBuilder::new(corpus.columns as u32, corpus.rows);
    let mut outcome = Vec::with_capacity(corpus.rows);
    let mut words = Vec::new();
    for _ in 0..corpus.rows {
        let share = corpus.lengths.draw(&mut random);
        words.clear();
        for _ in 0..(share * corpus.words) as usize {
            let rank = FLATTENING * ((LANGUAGE + FLATTENING) / FLATTENING).powf(random.unit()) - FLATTENING;
            if (rank as usize) < corpus.columns {
                words.push(rank as u32);
            }
        }
        words.sort_unstable();
        let row: Vec<(u32, f32)> = words
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as f32 / words.len() as f32 * ((same[0] + 20) as f32).ln()))
            .collect();
        let signal: f64 = row.iter().map(|&(word, value)| f64::from(value) * f64::from(word % 7) * 0.3 - 0.1).sum();
        outcome.push(signal + random.unit() * 2.0);
        builder.push_row(row);
    }
    (builder.finish().expect("rows in order"), outcome)
}

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

    fn median(mut self) -> f64 {
        let mut rounds = self.rounds.split_off((WARM_UP as usize).min(self.rounds.len()));
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

fn train(folder: &Path, name: &str, depth: u32, trees: u32) -> Result<(), Box<dyn Error>> {
    let n_cols = fs::read_to_string(folder.join("columns"))?.parse()?;
    let indptr = read(&folder.join("indptr.i64"), i64::from_le_bytes)?;
    let indices = read(&folder.join("indices.u32"), u32::from_le_bytes)?;
    let values = read(&folder.join("values.f32"), f32::from_le_bytes)?;
    let outcome = read(&folder.join("outcome.f64"), f64::from_le_bytes)?;
    let weight = folder.join("weight.f64");
    let weight = weight.exists().then(|| read(&weight, f64::from_le_bytes)).transpose()?;
    let rows = CsrView { indptr: &indptr, indices: &indices, values: &values, n_cols };

    fs::write("/proc/self/clear_refs", "5")?; // the peak starts anew
    let before = status("VmRSS:")?;
    let mut clock = Clock::default();
    let started = Instant::now();
    let rounds = trees + WARM_UP;
    let predictions = if name.starts_with("native") {
        let data = Data { weight: weight.as_deref(), ..Data::new(rows, &outcome) };
        let dataset = if name == "native" { Dataset::new(&data, 256)? } else { Dataset::unmerged(&data, 256)? };
        let settings = Settings { max_depth: depth, eta: 0.1, ..Settings::default() };
        let mut trainer = Trainer::new(&dataset, &settings)?;
        trainer.drop_margins();
        for _ in 0..=rounds {
            clock.tick();
            trainer.round();
        }
        trainer.model().margins(&rows, 0..rounds + 1)?
    } else {
        let parameters = json!({"max_depth": depth, "eta": 0.1});
        let parameters = Parameters::from_json(parameters.as_object().ok_or("an object")?)?;
        let data = TrainingData { weight: weight.as_deref(), ..TrainingData::new(rows, &outcome) };
        let booster = engine(name)?.train(&Training::new(data, &parameters, rounds + 1), &mut clock)?;
        booster.predict(&rows, 0..rounds + 1)?
    };
    let (seconds, peak) = (started.elapsed().as_secs_f64(), status("VmHWM:")? - before);
    let weight = |row: usize| weight.as_ref().map_or(1.0, |weight| weight[row]);
    let squares = (0..outcome.len()).map(|row| weight(row) * (f64::from(predictions[row]) - outcome[row]).powi(2));
    let total: f64 = (0..outcome.len()).map(weight).sum();
    let rmse = (squares.sum::<f64>() / total).sqrt();
    println!("{}", json!({ "ms": clock.median(), "peak": peak, "rmse": rmse, "seconds": seconds }));
    Ok(())
}

/// A field of `/proc/self/status` in bytes.
fn status(field: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such field")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()? * 1024)
}

fn read<T, const N: usize>(path: &Path, decode: fn([u8; N]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(bytes.as_chunks::<N>().0.iter().copied().map(decode).collect())
}
