#![allow(unsafe_code, reason = "mapping a file has no safe interface")]

use std::fs::File;
use std::path::Path;

use bytes::Bytes;

use crate::Error;

/// Maps a file into memory, read-only; an empty file gives empty bytes.
///
/// The file must not be changed while the bytes live. Artifacts of a store are written once and replaced by renaming,
/// which leaves mapped ones as they were.
pub fn map_file(path: impl AsRef<Path>) -> Result<Bytes, Error> {
    let path = path.as_ref();
    let failed = |source| Error::Io { path: path.into(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() == 0 {
        return Ok(Bytes::new()); // nothing cannot be mapped
    }
    // SAFETY: the mapping is private and read-only, and this function's contract, which the stores keep by writing
    // artifacts once, is that nobody changes the file under it.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
    Ok(Bytes::from_owner(map))
}
