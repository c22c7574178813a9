//! Numbers of a saved model, which its two formats write in several ways.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A 32-bit number; JSON text has the infinite ones as words.
#[derive(Clone, Copy)]
pub(super) struct Float(pub(super) f32);

/// A whole number or a truth value.
#[derive(Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Float;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }
            fn visit_f32<E: Error>(self, number: f32) -> Result<Float, E> {
                // Sign and payload of a NaN say nothing, and JSON cannot hold them: read from either format it is the same.
                Ok(Float(if number.is_nan() { f32::NAN } else { number }))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Float, E> {
                self.visit_f32(number as f32)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Float, E> {
                Ok(Float(number as f32))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Float, E> {
                Ok(Float(number as f32))
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Float, E> {
                match word {
                    "Infinity" => Ok(Float(f32::INFINITY)),
                    "-Infinity" => Ok(Float(f32::NEG_INFINITY)),
                    "NaN" => Ok(Float(f32::NAN)),
                    _ => Err(E::custom(format!("{word:?} is no number"))),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Whole;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                i64::try_from(number).map(Whole).map_err(|_| E::custom(format!("{number} is too large")))
            }
            fn visit_bool<E: Error>(self, is: bool) -> Result<Whole, E> {
                Ok(Whole(is.into()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
