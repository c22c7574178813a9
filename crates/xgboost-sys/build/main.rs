//! Compiles the vendored XGBoost release with our patch into a static library.
//!
//! It takes minutes once; the archive is then kept in a cache outside the checkout, under a key of everything that
//! went into it. Progress is written to standard error (`cargo build -vv` shows it while it runs).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is how a build script speaks to cargo")]
#![allow(clippy::doc_markdown, reason = "XGBoost is a name")]

mod cache;
mod compile;
mod source;

use std::env;
use std::error::Error;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build", "vendor"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let vendor = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("vendor");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let release = source::Release::read(&vendor)?;
    let compiler = compile::Compiler::find()?;
    let mut key = Sha256::new();
    for part in [release.identity(), compiler.identity()] {
        key.update((part.len() as u64).to_le_bytes());
        key.update(part);
    }
    let cache = cache::Cache::at(&source::hex(&key.finalize()));

    let library = out.join("libxgboost.a");
    if !cache.fetch(&library) {
        eprintln!("compiling XGBoost once; the result is kept at {}", cache.place());
        let sources = out.join("xgboost");
        release.unpack(&sources)?;
        compiler.compile(&sources, &out.join("objects"), &library)?;
        cache.store(&library);
    }
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static=xgboost");
    println!("cargo:rustc-link-lib=dylib=gomp");
    println!("cargo:rustc-link-lib=dylib=stdc++");
    Ok(())
}
