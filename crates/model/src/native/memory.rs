use nlpflow_boost::memory;

use crate::Parameters;

/// Bytes that the process needs whatever the data.
const FIXED: u64 = 8 << 20;

/// Per row while the data are prepared: where its entries begin, its places in the order and among the distinct rows (12),
/// and the key that rows of one length are sorted by (16).
const PER_ROW_PREPARED: u64 = 28;

/// Per row while trees grow: outcome, weight and place (12), gradients in fixed point and margin (20), those of a round and
/// what they are made of (48), and in a block its number, gradients and mark (25).
const PER_ROW_GROWN: u64 = 105;

/// Per entry while the data are prepared, besides its bin: row and value by column.
const PER_ENTRY_BY_COLUMN: u64 = 8;

/// So many parts of the entries are turned around one after the other, if there are as many columns.
const PARTS: u64 = 8;

/// Per bin: its column and its cut (8), its sum (16), the root's and by how much it moved (24), and itself and its sum in
/// the lists of the nodes that wait (20), which halve with every node.
const PER_BIN: u64 = 8 + 16 + 24 + 4 * 20;

/// A node of a finished tree; as saved, while a checkpoint is written or read, which takes it twice and room to grow.
const PER_NODE: u64 = memory::NODE + 3 * memory::SAVED_NODE;

/// The trees of a booster whose number is not among the parameters.
const USUAL_TREES: u64 = 500;

/// An upper bound from the sizes of the trainer's structures: all rows are taken as distinct.
pub(super) fn estimate(rows: u64, entries: u64, columns: u32, parameters: &Parameters) -> u64 {
    let number = |name: &str| parameters.number(name).unwrap_or(0.0).max(0.0);
    let bins = (u64::from(columns) * number("max_bin") as u64).min(entries + u64::from(columns));
    // A bin for each entry; while the data are prepared and in a block the bin once more.
    let bin_size = if bins <= 1 << 16 { 2 } else { 4 };
    let binned = entries * 2 * bin_size + memory::postings(rows, entries, bins);
    let leaves = (rows as f64 / number("min_child_weight").max(1.0)) as u64;
    let leaves = leaves.max(1).min(1 << (number("max_depth") as u32).min(20));
    let trees = parameters.trees().map_or(USUAL_TREES, u64::from) * 2 * leaves * PER_NODE;
    let prepared =
        rows * (PER_ROW_PREPARED + 8) + entries * PER_ENTRY_BY_COLUMN / u64::from(columns).clamp(1, PARTS) + binned;
    let grown = rows * PER_ROW_GROWN + binned + bins * PER_BIN + trees;
    FIXED + prepared.max(grown)
}

#[cfg(test)]
mod tests {
    use nlpflow_boost::memory::postings;
    use serde_json::json;

    use super::{PER_ROW_GROWN, estimate};
    use crate::Parameters;

    /// With 5 million rows of 2 million bins the starts of the postings alone take 616 MB.
    #[test]
    fn rows_of_many_bins_are_counted() {
        let told = json!({ "trees": 1, "max_bin": 256, "max_depth": 1 });
        let parameters = Parameters::from_json(told.as_object().expect("an object")).expect("parameters");
        let (rows, entries, columns) = (5_000_000, 20_000_000, 7_813);
        let held = postings(rows, entries, u64::from(columns) * 256);
        assert!(held > 616_000_000, "{held}");
        assert!(estimate(rows, entries, columns, &parameters) > held + rows * PER_ROW_GROWN);
    }
}
