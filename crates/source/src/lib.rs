//! Tables with a text column: read as documents with outcomes, looked at before a first run, and split into training
//! and test rows and folds.
//!
//! A table is streamed: one thread decompresses it and cuts it into chunks of whole records, a pool parses them and
//! runs the caller's function on each, and results come back in the order of the input, so memory is bounded whatever
//! the size of the file, and no result depends on the number of threads or the size of the chunks.

mod check;
mod chunk;
mod columns;
mod dialect;
mod documents;
mod error;
mod expression;
mod findings;
mod input;
mod inspect;
mod nearest;
mod outcome;
mod pipeline;
mod reader;
mod record;
mod selection;
mod split;
mod value;
mod visible;
mod witness;

pub use check::{check_outcome, constant_outcome};
pub use dialect::{DialectOptions, FoundDialect, Mark};
pub use documents::{BadRow, Documents};
pub use error::Error;
pub use expression::{BoundExpression, Expression, Slot};
pub use input::open_input;
pub use inspect::{ColumnKind, ColumnProfile, Foreign, Form, Inspection, ValueCount, inspect};
pub use outcome::OutcomeTally;
pub use pipeline::ReadSummary;
pub use reader::{DEFAULT_CHUNK_BYTES, MAX_RECORD_BYTES, ReadOptions, Reader};
pub use selection::{BadRows, EmptyPolicy, NullPolicy, Selection, Set};
pub use split::{Split, SplitOptions, assign};
pub use visible::visible;
pub use witness::hexadecimal;

/// Version of what a field means, by the rules of `value`: with others the same table has other outcomes.
pub const READING: u32 = 3;
