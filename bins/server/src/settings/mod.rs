//! The configuration: defaults ← TOML file ← environment ← flags, parsed into values the server can use as they are.
//!
//! Everything that is wrong is collected and named ([`Faults`]); nothing is used before all of it is right.

mod cors;
mod database;
mod fault;
mod jwt;
mod key;
pub mod keys;
mod limits;
mod parse;
mod reader;
mod realtime;
mod redis;
mod secret;
mod server;
mod source;
mod telemetry;
mod turn;

pub use cors::Cors;
pub use database::{Database, DatabaseKind};
pub use fault::{Fault, Faults};
pub use jwt::Jwt;
pub use key::{Key, Kind};
pub use limits::Limits;
pub use parse::duration;
pub use realtime::Realtime;
pub use redis::{Redis, RedisNode};
pub use server::{Environment, Server};
pub use source::Sources;
pub use telemetry::Telemetry;
pub use turn::Turn;

use reader::Reader;

/// The whole configuration of one server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where and how it runs.
    pub server: Server,
    /// Tokens.
    pub jwt: Jwt,
    /// Redis, when it is configured.
    pub redis: Option<Redis>,
    /// Durable records.
    pub database: Database,
    /// STUN and TURN.
    pub turn: Turn,
    /// Which web pages may connect.
    pub cors: Cors,
    /// How much of what is allowed.
    pub limits: Limits,
    /// Times and sizes of connections and calls.
    pub realtime: Realtime,
    /// Logs, metrics, traces.
    pub telemetry: Telemetry,
    /// What is allowed but should be known to the operator, one sentence each, to be logged at the start.
    pub warnings: Vec<String>,
    effective: reader::Effective,
}

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every key that is unknown, has a bad value or contradicts another.
    pub fn load(sources: &Sources) -> Result<Self, Faults> {
        let mut reader = Reader::new(sources.merge());
        let server = Server::read(&mut reader);
        let environment = server.environment;
        let settings = Self {
            jwt: Jwt::read(&mut reader, environment),
            redis: Redis::read(&mut reader),
            database: Database::read(&mut reader),
            turn: Turn::read(&mut reader, environment),
            cors: Cors::read(&mut reader, environment),
            limits: Limits::read(&mut reader),
            realtime: Realtime::read(&mut reader),
            telemetry: Telemetry::read(&mut reader, &server),
            server,
            warnings: Vec::new(),
            effective: Vec::new(),
        };
        let (effective, warnings) = reader.finish()?;
        Ok(Self { warnings, effective, ..settings })
    }

    /// The configuration that these environment variables alone make: no file, no flags, nothing of the process.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Faults> {
        Self::load(&Sources::of_environment(pairs))
    }

    /// Every key with its effective value, in the order of the table; secrets and passwords in URLs are `[redacted]`.
    pub fn effective(&self) -> &[(&'static Key, String)] {
        &self.effective
    }
}

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
