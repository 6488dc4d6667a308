use std::{
    fmt,
    io::{self, Write},
};

/// A writer that lets no control character through except the newline that ends a line.
///
/// One call of `write_all` is one log line. What a peer sent may be inside it: a newline would forge a line, an
/// escape sequence would talk to the operator's terminal, a direction override would hide text. Each becomes
/// `\uXXXX`, which inside a JSON string still means the same character.
#[derive(Debug)]
pub(super) struct OneLine<W>(pub(super) W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line)?;
        Ok(line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        let body = text.strip_suffix('\n').unwrap_or(&text);
        if body.chars().any(hostile) {
            return self.0.write_all(format!("{}\n", escaped(body)).as_bytes());
        }
        self.0.write_all(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hostile(c) {
            // Writing to a String cannot fail.
            let _ = fmt::Write::write_fmt(&mut out, format_args!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, line separators and the marks that change the writing direction.
fn hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_newline_survives() {
        let mut out = OneLine(Vec::new());
        out.write_all("a\nb\u{1b}[31m\u{202e}\u{9b}x\r\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "a\\u000ab\\u001b[31m\\u202e\\u009bx\\u000d\n");
    }

    #[test]
    fn other_text_passes_as_it_is() {
        let mut out = OneLine(Vec::new());
        out.write_all("grüße 👋 \"x\"\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "grüße 👋 \"x\"\n");
    }
}
