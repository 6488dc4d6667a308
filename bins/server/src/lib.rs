//! The server: wiring, HTTP, gateway, telemetry and lifecycle.

pub mod telemetry;
