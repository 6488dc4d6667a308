//! The parts of an array or an object, as slices of the text.

use super::{JsonError, scan::Scanner};

/// Splits the array that `text` is into its elements, each exactly as written.
///
/// The array is checked while it is walked: it is valid, with nothing behind it, once the iterator has ended without
/// an error. After an error the iterator ends.
///
/// ```
/// use video_chat_socketio::json;
///
/// let parts: Result<Vec<_>, _> = json::elements(r#"["offer", {"sdp":"v=0"}, 1.0]"#).collect();
/// assert_eq!(parts.unwrap(), [r#""offer""#, r#"{"sdp":"v=0"}"#, "1.0"]);
/// ```
pub fn elements(text: &str) -> Elements<'_> {
    Elements(Walk::new(text, b'[', b']'))
}

/// Splits the object that `text` is into its members, each exactly as written, duplicates included.
///
/// As with [`elements`], the object is valid once the iterator has ended without an error.
///
/// ```
/// use video_chat_socketio::json;
///
/// let members: Result<Vec<_>, _> = json::members(r#"{"a":1, "b":[2]}"#).collect();
/// let members = members.unwrap();
/// assert_eq!((members[1].name, members[1].value), (r#""b""#, "[2]"));
/// ```
pub fn members(text: &str) -> Members<'_> {
    Members(Walk::new(text, b'{', b'}'))
}

/// A member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, as written: with the quotes, escapes unresolved (see [`unescape`](super::unescape)).
    pub name: &'a str,
    /// Its value, as written.
    pub value: &'a str,
}

/// The elements of an array: see [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a>(Walk<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a str, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(Walk::value)
    }
}

impl<'a> Elements<'a> {
    /// The next element; when that is an object, `member` is shown each of its members on the way.
    ///
    /// ```
    /// use video_chat_socketio::json;
    ///
    /// let mut names = Vec::new();
    /// let mut array = json::elements(r#"[{"a":1,"b":[2]},3]"#);
    /// let first = array.next_with_members(|member| names.push(member.name));
    /// assert_eq!(first, Some(Ok(r#"{"a":1,"b":[2]}"#)));
    /// assert_eq!(names, [r#""a""#, r#""b""#]);
    /// assert_eq!(array.next(), Some(Ok("3")));
    /// ```
    pub fn next_with_members(
        &mut self,
        member: impl FnMut(Member<'a>),
    ) -> Option<Result<&'a str, JsonError>> {
        self.0.next(|walk| walk.object_or_other(member))
    }
}

/// The members of an object: see [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a>(Walk<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(Walk::member)
    }
}

/// A walk through one container.
#[derive(Debug, Clone)]
struct Walk<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    open: u8,
    close: u8,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Inside,
    Done,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, open: u8, close: u8) -> Self {
        Self { text, scanner: Scanner::new(text, 0), open, close, state: State::Before }
    }

    fn next<T>(
        &mut self,
        item: impl FnOnce(&mut Self) -> Result<T, JsonError>,
    ) -> Option<Result<T, JsonError>> {
        if self.state == State::Done {
            return None;
        }
        let next = match self.advance() {
            Ok(true) => item(self),
            Ok(false) => {
                self.state = State::Done;
                return None;
            }
            Err(error) => Err(error),
        };
        if next.is_err() {
            self.state = State::Done;
        }
        Some(next)
    }

    /// Goes to where the next item begins; `false` at the end of the container and of the text.
    fn advance(&mut self) -> Result<bool, JsonError> {
        let scanner = &mut self.scanner;
        scanner.whitespace();
        if self.state == State::Before {
            if !scanner.eat(self.open) {
                return Err(scanner.error());
            }
            self.state = State::Inside;
            scanner.whitespace();
            if !scanner.eat(self.close) {
                return Ok(true);
            }
        } else if scanner.eat(b',') {
            scanner.whitespace();
            return Ok(true);
        } else if !scanner.eat(self.close) {
            return Err(scanner.error());
        }
        scanner.finish()?;
        Ok(false)
    }

    fn object_or_other(&mut self, mut each: impl FnMut(Member<'a>)) -> Result<&'a str, JsonError> {
        let start = self.scanner.offset();
        if !self.scanner.eat(b'{') {
            return self.value();
        }
        self.scanner.whitespace();
        if !self.scanner.eat(b'}') {
            loop {
                each(self.member()?);
                self.scanner.whitespace();
                if self.scanner.eat(b'}') {
                    break;
                }
                if !self.scanner.eat(b',') {
                    return Err(self.scanner.error());
                }
                self.scanner.whitespace();
            }
        }
        self.since(start)
    }

    fn member(&mut self) -> Result<Member<'a>, JsonError> {
        let name = self.string()?;
        self.scanner.colon()?;
        Ok(Member { name, value: self.value()? })
    }

    fn value(&mut self) -> Result<&'a str, JsonError> {
        let start = self.scanner.offset();
        self.scanner.value()?;
        self.since(start)
    }

    fn string(&mut self) -> Result<&'a str, JsonError> {
        let start = self.scanner.offset();
        self.scanner.string()?;
        self.since(start)
    }

    fn since(&self, start: usize) -> Result<&'a str, JsonError> {
        // Always there: a value begins and ends with ASCII.
        self.text.get(start..self.scanner.offset()).ok_or_else(|| self.scanner.error())
    }
}
