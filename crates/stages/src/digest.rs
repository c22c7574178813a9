use std::io::Read;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use nlpflow_matrix::{TableFormat, read_ipc_stream, write_table};
use nlpflow_source::hexadecimal;
use sha2::{Digest, Sha256};

use crate::Error;

/// SHA-256 of a file's bytes, in hexadecimal.
pub fn digest(path: &Path) -> Result<String, Error> {
    let mut file = nlpflow_source::open_input(path)?;
    let mut hash = Sha256::new();
    // One thread reads while the other computes: each takes about as long.
    std::thread::scope(|scope| {
        let (full_in, full) = sync_channel::<std::io::Result<Vec<u8>>>(BUFFERS);
        let (free_in, free) = sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            let _ = free_in.send(Vec::with_capacity(BUFFER_BYTES)); // the receiver is alive
        }
        scope.spawn(move || {
            for mut buffer in free {
                buffer.clear();
                let read = (&mut file).take(BUFFER_BYTES as u64).read_to_end(&mut buffer);
                let is_last = !matches!(read, Ok(1..));
                if full_in.send(read.map(|_| buffer)).is_err() || is_last {
                    return;
                }
            }
        });
        for buffer in full {
            let buffer = buffer.map_err(Error::read(path))?;
            hash.update(&buffer);
            let _ = free_in.send(buffer); // the other thread may have reached the end
        }
        Ok(hexadecimal(hash))
    })
}

/// Buffers go round between the two threads; they stay in the cache.
const BUFFERS: usize = 3;
const BUFFER_BYTES: usize = 1 << 18;

/// Writes an Arrow IPC stream as a table in the format that the extension of `path` names; returns its rows.
pub fn write_stream(ipc: &[u8], path: &Path) -> Result<u64, Error> {
    let (schema, batches) = read_ipc_stream(ipc)?;
    let batches = batches.into_iter().map(Ok::<_, nlpflow_matrix::Error>);
    Ok(write_table(path, TableFormat::of(path)?, &schema, batches)?)
}
