//! Measures of text that is still a raw JSON string literal.

use unicode_segmentation::UnicodeSegmentation;

/// The longest reaction, in bytes of UTF-8.
const MAX_REACTION_BYTES: usize = 64;

/// Counts the Unicode scalar values of a valid JSON string literal, quotes included, without decoding it. An escaped
/// surrogate pair counts as one, and so does a lone surrogate.
pub fn char_count(literal: &str) -> usize {
    let mut bytes = literal.bytes().skip(1).peekable();
    let mut count = 0_usize;
    let mut after_high = false;
    while let Some(byte) = bytes.next() {
        let mut high = false;
        match byte {
            b'"' => break,
            b'\\' if bytes.next() == Some(b'u') => {
                let unit = (0..4).fold(0_u32, |unit, _| (unit << 4) | hex(bytes.next()));
                high = (0xD800..0xDC00).contains(&unit);
                if after_high && (0xDC00..0xE000).contains(&unit) {
                    after_high = false;
                    continue;
                }
                count += 1;
            }
            // Continuation bytes belong to the character counted at its first byte.
            0x80..=0xBF => {}
            _ => count += 1,
        }
        after_high = high;
    }
    count
}

fn hex(byte: Option<u8>) -> u32 {
    byte.and_then(|byte| char::from(byte).to_digit(16)).unwrap_or_default()
}

/// Whether `text` is exactly one extended grapheme cluster (UAX #29) of at most 64 bytes: what a person calls one
/// emoji.
pub fn is_one_grapheme(text: &str) -> bool {
    text.len() <= MAX_REACTION_BYTES && text.graphemes(true).take(2).count() == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_and_surrogates() {
        for (literal, count) in [
            (r#""""#, 0),
            (r#""a\n\"\\\/""#, 5),
            (r#""\ud83d\ude00""#, 1),
            (r#""\ud83d""#, 1),
            (r#""\ud83d\ud83d\ude00""#, 2),
            (r#""\ude00\ud83d""#, 2),
            (r#""\ud83dx\ude00""#, 3),
            ("\"жé😀\"", 3),
        ] {
            assert_eq!(char_count(literal), count, "{literal}");
        }
    }

    #[test]
    fn one_grapheme() {
        for good in ["👍", "👨‍👩‍👧‍👦", "🏳️‍🌈", "é", "a"] {
            assert!(is_one_grapheme(good), "{good}");
        }
        for bad in ["", "ab", "👍👍", &format!("e{}", "\u{301}".repeat(64))] {
            assert!(!is_one_grapheme(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn counts_what_decoding_counts(text: String) {
            let literal = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(char_count(&literal), text.chars().count());
            let escaped = text.encode_utf16().fold(String::new(), |escaped, unit| escaped + &format!("\\u{unit:04x}"));
            prop_assert_eq!(char_count(&format!("\"{escaped}\"")), text.chars().count());
        }
    }
}
