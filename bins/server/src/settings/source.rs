use std::{collections::BTreeMap, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{
    fault::{Fault, Faults},
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

    /// The variables of this process. One that is not Unicode is kept with replacement characters, to be refused
    /// where it matters.
    pub fn of_process() -> Self {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { environment, ..Self::default() }
    }

    pub(super) fn merge(&self) -> Result<Merged, Faults> {
        let mut faults = Vec::new();
        let environment = self.environment_layer(&mut faults);
        let figment = Figment::new()
            .merge(Layer::of("default", KEYS.iter().map(|key| (*key, key.default.to_owned()))))
            .merge(Layer { name: "file", values: self.file_layer(&mut faults) })
            .merge(environment)
            .merge(Layer::of("flag", self.flags.iter().cloned()));
        let mut merged = Merged::new();
        for key in KEYS {
            let Ok(value) = figment.find_value(key.toml) else { continue };
            let layer =
                figment.find_metadata(key.toml).map_or_else(String::new, |found| found.name.to_string());
            match text_of(key, &value) {
                Ok(text) => drop(merged.insert(key.env, Found { text, layer })),
                Err(message) => faults.push(Fault { key: key.env.into(), message }),
            }
        }
        if faults.is_empty() { Ok(merged) } else { Err(Faults(faults)) }
    }

    fn environment_layer(&self, faults: &mut Vec<Fault>) -> Layer {
        let get = |name: &str| self.environment.get(name).filter(|value| !value.is_empty());
        let mut values = Vec::new();
        for key in KEYS {
            let alias = key.alias.and_then(get);
            match (get(key.env), alias) {
                (Some(value), Some(other)) if value != other => {
                    let message = format!("contradicts {}", key.alias.unwrap_or_default());
                    faults.push(Fault { key: key.env.into(), message });
                }
                (Some(value), _) | (None, Some(value)) => values.push((*key, value.clone())),
                (None, None) => {}
            }
        }
        // The one key whose emptiness says something: there is no TLS port.
        if self.environment.get(keys::TURN_TLS_PORT.env).is_some_and(String::is_empty) {
            values.push((&keys::TURN_TLS_PORT, "0".into()));
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
            Err(error) => return fault(format!("{path:?} cannot be read: {error}")),
        };
        let dict = match <Toml as Format>::from_str::<Dict>(&text) {
            Ok(dict) => dict,
            // Its full text would quote the line, which may hold a secret.
            Err(error) => {
                let end = error.span().map_or(0, |span| span.start);
                let line = text.bytes().take(end).filter(|byte| *byte == b'\n').count() + 1;
                return fault(format!(
                    "{path:?} is not TOML, line {line}: {}",
                    error.message().escape_debug()
                ));
            }
        };
        let before = faults.len();
        refuse_unknown(&dict, "", faults);
        if faults.len() > before { Dict::new() } else { dict }
    }
}

fn refuse_unknown(dict: &Dict, parent: &str, faults: &mut Vec<Fault>) {
    for (name, value) in dict {
        let path = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
        let is_key = KEYS.iter().any(|key| key.toml == path);
        match value {
            Value::Dict(_, inner) if !is_key => {
                refuse_unknown(inner, &path, faults);
            }
            _ if is_key => {}
            _ => faults.push(Fault {
                key: path.escape_debug().to_string(),
                message: "is no key of the configuration file".into(),
            }),
        }
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
        _ => Err(format!("must be a {}", key.kind.word())),
    }
}

/// Values of one origin, as a figment provider.
struct Layer {
    name: &'static str,
    values: Dict,
}

impl Layer {
    fn of(name: &'static str, values: impl IntoIterator<Item = (&'static Key, String)>) -> Self {
        let mut dict = Dict::new();
        for (key, value) in values {
            let (section, leaf) = key.toml.split_once('.').unwrap_or(("", key.toml));
            let section = dict.entry(section.into()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = section {
                // Kept as a string: a numeric secret keeps its zeros.
                inner.insert(leaf.into(), Value::from(value));
            }
        }
        Self { name, values: dict }
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
