use icu_properties::CodePointMapData;
use icu_properties::props::WordBreak;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::words::{STEP, Words};
use super::*;
use crate::parameter::Values;

/// Unicode's own cases, of the version that [`unicode_version`] states.
const CASES: &str = include_str!("../../tests/data/WordBreakTest-17.0.0.txt");

/// Lines of the file that the segmenter cuts otherwise on purpose, each with the reason: none.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn words(options: &Value) -> Words {
    let options = options.as_object().expect("an object");
    Words::new(&Values::check(STEP.parameters, options).expect("valid options"))
}

/// One tokeniser for each combination of options.
fn all_words() -> Vec<Words> {
    let flag = |number: usize, bit: usize| number & (1 << bit) != 0;
    let options = |number| json!({ "lowercase": flag(number, 0), "strip_punct": flag(number, 1), "strip_numeric": flag(number, 2) });
    (0..8).map(|number| words(&options(number))).collect()
}

fn collect(run: impl FnOnce(&mut String, &mut dyn FnMut(&str))) -> Vec<String> {
    let mut tokens = Vec::new();
    run(&mut String::new(), &mut |token| tokens.push(token.to_owned()));
    tokens
}

fn by_segmenter(words: &Words, text: &str) -> Vec<String> {
    collect(|lower, token| words.by_segmenter(text, lower, token))
}

fn by_table(words: &Words, text: &str) -> Vec<String> {
    collect(|lower, token| words.by_table(text, lower, token))
}

fn tokens(words: &Words, text: &str) -> Vec<String> {
    collect(|_, token| words.tokenize(text, &mut Scratch::default(), token))
}

/// Each line of Unicode's file with the segments that it demands.
fn cases() -> impl Iterator<Item = (&'static str, Vec<String>)> {
    let segments = |cases: &str| {
        let text = |codes: &str| -> String {
            let codes = codes.split(['×', ' ']).filter(|code| !code.is_empty());
            codes.map(|code| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap()).collect()
        };
        cases.split('÷').map(text).filter(|segment| !segment.is_empty()).collect()
    };
    let cases = CASES.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    cases.filter(|line| !line.is_empty()).map(move |line| (line, segments(line)))
}

fn raw_segments(words: &Words, text: &str) -> Vec<String> {
    let ends: Vec<usize> = words.segmenter.segment_str(text).collect();
    ends.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
}

#[test]
fn raw_segmentation_passes_every_case_of_unicode() {
    let words = words(&json!({}));
    let mut seen = 0;
    for (line, expected) in cases().filter(|(line, _)| EXCEPTIONS.iter().all(|(exception, _)| exception != line)) {
        assert_eq!(raw_segments(&words, &expected.concat()), expected, "{line}");
        seen += 1;
    }
    assert_eq!(seen + EXCEPTIONS.len(), 1944, "the file's header names this many");
}

#[test]
fn table_passes_the_ascii_cases_of_unicode() {
    let mut seen = 0;
    for (line, expected) in cases().filter(|(line, segments)| !line.is_empty() && segments.concat().is_ascii()) {
        let mut segments = Vec::new();
        ascii::segments::<true>(&expected.concat(), |segment, classes| {
            if classes != ascii::SPACE {
                segments.push(segment.to_owned());
            }
        });
        let expected: Vec<_> = expected.iter().filter(|segment| !segment.trim().is_empty()).collect();
        assert_eq!(segments.iter().collect::<Vec<_>>(), expected, "{line}");
        seen += 1;
    }
    assert!(seen > 100, "only {seen} cases");
}

#[test]
fn stated_version_is_that_of_the_data() {
    assert!(CASES.starts_with(&format!("# WordBreakTest-{}.0.txt", unicode_version())));
    let words = words(&json!({}));
    let joins = |letter: char| raw_segments(&words, &format!("a{letter}")).len() == 1;
    // U+10940 SIDETIC LETTER N01 came with Unicode 17.0, U+A7DD with 18.0: when this fails, the version has changed.
    assert!(joins('\u{10940}') && !joins('\u{a7dd}'));
    let properties = CodePointMapData::<WordBreak>::new();
    assert_eq!(properties.get('\u{a7dd}'), WordBreak::ALetter);
    assert_eq!(property_version(), "18.0.0");
}

#[test]
fn table_has_the_classes_of_unicode() {
    let properties = CodePointMapData::<WordBreak>::new();
    for byte in 0..128_u8 {
        let text = char::from(byte).to_string();
        let mut classes = None;
        ascii::segments::<true>(&text, |_, found| classes = Some(found));
        let expected = match properties.get(char::from(byte)) {
            WordBreak::ALetter => ascii::LETTER,
            WordBreak::Numeric => ascii::DIGIT,
            WordBreak::ExtendNumLet => ascii::CONNECTOR,
            _ if char::from(byte).is_whitespace() => ascii::SPACE,
            _ => continue,
        };
        assert_eq!(classes, Some(expected), "{text:?}");
    }
}

/// No rule looks further than two characters to either side, so five of each class in every order leave nothing out.
#[test]
fn table_equals_segmenter_on_every_short_text() {
    const ONE_OF_EACH: &[u8] = b"A1_:,.'\" @\n";
    let words = [words(&json!({})), words(&json!({ "strip_punct": false }))];
    let mut text = String::new();
    for number in 0..ONE_OF_EACH.len().pow(5) {
        text.clear();
        let mut rest = number;
        for _ in 0..5 {
            text.push(char::from(ONE_OF_EACH[rest % ONE_OF_EACH.len()]));
            rest /= ONE_OF_EACH.len();
        }
        for words in &words {
            assert_eq!(by_table(words, &text), by_segmenter(words, &text), "{text:?}");
        }
    }
}

fn hostile_ascii() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => prop::sample::select(b"abzAZ019.,;:'_\"@- \t\r\n".to_vec()),
        1 => 0..128_u8,
    ];
    prop::collection::vec(character, 0..60).prop_map(|bytes| bytes.into_iter().map(char::from).collect())
}

fn hostile_unicode() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "a",
        "Z",
        "tv",
        "star",
        "0",
        "19",
        ".",
        ",",
        ";",
        ":",
        "'",
        "’",
        "_",
        "\"",
        "@",
        "-",
        " ",
        " ",
        " ",
        "\t",
        "\r\n",
        "\u{b}",
        "é",
        "É",
        "ß",
        "İ",
        "Σ",
        "ΟΔΟΣ",
        "K",
        "я",
        "א",
        "״",
        "٣",
        "हिन्दी",
        "ไทย",
        "ภาษา",
        "漢",
        "字",
        "カ",
        "ひ",
        "명",
        "이",
        "ㅋ",
        "²",
        "½",
        "🅿️",
        "‼️",
        "🇩🇪",
        "👨‍👩‍👧",
        "\u{308}",
        "\u{200d}",
        "\u{ad}",
        "\u{a0}",
        "\u{2028}",
        "\u{85}",
        "\u{202f}",
        "\u{3000}",
        "\u{feff}",
        "‿",
        "—",
        "½",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => (0..128_u8).prop_map(|byte| char::from(byte).to_string()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn table_equals_segmenter(text in hostile_ascii()) {
        for words in all_words() {
            prop_assert_eq!(by_table(&words, &text), by_segmenter(&words, &text));
        }
    }

    #[test]
    fn mixed_texts_equal_segmenter(text in hostile_unicode()) {
        for words in all_words() {
            prop_assert_eq!(tokens(&words, &text), by_segmenter(&words, &text));
        }
    }

    #[test]
    fn tokens_are_slices_of_the_text_in_order(text in hostile_unicode()) {
        let mut rest = text.as_str();
        for token in tokens(&words(&json!({ "lowercase": false })), &text) {
            let at = rest.find(&token);
            prop_assert!(at.is_some(), "{:?} is not in {:?}", token, rest);
            rest = &rest[at.unwrap_or_default() + token.len()..];
        }
    }
}
