//! The C++ compiler: which one, with which flags, over which files.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

/// What XGBoost needs of dmlc-core; the rest of it speaks to S3, Azure and HDFS.
const DMLC_SOURCES: [&str; 10] = [
    "config",
    "data",
    "io",
    "recordio",
    "io/filesys",
    "io/indexed_recordio_split",
    "io/input_split_base",
    "io/line_split",
    "io/local_filesys",
    "io/recordio_split",
];

const DEFINES: [(&str, Option<&str>); 6] = [
    ("NDEBUG", None),
    ("DMLC_LOG_CUSTOMIZE", Some("1")),
    ("DMLC_USE_CXX11", Some("1")),
    ("DMLC_USE_CXX14", Some("1")),
    ("XGBOOST_BUILTIN_PREFETCH_PRESENT", Some("1")),
    ("XGBOOST_MM_PREFETCH_PRESENT", Some("1")),
];

pub struct Compiler {
    tool: cc::Tool,
    archiver: Command,
}

impl Compiler {
    /// The C++ compiler that `cc` finds (`CXX`, else the platform's), with our flags.
    pub fn find() -> Result<Self, Box<dyn Error>> {
        let mut build = cc::Build::new();
        build.cpp(true).std("gnu++17").opt_level(3).debug(false).warnings(false).pic(true);
        build
            .flag("-w")
            .flag("-fopenmp")
            .flag("-fvisibility=hidden")
            .flag("-ffunction-sections")
            .flag("-fdata-sections");
        for (name, value) in DEFINES {
            build.define(name, value);
        }
        // Relative folders: the compiler runs inside the sources, so that no path of this machine enters the library.
        build.include("include").include("dmlc-core/include").include("src");
        Ok(Self { tool: build.try_get_compiler()?, archiver: build.try_get_archiver()? })
    }

    /// What the compiled library depends on.
    pub fn identity(&self) -> String {
        let version = self.tool.to_command().arg("--version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        format!("{:?}\n{version}\n{}\n{DMLC_SOURCES:?}", self.tool.args(), env::var("TARGET").unwrap_or_default())
    }

    /// Compiles everything below `sources` with as many compilers at a time as cargo has jobs, and archives it.
    pub fn compile(&self, sources: &Path, objects: &Path, library: &Path) -> Result<(), Box<dyn Error>> {
        let mut files: Vec<PathBuf> =
            DMLC_SOURCES.iter().map(|name| format!("dmlc-core/src/{name}.cc").into()).collect();
        collect(sources, Path::new("src"), &mut files)?;
        files.sort();
        if objects.exists() {
            fs::remove_dir_all(objects)?;
        }
        fs::create_dir_all(objects)?;

        let jobs = env::var("NUM_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(2).clamp(1, files.len());
        let (next, done, failure) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(None));
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some((index, file)) =
                        Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, files.get(index)?)))
                    {
                        if let Err(reason) = self.compile_one(sources, file, &object(objects, index)) {
                            next.store(files.len(), Ordering::Relaxed);
                            failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(reason);
                            return;
                        }
                        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                        eprintln!("compiling XGBoost: {done} of {}", files.len());
                    }
                });
            }
        });
        if let Some(reason) = failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            return Err(reason.into());
        }
        self.archive(files.len(), objects, library)
    }

    fn compile_one(&self, sources: &Path, file: &Path, object: &Path) -> Result<(), String> {
        let mut command = self.tool.to_command();
        command.current_dir(sources).arg("-c").arg(file).arg("-o").arg(object);
        let output =
            command.output().map_err(|error| format!("cannot start {}: {error}", self.tool.path().display()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "compiling {} failed ({}):\n{}",
            file.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    fn archive(&self, files: usize, objects: &Path, library: &Path) -> Result<(), Box<dyn Error>> {
        if library.exists() {
            fs::remove_file(library)?; // `ar` would add to it
        }
        let mut command = Command::new(self.archiver.get_program());
        command.arg("crs").arg(library).args((0..files).map(|index| object(objects, index)));
        if !command.status()?.success() {
            return Err("archiving the compiled XGBoost failed".into());
        }
        fs::remove_dir_all(objects)?;
        Ok(())
    }
}

fn object(objects: &Path, index: usize) -> PathBuf {
    objects.join(format!("{index:03}.o"))
}

/// Adds all `.cc` files below `folder`, as paths relative to `root`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "cc") {
            files.push(path);
        }
    }
    Ok(())
}
