//! The server: wiring, HTTP, gateway, telemetry and lifecycle.

pub mod settings;
pub mod telemetry;
