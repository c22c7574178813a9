use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::Error;

/// Sees whether a table was the same from its first byte to its last, and the one that was meant.
///
/// A file that is replaced by another one is read to its end as it was, so what matters is what happens to the open one:
/// its bytes have the digest that was asked for, or, where none was, size and time of change stay as they were.
pub(crate) struct Witness {
    path: PathBuf,
    file: File,
    digest: Option<(String, SharedHash)>,
    before: Option<State>,
}

/// What the reading thread adds its bytes to.
pub(crate) type SharedHash = Arc<Mutex<Sha256>>;

#[derive(PartialEq)]
struct State {
    size: u64,
    modified: Option<SystemTime>,
}

impl State {
    /// None for a pipe, of which neither means anything.
    fn of(about: &Metadata) -> Option<Self> {
        about.is_file().then(|| Self { size: about.len(), modified: about.modified().ok() })
    }
}

impl Witness {
    /// Watches an open file that nothing was read of; `digest` is the SHA-256 of its bytes in hexadecimal, where that is
    /// known.
    pub(crate) fn new(path: &Path, file: &File, digest: Option<&str>) -> io::Result<Self> {
        Ok(Self {
            path: path.into(),
            file: file.try_clone()?,
            digest: digest.map(|digest| (digest.to_owned(), SharedHash::default())),
            before: State::of(&file.metadata()?),
        })
    }

    /// Where all bytes that are read have to be added.
    pub(crate) fn hash(&self) -> Option<SharedHash> {
        self.digest.as_ref().map(|(_, hash)| Arc::clone(hash))
    }

    /// Fails with [`Error::Changed`] when the bytes were others; to be called when the table was read to its end.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        let unreadable = |error: io::Error| Error::Unreadable { path: self.path.clone(), reason: error.to_string() };
        let same = if let Some((wanted, hash)) = &self.digest {
            let mut hash = hash.lock().map_or_else(|_| Sha256::new(), |hash| hash.clone());
            // What a decompressor left behind belongs to the file, too; the position is shared with the reader's.
            let mut buffer = vec![0; 1 << 16];
            loop {
                match (&self.file).read(&mut buffer).map_err(unreadable)? {
                    0 => break,
                    read => hash.update(&buffer[..read]),
                }
            }
            hexadecimal(hash) == *wanted
        } else {
            State::of(&self.file.metadata().map_err(unreadable)?) == self.before
        };
        if same { Ok(()) } else { Err(Error::Changed { path: self.path.clone() }) }
    }
}

/// A finished SHA-256 in hexadecimal.
#[must_use]
pub fn hexadecimal(hash: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
    }
    text
}
