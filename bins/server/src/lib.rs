//! The server: wiring, HTTP, gateway, telemetry and lifecycle.

pub mod cli;
pub mod http;
pub mod settings;
pub mod telemetry;
