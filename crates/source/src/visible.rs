use std::borrow::Cow;
use std::fmt::Write as _;

/// A text of a table or file as it may stand in a message: on one line, with escapes for what a terminal would act on
/// and for characters that cannot be seen or look like a space.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "{}", character.escape_default()); // strings do not fail
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The first `length` characters, as they may stand in a message; broken bytes become U+FFFD.
pub(crate) fn clip(bytes: &[u8], length: usize) -> String {
    let start = excerpt(bytes, length);
    let is_cut = excerpt(bytes, length + 1).len() > start.len();
    format!("{}{}", visible(&start), if is_cut { "…" } else { "" })
}

/// The first `length` characters as they are; broken bytes become U+FFFD.
pub(crate) fn excerpt(bytes: &[u8], length: usize) -> String {
    let bytes = &bytes[..bytes.len().min(4 * length)];
    String::from_utf8_lossy(bytes).chars().take(length).collect()
}

/// Whether a character does something other than to be seen: C0 and C1 controls, line separators, marks of direction,
/// zero width, tags, and every blank but the space. Joiners stay: scripts and emoji need them.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
