use std::process::ExitCode;

use crate::{app, settings::Settings, telemetry};

/// Runs the server until it has drained.
pub(super) fn run(settings: Settings) -> ExitCode {
    telemetry::init_logging(settings.telemetry.log_format, &settings.telemetry.log_directives);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    match app::run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
