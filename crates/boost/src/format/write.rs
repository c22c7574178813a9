use std::fmt::Write;

use super::Field;

/// Writes fields as JSON text, numbers in their shortest form that reads back the same.
pub(crate) fn json(field: &Field) -> Vec<u8> {
    let mut text = String::new();
    write_json(field, &mut text);
    text.into_bytes()
}

fn write_json(field: &Field, text: &mut String) {
    match field {
        Field::Object(fields) => list(text, ['{', '}'], fields, |(name, field), text| {
            text.push('"');
            text.push_str(name);
            text.push_str("\":");
            write_json(field, text);
        }),
        Field::List(items) => list(text, ['[', ']'], items, write_json),
        Field::Text(value) => text.push_str(&serde_json::Value::from(value.as_str()).to_string()),
        Field::Int(number) => text.push_str(&number.to_string()),
        Field::Floats(numbers) => list(text, ['[', ']'], numbers, |number, text| {
            // Writing to a string cannot fail.
            let _ = if number.is_infinite() {
                write!(text, "{}Infinity", if *number < 0.0 { "-" } else { "" })
            } else {
                write!(text, "{number:E}")
            };
        }),
        Field::Ints(numbers) => list(text, ['[', ']'], numbers, |number, text| text.push_str(&number.to_string())),
        Field::Longs(numbers) => list(text, ['[', ']'], numbers, |number, text| text.push_str(&number.to_string())),
        Field::Bytes(numbers) => list(text, ['[', ']'], numbers, |number, text| text.push_str(&number.to_string())),
    }
}

fn list<T>(text: &mut String, [open, close]: [char; 2], items: &[T], write: impl Fn(&T, &mut String)) {
    text.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

/// Writes fields as Universal Binary JSON in XGBoost's dialect: numbers big-endian, all lengths 64-bit.
pub(crate) fn ubj(field: &Field) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_ubj(field, &mut bytes);
    bytes
}

fn write_ubj(field: &Field, bytes: &mut Vec<u8>) {
    match field {
        Field::Object(fields) => {
            bytes.push(b'{');
            for (name, field) in fields {
                write_text(name, bytes);
                write_ubj(field, bytes);
            }
            bytes.push(b'}');
        }
        Field::List(items) => {
            bytes.extend(b"[#L");
            bytes.extend((items.len() as i64).to_be_bytes());
            for item in items {
                write_ubj(item, bytes);
            }
        }
        Field::Text(text) => {
            bytes.push(b'S');
            write_text(text, bytes);
        }
        Field::Int(number) => {
            if let Ok(number) = i8::try_from(*number) {
                bytes.push(b'i');
                bytes.extend(number.to_be_bytes());
            } else if let Ok(number) = i16::try_from(*number) {
                bytes.push(b'I');
                bytes.extend(number.to_be_bytes());
            } else if let Ok(number) = i32::try_from(*number) {
                bytes.push(b'l');
                bytes.extend(number.to_be_bytes());
            } else {
                bytes.push(b'L');
                bytes.extend(number.to_be_bytes());
            }
        }
        Field::Floats(numbers) => typed(b'd', numbers.len(), numbers.iter().map(|number| number.to_be_bytes()), bytes),
        Field::Ints(numbers) => typed(b'l', numbers.len(), numbers.iter().map(|number| number.to_be_bytes()), bytes),
        Field::Longs(numbers) => typed(b'L', numbers.len(), numbers.iter().map(|number| number.to_be_bytes()), bytes),
        Field::Bytes(numbers) => typed(b'U', numbers.len(), numbers.iter().map(|number| [*number]), bytes),
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(b'L');
    bytes.extend((text.len() as i64).to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn typed<const N: usize>(kind: u8, length: usize, numbers: impl Iterator<Item = [u8; N]>, bytes: &mut Vec<u8>) {
    bytes.extend([b'[', b'$', kind, b'#', b'L']);
    bytes.extend((length as i64).to_be_bytes());
    numbers.for_each(|number| bytes.extend(number));
}
