//! Where spans go. They are made wherever work is worth a trace, and cost next to nothing while nobody collects them.

#[cfg(feature = "otel")]
mod otlp;
#[cfg(not(feature = "otel"))]
mod without;

#[cfg(feature = "otel")]
pub use otlp::{Traces, continue_trace};
#[cfg(not(feature = "otel"))]
pub use without::{Traces, continue_trace};
