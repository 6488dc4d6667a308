use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{
    fault::Fault,
    key::{Key, Kind},
    keys::{self, KEYS},
};

/// Where the configuration comes from; later ones win: defaults, file, environment, flags.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file named on the command line; `CONFIG_FILE` of the environment counts when there is none.
    pub file: Option<PathBuf>,
    /// Environment variables. An empty one is as good as none.
    pub environment: BTreeMap<String, String>,
    /// Names of environment variables whose value is not Unicode.
    pub garbled: BTreeSet<String>,
    /// Values of command-line flags, by key.
    pub flags: Vec<(&'static Key, String)>,
}

/// The value of each key that has one, by its environment name, and where it was found.
pub(super) type Merged = BTreeMap<&'static str, Found>;

/// A value as written.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) text: String,
    /// `default`, `file`, `environment` or `flag`.
    pub(super) layer: String,
}

impl Sources {
    /// These variables and nothing else.
    pub fn of_environment<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let environment = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { environment, ..Self::default() }
    }

    /// The variables of this process.
    pub fn of_process() -> Self {
        let mut sources = Self::default();
        for (name, value) in std::env::vars_os() {
            // A name that is not Unicode is none of ours.
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(sources.environment.insert(name, value)),
                Err(_) => drop(sources.garbled.insert(name)),
            }
        }
        sources
    }

    /// The value of each key, and what is wrong with the file or the variables before anybody looks at the values.
    pub(super) fn merge(&self) -> (Merged, Vec<Fault>) {
        let mut faults = Vec::new();
        let environment = self.environment_layer(&mut faults);
        let figment = Figment::new()
            .merge(Layer::of("default", KEYS.iter().map(|key| (*key, key.default.to_owned()))))
            .merge(Layer { name: "file", values: self.file_layer(&mut faults) })
            .merge(environment)
            .merge(Layer::of("flag", self.flags.iter().cloned()));
        let mut merged = Merged::new();
        for key in KEYS {
            let Ok(value) = figment.find_value(key.env) else { continue };
            let layer =
                figment.find_metadata(key.env).map_or_else(String::new, |found| found.name.to_string());
            match text_of(key, &value) {
                Ok(text) => drop(merged.insert(key.env, Found { text, layer })),
                Err(message) => faults.push(Fault { key: key.env.into(), message }),
            }
        }
        (merged, faults)
    }

    fn environment_layer(&self, faults: &mut Vec<Fault>) -> Layer {
        let mut values = Vec::new();
        for key in KEYS {
            let names = [Some(key.env), key.alias];
            if names.into_iter().flatten().any(|name| self.garbled.contains(name)) {
                faults.push(Fault { key: key.env.into(), message: "is not Unicode".into() });
            }
            let get = |name: &str| unless_empty(key, self.environment.get(name)?.clone());
            match (get(key.env), key.alias.and_then(get)) {
                (Some(value), Some(other)) if value != other => {
                    let message = format!("contradicts {}", key.alias.unwrap_or_default());
                    faults.push(Fault { key: key.env.into(), message });
                }
                (Some(value), _) | (None, Some(value)) => values.push((*key, value)),
                (None, None) => {}
            }
        }
        Layer::of("environment", values)
    }

    fn file_layer(&self, faults: &mut Vec<Fault>) -> Dict {
        let named = self.environment.get("CONFIG_FILE").filter(|name| !name.is_empty());
        let Some(path) = self.file.clone().or_else(|| named.map(PathBuf::from)) else { return Dict::new() };
        let mut fault = |message: String| {
            faults.push(Fault { key: "CONFIG_FILE".into(), message });
            Dict::new()
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return fault(format!("{:?} cannot be read: {error}", path.to_string_lossy())),
        };
        let dict = match <Toml as Format>::from_str::<Dict>(&text) {
            Ok(dict) => dict,
            // Its full text would quote the line, which may hold a secret.
            Err(error) => {
                let end = error.span().map_or(0, |span| span.start);
                let line = text.bytes().take(end).filter(|byte| *byte == b'\n').count() + 1;
                let (path, message) = (path.to_string_lossy(), error.message().escape_debug());
                return fault(format!("{path:?} is not TOML, line {line}: {message}"));
            }
        };
        named_as_keys(dict, faults)
    }
}

/// The file's values under the names of the table, unknown ones refused.
fn named_as_keys(file: Dict, faults: &mut Vec<Fault>) -> Dict {
    let mut values = Dict::new();
    for (name, value) in file {
        let upper = name.to_ascii_uppercase();
        let key = KEYS.iter().find(|key| key.env == upper || key.alias == Some(upper.as_str()));
        let message = match key {
            None => "is no key of the configuration file",
            Some(key) if values.contains_key(key.env) => "is in the configuration file twice",
            Some(key) => {
                let text = value.as_str().map(|text| unless_empty(key, text.to_owned()));
                if let Some(value) = text.map_or(Some(value), |text| text.map(Value::from)) {
                    values.insert(key.env.into(), value);
                }
                continue;
            }
        };
        faults.push(Fault { key: name.escape_debug().to_string(), message: message.into() });
    }
    values
}

/// An empty value is as good as none; only no TLS port is a statement.
fn unless_empty(key: &Key, text: String) -> Option<String> {
    if !text.is_empty() {
        Some(text)
    } else if *key == keys::TURN_TLS_PORT {
        Some("0".into())
    } else {
        None
    }
}

/// A value as it would be written in the environment.
fn text_of(key: &Key, value: &Value) -> Result<String, String> {
    match value {
        Value::String(_, text) => Ok(text.clone()),
        Value::Bool(_, flag) => Ok(flag.to_string()),
        Value::Num(_, number) => match (number.to_u128(), number.to_i128()) {
            // A number would lose the zeros and the spelling a secret has.
            _ if key.kind.is_secret() => Err("must be a string in quotes".into()),
            (Some(number), _) => Ok(number.to_string()),
            (None, Some(number)) => Ok(number.to_string()),
            (None, None) => {
                number.to_f64().map(|number| number.to_string()).ok_or_else(|| "is no number".into())
            }
        },
        Value::Array(_, items) if matches!(key.kind, Kind::List | Kind::Secrets) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match texts {
                Some(texts) if texts.iter().all(|text| !text.contains(',')) => Ok(texts.join(",")),
                Some(_) => Err("holds an item with a comma".into()),
                None => Err("must hold strings only".into()),
            }
        }
        _ => Err(format!("must be {}", key.kind.describe())),
    }
}

/// Values of one origin, as a figment provider.
struct Layer {
    name: &'static str,
    values: Dict,
}

impl Layer {
    fn of(name: &'static str, values: impl IntoIterator<Item = (&'static Key, String)>) -> Self {
        // Kept as strings: a numeric secret keeps its zeros.
        let values =
            values.into_iter().map(|(key, value)| (key.env.to_owned(), Value::from(value))).collect();
        Self { name, values }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}
