//! The scanner: one pass over the bytes of a text.

use super::{JsonError, JsonErrorKind, depth::Depth};

/// A position in a text.
#[derive(Debug, Clone)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { bytes: text.as_bytes(), at }
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Skips one value, which begins right here, with everything in it.
    pub(super) fn value(&mut self) -> Result<(), JsonError> {
        let mut depth = Depth::default();
        loop {
            match self.peek() {
                Some(b'"') => self.string()?,
                Some(b'{') => {
                    self.bump();
                    self.whitespace();
                    if !self.eat(b'}') {
                        depth.push(true);
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.bump();
                    self.whitespace();
                    if !self.eat(b']') {
                        depth.push(false);
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                _ => return Err(self.error()),
            }
            if !self.close(&mut depth)? {
                return Ok(());
            }
        }
    }

    /// After a value: leaves the containers that end here. `true` when another value is to follow.
    fn close(&mut self, depth: &mut Depth) -> Result<bool, JsonError> {
        while let Some(object) = depth.innermost() {
            self.whitespace();
            match self.peek() {
                Some(b',') => {
                    self.bump();
                    self.whitespace();
                    if object {
                        self.key()?;
                    }
                    return Ok(true);
                }
                Some(b'}') if object => {}
                Some(b']') if !object => {}
                _ => return Err(self.error()),
            }
            self.bump();
            depth.pop();
        }
        Ok(false)
    }

    /// Skips a member's name, the colon and the white space after it.
    pub(super) fn key(&mut self) -> Result<(), JsonError> {
        self.string()?;
        self.colon()
    }

    /// Skips a colon and the white space around it.
    pub(super) fn colon(&mut self) -> Result<(), JsonError> {
        self.whitespace();
        if !self.eat(b':') {
            return Err(self.error());
        }
        self.whitespace();
        Ok(())
    }

    /// Skips a string, quotes included.
    pub(super) fn string(&mut self) -> Result<(), JsonError> {
        if !self.eat(b'"') {
            return Err(self.error());
        }
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.bump();
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(self.error()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.bump();
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.bump(),
            Some(b'u') => {
                self.bump();
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.error());
                    }
                    self.bump();
                }
            }
            _ => return Err(self.error()),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.bump();
        }
        if self.at == start { Err(self.error()) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), JsonError> {
        for &byte in word {
            if !self.eat(byte) {
                return Err(self.error());
            }
        }
        Ok(())
    }

    /// Skips white space, of which there is hardly ever any.
    #[inline]
    pub(super) fn whitespace(&mut self) {
        while let Some(byte) = self.peek()
            && byte <= b' '
            && matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
        {
            self.bump();
        }
    }

    /// Checks that only white space is left.
    pub(super) fn finish(&mut self) -> Result<(), JsonError> {
        self.whitespace();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(JsonError { kind: JsonErrorKind::Trailing, offset: self.at }),
        }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn bump(&mut self) {
        self.at += 1;
    }

    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// What is wrong right here.
    pub(super) fn error(&self) -> JsonError {
        let kind = if self.at < self.bytes.len() { JsonErrorKind::Byte } else { JsonErrorKind::End };
        JsonError { kind, offset: self.at }
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The first byte at or after `at` that does not simply stand for itself inside a string: a quote, a backslash or a
/// control character.
#[inline]
pub(super) fn plain_end(bytes: &[u8], at: usize) -> usize {
    let (words, rest) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    let mut end = at;
    for word in words {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            // The lowest mark is exact; those above it may be carried over from it.
            return end + (special.trailing_zeros() / 8) as usize;
        }
        end += 8;
    }
    end + rest.iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count()
}

/// Marks, by its highest bit, the lowest byte of `word` that is special, and perhaps some above it.
#[inline]
fn special(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    let quote = zero(word ^ (ONES * u64::from(b'"')));
    let backslash = zero(word ^ (ONES * u64::from(b'\\')));
    // What is special is ASCII, and for ASCII each difference borrows exactly when it is.
    (control | quote | backslash) & !word & HIGHS
}
