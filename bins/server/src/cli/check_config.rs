use std::{fmt::Write, process::ExitCode};

use super::print;
use crate::settings::Settings;

/// Prints `KEY=value` for every key; the warnings go to standard error.
pub(super) fn run(settings: &Settings) -> ExitCode {
    for warning in &settings.warnings {
        eprintln!("warning: {warning}");
    }
    let mut text = String::new();
    for (key, value) in settings.effective() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}={value}", key.env);
    }
    print(&text)
}
