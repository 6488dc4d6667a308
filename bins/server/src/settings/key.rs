/// What a value may be. Drives parsing, messages and the documentation's type column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text that is never shown.
    Secret,
    /// Comma-separated texts that are never shown; in TOML also an array.
    Secrets,
    /// A URL whose password, if it has one, is never shown.
    Url,
    /// Comma-separated texts; in TOML also an array.
    List,
    /// `true` or `false` (also 1, 0, yes, no, on, off).
    Flag,
    /// A whole number in this range.
    Integer(u64, u64),
    /// A whole number of milliseconds in this range.
    Millis(u64, u64),
    /// A duration with a unit (`ms`, `s`, `m`, `h`, `d`), in this range of seconds.
    Duration(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// The kind and its range, as the documentation and messages have it.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Secret => "secret".into(),
            Self::Secrets => "list of secrets".into(),
            Self::Url => "URL".into(),
            Self::List => "list".into(),
            Self::Flag => "flag".into(),
            Self::Integer(low, high) => format!("integer, {low} to {high}"),
            Self::Millis(low, high) => format!("milliseconds, {low} to {high}"),
            Self::Duration(low, high) => format!("duration, {low}s to {high}s"),
            Self::Choice(words) => words.join(", "),
        }
    }

    /// Whether a value is shown as `[redacted]`.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Secrets)
    }
}

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// The environment variable, and the name in messages; in the TOML file in upper or lower case.
    pub env: &'static str,
    /// Another name with the same meaning.
    pub alias: Option<&'static str>,
    /// What the value may be.
    pub kind: Kind,
    /// The default as one would write it; empty: none, or it depends on other keys.
    pub default: &'static str,
}
