//! Files for what is read by path.

use std::path::PathBuf;

use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("a temporary folder");
}

/// A file of this name in a folder of this thread.
pub(crate) fn file(name: &str) -> PathBuf {
    FOLDER.with(|folder| folder.path().join(name))
}

/// The file with these contents.
pub(crate) fn write(name: &str, contents: &[u8]) -> PathBuf {
    let path = file(name);
    std::fs::write(&path, contents).expect("a file in the temporary folder");
    path
}
