//! XGBoost's own model format: one tree of fields, written as JSON or as Universal Binary JSON.

mod describe;
mod read;
mod write;

pub(crate) use describe::describe;
pub(crate) use read::read;
pub(crate) use write::{json, ubj};

/// A field of a saved model; lists of numbers have a type in the binary form.
pub(crate) enum Field {
    Object(Vec<(&'static str, Field)>),
    List(Vec<Field>),
    Text(String),
    Int(i64),
    Floats(Vec<f32>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Bytes(Vec<u8>),
}
