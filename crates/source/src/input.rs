use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;
use sha2::Digest;

use crate::Error;
use crate::dialect::refuse_binary;
use crate::witness::{SharedHash, Witness};

/// Opens a file for reading.
///
/// Fails when it is missing, is a folder or may not be read, with a message that says which.
pub fn open_input(path: &Path) -> Result<File, Error> {
    let unreadable = |reason: String| Error::Unreadable { path: path.into(), reason };
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::NotFound { path: path.into() },
        _ => unreadable(error.to_string()),
    })?;
    let about = file.metadata().map_err(|error| unreadable(error.to_string()))?;
    if about.is_dir() {
        return Err(unreadable("it is a folder; name a file".into()));
    }
    Ok(file)
}

/// The decompressed, decoded bytes of a table: UTF-8 unless the file breaks its promise, without a byte order mark.
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Bytes of the file on disk; 0 when unknown, as for a pipe.
    pub(crate) size: u64,
    /// The encoding that is decoded.
    pub(crate) encoding: &'static Encoding,
    bytes: Box<dyn Read + Send>,
    compression: Option<Compression>,
    position: Arc<AtomicU64>,
    witness: Witness,
}

impl Input {
    /// Opens a table. A byte order mark decides the encoding, else `label`, else it is UTF-8. `digest` is the SHA-256 that
    /// its bytes on disk must have.
    pub(crate) fn open(path: &Path, label: Option<&str>, digest: Option<&str>) -> Result<Self, Error> {
        let encoding = match label {
            None => UTF_8,
            Some(label) => Encoding::for_label_no_replacement(label.as_bytes())
                .ok_or_else(|| Error::UnknownEncoding { label: label.to_owned() })?,
        };
        let file = open_input(path)?;
        let size = file.metadata().map_or(0, |about| about.len());
        let witness = Witness::new(path, &file, digest)
            .map_err(|error| Error::Unreadable { path: path.into(), reason: error.to_string() })?;
        let position = Arc::new(AtomicU64::new(0));
        let mut input = Self {
            path: path.into(),
            size,
            encoding,
            bytes: Box::new(Counted { file, position: Arc::clone(&position), hash: witness.hash() }),
            compression: None,
            position,
            witness,
        };
        input.decompress()?;
        let head = input.take_head(3)?;
        let mark = Encoding::for_bom(&head);
        let (encoding, start) = mark.unwrap_or((encoding, 0));
        input.put_back(head[start..].to_vec());
        input.encoding = encoding;
        // UTF-8 passes as it is: broken bytes must reach the record they stand in, to be reported there.
        if encoding != UTF_8 {
            let raw = std::mem::replace(&mut input.bytes, Box::new(io::empty()));
            let decode = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_sniffing(false).build(raw);
            // Asked for a few bytes, it loses some of the sign for a character that the end of the file cuts off.
            input.bytes = Box::new(BufReader::with_capacity(1 << 16, decode));
        }
        Ok(input)
    }

    /// The first decoded bytes, which stay to be read; fewer than `bytes` only where the table is shorter.
    pub(crate) fn peek(&mut self, bytes: usize) -> Result<Vec<u8>, Error> {
        let head = self.take_head(bytes)?;
        self.put_back(head.clone());
        Ok(head)
    }

    /// Appends up to `limit` bytes; fewer only at the end of the table.
    pub(crate) fn read(&mut self, limit: usize, buffer: &mut Vec<u8>) -> Result<usize, Error> {
        buffer.reserve(limit + 32); // the room that `read_to_end` wants to see the end without growing
        let read = self.bytes.by_ref().take(limit as u64).read_to_end(buffer);
        read.map_err(|error| self.failure(&error))
    }

    /// The decoded bytes of the whole table, where the file's size tells them: not of a pipe, nor of a table that is
    /// decompressed or decoded.
    pub(crate) fn decoded_size(&self) -> Option<u64> {
        (self.size > 0 && self.compression.is_none() && self.encoding == UTF_8).then_some(self.size)
    }

    /// Bytes of the file on disk read so far.
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Fails when the file is no longer the one that was opened, or not the one that was meant; for the end of reading.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        self.witness.verify()
    }

    /// Looks at the first bytes and puts a decompressor in front where they ask for one.
    fn decompress(&mut self) -> Result<(), Error> {
        let head = self.take_head(MAGIC_BYTES)?;
        let expected = Compression::ALL.into_iter().find(|kind| kind.names(&self.path));
        let found = Compression::ALL.into_iter().find(|kind| head.starts_with(kind.magic()));
        if let (Some(expected), None) = (expected, found) {
            if expected.magic().starts_with(&head) {
                return Err(Error::Truncated { path: self.path.clone(), format: expected.format() });
            }
            return Err(self.unreadable(format!("its name says {}, its bytes do not; rename it", expected.format())));
        }
        refuse_binary(&self.path, &head)?;
        self.put_back(head);
        self.compression = found;
        if let Some(kind) = found {
            let raw = BufReader::with_capacity(1 << 17, std::mem::replace(&mut self.bytes, Box::new(io::empty())));
            self.bytes = kind.decoder(raw).map_err(|error| self.failure(&error))?;
        }
        Ok(())
    }

    fn take_head(&mut self, bytes: usize) -> Result<Vec<u8>, Error> {
        let mut head = Vec::new();
        self.read(bytes, &mut head)?;
        Ok(head)
    }

    fn put_back(&mut self, head: Vec<u8>) {
        let rest = std::mem::replace(&mut self.bytes, Box::new(io::empty()));
        self.bytes = Box::new(Cursor::new(head).chain(rest));
    }

    fn unreadable(&self, reason: String) -> Error {
        Error::Unreadable { path: self.path.clone(), reason }
    }

    fn failure(&self, error: &io::Error) -> Error {
        match self.compression {
            Some(kind) if error.kind() == ErrorKind::UnexpectedEof => {
                Error::Truncated { path: self.path.clone(), format: kind.format() }
            }
            Some(kind) => {
                self.unreadable(format!("the {} data are damaged ({error}); copy the file again", kind.format()))
            }
            None => self.unreadable(error.to_string()),
        }
    }
}

/// Bytes that tell a binary format.
const MAGIC_BYTES: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    fn format(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => b"\x1f\x8b",
            Self::Zstd => b"\x28\xb5\x2f\xfd",
        }
    }

    fn names(self, path: &Path) -> bool {
        let extension = match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        };
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    }

    /// Files of several members or frames, one behind the other, are read to their end.
    fn decoder(self, raw: impl io::BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(raw)?),
        })
    }
}

/// A file that says how far it has been read, and what.
struct Counted {
    file: File,
    position: Arc<AtomicU64>,
    hash: Option<SharedHash>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(mut hash) = self.hash.as_ref().and_then(|hash| hash.lock().ok()) {
            hash.update(&buffer[..read]);
        }
        Ok(read)
    }
}
