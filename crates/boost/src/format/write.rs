use std::fmt::Write;

use super::Field;
use super::describe::describe_tree;

/// Writes fields as JSON text, numbers in their shortest form that reads back the same.
pub(crate) fn json(field: &Field<'_>) -> Vec<u8> {
    let mut text = String::new();
    write_json(field, &mut text);
    text.into_bytes()
}

fn write_json(field: &Field<'_>, text: &mut String) {
    match field {
        Field::Object(fields) => list(text, ['{', '}'], fields, |(name, field), text| {
            text.push('"');
            text.push_str(name);
            text.push_str("\":");
            write_json(field, text);
        }),
        Field::List(items) => list(text, ['[', ']'], items, write_json),
        Field::Text(value) => write_json_text(value, text),
        Field::Texts(values) => list(text, ['[', ']'], values, |value, text| write_json_text(value, text)),
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
        Field::Trees(model) => {
            let trees: Vec<_> = model.trees.iter().enumerate().collect();
            list(text, ['[', ']'], &trees, |&(index, tree), text| {
                write_json(&describe_tree(tree, index, model.n_cols), text);
            });
        }
    }
}

fn write_json_text(value: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(value).to_string());
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

/// Writes fields as Universal Binary JSON in XGBoost's dialect: numbers big-endian, all lengths 64-bit. Together they take
/// about `size` bytes.
pub(crate) fn ubj(field: &Field<'_>, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    write_ubj(field, &mut bytes);
    bytes
}

fn write_ubj(field: &Field<'_>, bytes: &mut Vec<u8>) {
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
            begin_list(items.len(), bytes);
            for item in items {
                write_ubj(item, bytes);
            }
        }
        Field::Trees(model) => {
            begin_list(model.trees.len(), bytes);
            for (index, tree) in model.trees.iter().enumerate() {
                write_ubj(&describe_tree(tree, index, model.n_cols), bytes);
            }
        }
        Field::Text(text) => {
            bytes.push(b'S');
            write_text(text, bytes);
        }
        Field::Texts(texts) => {
            begin_list(texts.len(), bytes);
            for text in *texts {
                bytes.push(b'S');
                write_text(text, bytes);
            }
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

fn begin_list(length: usize, bytes: &mut Vec<u8>) {
    bytes.extend(b"[#L");
    bytes.extend((length as i64).to_be_bytes());
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
