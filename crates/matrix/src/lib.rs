//! The sparse document-term matrix: compressed sparse rows with checked invariants over Arrow buffers, the rows of one
//! fold as an Arrow IPC file, and tables in open formats.
//!
//! This crate knows nothing of text or of boosting. It reads from bytes and leaves mapping files to its callers.

mod batches;
mod csr;
mod error;
mod fold;
mod ipc;
mod table;

pub use batches::batch_rows;
pub use csr::{Csr, CsrBuilder, CsrView};
pub use error::{Error, is_full};
pub use fold::FoldMatrix;
pub use ipc::IpcFile;
pub use table::{TableFormat, TableWriter, read_batch, read_ipc, read_ipc_stream, read_parquet, write_table};
