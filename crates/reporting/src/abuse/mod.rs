//! Abuse patterns: what a device does too often in too short a time.

mod detector;
mod generations;
mod window;

pub use detector::{AbuseConfig, AbuseDetector, Pattern, Signal};
