//! Gradient boosting made for sparse text rows: the trees of XGBoost's `hist`, without touching what is zero.
//!
//! [`Dataset`] sorts rows into the bins that XGBoost 3.4.1 would choose (with every absent entry counted as a zero, or, in
//! the columns behind those of text, as missing) and merges the rows that fall into the same bins. [`Trainer`] grows one tree a round over it; [`Model`] predicts, and is
//! read and written in XGBoost's own format.
//!
//! Sums of gradients are integers ([fixed point](crate::Dataset)), so that no order of addition, no number of threads
//! and no merging of rows changes a tree. XGBoost adds `f64`s instead: a split differs from XGBoost's only where two
//! splits tie within the rounding of its 32-bit gains.

#![allow(clippy::doc_markdown, reason = "XGBoost and SplitMix64 are names")]
#![allow(clippy::float_cmp, reason = "equal means equal to the bit here, as in XGBoost")]

mod binned;
mod bits;
mod columns;
mod cuts;
mod dataset;
mod error;
mod fixed;
mod format;
mod gradient;
mod grow;
mod histogram;
mod limit;
pub mod memory;
mod model;
mod objective;
mod postings;
mod random;
mod rule;
mod settings;
mod split;
mod train;
mod tree;

pub use cuts::Cuts;
pub use dataset::{Data, Dataset};
pub use error::Error;
pub use model::Model;
pub use objective::Objective;
pub use settings::{GrowPolicy, Settings};
pub use train::Trainer;
pub use tree::{Node, Tree};
