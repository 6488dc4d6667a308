use std::{fmt::Write, sync::LazyLock};

use ring::digest;

/// A Lua script, sent by its hash, and whole where Redis does not know it yet.
pub(crate) struct Script {
    /// What it is called in metrics.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// Its SHA-1 in hexadecimal: what `EVALSHA` takes.
    pub(crate) sha: LazyLock<String>,
}

/// Declares a script that consists of the files named, one after the other.
macro_rules! script {
    ($constant:ident = $name:literal: $($file:literal),+) => {
        pub(super) static $constant: $crate::script::Script = $crate::script::Script {
            name: $name,
            text: concat!($(include_str!($file), "\n"),+),
            sha: std::sync::LazyLock::new(|| $crate::script::sha1($constant.text)),
        };
    };
}
pub(crate) use script;

pub(crate) fn sha1(text: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(40), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
