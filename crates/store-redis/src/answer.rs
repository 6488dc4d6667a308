//! Reading what Redis answers.

use std::str::FromStr;

use fred::types::Value;
use video_chat_kernel::Unavailable;

/// Redis answered something else than was asked for.
#[derive(Debug, thiserror::Error)]
#[error("an answer of another kind than expected")]
struct Unexpected;

pub(crate) fn unexpected(operation: &'static str) -> Unavailable {
    Unavailable::new(operation, Unexpected)
}

/// An answer that is read piece by piece.
pub(crate) struct Answer {
    operation: &'static str,
    values: std::vec::IntoIter<Value>,
}

impl Answer {
    pub(crate) fn new(operation: &'static str, value: Value) -> Self {
        let values = match value {
            Value::Array(values) => values,
            Value::Null => vec![],
            one => vec![one],
        };
        Self { operation, values: values.into_iter() }
    }

    /// The next value, if there is one.
    pub(crate) fn value(&mut self) -> Option<Value> {
        self.values.next()
    }

    /// Whether nothing is left, or there was nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.len() == 0
    }

    pub(crate) fn integer(&mut self) -> Result<u64, Unavailable> {
        let value = self.value().and_then(|value| value.as_u64());
        value.ok_or_else(|| unexpected(self.operation))
    }

    pub(crate) fn text(&mut self) -> Result<String, Unavailable> {
        let value = self.value().and_then(Value::into_string);
        value.ok_or_else(|| unexpected(self.operation))
    }

    pub(crate) fn parsed<T: FromStr>(&mut self) -> Result<T, Unavailable> {
        self.text()?.parse().map_err(|_| unexpected(self.operation))
    }

    /// The next value, itself a list.
    pub(crate) fn list(&mut self) -> Option<Self> {
        Some(Self::new(self.operation, self.value()?))
    }
}
