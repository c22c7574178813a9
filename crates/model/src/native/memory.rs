use crate::Parameters;

/// Bytes that the process needs whatever the data.
const FIXED: u64 = 8 << 20;

/// Per row while the data are prepared: where its entries begin, twice (16), the key that it is sorted by (32), its places
/// in the order and among the distinct rows (12).
const PER_ROW_PREPARED: u64 = 60;

/// Per row while trees grow: outcome, margin, member and two places (20), gradients in fixed point (16), those of a round
/// and what they are made of (48), and in a block its number, gradients and mark (25).
const PER_ROW_GROWN: u64 = 109;

/// Per entry while the data are prepared: row and value by column (8), bin by row (4).
const PER_ENTRY_PREPARED: u64 = 12;

/// Per bin: its sum (16), and itself and its sum in the lists of the nodes that wait (20), which halve with every node.
const PER_BIN: u64 = 16 + 4 * 20;

/// A node of a finished tree.
const PER_NODE: u64 = 44;

/// The trees of a booster whose number is not among the parameters.
const USUAL_TREES: u64 = 500;

/// An upper bound from the sizes of the trainer's structures: all rows are taken as distinct.
pub(super) fn estimate(rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64 {
    let number = |name: &str| parameters.number(name).unwrap_or(0.0).max(0.0);
    let bins = (u64::from(columns) * number("max_bin") as u64).min(entries + u64::from(columns));
    // A bin and a row for each entry, and the bin once more in a block.
    let bin_size = if bins <= 1 << 16 { 2 } else { 4 };
    let binned = entries * (2 * bin_size + 4);
    let leaves = (rows as f64 / number("min_child_weight").max(1.0)) as u64;
    let leaves = leaves.max(1).min(1 << (number("max_depth") as u32).min(20));
    let trees = parameters.trees().map_or(USUAL_TREES, u64::from) * 2 * leaves * PER_NODE;
    let prepared = rows * (PER_ROW_PREPARED + 8) + entries * PER_ENTRY_PREPARED + binned;
    let grown = rows * PER_ROW_GROWN + binned + bins * PER_BIN + trees;
    FIXED + prepared.max(grown)
}
