//! The server: wiring, HTTP, gateway, telemetry and lifecycle.

pub mod app;
mod causes;
pub mod cli;
pub mod gateway;
pub mod http;
pub mod settings;
pub mod telemetry;
