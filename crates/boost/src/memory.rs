//! The bytes of structures whose size is not that of a few numbers a row: for estimates.

use crate::Node;
use crate::postings::Postings;

/// A node of a model.
pub const NODE: u64 = size_of::<Node>() as u64;

/// A node of a saved model (UBJSON): eight numbers of 4 bytes and two of 1 byte.
pub const SAVED_NODE: u64 = 34;

/// About what the rest of a saved tree takes: the names of its fields.
pub(crate) const SAVED_TREE: u64 = 800;

/// The rows of each bin, for so many rows, entries and bins of all columns.
#[must_use]
pub fn postings(rows: u64, entries: u64, bins: u64) -> u64 {
    Postings::bytes(rows, entries, bins)
}
