use std::process::ExitCode;

use crate::{app, settings::Settings, telemetry};

/// Runs the server until it has drained.
pub(super) fn run(settings: Settings) -> ExitCode {
    let _traces = telemetry::start(&settings.telemetry);
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
