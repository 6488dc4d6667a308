//! One event of a client: limits, meaning, answer.

use std::{fmt::Write, time::Instant};

use tracing::{Instrument, field::Empty};
use video_chat_actix_socketio::{Emitter, Event};
use video_chat_signaling::{ClientEvent, Code, Payload, Rejection, ServerEvent, write_json_string};

use super::{Gateway, handler::Socket, limits::Verdict, lock, outgoing};

/// The longest event name and session id that an `error` repeats, in bytes.
const MAX_ECHO: usize = 64;

/// What an acknowledged event answers beside `ok`: raw JSON members, each with its comma in front.
pub(super) type Answer = String;

impl Gateway {
    /// Handles one event to the end and answers it: by its acknowledgement when it asks for one, otherwise only a
    /// failure is told, as the `error` event.
    pub(super) async fn handle(&self, socket: &mut Socket, mut event: Event<'_>) {
        if self.handle_now(socket, &mut event) {
            return;
        }
        let Some(begun) = self.begin(socket, &event) else { return };
        let span =
            tracing::info_span!("event", otel.name = event.name, otel.kind = "server", "error.type" = Empty);
        let outcome = async {
            match begun? {
                ClientEvent::JoinQueue(ask) => self.join(socket, &ask).await,
                ClientEvent::LeaveQueue => self.leave(socket).await,
                ClientEvent::EndCall { session } => self.end_call(socket, &session).await,
                other => self.perform_now(socket, &other, event.received_at),
            }
        };
        let outcome = outcome.instrument(span.clone()).await;
        if let Err(rejection) = &outcome {
            span.record("error.type", rejection.code.as_str());
        }
        self.answer(socket, &mut event, &outcome);
    }

    /// The same for an event that waits for nothing, which is most of them: those for the peer. `false`: it may wait.
    pub(super) fn handle_now(&self, socket: &mut Socket, event: &mut Event<'_>) -> bool {
        if matches!(event.name, "join-queue" | "leave-queue" | "end-call") {
            return false;
        }
        if let Some(begun) = self.begin(socket, event) {
            let outcome = begun.and_then(|begun| self.perform_now(socket, &begun, event.received_at));
            self.answer(socket, event, &outcome);
        }
        true
    }

    /// Counts and limits an event, and reads what it means. `None`: it was one too many, the connection is closed.
    fn begin<'a>(&self, socket: &Socket, event: &Event<'a>) -> Option<Result<ClientEvent<'a>, Rejection>> {
        self.parts.metrics.event(event.name);
        let bytes = event.args.iter().map(|arg| arg.len()).sum::<usize>()
            + event.attachments.iter().map(bytes::Bytes::len).sum::<usize>();
        let verdict = lock(&socket.limits).event(bytes, self.uptime(event.received_at));
        let Some(passed) = self.pass(verdict) else {
            self.drop_flood(&socket.emitter);
            return None;
        };
        Some(passed.and_then(|()| {
            if event.attachments.is_empty() {
                let payload = Payload { raw: event.args.first().copied(), members: event.members };
                ClientEvent::parse(event.name, payload)
            } else {
                Err(Rejection::new(Code::InvalidPayload, "Binary data is not accepted"))
            }
        }))
    }

    fn perform_now(
        &self,
        socket: &Socket,
        event: &ClientEvent<'_>,
        received_at: Instant,
    ) -> Result<Answer, Rejection> {
        match event {
            ClientEvent::Signal(signal) => self.signal(socket, signal, received_at),
            ClientEvent::Message(message) => match self.pass_chat(socket, received_at) {
                Some(Ok(())) => self.chat(socket, message, received_at),
                Some(Err(rejection)) => Err(rejection),
                None => {
                    self.drop_flood(&socket.emitter);
                    Err(Code::RateLimited.into())
                }
            },
            ClientEvent::Reaction(reaction) => self.reaction(socket, reaction, received_at),
            ClientEvent::State(report) => self.connection_state(socket, report),
            // Those that wait, which `handle` keeps for itself.
            ClientEvent::JoinQueue(_) | ClientEvent::LeaveQueue | ClientEvent::EndCall { .. } => {
                Err(Code::Internal.into())
            }
        }
    }

    fn answer(&self, socket: &Socket, event: &mut Event<'_>, outcome: &Result<Answer, Rejection>) {
        if let Err(rejection) = outcome {
            self.parts.metrics.error(rejection.code.as_str());
        }
        match (event.ack.take(), outcome) {
            (Some(ack), outcome) => {
                // A socket that is gone needs no answer.
                let _ = ack.send(&acknowledgement(outcome));
            }
            (None, Err(rejection)) => complain(socket, event.name, event.args, rejection),
            (None, Ok(_)) => {}
        }
    }

    fn pass_chat(&self, socket: &Socket, received_at: Instant) -> Option<Result<(), Rejection>> {
        let verdict = lock(&socket.limits).chat(self.uptime(received_at));
        self.pass(verdict)
    }

    /// `None`: a flood.
    pub(super) fn pass(&self, verdict: Verdict) -> Option<Result<(), Rejection>> {
        match verdict {
            Verdict::Pass => Some(Ok(())),
            Verdict::Refuse { limit, retry_after } => {
                self.parts.metrics.rate_limit_hit(limit);
                Some(Err(rate_limited(retry_after)))
            }
            Verdict::Flood => None,
        }
    }

    pub(super) fn drop_flood(&self, emitter: &Emitter) {
        self.parts.metrics.rate_limit_hit("flood");
        emitter.close();
    }
}

/// The refusal of a limit.
pub(super) fn rate_limited(retry_after: std::time::Duration) -> Rejection {
    let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
    Rejection { retry_after_ms: Some(millis), ..Code::RateLimited.into() }
}

fn acknowledgement(outcome: &Result<Answer, Rejection>) -> String {
    match outcome {
        Ok(answer) => format!(r#"{{"ok":true{answer}}}"#),
        Err(rejection) => {
            let mut text =
                format!(r#"{{"ok":false,"error":{{"code":"{}","message":"#, rejection.code.as_str());
            // Writing to a string cannot fail.
            let _ = write_json_string(&mut text, &rejection.message);
            if let Some(retry_after_ms) = rejection.retry_after_ms {
                let _ = write!(text, r#","retryAfterMs":{retry_after_ms}"#);
            }
            text.push_str("}}");
            text
        }
    }
}

fn complain(socket: &Socket, name: &str, args: &[&str], rejection: &Rejection) {
    let session = session_of(args);
    let error = ServerEvent::Error {
        code: rejection.code,
        message: &rejection.message,
        event: (name.len() <= MAX_ECHO).then_some(name),
        session: session.as_deref(),
        retry_after_ms: rejection.retry_after_ms,
    };
    outgoing::emit(&socket.emitter, &error);
}

/// The session a refused event was about, when it says so readably.
fn session_of(args: &[&str]) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        session_id: String,
    }
    let payload = args.first().filter(|payload| payload.starts_with('{'))?;
    let about: About = serde_json::from_str(payload).ok()?;
    (about.session_id.len() <= MAX_ECHO).then_some(about.session_id)
}
