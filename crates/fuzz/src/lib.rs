//! What must hold for any bytes that somebody may hand to nlpflow.
//!
//! A target gets bytes, does with them what nlpflow would do and panics when a property is broken. `scripts/fuzz` looks
//! for such bytes with libFuzzer, guided by coverage; the inputs in `tests/seeds`, findings of the past among them, are
//! replayed by `cargo test`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a broken property is told by panicking")]
#![allow(clippy::missing_panics_doc, reason = "panicking is what the targets are for")]

mod bundle;
mod expression;
mod memory;
mod models;
mod naive;
mod patch;
mod place;
mod table;
mod zip;

/// A reader of bytes that come from others.
pub struct Target {
    /// The name: that of a folder in `tests/seeds`, and an argument of `scripts/fuzz`.
    pub name: &'static str,
    /// Reads the bytes and panics when something does not hold that must.
    pub check: fn(&[u8]),
}

/// Every target: a new one is a module and a line here.
pub const TARGETS: &[Target] = &[
    Target { name: "bundle", check: bundle::check },
    Target { name: "expression", check: expression::check },
    Target { name: "model", check: models::check_native },
    Target { name: "table", check: table::check },
    Target { name: "xgboost", check: models::check_xgboost },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
