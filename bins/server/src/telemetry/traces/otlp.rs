//! Spans to a collector, by OTLP over gRPC.

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName};
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tokio::runtime::{Builder, Runtime};
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// How long the last spans may take to reach the collector when the process ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The exporter, which works in a thread of its own. Dropping it sends what is left.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    /// Drives the connection to the collector. `None` once it is stopped.
    runtime: Option<Runtime>,
}

impl Traces {
    /// Exports to `endpoint` from now on. A collector that does not answer loses spans and delays nothing: 2,048 wait for
    /// it at most. Sampling is as `OTEL_TRACES_SAMPLER` says, batches as `OTEL_BSP_*` do.
    pub(in super::super) fn start(endpoint: &str, service: &str) -> Result<Self, String> {
        let said = |error: &dyn std::error::Error| error.to_string();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("traces")
            .enable_all()
            .build()
            .map_err(|error| said(&error))?;
        let exporter = {
            let _within = runtime.enter();
            SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .build()
                .map_err(|error| said(&error))?
        };
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider, runtime: Some(runtime) })
    }

    /// The layer that takes the spans.
    pub(in super::super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(env!("CARGO_PKG_NAME")))
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(is_ours))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST_WORDS) {
            tracing::warn!(%error, "the last traces were not taken");
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Spans of our own, and what is logged within them: never those of the exporter, which would export themselves.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO && metadata.target().starts_with("video_chat")
}

/// Makes the span part of the trace that the request's `traceparent` names (W3C Trace Context), if it names one.
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    if !span.is_disabled() && headers.contains_key("traceparent") {
        let context = TraceContextPropagator::new().extract(&Headers(headers));
        // Only a span that has begun its life elsewhere refuses, which this one has not.
        let _ = span.set_parent(context);
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
