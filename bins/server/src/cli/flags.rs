use std::path::PathBuf;

use clap::Args;

use crate::settings::{Key, Sources, keys};

/// Settings on the command line: they win over the environment and the file, and are checked as those are.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Configuration file in TOML (else `CONFIG_FILE`)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, global = true, value_name = "HOST")]
    host: Option<String>,
    /// Port to listen on; 0 takes any free one
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<String>,
    /// Threads that serve connections; 0 is one a core
    #[arg(long, global = true, value_name = "N")]
    workers: Option<String>,
    /// error, warn, info, debug, trace, off, or directives
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// pretty or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// sqlite:// or postgres:// URL
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Port of its own for /metrics; 0 is off
    #[arg(long, global = true, value_name = "PORT")]
    prometheus_port: Option<String>,
}

impl Flags {
    /// The configuration of this process: the flags, its environment and the file they name.
    pub(super) fn sources(&self) -> Sources {
        let flags: [(&'static Key, &Option<String>); 7] = [
            (&keys::HOST, &self.host),
            (&keys::PORT, &self.port),
            (&keys::WORKERS, &self.workers),
            (&keys::LOG_LEVEL, &self.log_level),
            (&keys::LOG_FORMAT, &self.log_format),
            (&keys::DATABASE_URL, &self.database_url),
            (&keys::PROMETHEUS_PORT, &self.prometheus_port),
        ];
        let flags = flags.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect();
        Sources { file: self.config.clone(), flags, ..Sources::of_process() }
    }
}
