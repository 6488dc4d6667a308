use std::process::ExitCode;

use crate::settings::Settings;

/// Brings the database to this build's schema; an SQLite file is made when absent.
pub(super) fn run(settings: &Settings) -> ExitCode {
    eprintln!("DATABASE_URL: {:?} has no store yet", settings.database);
    ExitCode::FAILURE
}
