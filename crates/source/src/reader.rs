use std::path::{Path, PathBuf};

use crate::chunk::{Chunk, Chunks};
use crate::input::Input;
use crate::pipeline::{self, ReadSummary};
use crate::record::RecordParser;
use crate::value::trim;
use crate::{BoundExpression, Documents, Error, Expression, Selection, columns};

/// Bytes that one thread parses at a time, unless the caller says otherwise.
pub const DEFAULT_CHUNK_BYTES: usize = 4 << 20;

/// The longest record that is read, in bytes; a longer one most likely has a quote that is never closed.
pub const MAX_RECORD_BYTES: usize = 64 << 20;

/// Which table to read and how.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The file: `.csv`, `.tsv` or `.txt`, also with `.gz` or `.zst` behind it.
    pub path: PathBuf,
    /// What separates fields; by default a tab in `.tsv` files and a comma in others.
    pub delimiter: Option<u8>,
    /// A label of the WHATWG Encoding Standard; by default UTF-8. A byte order mark in the file comes before it.
    pub encoding: Option<String>,
    /// SHA-256 of the file's bytes on disk in hexadecimal, where it is known: reading other bytes to their end fails.
    pub digest: Option<String>,
    /// Threads that parse; results do not depend on it.
    pub threads: usize,
    /// Bytes that one thread parses at a time; results do not depend on it.
    pub chunk_bytes: usize,
}

impl ReadOptions {
    /// Reads `path` on one thread as its name and first bytes suggest.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            delimiter: None,
            encoding: None,
            digest: None,
            threads: 1,
            chunk_bytes: DEFAULT_CHUNK_BYTES,
        }
    }

    pub(crate) fn delimiter(&self) -> Result<u8, Error> {
        let delimiter = self.delimiter.unwrap_or_else(|| default_delimiter(&self.path));
        match delimiter {
            b'"' | b'\r' | b'\n' | 0 | 0x80.. => Err(Error::InvalidDelimiter { delimiter }),
            _ => Ok(delimiter),
        }
    }
}

fn default_delimiter(path: &Path) -> u8 {
    let is_tab = |name: &str| name.split('.').any(|part| part.eq_ignore_ascii_case("tsv"));
    if path.file_name().is_some_and(|name| is_tab(&name.to_string_lossy())) { b'\t' } else { b',' }
}

/// A table that is open, with its header read.
pub struct Reader {
    pub(crate) columns: Vec<String>,
    pub(crate) delimiter: u8,
    pub(crate) threads: usize,
    pub(crate) first: Chunk,
    pub(crate) chunks: Chunks,
}

impl Reader {
    /// Opens a table and reads its header.
    ///
    /// Fails when the file cannot be read, has no header or no record behind it.
    pub fn open(options: &ReadOptions) -> Result<Self, Error> {
        let delimiter = options.delimiter()?;
        let input = Input::open(&options.path, options.encoding.as_deref(), options.digest.as_deref())?;
        let mut chunks = Chunks::new(input, delimiter, options.chunk_bytes, MAX_RECORD_BYTES);
        let empty = |reason| Error::EmptyTable { path: options.path.clone(), reason };
        let mut first =
            chunks.next(Vec::new())?.ok_or_else(|| empty("there is not even a header line with column names"))?;
        let mut parser = RecordParser::new(delimiter);
        let header = parser.next(&first.bytes, 0).ok_or_else(|| empty("there is no header line"))?;
        let columns = header_names(&header.fields().collect::<Vec<_>>(), chunks.input())?;
        first.start = header.end;
        first.records -= 1;
        chunks.header_taken();
        if first.records == 0 {
            first = chunks.next(first.bytes)?.ok_or_else(|| empty("there is a header, but no record behind it"))?;
        }
        Ok(Self { columns, delimiter, threads: options.threads.max(1), first, chunks })
    }

    /// The names in the header, in order; they may be empty or repeat.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The position of the column called `name`; fails when there is none or more than one.
    pub fn column(&self, name: &str) -> Result<usize, Error> {
        columns::find(&self.columns, name)
    }

    /// Finds the columns that an outcome expression names.
    pub fn bind(&self, expression: &Expression) -> Result<BoundExpression, Error> {
        expression.bind(&self.columns)
    }

    /// Reads the table: `map` runs on the documents of each chunk, on several threads at once; `each` gets them and the
    /// result in the order of the table, on this thread; `step` is told the bytes of the file done and in all (0 when
    /// unknown) and can end the reading with an error.
    ///
    /// At most `2 · threads + 2` chunks are in memory. Where chunks begin and end may differ between runs with other
    /// options, the documents do not. The first error in the order of the table is returned.
    pub fn documents<T: Send, E: From<Error>>(
        self,
        selection: &Selection,
        map: impl Fn(&Documents) -> T + Sync,
        each: impl FnMut(Documents, T) -> Result<(), E>,
        step: impl FnMut(u64, u64) -> Result<(), E>,
    ) -> Result<ReadSummary, E> {
        pipeline::run(self, selection, &map, each, step)
    }
}

fn header_names(fields: &[&[u8]], input: &Input) -> Result<Vec<String>, Error> {
    let unreadable = |reason: &str| Error::Unreadable { path: input.path.clone(), reason: reason.into() };
    let name = |field: &&[u8]| match std::str::from_utf8(field) {
        Ok(name) if name.contains('\0') => {
            Err(unreadable("its header holds NUL characters; if it is UTF-16, use --encoding utf-16le or utf-16be"))
        }
        Ok(name) => Ok(trim(name).to_owned()),
        Err(_) => Err(unreadable("its header is not UTF-8; name the encoding, such as --encoding windows-1252")),
    };
    fields.iter().map(name).collect()
}
