//! A training kept while it runs: a line of JSON that says what it is, then the booster so far.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nlpflow_source::hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::pace::Pace;
use crate::{Error, FORMAT};

/// Where and how often checkpoints are written; [`Pace`] says when exactly.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// The file; it is replaced as a whole.
    path: PathBuf,
    /// What the training is, so that a checkpoint of another one is not taken for it.
    key: String,
    /// After so many rounds.
    rounds: u32,
    /// Or after so many seconds, if that is sooner.
    seconds: f64,
}

/// A training after some rounds.
pub(crate) struct Checkpoint {
    pub(crate) rounds: u32,
    pub(crate) model: Vec<u8>,
    /// The metrics of the rounds so far, as they will be reported.
    pub(crate) judged: Vec<Value>,
    pub(crate) curve: Vec<Value>,
}

#[derive(Deserialize, Serialize)]
struct Header<'a> {
    format: u32,
    key: Cow<'a, str>,
    rounds: u32,
    judged: Cow<'a, [Value]>,
    curve: Cow<'a, [Value]>,
    /// Of the booster.
    sha256: String,
}

impl Options {
    /// The checkpoint that is there; none when there is none, and the reason when it cannot be used.
    pub(crate) fn read(&self) -> Result<Option<Checkpoint>, String> {
        let ignored = |reason: &str| format!("the checkpoint was ignored: {reason}");
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ignored(&error.to_string())),
        };
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| ignored("it is damaged"))?;
        let header: Header<'_> = serde_json::from_slice(&bytes[..end]).map_err(|_| ignored("it is damaged"))?;
        if header.format != FORMAT || header.key != self.key {
            return Err(ignored("it belongs to another training"));
        }
        let model = bytes[end + 1..].to_vec();
        if header.sha256 != digest(&model) {
            return Err(ignored("its checksum does not match"));
        }
        let (judged, curve) = (header.judged.into_owned(), header.curve.into_owned());
        Ok(Some(Checkpoint { rounds: header.rounds, model, judged, curve }))
    }

    /// Puts a checkpoint in the place of the last one.
    fn write(&self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let Self { path, key, .. } = self;
        let header = Header {
            format: FORMAT,
            key: key.into(),
            rounds: checkpoint.rounds,
            judged: (&checkpoint.judged).into(),
            curve: (&checkpoint.curve).into(),
            sha256: digest(&checkpoint.model),
        };
        let mut line = serde_json::to_vec(&header).map_err(|error| Error::damaged(path, error))?;
        line.push(b'\n');
        let aside = path.with_extension("writing");
        let write = || {
            let mut file = File::create(&aside)?;
            file.write_all(&line)?;
            file.write_all(&checkpoint.model)?;
            fs::rename(&aside, path)
        };
        write().map_err(|error| {
            // On a full disk, the result needs the room.
            let _ = fs::remove_file(&aside);
            Error::write(path)(error)
        })
    }
}

/// The checkpoints of one training.
pub(crate) struct Checkpoints<'a> {
    options: &'a Options,
    started: Instant,
    pace: Pace,
    /// Why one could not be written; the first such reason.
    pub(crate) failure: Option<String>,
}

impl<'a> Checkpoints<'a> {
    /// Follows a training that has `done` rounds already.
    pub(crate) fn new(options: &'a Options, done: u32) -> Self {
        let interval = Duration::try_from_secs_f64(options.seconds).unwrap_or(Duration::MAX);
        Self { options, started: Instant::now(), pace: Pace::new(options.rounds, interval, done), failure: None }
    }

    /// Whether it is time for another one.
    pub(crate) fn is_due(&self, rounds: u32) -> bool {
        self.pace.is_due(rounds, self.started.elapsed())
    }

    /// Writes the checkpoint that `make` makes. Trouble with it costs what it would have saved, and never the training.
    pub(crate) fn write(&mut self, rounds: u32, make: impl FnOnce() -> Result<Checkpoint, Error>) {
        let begun = self.started.elapsed();
        if let Err(error) = make().and_then(|checkpoint| self.options.write(&checkpoint)) {
            self.failure.get_or_insert_with(|| format!("the checkpoint cannot be kept: {error}"));
        }
        self.pace.written(rounds, begun, self.started.elapsed());
    }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}
