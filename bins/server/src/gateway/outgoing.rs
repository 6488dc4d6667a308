//! Server events as frames.

use std::fmt;

use video_chat_actix_socketio::{Emitter, Gone};
use video_chat_signaling::ServerEvent;
use video_chat_socketio::{Frame, FrameBuilder};

/// The event as one frame for the emitter's namespace, written in one go.
pub(super) fn frame(namespace: &str, event: &ServerEvent<'_>) -> Frame {
    let mut frame = Writer(FrameBuilder::event(namespace, event.name(), event.size_hint()));
    // Appending to a buffer cannot fail.
    let _ = event.write(&mut frame);
    frame.0.finish_event()
}

/// Emits to somebody who may be gone already, which then does not matter.
pub(super) fn emit(emitter: &Emitter, event: &ServerEvent<'_>) {
    let _ = try_emit(emitter, event);
}

/// Emits, telling whether the socket still takes anything.
pub(super) fn try_emit(emitter: &Emitter, event: &ServerEvent<'_>) -> Result<(), Gone> {
    emitter.send(frame(emitter.namespace(), event))
}

struct Writer(FrameBuilder);

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text);
        Ok(())
    }
}
