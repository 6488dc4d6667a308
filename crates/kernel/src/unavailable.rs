/// A port's backend did not do what was asked: away, too slow, or broken.
///
/// The one error of every port. It says which operation failed, for the log; callers only decide whether to
/// refuse, wait or go on without. That something was *not found* is never this error.
#[derive(Debug, thiserror::Error)]
#[error("{operation} is unavailable")]
pub struct Unavailable {
    /// What was asked for, such as `report.submit`: a constant, fit for a log line or a metric.
    pub operation: &'static str,
    /// The backend's own words.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Unavailable {
    /// Wraps the backend's error.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { operation, source: source.into() }
    }
}
