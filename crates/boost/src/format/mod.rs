//! XGBoost's own model format: one tree of fields, written as JSON or as Universal Binary JSON.

mod describe;
mod number;
mod read;
mod tree;
mod ubj;
mod write;

pub(crate) use describe::describe;
pub(crate) use read::read;
pub(crate) use write::{json, ubj};

use crate::Model;

/// A field of a saved model; lists of numbers have a type in the binary form.
pub(crate) enum Field<'a> {
    Object(Vec<(&'static str, Field<'a>)>),
    List(Vec<Field<'a>>),
    Text(String),
    Texts(&'a [String]),
    Int(i64),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Bytes(Vec<u8>),
    /// The trees of a model, each described when it is written.
    Trees(&'a Model),
}
