use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memchr3};

use crate::Error;
use crate::dialect::Syntax;
use crate::input::Input;
use crate::record::is_line_end;

/// Consecutive whole records of a table.
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    /// Where the first record that counts begins: behind the header in the first chunk.
    pub(crate) start: usize,
    /// Decoded bytes of the table before `bytes`.
    pub(crate) first_byte: u64,
    /// The 0-based number of the first record.
    pub(crate) first_record: u64,
    pub(crate) records: u64,
    /// The 1-based line of the first byte in `bytes`.
    pub(crate) first_line: u64,
    /// Lines, the last one also where nothing ends it.
    pub(crate) lines: u64,
    /// Bytes of the file on disk read when the chunk was cut.
    pub(crate) position: u64,
}

impl Chunk {
    /// A counter that stands at the first byte.
    pub(crate) fn line_counter(&self) -> LineCounter<'_> {
        LineCounter { bytes: &self.bytes, offset: 0, line: self.first_line }
    }
}

/// Finds the lines of ascending offsets: each byte of a chunk is looked at once, whatever the number of questions.
pub(crate) struct LineCounter<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The 1-based line of the byte at `offset`, which must not stand inside a CRLF or before that of the last call.
    pub(crate) fn line(&mut self, offset: usize) -> u64 {
        self.line += count_lines(&self.bytes[self.offset..offset]);
        self.offset = offset;
        self.line
    }
}

/// Cuts a table into chunks of whole records, without looking at fields.
///
/// A chunk ends where the next record begins, so a CRLF is never torn and chunks do not begin with empty lines.
pub(crate) struct Chunks {
    input: Input,
    syntax: Syntax,
    chunk_bytes: usize,
    max_record: usize,
    /// The begun record that did not go with the last chunk, already scanned.
    tail: Vec<u8>,
    scanner: Scanner,
    next_byte: u64,
    next_record: u64,
    next_line: u64,
    done: bool,
    /// What is wrong behind the last chunk: records before it come first, whatever the size of the chunks.
    failed: Option<Error>,
}

impl Chunks {
    pub(crate) fn new(input: Input, syntax: Syntax, chunk_bytes: usize, max_record: usize) -> Self {
        Self {
            input,
            syntax,
            chunk_bytes: chunk_bytes.max(1),
            max_record,
            tail: Vec::new(),
            scanner: Scanner { state: State::Between, at: 0, start: 0, opened: 0, after_escape: 0, begun: 0 },
            next_byte: 0,
            next_record: 0,
            next_line: 1,
            done: false,
            failed: None,
        }
    }

    pub(crate) fn input(&self) -> &Input {
        &self.input
    }

    /// Says that the first record is none of the data, so that the one behind it has number 0.
    pub(crate) fn skipped_record(&mut self) {
        self.next_record -= 1;
    }

    /// The next chunk, in the memory of `bytes`; none at the end of the table.
    pub(crate) fn next(&mut self, mut bytes: Vec<u8>) -> Result<Option<Chunk>, Error> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.done {
            return Ok(None);
        }
        bytes.clear();
        bytes.append(&mut self.tail);
        loop {
            let wanted = self.chunk_bytes.saturating_sub(bytes.len()).max(self.chunk_bytes.min(1 << 20));
            let ended = self.input.read(wanted, &mut bytes)? < wanted;
            self.scanner.scan(&bytes, self.syntax, ended);
            if ended {
                self.done = true;
                self.input.verify()?;
                let mut records = self.scanner.begun;
                if self.scanner.state == State::Quoted {
                    let error = self.unclosed_quote(&bytes);
                    if records == 1 {
                        return Err(error);
                    }
                    self.failed = Some(error);
                    bytes.truncate(self.scanner.start);
                    records -= 1;
                }
                return Ok((records > 0).then(|| self.chunk(bytes, records)));
            }
            let begun = self.scanner.start;
            if begun > 0 && self.scanner.begun > 1 && bytes.len() >= self.chunk_bytes {
                self.tail.extend_from_slice(&bytes[begun..]);
                bytes.truncate(begun);
                let records = self.scanner.begun - 1;
                self.scanner.forget(begun);
                return Ok(Some(self.chunk(bytes, records)));
            }
            if bytes.len() - begun > self.max_record {
                return Err(self.record_too_long(&bytes));
            }
        }
    }

    fn chunk(&mut self, bytes: Vec<u8>, records: u64) -> Chunk {
        let (first_byte, first_record, first_line) = (self.next_byte, self.next_record, self.next_line);
        self.next_byte += bytes.len() as u64;
        self.next_record += records;
        let ended = count_lines(&bytes);
        self.next_line += ended;
        let lines = ended + u64::from(bytes.last().is_some_and(|byte| !is_line_end(*byte)));
        Chunk { bytes, start: 0, first_byte, first_record, records, first_line, lines, position: self.input.position() }
    }

    fn record_too_long(&self, bytes: &[u8]) -> Error {
        if self.scanner.state == State::Quoted {
            return self.unclosed_quote(bytes);
        }
        let line = self.next_line + count_lines(&bytes[..self.scanner.start]);
        Error::RecordTooLong { path: self.input.path.clone(), line, limit: self.max_record }
    }

    fn unclosed_quote(&self, bytes: &[u8]) -> Error {
        let line = self.next_line + count_lines(&bytes[..self.scanner.opened]);
        Error::UnclosedQuote { path: self.input.path.clone(), line, earlier: None }
    }
}

/// Finds where records begin, and can stop at any byte and go on when more are there.
struct Scanner {
    state: State,
    /// Everything before this offset has been looked at.
    at: usize,
    /// Where the last record began.
    start: usize,
    /// Where the last quoted field was opened.
    opened: usize,
    /// The offset behind the last escaped byte: a delimiter there opens no field.
    after_escape: usize,
    /// Records begun since the last chunk was cut.
    begun: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Behind a line end.
    Between,
    Plain,
    Quoted,
}

impl Scanner {
    fn scan(&mut self, bytes: &[u8], syntax: Syntax, ended: bool) {
        let Syntax { delimiter, quote, escape } = syntax;
        loop {
            let rest = &bytes[self.at..];
            match self.state {
                State::Between => {
                    let Some(blank) = rest.iter().position(|byte| !is_line_end(*byte)) else { break };
                    self.at += blank;
                    self.start = self.at;
                    self.begun += 1;
                    self.state = State::Plain;
                }
                State::Plain => {
                    let Some(length) = plain_end(rest, quote, escape) else { break };
                    let found = self.at + length;
                    if Some(bytes[found]) == escape {
                        if self.is_undecided(bytes, found, ended) {
                            return;
                        }
                        self.at = (found + 2).min(bytes.len());
                        self.after_escape = self.at;
                        continue;
                    }
                    self.at = found + 1;
                    if Some(bytes[found]) != quote {
                        self.state = State::Between;
                    } else if found == self.start || (bytes[found - 1] == delimiter && self.after_escape != found) {
                        self.opened = found;
                        self.state = State::Quoted;
                    }
                }
                State::Quoted => {
                    let Some(sign) = quote else { break };
                    let Some(length) = escape.map_or_else(|| memchr(sign, rest), |escape| memchr2(sign, escape, rest))
                    else {
                        break;
                    };
                    let found = self.at + length;
                    if self.is_undecided(bytes, found, ended) {
                        return;
                    }
                    if bytes[found] != sign || bytes.get(found + 1) == Some(&sign) {
                        self.at = (found + 2).min(bytes.len());
                    } else {
                        self.at = found + 1;
                        self.state = State::Plain;
                    }
                }
            }
        }
        self.at = bytes.len();
    }

    /// Stops at a quote or an escape whose meaning the next byte decides, which is not there yet.
    fn is_undecided(&mut self, bytes: &[u8], found: usize, ended: bool) -> bool {
        self.at = found;
        !ended && found + 1 == bytes.len()
    }

    /// Takes `cut` bytes from the front: all records but the last one begun.
    fn forget(&mut self, cut: usize) {
        self.at -= cut;
        self.after_escape = self.after_escape.saturating_sub(cut);
        self.start = 0;
        self.opened = self.opened.saturating_sub(cut);
        self.begun = 1;
    }
}

/// Where the next byte outside quotes is that matters.
fn plain_end(bytes: &[u8], quote: Option<u8>, escape: Option<u8>) -> Option<usize> {
    match (quote, escape) {
        (Some(quote), None) => memchr3(quote, b'\n', b'\r', bytes),
        (None, None) => memchr2(b'\n', b'\r', bytes),
        (None, Some(escape)) => memchr3(escape, b'\n', b'\r', bytes),
        (quote, escape) => {
            bytes.iter().position(|&byte| is_line_end(byte) || Some(byte) == quote || Some(byte) == escape)
        }
    }
}

/// Line ends in `bytes`: LF, CRLF, or CR.
fn count_lines(bytes: &[u8]) -> u64 {
    if memchr(b'\r', bytes).is_none() {
        return memchr_iter(b'\n', bytes).count() as u64;
    }
    let first_of_pair = |at: &usize| bytes[*at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
    memchr2_iter(b'\n', b'\r', bytes).filter(|at| !first_of_pair(at)).count() as u64
}
