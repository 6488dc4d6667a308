use std::num::NonZero;

use super::{keys, parse, reader::Reader};

/// What the server is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On somebody's desk.
    Development,
    /// In automated tests: as development, without the demo page.
    Test,
    /// For real people.
    Production,
}

/// Where and how the server runs.
#[derive(Debug, Clone)]
pub struct Server {
    /// What for.
    pub environment: Environment,
    /// The address to listen on: an IP address without brackets, or a name.
    pub host: String,
    /// The port to listen on; 0: any.
    pub port: u16,
    /// Threads that serve connections; `None`: one a core.
    pub workers: Option<NonZero<usize>>,
    /// Whether the demo page is served.
    pub demo: bool,
}

impl Server {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let environment = match reader.choice(&keys::NODE_ENV) {
            Some("production") => Environment::Production,
            Some("test") => Environment::Test,
            _ => Environment::Development,
        };
        let demo_by_default = environment == Environment::Development;
        reader.show(&keys::DEMO_ENABLED, demo_by_default.to_string());
        Self {
            environment,
            host: reader.parsed(&keys::HOST, parse::host).unwrap_or_default(),
            port: reader.integer(&keys::PORT),
            workers: NonZero::new(reader.integer(&keys::WORKERS)),
            demo: reader.flag(&keys::DEMO_ENABLED).unwrap_or(demo_by_default),
        }
    }

    /// Threads that serve connections.
    pub fn worker_count(&self) -> NonZero<usize> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        self.workers.unwrap_or(cores)
    }
}
