//! The compiled library between builds and checkouts: `<cache>/xgboost/<key>/libxgboost.a`.

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

pub struct Cache {
    file: Option<PathBuf>,
}

impl Cache {
    /// The place of `key` in `NLPFLOW_CACHE`, else in `nlpflow` of the user's cache folder.
    pub fn at(key: &str) -> Self {
        let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = folder("NLPFLOW_CACHE")
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("nlpflow")))
            .or_else(|| Some(folder("HOME")?.join(".cache/nlpflow")));
        Self { file: root.map(|root| root.join("xgboost").join(key).join("libxgboost.a")) }
    }

    /// Where the library is kept, for messages.
    pub fn place(&self) -> String {
        self.file.as_ref().map_or_else(|| "nowhere: there is no cache folder".into(), |file| file.display().to_string())
    }

    /// Copies the cached library to `target`; false when there is none.
    pub fn fetch(&self, target: &Path) -> bool {
        self.file.as_ref().is_some_and(|file| copy(file, target).is_ok())
    }

    /// Keeps `library` for the next build. A cache that cannot be written costs time and nothing else.
    pub fn store(&self, library: &Path) {
        let Some(file) = &self.file else { return };
        let stored = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| copy(library, file));
        if let Err(error) = stored {
            eprintln!("the compiled XGBoost is not cached at {}: {error}", file.display());
        }
    }
}

/// Copies under another name first: a reader never sees half a library.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let partial = to.with_extension(format!("partial-{}", process::id()));
    let copied = fs::copy(from, &partial).and_then(|_| fs::rename(&partial, to));
    if copied.is_err() {
        let _ = fs::remove_file(&partial); // the first error is the one to report
    }
    copied
}
