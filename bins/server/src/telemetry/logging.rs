use std::io;

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

use super::escape::OneLine;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text for people.
    Pretty,
    /// One JSON object a line for machines.
    Json,
}

/// Sends log lines to standard error, for the whole process, from now on. A second call does nothing.
pub fn init(format: LogFormat, directives: &str) {
    // Already installed: a test in the same process was first.
    let _ = subscriber(format, directives, io::stderr).try_init();
}

/// Writes each event as one line, whatever is inside it. `directives` as in `EnvFilter`; a wrong one is left out,
/// the settings have checked them.
fn subscriber<W>(format: LogFormat, directives: &str, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(directives))
        .with_ansi(false)
        .with_writer(Lines(writer));
    match format {
        LogFormat::Pretty => Box::new(lines.finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_current_span(true).finish()),
    }
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
        tracing::subscriber::with_default(subscriber(format, "info", move || writer.clone()), || {
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
