use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::Error;

/// A format of tables that people and other tools read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Apache Parquet, compressed with Zstandard.
    Parquet,
    /// RFC 4180 text with a header line; nulls are empty, numbers the shortest text that reads back the same.
    Csv,
    /// One JSON array of objects.
    Json,
    /// Apache Arrow IPC file.
    Arrow,
}

impl TableFormat {
    /// The format that the extension of `path` names.
    pub fn of(path: &Path) -> Result<Self, Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => Ok(Self::Parquet),
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("arrow") => Ok(Self::Arrow),
            _ => Err(Error::UnknownFormat { path: path.into() }),
        }
    }
}

/// Writes a whole table and returns its number of rows. See [`TableWriter`] for what a failure leaves behind.
pub fn write_table<E: From<Error>>(
    path: &Path,
    format: TableFormat,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = Result<RecordBatch, E>>,
) -> Result<u64, E> {
    let mut writer = TableWriter::create(path, format, schema)?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    Ok(writer.finish()?)
}

enum Encoder {
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
    Csv(arrow_csv::Writer<BufWriter<File>>),
    Json(arrow_json::ArrayWriter<BufWriter<File>>),
    Arrow(arrow_ipc::writer::FileWriter<BufWriter<File>>),
}

/// Writes a table batch by batch.
///
/// The file appears under its name when [`Self::finish`] returns, whole, or not at all: until then it has a temporary
/// name beside it, which is removed when the writer is dropped. A device or pipe is written to directly.
pub struct TableWriter {
    encoder: Option<Encoder>,
    /// The file that the encoder writes, to bring it to the disk.
    file: File,
    path: PathBuf,
    aside: Option<PathBuf>,
    rows: u64,
}

impl TableWriter {
    /// Starts a table of the given columns.
    pub fn create(path: &Path, format: TableFormat, schema: &SchemaRef) -> Result<Self, Error> {
        let regular = path.metadata().map_or(true, |metadata| metadata.is_file());
        let aside = regular.then(|| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!(".{name}.{}.partial", std::process::id()))
        });
        let target = aside.as_deref().unwrap_or(path);
        // A device such as /dev/full must not be created or truncated, only opened.
        let opened = if regular { File::create(target) } else { File::options().write(true).open(target) };
        let file = opened.map_err(|source| Error::Io { action: "write", path: path.into(), source })?;
        let written = file.try_clone().map_err(|source| Error::Io { action: "write", path: path.into(), source })?;
        let mut writer = Self { encoder: None, file: written, path: path.into(), aside, rows: 0 };
        let sink = BufWriter::with_capacity(1 << 20, file);
        writer.encoder = Some(match format {
            TableFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_created_by("nlpflow".to_owned())
                    .build();
                let encoder = ArrowWriter::try_new(sink, schema.clone(), Some(properties));
                Encoder::Parquet(Box::new(encoder.map_err(|error| writer.parquet(error))?))
            }
            TableFormat::Csv => Encoder::Csv(arrow_csv::WriterBuilder::new().with_header(true).build(sink)),
            TableFormat::Json => Encoder::Json(
                arrow_json::WriterBuilder::new()
                    .with_explicit_nulls(true)
                    .build::<_, arrow_json::writer::JsonArray>(sink),
            ),
            TableFormat::Arrow => Encoder::Arrow(
                arrow_ipc::writer::FileWriter::try_new(sink, schema).map_err(|error| writer.arrow(error))?,
            ),
        });
        if format == TableFormat::Csv {
            // The encoder writes its header with the first batch: an empty table needs one too.
            writer.write(&RecordBatch::new_empty(schema.clone()))?;
        }
        Ok(writer)
    }

    /// Appends rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let written = match self.encoder.as_mut() {
            Some(Encoder::Parquet(encoder)) => encoder.write(batch).map_err(ArrowError::from),
            Some(Encoder::Csv(encoder)) => encoder.write(batch),
            Some(Encoder::Json(encoder)) => encoder.write(batch),
            Some(Encoder::Arrow(encoder)) => encoder.write(batch),
            None => Ok(()),
        };
        written.map_err(|error| self.arrow(error))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Completes the file, gives it its name and returns the number of rows.
    pub fn finish(mut self) -> Result<u64, Error> {
        let io = |error: std::io::Error| ArrowError::from(error);
        let sink = match self.encoder.take() {
            Some(Encoder::Parquet(encoder)) => encoder.into_inner().map_err(ArrowError::from),
            Some(Encoder::Csv(encoder)) => Ok(encoder.into_inner()),
            Some(Encoder::Json(mut encoder)) => encoder.finish().map(|()| encoder.into_inner()),
            Some(Encoder::Arrow(encoder)) => encoder.into_inner(),
            None => return Ok(self.rows),
        };
        let flushed = sink.and_then(|mut sink| sink.flush().map_err(io));
        flushed.map_err(|error| self.arrow(error))?;
        if let Some(aside) = &self.aside {
            publish(&self.file, aside, &self.path).map_err(|source| Error::Io {
                action: "write",
                path: self.path.clone(),
                source,
            })?;
            self.aside = None;
        }
        Ok(self.rows)
    }

    fn arrow(&self, error: ArrowError) -> Error {
        failure("write", &self.path, error)
    }

    fn parquet(&self, error: ParquetError) -> Error {
        self.arrow(error.into())
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        if let Some(aside) = self.aside.take() {
            // Nothing to be done if it cannot be removed: the failure that led here is already being reported.
            let _ = std::fs::remove_file(aside);
        }
    }
}

/// Gives a finished file its name: what is in it reaches the disk first, so that a power cut leaves it whole or absent.
fn publish(file: &File, aside: &Path, path: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    std::fs::rename(aside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Systems that cannot open a folder as a file keep its names by themselves.
    match File::open(folder) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        Err(_) => Ok(()),
    }
}

/// Keeps the operating system's error (a full disk) apart from the libraries' own.
fn failure(action: &'static str, path: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, source) => Error::Io { action, path: path.into(), source },
        other => match find_io(&other) {
            Some(source) => Error::Io { action, path: path.into(), source },
            None => Error::Table { action, path: path.into(), reason: other.to_string() },
        },
    }
}

fn find_io(error: &(dyn std::error::Error + 'static)) -> Option<std::io::Error> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            return Some(io.raw_os_error().map_or_else(|| io.kind().into(), std::io::Error::from_raw_os_error));
        }
        cause = current.source();
    }
    None
}

/// Reads a Parquet file whole.
pub fn read_parquet(path: &Path) -> Result<(SchemaRef, Vec<RecordBatch>), Error> {
    let file = File::open(path).map_err(|source| Error::Io { action: "read", path: path.into(), source })?;
    let read = || -> Result<_, ArrowError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let schema = builder.schema().clone();
        Ok((schema, builder.build()?.collect::<Result<Vec<_>, _>>()?))
    };
    read().map_err(|error| failure("read", path, error))
}

/// Reads an Arrow IPC file batch by batch, holding one batch at a time.
pub fn read_ipc(path: &Path) -> Result<(SchemaRef, impl Iterator<Item = Result<RecordBatch, Error>> + use<>), Error> {
    let reader = open_ipc(path)?;
    let schema: SchemaRef = reader.schema();
    let path = path.to_owned();
    Ok((schema, reader.map(move |batch| batch.map_err(|error| failure("read", &path, error)))))
}

/// Reads one record batch of an Arrow IPC file, so that several threads can each read their own.
pub fn read_batch(path: &Path, index: usize) -> Result<RecordBatch, Error> {
    let mut reader = open_ipc(path)?;
    reader.set_index(index).map_err(|error| failure("read", path, error))?;
    let missing = || ArrowError::IpcError(format!("there is no record batch {index}"));
    reader.next().unwrap_or_else(|| Err(missing())).map_err(|error| failure("read", path, error))
}

fn open_ipc(path: &Path) -> Result<arrow_ipc::reader::FileReader<File>, Error> {
    let file = File::open(path).map_err(|source| Error::Io { action: "read", path: path.into(), source })?;
    // Without a buffer in between: a batch is read in one piece.
    arrow_ipc::reader::FileReader::try_new(file, None).map_err(|error| failure("read", path, error))
}

/// Reads an Arrow IPC stream, such as another runtime hands over, from memory.
pub fn read_ipc_stream(bytes: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>), Error> {
    let read = || -> Result<_, ArrowError> {
        let reader = arrow_ipc::reader::StreamReader::try_new(bytes, None)?;
        let schema: SchemaRef = reader.schema();
        Ok((schema, reader.collect::<Result<Vec<_>, _>>()?))
    };
    read().map_err(|error| Error::Malformed { what: "the Arrow stream".into(), reason: error.to_string() })
}
