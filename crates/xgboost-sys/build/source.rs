//! The vendored release: its checksum, unpacking, our patch.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

const ARCHIVE: &str = "xgboost-3.4.1.tar.gz";
const ARCHIVE_SHA256: &str = "6968a4c71efdfa859df0dfcad0d99211c95c28c4ffd6aecff46efff77d18026a";
const PATCH: &str = "absent_as_zero.patch";
/// The folder inside the archive that holds the C++ sources; the rest is the Python package.
const SOURCES: &str = "xgboost-3.4.1/cpp_src";

pub struct Release {
    archive: Vec<u8>,
    patch: String,
}

impl Release {
    /// Reads archive and patch from `vendor` and checks the archive's sum.
    pub fn read(vendor: &Path) -> Result<Self, Box<dyn Error>> {
        let archive =
            fs::read(vendor.join(ARCHIVE)).map_err(|error| format!("cannot read vendor/{ARCHIVE}: {error}"))?;
        let found = hex(&Sha256::digest(&archive));
        if found != ARCHIVE_SHA256 {
            return Err(format!("vendor/{ARCHIVE} has SHA-256 {found}, expected {ARCHIVE_SHA256}").into());
        }
        let patch =
            fs::read_to_string(vendor.join(PATCH)).map_err(|error| format!("cannot read vendor/{PATCH}: {error}"))?;
        Ok(Self { archive, patch })
    }

    /// What the compiled library depends on.
    pub fn identity(&self) -> String {
        format!("{ARCHIVE_SHA256}\n{}", self.patch)
    }

    /// Writes the patched sources into the folder `target`, which is made anew.
    pub fn unpack(&self, target: &Path) -> Result<(), Box<dyn Error>> {
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        for entry in tar::Archive::new(GzDecoder::new(self.archive.as_slice())).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            let Ok(inner) = path.strip_prefix(SOURCES) else { continue };
            if entry.header().entry_type().is_file() {
                let file = target.join(inner);
                fs::create_dir_all(file.parent().ok_or("a file of the archive has no folder")?)?;
                entry.unpack(file)?;
            }
        }
        for file_patch in split_by_file(&self.patch) {
            apply(file_patch, target)?;
        }
        Ok(())
    }
}

/// The parts of a unified diff that concern one file each.
fn split_by_file(patch: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = patch.match_indices("\n--- ").map(|(at, _)| at + 1).collect();
    if patch.starts_with("--- ") {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([patch.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &patch[start..end]).collect()
}

fn apply(file_patch: &str, root: &Path) -> Result<(), Box<dyn Error>> {
    let parsed = diffy::Patch::from_str(file_patch).map_err(|error| format!("vendor/{PATCH}: {error}"))?;
    let name = parsed.modified().and_then(|name| name.strip_prefix("b/")).ok_or("a part of the patch names no file")?;
    let path: PathBuf = root.join(name);
    let before = fs::read_to_string(&path).map_err(|error| format!("vendor/{PATCH} changes {name}: {error}"))?;
    let after = diffy::apply(&before, &parsed)
        .map_err(|error| format!("vendor/{PATCH} does not fit {name} of {ARCHIVE}: {error}"))?;
    fs::write(&path, after)?;
    Ok(())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
        text
    })
}
