/// Letters of a word on average where no blanks stand between words.
const IDEOGRAPHS: u64 = 2;
const LETTERS: u64 = 4;

/// Words of a text in any script: what stands between blanks, and in scripts without them so many letters a word.
pub(super) fn count_words(text: &str) -> u64 {
    text.split_whitespace().map(words_without_blanks).sum()
}

fn words_without_blanks(token: &str) -> u64 {
    if token.is_ascii() {
        return 1;
    }
    let (mut ideographs, mut letters, mut has_other) = (0_u64, 0_u64, false);
    for character in token.chars() {
        match character {
            '\u{3041}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9d}'
            | '\u{20000}'..='\u{3ffff}' => ideographs += 1,
            // Thai, Lao, Tibetan, Myanmar and Khmer, with their vowels and marks.
            '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => letters += 1,
            _ => has_other |= character.is_alphanumeric(),
        }
    }
    let words = ideographs.div_ceil(IDEOGRAPHS) + letters.div_ceil(LETTERS) + u64::from(has_other);
    words.max(1)
}

#[cfg(test)]
mod tests {
    use super::count_words;

    #[test]
    fn words_are_found_in_every_script() {
        assert_eq!(count_words("a short  text, number 0\n"), 5);
        assert_eq!(count_words("das schöne Gefühl – naïve"), 5);
        assert_eq!(count_words("房间很干净"), 3);
        assert_eq!(count_words("wifi很好。"), 2);
        assert_eq!(count_words("このホテルは駅に近い"), 5);
        assert_eq!(count_words("ห้องพักสะอาดมาก"), 4);
        assert_eq!(count_words("방이 아주 깨끗해요"), 3);
        assert_eq!(count_words(""), 0);
    }
}
