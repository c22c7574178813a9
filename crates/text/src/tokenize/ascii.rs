/// What the characters of a segment are, as bits.
pub(super) type Classes = u8;

pub(super) const LETTER: Classes = 1;
pub(super) const DIGIT: Classes = 2;
pub(super) const CONNECTOR: Classes = 4;
const WORD: Classes = LETTER | DIGIT | CONNECTOR;
/// Shifted right by [`JOINS`], the bits of the classes that a middle character joins.
const JOINS_LETTERS: Classes = LETTER << JOINS;
const JOINS_DIGITS: Classes = DIGIT << JOINS;
const JOINS: u32 = 3;
pub(super) const SPACE: Classes = 32;

/// Unicode's `Word_Break` of the ASCII characters, as far as its rules tell them apart.
const CLASS: [Classes; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        class[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'_' => CONNECTOR,
            b':' => JOINS_LETTERS,
            b',' | b';' => JOINS_DIGITS,
            b'.' | b'\'' => JOINS_LETTERS | JOINS_DIGITS,
            b' ' | b'\t'..=b'\r' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// White space after which a text can be cut without changing any word: no rule of UAX #29 looks across it, and no
/// rule of lower-casing.
pub(super) fn is_space(byte: u8) -> bool {
    CLASS[byte as usize] == SPACE
}

/// Calls `segment` with each word segment of an ASCII text and the classes of its characters, as the rules WB5 to WB13
/// of UAX #29 cut it; with `ALL`, also with each character between them.
///
/// Between words no rule joins ASCII characters except white space, which the caller drops either way.
#[inline]
pub(super) fn segments<const ALL: bool>(text: &str, mut segment: impl FnMut(&str, Classes)) {
    let bytes = text.as_bytes();
    let class = |index: usize| bytes.get(index).map_or(0, |&byte| CLASS[byte as usize]);
    let mut at = 0;
    while at < bytes.len() {
        let mut last = class(at);
        let start = at;
        at += 1;
        if last & WORD == 0 {
            if ALL {
                segment(&text[start..at], last);
            }
            continue;
        }
        let mut classes = last;
        loop {
            let next = class(at);
            if next & WORD != 0 {
                last = next;
                at += 1;
            } else if (next >> JOINS) & last & class(at + 1) & (LETTER | DIGIT) != 0 {
                last = class(at + 1);
                at += 2;
            } else {
                break;
            }
            classes |= last;
        }
        segment(&text[start..at], classes);
    }
}
