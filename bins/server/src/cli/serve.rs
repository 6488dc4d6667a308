use std::process::ExitCode;

use crate::{settings::Settings, telemetry};

/// Runs the server until it has drained.
pub(super) fn run(settings: Settings) -> ExitCode {
    telemetry::init_logging(settings.telemetry.log_format, &settings.telemetry.log_directives);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    match wired(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn wired(settings: Settings) -> std::io::Result<()> {
    drop(settings);
    Err(std::io::Error::other("the server is not wired yet"))
}
