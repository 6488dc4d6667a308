//! Socket.IO for actix-web: polling, native WebSocket and upgrade.
