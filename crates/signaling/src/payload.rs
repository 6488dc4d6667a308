//! The fields of an event, found by name in JSON that is known to be valid.

use std::borrow::Cow;

use crate::{Code, Rejection};

/// The first argument of an event, as the transport took it apart: nothing is scanned a second time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payload<'a> {
    /// The argument as written, without white space around it; `None`: there is none.
    pub raw: Option<&'a str>,
    /// When it is an object, its members: the name as written, with its quotes, and the value as written.
    pub members: &'a [(&'a str, &'a str)],
}

impl<'a> Payload<'a> {
    /// The values of the fields of these names, as written. Other fields do not matter; a name that comes twice is
    /// refused, for one reader would take the first and another the last.
    pub(crate) fn fields<const N: usize>(&self, names: [&str; N]) -> Result<[Option<&'a str>; N], Rejection> {
        if !self.raw.is_some_and(|raw| raw.starts_with('{')) {
            return Err(Rejection::new(Code::InvalidPayload, "The payload must be an object"));
        }
        let mut values = [None; N];
        for (name, value) in self.members {
            let known = names.iter().zip(&mut values).find(|(known, _)| is(name, known));
            if let Some((_, slot)) = known
                && slot.replace(*value).is_some()
            {
                return Err(wrong_field());
            }
        }
        Ok(values)
    }
}

/// The refusal of a field that is missing or of the wrong type.
pub(crate) fn wrong_field() -> Rejection {
    Rejection::new(Code::InvalidPayload, "A field is missing or has the wrong type")
}

/// What a string literal says; `None` when it is no string, or one that UTF-8 cannot hold.
pub(crate) fn text(literal: &str) -> Option<Cow<'_, str>> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(literal).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Whether a member's name, as written, says `known`.
fn is(literal: &str, known: &str) -> bool {
    literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(known)
        || (literal.contains('\\') && text(literal).is_some_and(|name| name == known))
}
