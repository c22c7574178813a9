//! Hashes of the texts, by which copies are found without keeping a text.

use std::path::Path;
use std::sync::Arc;

use arrow_array::FixedSizeBinaryArray;
use arrow_array::cast::AsArray;
use arrow_buffer::Buffer;
use arrow_schema::DataType;
use nlpflow_matrix::read_ipc;
use twox_hash::XxHash3_128;

use crate::Error;
use crate::columns::{column, write_columns};

const BYTES: i32 = 16;

/// The hash of a text without the blanks around it; equal for equal texts, on every machine.
pub(crate) type Hash = [u8; BYTES as usize];

/// The hash of a text that is blank: no other text has it.
pub(crate) const BLANK: Hash = [0; BYTES as usize];

pub(crate) fn hash(text: &str) -> Hash {
    let text = text.trim();
    if text.is_empty() { BLANK } else { XxHash3_128::oneshot(text.as_bytes()).to_le_bytes() }
}

/// Writes one hash a row, in input order.
pub(crate) fn write_hashes(path: &Path, hashes: Vec<Hash>) -> Result<(), Error> {
    let values = Buffer::from_vec(hashes.into_flattened());
    let hashes = FixedSizeBinaryArray::try_new(BYTES, values, None).map_err(|error| Error::damaged(path, error))?;
    write_columns(path, vec![("hash", Arc::new(hashes))])
}

/// Reads the hashes of `rows` rows.
pub(crate) fn read_hashes(path: &Path, rows: usize) -> Result<Vec<Hash>, Error> {
    let mut hashes = Vec::with_capacity(rows);
    for batch in read_ipc(path)?.1 {
        let batch = batch?;
        let column = column(&batch, "hash", &DataType::FixedSizeBinary(BYTES), path)?.as_fixed_size_binary();
        hashes.extend(column.iter().map(|hash| hash.and_then(|hash| hash.try_into().ok()).unwrap_or(BLANK)));
    }
    if hashes.len() == rows {
        return Ok(hashes);
    }
    Err(Error::damaged(path, format!("it has hashes of {} rows, not of {rows}", hashes.len())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_hash_is_the_published_one_and_knows_no_blanks_around_a_text() {
        // xxhsum -H2 of `abc`.
        assert_eq!(u128::from_le_bytes(hash("abc")), 0x06b0_5ab6_733a_6185_78af_5f94_892f_3950);
        assert_eq!(hash(" abc\r\n"), hash("abc"));
        assert_eq!(hash("\u{3000}abc"), hash("abc"));
        assert_ne!(hash("a bc"), hash("abc"));
        assert_ne!(hash("Abc"), hash("abc"));
        assert_eq!((hash(""), hash(" \t")), (BLANK, BLANK));
    }

    #[test]
    fn hashes_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.arrow");
        let hashes: Vec<Hash> = (0..70_000).map(|row: u32| hash(&row.to_string())).collect();
        write_hashes(&path, hashes.clone()).unwrap();
        assert!(read_hashes(&path, hashes.len()).unwrap() == hashes);
        assert!(read_hashes(&path, 1).is_err());
    }
}
