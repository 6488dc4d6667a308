//! The command line: what is asked, and the exit code that answers.
//!
//! 0: done; 1: tried and failed; 2: the command line or the configuration is wrong.

mod check_config;
mod flags;
mod healthcheck;
mod migrate;
mod serve;
mod token;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::settings::{Faults, Settings};
use flags::Flags;

/// A wrong command line or configuration.
const WRONG: u8 = 2;

/// WebRTC signaling and matchmaking server speaking Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "video-chat-server", version)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default command)
    Serve,
    /// Print the effective configuration, secrets redacted; exit 2 when a key is faulty
    CheckConfig,
    /// Print a signed token
    Token(token::Arguments),
    /// Apply the SQL migrations and exit
    Migrate,
    /// Ask the local /health/ready; exit 0 when ready, else 1
    Healthcheck,
}

/// Does what the command line asks for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // Help and version come this way too, with exit code 0.
        Err(error) => {
            // Nothing can be done about a closed standard output.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG));
        }
    };
    let settings = Settings::load(&cli.flags.sources());
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => with(settings, serve::run),
        Command::CheckConfig => with(settings, |settings| check_config::run(&settings)),
        Command::Token(arguments) => with(settings, |settings| token::run(&settings, &arguments)),
        Command::Migrate => with(settings, |settings| migrate::run(&settings)),
        Command::Healthcheck => healthcheck::run(settings),
    }
}

fn with(settings: Result<Settings, Faults>, command: impl FnOnce(Settings) -> ExitCode) -> ExitCode {
    match settings {
        Ok(settings) => command(settings),
        Err(faults) => {
            eprintln!("{faults}");
            ExitCode::from(WRONG)
        }
    }
}

/// Writes an answer to standard output.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
