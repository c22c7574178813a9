use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::Block;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;

use crate::Error;

/// An Arrow IPC file held as bytes, typically a mapped file: its record batches borrow the bytes and copy nothing.
#[derive(Debug)]
pub struct IpcFile {
    buffer: Buffer,
    schema: SchemaRef,
    blocks: Vec<Block>,
    decoder: FileDecoder,
}

/// Behind the footer stand its length (4 bytes) and the magic `ARROW1`.
pub(crate) const TRAILER: usize = 10;

impl IpcFile {
    /// Reads the footer of `bytes`; `what` names the file in errors. Every offset is checked before it is used.
    pub fn new(bytes: Bytes, what: &str) -> Result<Self, Error> {
        let malformed = |reason: String| Error::Malformed { what: what.into(), reason };
        let arrow = |error: ArrowError| malformed(error.to_string());
        let buffer = Buffer::from(bytes);
        let end = buffer.len().checked_sub(TRAILER).ok_or_else(|| malformed("it is too short".into()))?;
        let mut trailer = [0; TRAILER];
        trailer.copy_from_slice(&buffer[end..]);
        let footer_length = read_footer_length(trailer).map_err(arrow)?;
        let start = end.checked_sub(footer_length).ok_or_else(|| malformed("its footer is cut off".into()))?;
        let footer = arrow_ipc::root_as_footer(&buffer[start..end]).map_err(|error| malformed(error.to_string()))?;
        let schema = footer.schema().ok_or_else(|| malformed("it has no schema".into()))?;
        let schema = Arc::new(try_fb_to_schema(schema).map_err(arrow)?);
        let blocks: Vec<Block> = footer.recordBatches().iter().flatten().copied().collect();
        for block in &blocks {
            let inside = usize::try_from(block.offset())
                .ok()
                .and_then(|offset| offset.checked_add(usize::try_from(block.metaDataLength()).ok()?))
                .and_then(|offset| offset.checked_add(usize::try_from(block.bodyLength()).ok()?))
                .is_some_and(|last| last <= start);
            if !inside {
                return Err(malformed("a record batch lies outside the file".into()));
            }
        }
        let decoder = FileDecoder::new(schema.clone(), footer.version());
        Ok(Self { buffer, schema, blocks, decoder })
    }

    /// Columns and metadata.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The number of record batches.
    #[must_use]
    pub fn n_batches(&self) -> usize {
        self.blocks.len()
    }

    /// Record batch `index`; panics beyond [`Self::n_batches`].
    pub fn batch(&self, index: usize) -> Result<RecordBatch, ArrowError> {
        let block = &self.blocks[index];
        let length = block.metaDataLength() as usize + block.bodyLength() as usize;
        let data = self.buffer.slice_with_length(block.offset() as usize, length);
        // The decoder slices by the offsets inside a message unchecked: those of a damaged file make it panic.
        let decode = std::panic::AssertUnwindSafe(|| self.decoder.read_record_batch(block, &data));
        std::panic::catch_unwind(decode)
            .unwrap_or_else(|_| Err(ArrowError::IpcError("a buffer lies outside its record batch".into())))?
            .ok_or_else(|| ArrowError::IpcError("an empty message stands where a record batch should".into()))
    }
}
