use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use arrow_ipc::reader::read_footer_length;
use arrow_schema::ArrowError;

use crate::Error;
use crate::ipc::TRAILER;

/// The number of rows of each record batch of an Arrow IPC file, without reading the batches.
pub fn batch_rows(path: &Path) -> Result<Vec<usize>, Error> {
    let io = |source| Error::Io { action: "read", path: path.into(), source };
    let malformed = |reason: String| Error::Malformed { what: path.display().to_string(), reason };
    let mut file = File::open(path).map_err(io)?;
    let length = file.seek(SeekFrom::End(0)).map_err(io)?;
    let mut part = |start: u64, bytes: usize| -> Result<Vec<u8>, Error> {
        if start.checked_add(bytes as u64).is_none_or(|end| end > length) {
            return Err(malformed("it is cut off".into()));
        }
        read_part(&mut file, start, bytes).map_err(io)
    };
    let arrow = |error: ArrowError| malformed(error.to_string());
    let end = length.checked_sub(TRAILER as u64).ok_or_else(|| malformed("it is too short".into()))?;
    let mut trailer = [0; TRAILER];
    trailer.copy_from_slice(&part(end, TRAILER)?);
    let footer_length = read_footer_length(trailer).map_err(arrow)?;
    let start = end.checked_sub(footer_length as u64).ok_or_else(|| malformed("its footer is cut off".into()))?;
    let footer = part(start, footer_length)?;
    let footer = arrow_ipc::root_as_footer(&footer).map_err(|error| malformed(error.to_string()))?;
    let rows = footer.recordBatches().into_iter().flatten().map(|block| {
        let unfit = || malformed("a record batch lies outside the file".into());
        let (start, bytes) = (u64::try_from(block.offset()), usize::try_from(block.metaDataLength()));
        let header = part(start.map_err(|_| unfit())?, bytes.map_err(|_| unfit())?)?;
        rows_of(&header).ok_or_else(|| malformed("a record batch has no header".into()))
    });
    rows.collect()
}

fn read_part(file: &mut File, start: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let mut part = vec![0; bytes];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut part)?;
    Ok(part)
}

/// The rows of a record batch by the message before it: its length in 4 bytes, after 4 of a mark in all but old files.
fn rows_of(message: &[u8]) -> Option<usize> {
    let mark = if message.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = arrow_ipc::root_as_message(message.get(mark..)?).ok()?;
    usize::try_from(message.header_as_record_batch()?.length()).ok()
}
