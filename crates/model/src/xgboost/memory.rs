use nlpflow_boost::memory;

use crate::Parameters;

/// Bytes that the process needs whatever the data: XGBoost's own tables and small allocations.
const FIXED: u64 = 16 << 20;

/// Per row: outcome (4 and 4 more while it is read), gradients (8, and 8 for the sampled ones), predictions and leaves
/// (4 and 4), the offset (8), and row numbers as they are and as they are partitioned (8 and 16).
const PER_ROW: u64 = 64;

/// XGBoost keeps a column in full from this share of entries on: 1 in 5.
const DENSE_COLUMN: u64 = 5;

/// XGBoost's own limit of histograms at a time.
const MAX_HISTOGRAMS: u64 = 1 << 16;

/// Gradient and second derivative of a bin, as 64-bit floats.
const PER_BIN: u64 = 16;

/// A node of a finished tree: `RegTree::Node`, its statistics, its kind of split; as saved, while a checkpoint is written
/// or read, in XGBoost's fields, in its buffer, in ours and in the checkpoint.
const PER_NODE: u64 = 57 + 4 * memory::SAVED_NODE;

/// The trees of a booster whose number is not among the parameters.
const USUAL_TREES: u64 = 500;

/// An upper bound from the sizes of XGBoost's structures (3.4.1, one thread).
///
/// - The rows' bins take 4 bytes an entry; the columns' take 1, 2 or 4 bytes and 8 for the row number, an entry of a
///   sparse column or a row of a dense one.
/// - A histogram of all bins is kept for every node that may still be split.
/// - The sketches of all columns, which are freed before the first tree, hold some thousand values each.
pub(super) fn estimate(rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64 {
    let columns = u64::from(columns);
    let number = |name: &str| parameters.number(name).unwrap_or(0.0).max(0.0);
    let max_bin = number("max_bin") as u64;

    let bin_size = if max_bin <= 1 << 8 { 1 } else { 2 };
    let column_entries = entries.saturating_mul(DENSE_COLUMN).min(rows.saturating_mul(columns));
    let index = entries * 4 + column_entries * (bin_size + 8);

    let bins = (columns * max_bin).min(entries + columns);
    let histograms =
        histograms(rows, number("max_depth") as u32, number("max_leaves") as u64, number("min_child_weight"));
    let trees = parameters.trees().map_or(USUAL_TREES, u64::from) * (2 * histograms + 1) * PER_NODE;
    let training = rows * PER_ROW + index + bins * histograms * PER_BIN + trees;
    let sketching = columns * sketch(rows, max_bin);
    FIXED + training.max(sketching + rows * 8)
}

/// The nodes of a tree above the deepest level; each has a histogram.
fn histograms(rows: u64, max_depth: u32, max_leaves: u64, min_child_weight: f64) -> u64 {
    // With squared error and alike a row weighs at most 1, so that a leaf has that many rows at least.
    let mut leaves = (rows as f64 / min_child_weight.max(1.0)) as u64;
    if max_leaves > 0 {
        leaves = leaves.min(max_leaves);
    }
    let by_leaves = leaves.saturating_mul(2).max(1);
    let by_depth = if max_depth == 0 { u64::MAX } else { (1 << max_depth.min(62)) - 1 };
    by_leaves.min(by_depth).min(MAX_HISTOGRAMS)
}

/// The sketch of one column: a queue, two summaries at the work's end and those of a few levels, each of some thousand
/// entries of 16 bytes (`WQuantileSketch::LimitSizeLevel` with an error of half a bin).
fn sketch(rows: u64, max_bin: u64) -> u64 {
    let bins = max_bin.clamp(1, rows.max(1));
    let mut levels = 1;
    while (1 << levels) * (2 * bins * levels + 1).min(rows) < rows {
        levels += 1;
    }
    let limit = (2 * bins * levels + 1).min(rows);
    limit * (2 * 8 + 4 * 16 + 16 * levels)
}
