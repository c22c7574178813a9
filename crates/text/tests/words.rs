//! Words against what R's tokenizers gave (ICU 72) and Node's `Intl.Segmenter` (ICU 78), as measured.

mod common;

use common::{recipe, tokens};
use serde_json::{Value, json};

fn words(text: &str) -> String {
    tokens(&recipe(&json!([{ "tokenize": "words" }, "tf"])), text).join(" ")
}

fn words_with(options: &Value, text: &str) -> Vec<String> {
    tokens(&recipe(&json!([{ "tokenize": { "words": options } }, "tf"])), text)
}

#[test]
fn words_are_those_that_were_measured() {
    for (text, expected) in [
        ("Don't stop—the U.S. can't; it’s", "don't stop the u.s can't it’s"),
        ("3.14, 1,000 & foo_bar!", "3.14 1,000 foo_bar"),
        ("www.google.com", "www.google.com"),
        ("C++ e-mail :) 😀 #tag", "c e mail tag"),
        ("blowin' 'quoted' rock'n'roll ain't.", "blowin quoted rock'n'roll ain't"),
        ("日本語テキスト", "日本語 テキスト"),
        ("เด็กชาย", "เด็ก ชาย"),
        ("it`s half-life", "it s half life"),
        ("12:30", "12 30"),
        // Plain UAX #29, as ICU 78 and unlike ICU 72: `@` breaks, `:` joins letters.
        ("a@b.com", "a b.com"),
        ("@you", "you"),
        ("x:y", "x:y"),
        ("", ""),
        ("   ", ""),
        ("!!!", ""),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn a_word_holds_a_letter_or_a_digit() {
    for (text, expected) in [
        ("²", ""),
        ("x²", "x"),
        ("🅿️", "🅿️"),
        ("‼️ 😀 👨‍👩‍👧 🇩🇪 ½", ""),
        ("_", ""),
        ("__", "__"),
        ("a _ b __ c ____", "a b __ c ____"),
        ("हिन्दी में", "हिन्दी में"),
        ("٣٫١٤", "٣٫١٤"),
        ("は", "は"),
        ("ไทย ๑๒", "ไทย ๑๒"),
        ("\u{308} \u{200d}", ""),
        ("a \u{200d}🅿️", "a \u{200d}🅿️"),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn hangul_stands_apart() {
    for (text, expected) in [
        ("3명이", "3 명이"),
        ("tv에서", "tv 에서"),
        ("star'와", "star 와"),
        ("명이3", "명이 3"),
        ("안녕하세요 여러분", "안녕하세요 여러분"),
        // What ICU 78 gives, too: jamo are letters like others, and neither `.` nor `_` joins syllables.
        ("하하ㅋㅋ", "하하 ㅋㅋ"),
        ("ㅋㅋa", "ㅋㅋa"),
        ("가.나", "가 나"),
        ("가_b", "가 _b"),
        ("漢字를", "漢字 를"),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn lower_case_is_unicodes() {
    for (text, expected) in [
        ("ΟΔΥΣΣΕΥΣ ΟΔΟΣ", "οδυσσευς οδος"),
        ("STRASSE Straße", "strasse straße"),
        ("İstanbul ISPARTA", "i\u{307}stanbul isparta"),
        ("ÉCLAIR ПРИВЕТ", "éclair привет"),
        ("100 \u{212a}", "100 k"),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}

#[test]
fn options_do_what_they_say() {
    let text = "The U.S. spent 1,000 £ (12_3), A1 _ é!";
    assert_eq!(words_with(&json!({}), text), ["the", "u.s", "spent", "1,000", "12_3", "a1", "é"]);
    assert_eq!(words_with(&json!({ "lowercase": false }), text), ["The", "U.S", "spent", "1,000", "12_3", "A1", "é"]);
    assert_eq!(words_with(&json!({ "strip_numeric": true }), text), ["the", "u.s", "spent", "a1", "é"]);
    let all = ["the", "u.s", ".", "spent", "1,000", "£", "(", "12_3", ")", ",", "a1", "_", "é", "!"];
    assert_eq!(words_with(&json!({ "strip_punct": false }), text), all);
    assert_eq!(words_with(&json!({ "strip_punct": false }), "a  b \t\r\n -- "), ["a", "b", "-", "-"]);
}
