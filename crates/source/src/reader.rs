use std::path::PathBuf;

use crate::chunk::{Chunk, Chunks};
use crate::dialect::{Dialect, FoundDialect, HEAD_BYTES, Shape, recognise};
use crate::input::Input;
use crate::pipeline::{self, ReadSummary};
use crate::value::trim;
use crate::{BoundExpression, DialectOptions, Documents, Error, Expression, Selection, columns};

/// Bytes that one thread parses at a time, unless the caller says otherwise.
pub const DEFAULT_CHUNK_BYTES: usize = 4 << 20;

/// The longest record that is read, in bytes; a longer one most likely has a quote that is never closed.
pub const MAX_RECORD_BYTES: usize = 64 << 20;

/// Which table to read and how.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The file: `.csv`, `.tsv` or `.txt`, also with `.gz` or `.zst` behind it.
    pub path: PathBuf,
    /// How the table is written, as far as that is not to be found out.
    pub dialect: DialectOptions,
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
            dialect: DialectOptions::default(),
            encoding: None,
            digest: None,
            threads: 1,
            chunk_bytes: DEFAULT_CHUNK_BYTES,
        }
    }
}

/// A table that is open, with its header read.
pub struct Reader {
    pub(crate) columns: Vec<String>,
    pub(crate) dialect: Dialect,
    /// What records look like, to know those that a quoted field swallowed.
    pub(crate) shape: Shape,
    pub(crate) threads: usize,
    pub(crate) first: Chunk,
    pub(crate) chunks: Chunks,
}

impl Reader {
    /// Opens a table, finds out how it is written where `options` do not say, and reads its header.
    ///
    /// Fails when the file cannot be read, is no text table, or has no record.
    pub fn open(options: &ReadOptions) -> Result<Self, Error> {
        options.dialect.check()?;
        let mut input = Input::open(&options.path, options.encoding.as_deref(), options.digest.as_deref())?;
        let head = input.peek(HEAD_BYTES)?;
        let (dialect, shape) = recognise(&options.path, &head, &options.dialect)?;
        drop(head);
        let mut chunks = Chunks::new(input, dialect.syntax, options.chunk_bytes, MAX_RECORD_BYTES);
        let empty = |reason| Error::EmptyTable { path: options.path.clone(), reason };
        let no_header = "there is not even a header line with column names";
        let no_record = "there is a header, but no record behind it";
        let mut first = chunks.next(Vec::new())?.ok_or_else(|| empty(no_header))?;
        let mut parser = dialect.parser();
        if dialect.has_sep_line {
            let end = parser.next(&first.bytes, 0).ok_or_else(|| empty(no_header))?.end;
            first = skip_record(first, end, &mut chunks)?.ok_or_else(|| empty(no_header))?;
        }
        let record = parser.next(&first.bytes, first.start).ok_or_else(|| empty(no_header))?;
        let names = options.dialect.columns.as_deref();
        let columns = if dialect.has_header {
            let found = header_names(&record.fields().collect::<Vec<_>>(), chunks.input())?;
            let end = record.end;
            first = skip_record(first, end, &mut chunks)?.ok_or_else(|| empty(no_record))?;
            names.map_or(Ok(found.clone()), |names| given_names(names, found.len(), "the header"))?
        } else {
            let fields = record.len();
            match names {
                Some(names) => given_names(names, fields, "the first record")?,
                None => (1..=fields).map(|number| format!("column_{number}")).collect(),
            }
        };
        Ok(Self { columns, dialect, shape, threads: options.threads.max(1), first, chunks })
    }

    /// What was found out about how the table is written and differs from the usual, as sentences.
    #[must_use]
    pub fn recognised(&self) -> &[String] {
        &self.dialect.recognised
    }

    /// How the table is written.
    #[must_use]
    pub fn dialect(&self) -> FoundDialect {
        self.dialect.found()
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

/// Leaves out the record that ends at `end`, so that the one behind it has number 0; none when there is none.
fn skip_record(mut chunk: Chunk, end: usize, chunks: &mut Chunks) -> Result<Option<Chunk>, Error> {
    chunk.start = end;
    chunk.records -= 1;
    chunks.skipped_record();
    if chunk.records == 0 { chunks.next(chunk.bytes) } else { Ok(Some(chunk)) }
}

fn given_names(names: &[String], fields: usize, of: &str) -> Result<Vec<String>, Error> {
    if names.len() != fields {
        let reason = format!("--columns names {} columns, {of} has {fields}", names.len());
        return Err(Error::InvalidDialect(reason));
    }
    Ok(names.iter().map(|name| trim(name).to_owned()).collect())
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
