use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use nlpflow_matrix::{TableFormat, read_ipc_stream, write_table};
use sha2::{Digest, Sha256};

use crate::Error;

/// SHA-256 of a file's bytes, in hexadecimal.
pub fn digest(path: &Path) -> Result<String, Error> {
    let mut file = nlpflow_source::open_input(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(Error::read(path))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(hexadecimal(hash))
}

/// A finished SHA-256 in hexadecimal.
pub(crate) fn hexadecimal(hash: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
    }
    text
}

/// Writes an Arrow IPC stream as a table in the format that the extension of `path` names; returns its rows.
pub fn write_stream(ipc: &[u8], path: &Path) -> Result<u64, Error> {
    let (schema, batches) = read_ipc_stream(ipc)?;
    let batches = batches.into_iter().map(Ok::<_, nlpflow_matrix::Error>);
    Ok(write_table(path, TableFormat::of(path)?, &schema, batches)?)
}
