use std::io;

use tracing::{Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::{escape::OneLine, traces::Traces};
use crate::settings::Telemetry;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text for people.
    Pretty,
    /// One JSON object a line for machines.
    Json,
}

/// Sends log lines to standard error, and traces to a collector where the settings want that, for the whole process
/// from now on. The last traces are sent when what this answers is dropped.
#[must_use]
pub fn start(settings: &Telemetry) -> Option<Traces> {
    let traces = settings
        .otel_enabled
        .then(|| Traces::start(&settings.otel_endpoint, &settings.otel_service_name))
        .transpose();
    let spans = traces.as_ref().ok().and_then(Option::as_ref).map(Traces::layer);
    let lines = lines(settings.log_format, &settings.log_directives, io::stderr);
    // Already installed: a test in the same process was first.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
    traces.inspect_err(|error| tracing::error!(%error, "no traces are exported")).ok().flatten()
}

/// Writes each event as one line, whatever is inside it. `directives` as in `EnvFilter`; a wrong one is left out,
/// the settings have checked them.
fn lines<S, W>(format: LogFormat, directives: &str, writer: W) -> impl Layer<S> + use<S, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Lines(writer));
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Spans are for traces alone: where nobody wants those, none is made.
    let events = filter_fn(is_event).with_max_level_hint(LevelFilter::TRACE);
    lines.with_filter(EnvFilter::builder().parse_lossy(directives).and(events))
}

fn is_event(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
}

/// Wraps each writer it makes in a [`OneLine`].
struct Lines<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Lines<W> {
    type Writer = OneLine<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine(self.0.make_writer())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Captured {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    const HOSTILE: &str = "x\nFAKE line\u{1b}[2J\u{202e}\u{85}end";

    fn log_hostile(format: LogFormat) -> String {
        let out = Captured::default();
        let writer = out.clone();
        let lines = lines(format, "info", move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let span = tracing::info_span!("a span", at = HOSTILE);
            assert!(span.is_disabled(), "nobody collects it");
            let _within = span.entered();
            tracing::info!(peer = %HOSTILE, raw = HOSTILE, "said {HOSTILE}");
            tracing::debug!("not at this level");
        });
        out.text()
    }

    #[test]
    fn pretty_lines_cannot_be_forged() {
        let text = log_hostile(LogFormat::Pretty);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end_matches('\n').chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }

    #[test]
    fn json_lines_are_json_and_keep_what_was_said() {
        let text = log_hostile(LogFormat::Json);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end_matches('\n').chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["raw"], HOSTILE);
        assert_eq!(line["level"], "INFO");
    }
}
