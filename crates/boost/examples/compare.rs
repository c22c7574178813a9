//! Trains the same trees with XGBoost and with this crate, and shows where they part.
//!
//! `compare FOLDER COLUMNS ROUNDS PARAMETERS` reads `indptr.i64`, `indices.u32`, `values.f32` and `outcome.f64`
//! (little-endian, as numpy's `tofile` writes them) and XGBoost's parameters as a JSON object.
#![allow(clippy::print_stdout, reason = "a command")]
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]
#![allow(clippy::float_cmp, reason = "equal means equal to the bit")]

use std::error::Error;
use std::fs;
use std::path::Path;

use nlpflow_model::CsrView;

#[path = "../tests/against/mod.rs"]
mod against;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, columns, rounds, parameters] = arguments.as_slice() else {
        return Err("usage: compare FOLDER COLUMNS ROUNDS PARAMETERS".into());
    };
    let folder = Path::new(folder);
    let indptr = read(&folder.join("indptr.i64"), i64::from_le_bytes)?;
    let indices = read(&folder.join("indices.u32"), u32::from_le_bytes)?;
    let values = read(&folder.join("values.f32"), f32::from_le_bytes)?;
    let outcome = read(&folder.join("outcome.f64"), f64::from_le_bytes)?;
    let rows = CsrView { indptr: &indptr, indices: &indices, values: &values, n_cols: columns.parse()? };
    let rounds: u32 = rounds.parse()?;
    let report = against::compare(rows, &outcome, &serde_json::from_str(parameters)?, rounds)?;
    println!(
        "{} rows, {} merged; base score {:?} ours, {:?} XGBoost's",
        report.rows[0], report.rows[1], report.base_scores[0], report.base_scores[1]
    );
    report.ties.iter().chain(&report.wrong).for_each(|line| println!("{line}"));
    println!(
        "{} nodes compared, {} ties taken otherwise, {} other differences",
        report.nodes,
        report.ties.len(),
        report.wrong.len()
    );
    match report.first_apart {
        None => println!("left to itself: the same splits in all {rounds} trees"),
        Some(round) => println!("left to itself: the first tree with another split is {round}"),
    }
    println!(
        "margins apart by {:e} of the greatest; training rmse {:.9} ours, {:.9} XGBoost's",
        report.margins_apart, report.errors[0], report.errors[1]
    );
    if report.wrong.is_empty() { Ok(()) } else { Err("the trees differ".into()) }
}

fn read<T, const N: usize>(path: &Path, decode: fn([u8; N]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(bytes.as_chunks::<N>().0.iter().copied().map(decode).collect())
}
