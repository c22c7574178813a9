//! Universal Binary JSON in XGBoost's dialect, as a format of serde: what is read goes straight where it belongs.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// No model is nested deeper: a reader recurses.
const DEEPEST: u32 = 32;

/// Why bytes cannot be read.
#[derive(Debug)]
pub(super) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Reads one value from the start of the bytes.
pub(super) struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: u32,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Checks that nothing follows the value that was read.
    pub(super) fn end(&self) -> Result<(), Problem> {
        let rest = self.bytes.len() - self.at;
        if rest == 0 { Ok(()) } else { Err(Problem(format!("{rest} bytes follow its end"))) }
    }

    fn take(&mut self, count: usize) -> Result<&'de [u8], Problem> {
        let (taken, _) =
            self.bytes[self.at..].split_at_checked(count).ok_or_else(|| Problem("it ends early".into()))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        self.array().map(|[byte]| byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over a byte if it is this one.
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// A length is a 64-bit number, whatever its size; nothing has more parts than there are bytes.
    fn length(&mut self) -> Result<usize, Problem> {
        let at = self.at;
        let marker = self.byte()?;
        let length = if marker == b'L' { i64::from_be_bytes(self.array()?) } else { -1 };
        let length = usize::try_from(length).ok().filter(|length| *length <= self.bytes.len() - self.at);
        length.ok_or_else(|| Problem(format!("byte {at} begins no valid length")))
    }

    fn text(&mut self) -> Result<&'de str, Problem> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Problem("a text is not UTF-8".into()))
    }

    fn number<V: Visitor<'de>>(&mut self, kind: u8, visitor: V) -> Result<V::Value, Problem> {
        match kind {
            b'd' => visitor.visit_f32(f32::from_be_bytes(self.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.array()?)),
            b'i' => visitor.visit_i8(i8::from_be_bytes(self.array()?)),
            b'U' => visitor.visit_u8(self.byte()?),
            b'I' => visitor.visit_i16(i16::from_be_bytes(self.array()?)),
            b'l' => visitor.visit_i32(i32::from_be_bytes(self.array()?)),
            b'L' => visitor.visit_i64(i64::from_be_bytes(self.array()?)),
            _ => Err(Problem(format!("byte {} begins no value", self.at - 1))),
        }
    }

    /// Reads what is inside an object or a list.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        if self.depth == DEEPEST {
            return Err(Problem("it is nested too deeply".into()));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Problem> {
        let kind = if self.skip(b'$') { Some(self.byte()?) } else { None };
        let left = if self.skip(b'#') { Some(self.length()?) } else { None };
        if kind.is_some() && left.is_none() {
            return Err(Problem(format!("byte {} begins no valid length", self.at)));
        }
        let mut list = List { reader: self, kind, left, is_over: false };
        let value = visitor.visit_seq(&mut list)?;
        if list.is_over { Ok(value) } else { Err(Problem("a list is longer than expected".into())) }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.byte()? {
            b'{' => self.nested(|reader| visitor.visit_map(Object { reader })),
            b'[' => self.nested(|reader| reader.list(visitor)),
            b'S' => visitor.visit_borrowed_str(self.text()?),
            b'Z' => visitor.visit_unit(),
            marker @ (b'T' | b'F') => visitor.visit_bool(marker == b'T'),
            kind => self.number(kind, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Object<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'de> MapAccess<'de> for Object<'_, 'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        if self.reader.skip(b'}') {
            return Ok(None);
        }
        let name = self.reader.text()?;
        seed.deserialize(de::value::BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        seed.deserialize(&mut *self.reader)
    }
}

struct List<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Of all its numbers, where they have no marks of their own.
    kind: Option<u8>,
    /// How many are still to be read; without a number it ends with a mark.
    left: Option<usize>,
    /// Whether its end was met.
    is_over: bool,
}

impl<'de> SeqAccess<'de> for List<'_, 'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        self.is_over = match &mut self.left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => self.reader.skip(b']'),
        };
        if self.is_over {
            return Ok(None);
        }
        match self.kind {
            Some(kind) => seed.deserialize(Typed { reader: self.reader, kind }).map(Some),
            None => seed.deserialize(&mut *self.reader).map(Some),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

/// A number of a list that says once of what kind all are.
struct Typed<'r, 'de> {
    reader: &'r mut Reader<'de>,
    kind: u8,
}

impl<'de> Deserializer<'de> for Typed<'_, 'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.reader.number(self.kind, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
