//! What the server tells its operators: log lines, Prometheus metrics, traces.

pub mod catalogue;
mod escape;
mod exporter;
mod histogram;
mod labels;
mod logging;
mod metrics;
mod process;
mod traces;

pub use logging::{LogFormat, start};
pub use metrics::Metrics;
pub use traces::{Traces, continue_trace};
