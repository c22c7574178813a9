//! Whether bytes are whole enough to be given to XGBoost.
//!
//! XGBoost's readers of JSON and UBJSON trust the lengths that they read, and look past the end of a file that was cut
//! off. This walk builds nothing: it follows the same grammar (`src/common/json.cc`) with every step checked. What the
//! values mean is left to XGBoost.

/// Deeper than any model: XGBoost's readers recurse.
const MAX_DEPTH: usize = 64;

/// Checks one JSON or UBJSON object, told apart as XGBoost does.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.first() != Some(&b'{') {
        return Err("it starts like neither JSON nor UBJSON".into());
    }
    match bytes[1..].iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'"') => check_json(bytes),
        Some(b'L') => {
            let mut reader = Reader { bytes, at: 0 };
            reader.value(0)?;
            let rest = bytes.len() - reader.at;
            if rest == 0 { Ok(()) } else { Err(format!("{rest} bytes follow its end")) }
        }
        _ => Err("it starts like neither JSON nor UBJSON".into()),
    }
}

/// XGBoost's JSON reader finds most faults itself; it must only be kept from the end and from deep recursion.
fn check_json(bytes: &[u8]) -> Result<(), String> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.checked_sub(1).ok_or("a bracket is closed that was not open")?,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
    }
    // A number at the very end would be read beyond it.
    if depth > 0 || in_string || bytes.trim_ascii_end().last() != Some(&b'}') {
        Err("it is cut off".into())
    } else {
        Ok(())
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        match self.byte()? {
            b'{' => {
                while self.peek()? != b'}' {
                    self.string()?;
                    self.value(depth + 1)?;
                }
                self.skip(1)
            }
            b'[' => self.array(depth),
            b'S' => self.string(),
            b'Z' | b'T' | b'F' => Ok(()),
            marker => self.skip(size_of_number(marker).ok_or_else(|| self.unknown(marker))?),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), String> {
        match self.peek()? {
            b'$' => {
                self.skip(1)?;
                let marker = self.byte()?;
                let size = size_of_number(marker).filter(|_| marker != b'C').ok_or_else(|| self.unknown(marker))?;
                self.expect(b'#')?;
                let length = self.length()?;
                self.skip(length.checked_mul(size).ok_or("a length is beyond all bounds")?)
            }
            b'#' => {
                self.skip(1)?;
                let length = self.length()?;
                // Each element takes a byte at least: a length that cannot be is not counted out.
                if length > self.bytes.len() - self.at {
                    return Err(self.cut_off());
                }
                (0..length).try_for_each(|_| self.value(depth + 1))
            }
            _ => {
                while self.peek()? != b']' {
                    self.value(depth + 1)?;
                }
                self.skip(1)
            }
        }
    }

    fn string(&mut self) -> Result<(), String> {
        let length = self.length()?;
        self.skip(length)
    }

    /// A length is a 64-bit number, whatever its size.
    fn length(&mut self) -> Result<usize, String> {
        self.expect(b'L')?;
        let start = self.at;
        self.skip(8)?;
        let mut number = [0; 8];
        number.copy_from_slice(&self.bytes[start..self.at]);
        usize::try_from(i64::from_be_bytes(number)).map_err(|_| format!("a length at byte {start} is negative"))
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        if count > self.bytes.len() - self.at {
            return Err(self.cut_off());
        }
        self.at += count;
        Ok(())
    }

    fn peek(&self) -> Result<u8, String> {
        self.bytes.get(self.at).copied().ok_or_else(|| self.cut_off())
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, marker: u8) -> Result<(), String> {
        let found = self.byte()?;
        if found == marker { Ok(()) } else { Err(self.unknown(found)) }
    }

    fn unknown(&self, marker: u8) -> String {
        format!("it has an unknown mark {:?} at byte {}", char::from(marker), self.at.saturating_sub(1))
    }

    fn cut_off(&self) -> String {
        format!("it is cut off at byte {}", self.bytes.len())
    }
}

fn size_of_number(marker: u8) -> Option<usize> {
    match marker {
        b'i' | b'U' | b'C' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}
