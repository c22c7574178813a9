use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::chunk::{Chunk, Chunks};
use crate::dialect::{Swallowed, Syntax};
use crate::documents::{Parsed, Parser};
use crate::expression::comparison;
use crate::{BadRow, BadRows, BoundExpression, Documents, Error, OutcomeTally, Reader, Selection, Slot};

/// What became of the records of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadSummary {
    /// Records read, the header not counted.
    pub records: u64,
    /// Bytes of the file on disk.
    pub bytes: u64,
    /// Records that could not be read.
    pub bad: u64,
    /// Those records in order: all of them, unless they are more than 10,000 and one in a hundred records.
    pub bad_rows: Vec<BadRow>,
    /// What the outcomes of the kept rows have in common; none when no outcome was asked for.
    pub outcome: Option<OutcomeTally>,
    /// Records left out because the outcome is null (an empty field or NA).
    pub null_outcome: u64,
    /// Records left out because the text is null.
    pub null_text: u64,
    /// Records left out because the text is empty.
    pub empty_text: u64,
    /// How the table is written, where it is not as usual and was found out.
    pub recognised: Vec<String>,
    /// What looks as if the table were written otherwise than it was read.
    pub warnings: Vec<String>,
}

/// A chunk that a worker is done with.
struct Finished<T> {
    parsed: Parsed,
    mapped: T,
    chunk: Chunk,
}

/// What a worker or the reading thread has to say about the chunk of one number.
enum Outcome<T> {
    Finished(Box<Finished<T>>),
    Failed(Error),
    Panicked(Box<dyn Any + Send>),
}

/// One thread cuts chunks, `threads` parse and map them, this one collects results in order.
///
/// Buffers go round: a chunk can be cut only into a buffer that came back from a collected one, so memory stays bounded
/// also when one chunk takes much longer than those behind it. Whoever ends early drops its ends of the channels, which
/// ends the others.
pub(crate) fn run<T: Send, E: From<Error>>(
    reader: Reader,
    selection: &Selection,
    map: &(impl Fn(&Documents) -> T + Sync),
    mut each: impl FnMut(Documents, T) -> Result<(), E>,
    mut step: impl FnMut(u64, u64) -> Result<(), E>,
) -> Result<ReadSummary, E> {
    let Reader { columns, dialect, shape, threads, first, chunks } = reader;
    let parser = &Parser { columns: &columns, selection, dialect: &dialect, shape: &shape };
    let input = chunks.input();
    let size = input.size;
    let summary = ReadSummary {
        outcome: selection.outcome.as_ref().map(OutcomeTally::new),
        recognised: dialect.recognised.clone(),
        warnings: dialect.warnings.clone(),
        ..ReadSummary::default()
    };
    let mut tally = Tally {
        path: input.path.clone(),
        max_share: match selection.bad_rows {
            BadRows::Skip { max_share } => Some(max_share),
            BadRows::Keep => None,
        },
        decoded_size: input.decoded_size(),
        shortest_record: columns.len().max(2) as u64,
        number_columns: number_columns(selection, &columns),
        swallowed: Swallowed::default(),
        syntax: dialect.syntax,
        summary,
    };
    step(0, size)?;

    let slots = 2 * threads + 2;
    std::thread::scope(|scope| {
        let (free_in, free) = bounded(slots);
        let (work_in, work) = bounded(slots);
        let (done_in, done) = bounded(slots + 1);
        for _ in 1..slots {
            let _ = free_in.send(Vec::new()); // the receiver is alive
        }
        let failed = done_in.clone();
        scope.spawn(move || cut(first, chunks, &free, &work_in, &failed));
        for _ in 0..threads {
            let (work, done) = (work.clone(), done_in.clone());
            scope.spawn(move || work_off(&work, &done, parser, map));
        }
        drop((work, done_in));
        // The ends of the channels move into the function that collects: they must be gone before threads are joined.
        let collect = move |done: Receiver<(usize, Outcome<T>)>, free: Sender<Vec<u8>>| -> Result<ReadSummary, E> {
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for (number, outcome) in done {
                waiting.insert(number, outcome);
                while let Some(outcome) = waiting.remove(&next) {
                    let finished = match outcome {
                        Outcome::Finished(finished) => finished,
                        Outcome::Failed(error) => return Err(tally.explain(error).into()),
                        Outcome::Panicked(payload) => resume_unwind(payload),
                    };
                    next += 1;
                    let position = finished.chunk.position;
                    let documents = tally.add(finished.parsed, &finished.chunk)?;
                    if !documents.is_empty() {
                        each(documents, finished.mapped)?;
                    }
                    let _ = free.send(finished.chunk.bytes); // the reading thread may have reached the end
                    step(position, size)?;
                }
            }
            Ok(tally.finish()?)
        };
        collect(done, free_in)
    })
}

fn cut<T>(
    first: Chunk,
    mut chunks: Chunks,
    free: &Receiver<Vec<u8>>,
    work: &Sender<(usize, Chunk)>,
    failed: &Sender<(usize, Outcome<T>)>,
) {
    let mut chunk = first;
    for number in 0.. {
        if work.send((number, chunk)).is_err() {
            return;
        }
        let Ok(bytes) = free.recv() else { return };
        chunk = match chunks.next(bytes) {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return,
            Err(error) => {
                let _ = failed.send((number + 1, Outcome::Failed(error))); // nobody listens after another error
                return;
            }
        };
    }
}

fn work_off<T>(
    work: &Receiver<(usize, Chunk)>,
    done: &Sender<(usize, Outcome<T>)>,
    parser: &Parser,
    map: &impl Fn(&Documents) -> T,
) {
    for (number, chunk) in work {
        let parse = || parser.parse(&chunk).map(|parsed| (map(&parsed.documents), parsed));
        // A panic must not leave the collecting thread waiting for this chunk.
        let outcome = match catch_unwind(AssertUnwindSafe(parse)) {
            Ok(Ok((mapped, parsed))) => Outcome::Finished(Box::new(Finished { parsed, mapped, chunk })),
            Ok(Err(error)) => Outcome::Failed(error),
            Err(payload) => Outcome::Panicked(payload),
        };
        if done.send((number, outcome)).is_err() {
            return;
        }
    }
}

/// Adds up what became of records, in the order of the table, and stops when too many are bad.
struct Tally {
    path: PathBuf,
    max_share: Option<f64>,
    /// The bytes that the records lie in, where that is known before they are read.
    decoded_size: Option<u64>,
    /// The bytes of the shortest record that can be read: its delimiters and its line end.
    shortest_record: u64,
    /// Columns that the outcome reads as numbers.
    number_columns: Vec<String>,
    swallowed: Swallowed,
    syntax: Syntax,
    summary: ReadSummary,
}

fn number_columns(selection: &Selection, columns: &[String]) -> Vec<String> {
    let slots = selection.outcome.iter().flat_map(BoundExpression::slots);
    let number = |slot: &Slot| matches!(slot, Slot::Number { .. }).then(|| columns[slot.column()].clone());
    slots.filter_map(number).collect()
}

/// So many bad rows are worth stopping for; with fewer the table is read to its end, to say how many there are.
const WORTH_STOPPING: u64 = 1_000;

impl Tally {
    fn add(&mut self, parsed: Parsed, chunk: &Chunk) -> Result<Documents, Error> {
        for (bad, end) in parsed.bad_rows.into_iter().zip(parsed.bad_ends) {
            let records = bad.row + 1;
            self.summary.bad += 1;
            if (self.summary.bad_rows.len() as u64) < 10_000 + records / 100 {
                self.summary.bad_rows.push(bad);
            }
            self.stop_if_hopeless(records, end)?;
        }
        let summary = &mut self.summary;
        summary.records += chunk.records;
        summary.bytes = chunk.position;
        summary.null_outcome += parsed.null_outcome;
        summary.null_text += parsed.null_text;
        summary.empty_text += parsed.empty_text;
        self.swallowed.merge(&parsed.swallowed);
        if let (Some(sum), Some(outcome)) = (&mut summary.outcome, &parsed.outcome) {
            sum.merge(outcome);
        }
        Ok(parsed.documents)
    }

    /// Fails when so many of the first `records` are bad that the share could not be kept if all others were good; they
    /// end at the byte `end`.
    fn stop_if_hopeless(&mut self, records: u64, end: u64) -> Result<(), Error> {
        let (Some(max_share), Some(size)) = (self.max_share, self.decoded_size) else { return Ok(()) };
        let rest = size.saturating_sub(end) / self.shortest_record + 1;
        if self.summary.bad <= WORTH_STOPPING || !self.is_over(max_share, records + rest) {
            return Ok(());
        }
        self.summary.records = records;
        Err(self.too_many(max_share, Some(rest)))
    }

    /// A quotient is as near to the true share as the share that was asked for is to its decimals; a product is not.
    fn is_over(&self, max_share: f64, records: u64) -> bool {
        records > 0 && self.summary.bad as f64 / records as f64 > max_share
    }

    fn finish(self) -> Result<ReadSummary, Error> {
        let summary = &self.summary;
        if let Some(max_share) = self.max_share
            && self.is_over(max_share, summary.records)
        {
            return Err(self.too_many(max_share, None));
        }
        let left_out = [
            (summary.bad, "are bad"),
            (summary.null_outcome, "have no outcome"),
            (summary.null_text, "have a null text"),
            (summary.empty_text, "have an empty text"),
        ];
        if self.max_share.is_some() && left_out.iter().map(|(count, _)| count).sum::<u64>() == summary.records {
            let reasons: Vec<String> =
                left_out.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
            return Err(Error::NoRows { path: self.path, records: summary.records, reasons: reasons.join(", ") });
        }
        let mut summary = self.summary;
        summary.warnings.extend(self.swallowed.warnings(self.syntax));
        Ok(summary)
    }

    /// Adds to an unclosed quote where it may have begun to go wrong.
    fn explain(&self, error: Error) -> Error {
        match error {
            Error::UnclosedQuote { path, line, .. } => {
                Error::UnclosedQuote { path, line, earlier: self.swallowed.suspects() }
            }
            other => other,
        }
    }

    /// The error of an outcome that is a column of words, where that is what most bad rows have in common.
    fn words_as_outcome(&self) -> Option<Error> {
        const LISTED: usize = 8;
        const MOST_WORDS: usize = 50;
        let bad = &self.summary.bad_rows;
        let column = bad.first()?.column.as_ref().filter(|column| self.number_columns.contains(column))?;
        let is_word = |text: &str| !text.bytes().any(|byte| byte.is_ascii_digit());
        let words = bad.iter().filter(|bad| bad.column.as_ref() == Some(column) && is_word(&bad.text));
        let mut counts: HashMap<&str, u64> = HashMap::new();
        let mut rows = 0;
        for word in words {
            rows += 1;
            *counts.entry(word.text.trim()).or_default() += 1;
        }
        if 10 * rows < 9 * bad.len() as u64 || 2 * self.summary.bad < self.summary.records {
            return None;
        }
        let mut words: Vec<(String, u64)> = counts.into_iter().map(|(word, rows)| (word.to_owned(), rows)).collect();
        words.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        if words.len() > MOST_WORDS {
            words.clear();
        }
        words.truncate(LISTED);
        let comparison = comparison(column, "==", words.first().map_or("...", |(word, _)| word));
        Some(Error::WordsAsOutcome { column: column.clone(), comparison, rows: self.summary.bad, words })
    }

    fn too_many(&self, max_share: f64, rest: Option<u64>) -> Error {
        if let Some(error) = self.words_as_outcome() {
            return error;
        }
        let first = self.summary.bad_rows.iter().take(3).cloned().collect();
        let (bad, records) = (self.summary.bad, self.summary.records);
        Error::TooManyBadRows { path: self.path.clone(), bad, records, rest, max_share, first }
    }
}
