//! A training kept while it runs: a line of JSON that says what it is, then the booster so far.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nlpflow_source::hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Error, FORMAT};

/// Where and how often checkpoints are written.
#[derive(Clone, Deserialize)]
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
struct Header {
    format: u32,
    key: String,
    rounds: u32,
    judged: Vec<Value>,
    curve: Vec<Value>,
    /// Of the booster.
    sha256: String,
}

/// The checkpoints of one training.
pub(crate) struct Checkpoints {
    options: Options,
    last: Instant,
    last_rounds: u32,
}

impl Checkpoints {
    pub(crate) fn new(options: &Options) -> Self {
        Self { options: options.clone(), last: Instant::now(), last_rounds: 0 }
    }

    /// The checkpoint that is there; none when there is none, and the reason when it cannot be used.
    pub(crate) fn read(&self) -> Result<Option<Checkpoint>, String> {
        let ignored = |reason: &str| format!("the checkpoint was ignored: {reason}");
        let bytes = match fs::read(&self.options.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ignored(&error.to_string())),
        };
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| ignored("it is damaged"))?;
        let header: Header = serde_json::from_slice(&bytes[..end]).map_err(|_| ignored("it is damaged"))?;
        if header.format != FORMAT || header.key != self.options.key {
            return Err(ignored("it belongs to another training"));
        }
        let model = bytes[end + 1..].to_vec();
        if header.sha256 != digest(&model) {
            return Err(ignored("its checksum does not match"));
        }
        Ok(Some(Checkpoint { rounds: header.rounds, model, judged: header.judged, curve: header.curve }))
    }

    /// Whether it is time for another one.
    pub(crate) fn is_due(&self, rounds: u32) -> bool {
        rounds - self.last_rounds.min(rounds) >= self.options.rounds
            || self.last.elapsed() >= Duration::try_from_secs_f64(self.options.seconds).unwrap_or(Duration::MAX)
    }

    /// Puts a checkpoint in the place of the last one.
    pub(crate) fn write(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let Options { path, key, .. } = &self.options;
        let header = Header {
            format: FORMAT,
            key: key.clone(),
            rounds: checkpoint.rounds,
            judged: checkpoint.judged.clone(),
            curve: checkpoint.curve.clone(),
            sha256: digest(&checkpoint.model),
        };
        let mut bytes = serde_json::to_vec(&header).map_err(|error| Error::damaged(path, error))?;
        bytes.push(b'\n');
        bytes.extend(&checkpoint.model);
        let aside = path.with_extension("writing");
        fs::write(&aside, bytes).map_err(Error::write(&aside))?;
        fs::rename(&aside, path).map_err(Error::write(path))?;
        (self.last, self.last_rounds) = (Instant::now(), checkpoint.rounds);
        Ok(())
    }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}
