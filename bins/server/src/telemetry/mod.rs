//! What the server tells its operators: log lines and Prometheus metrics.

pub mod catalogue;
mod escape;
mod exporter;
mod histogram;
mod labels;
mod logging;
mod metrics;
mod process;

pub use logging::{LogFormat, init as init_logging};
pub use metrics::Metrics;
