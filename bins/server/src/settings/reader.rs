use std::time::Duration;

use video_chat_kernel::Secret;

use super::{
    fault::{Fault, Faults},
    key::{Key, Kind},
    keys::KEYS,
    parse,
    source::Merged,
};

/// Every key with its value as it may be shown.
pub(super) type Effective = Vec<(&'static Key, String)>;

/// Hands the sections their values, and collects what is wrong with them.
///
/// After a fault a section goes on with a neutral value, so that every fault is found in one run; [`Reader::finish`]
/// then lets none of it out.
pub(super) struct Reader {
    merged: Merged,
    faults: Vec<Fault>,
    warnings: Vec<String>,
    /// Defaults that depend on other keys, and words that stand for a value made at the start.
    shown: Vec<(&'static Key, String)>,
}

impl Reader {
    pub(super) fn new((merged, faults): (Merged, Vec<Fault>)) -> Self {
        Self { merged, faults, warnings: Vec::new(), shown: Vec::new() }
    }

    pub(super) fn fault(&mut self, key: &Key, message: impl Into<String>) {
        self.faults.push(Fault { key: key.env.into(), message: message.into() });
    }

    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// What `check-config` shows for a key that was not set.
    pub(super) fn show(&mut self, key: &'static Key, value: impl Into<String>) {
        self.shown.push((key, value.into()));
    }

    /// The text as written; `None` when there is none.
    pub(super) fn text(&self, key: &Key) -> Option<String> {
        self.merged.get(key.env).map(|found| found.text.clone()).filter(|text| !text.is_empty())
    }

    /// Whether somebody wrote a value: it is more than the default.
    pub(super) fn is_set(&self, key: &Key) -> bool {
        self.merged.get(key.env).is_some_and(|found| found.layer != "default" && !found.text.is_empty())
    }

    /// The value that `parse` makes of the text; `None` when there is none, or after a fault.
    pub(super) fn parsed<T>(
        &mut self,
        key: &Key,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match parse(text.trim()) {
            Ok(value) => Some(value),
            Err(message) => {
                let shown = matches!(key.kind, Kind::Secret | Kind::Secrets | Kind::Url);
                let value = if shown { String::new() } else { format!("{text:?} ") };
                self.fault(key, format!("{value}{message}"));
                None
            }
        }
    }

    /// A flag; `None` when not set.
    pub(super) fn flag(&mut self, key: &Key) -> Option<bool> {
        self.parsed(key, parse::flag)
    }

    /// A whole number in the key's range.
    pub(super) fn integer<T: TryFrom<u64> + Default>(&mut self, key: &Key) -> T {
        let (Kind::Integer(low, high) | Kind::Millis(low, high)) = key.kind else { return T::default() };
        let value = self.parsed(key, |text| {
            let number = parse::integer(text, low, high)?;
            T::try_from(number).map_err(|_| "is out of range".to_owned())
        });
        value.unwrap_or_default()
    }

    /// A limit: `None` is unlimited, written 0.
    pub(super) fn limit(&mut self, key: &Key) -> Option<u32> {
        Some(self.integer(key)).filter(|limit| *limit > 0)
    }

    /// A number of milliseconds in the key's range.
    pub(super) fn millis(&mut self, key: &Key) -> Duration {
        Duration::from_millis(self.integer(key))
    }

    /// A duration with a unit in the key's range.
    pub(super) fn duration(&mut self, key: &Key) -> Duration {
        let Kind::Duration(low, high) = key.kind else { return Duration::ZERO };
        let value = self.parsed(key, |text| {
            let value = parse::duration(text)?;
            let fits = (Duration::from_secs(low)..=Duration::from_secs(high)).contains(&value);
            if fits { Ok(value) } else { Err(format!("must be from {low}s to {high}s")) }
        });
        value.unwrap_or_default()
    }

    /// One of the key's words; lower case.
    pub(super) fn choice(&mut self, key: &Key) -> Option<&'static str> {
        let Kind::Choice(words) = key.kind else { return None };
        self.parsed(key, |text| {
            let found = words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied();
            found.ok_or_else(|| format!("must be one of {}", words.join(", ")))
        })
    }

    /// Comma-separated items, trimmed, the empty ones left out.
    pub(super) fn list(&self, key: &Key) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// As [`Reader::list`], each item parsed; every bad one is a fault.
    pub(super) fn parsed_list<T>(&mut self, key: &Key, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let mut values = Vec::new();
        for item in self.list(key) {
            match parse(&item) {
                Ok(value) => values.push(value),
                Err(message) => self.fault(key, format!("{item:?} {message}")),
            }
        }
        values
    }

    /// The secret, byte by byte as written; `None` when there is none.
    pub(super) fn secret(&self, key: &Key) -> Option<Secret> {
        self.text(key).map(Secret::new)
    }

    /// The effective values and the warnings, or everything that is wrong.
    pub(super) fn finish(self) -> Result<(Effective, Vec<String>), Faults> {
        if !self.faults.is_empty() {
            return Err(Faults(self.faults));
        }
        let effective = KEYS.iter().map(|key| (*key, self.effective(key))).collect();
        Ok((effective, self.warnings))
    }

    fn effective(&self, key: &'static Key) -> String {
        match (self.text(key), key.kind) {
            (Some(_), kind) if kind.is_secret() => "[redacted]".into(),
            (Some(text), Kind::Url) => parse::redacted_urls(&text).escape_debug().to_string(),
            (Some(text), _) => text.escape_debug().to_string(),
            (None, _) => {
                let shown = self.shown.iter().find(|(shown, _)| *shown == key);
                shown.map_or_else(String::new, |(_, value)| value.clone())
            }
        }
    }
}
