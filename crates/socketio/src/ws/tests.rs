//! Tests of the WebSocket codec.
