use std::{
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::{Args, ValueEnum};
use video_chat_auth::{Role, Tokens};
use video_chat_kernel::{DeviceId, Timestamp};

use super::{WRONG, print};
use crate::settings::{Settings, duration};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the bearer may do
    #[arg(long)]
    role: RoleName,
    /// Whose token it is: a device id, 1 to 128 characters
    #[arg(long, value_name = "ID", value_parser = subject)]
    subject: DeviceId,
    /// How long it is good: ms, s, m, h or d
    #[arg(long, value_name = "DURATION", default_value = "8h", value_parser = lifetime)]
    expires: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    User,
    Moderator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Moderator => Self::Moderator,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Prints a token and nothing else.
pub(super) fn run(settings: &Settings, arguments: &Arguments) -> ExitCode {
    if settings.jwt.secret_is_random {
        eprintln!(
            "JWT_SECRET: must be set to the server's: no server accepts a token signed with a random secret"
        );
        return ExitCode::from(WRONG);
    }
    let tokens = Tokens::new(&settings.jwt.secret, &[]);
    let token = tokens.issue(&arguments.subject, arguments.role.into(), now(), arguments.expires);
    print(&format!("{token}\n"))
}

fn subject(text: &str) -> Result<DeviceId, String> {
    DeviceId::parse(text).map_err(|error| error.to_string())
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration(text)?;
    // A token counts whole seconds; a hundred years is more than any clock check allows for.
    let fits = (Duration::from_secs(1)..=Duration::from_hours(876_000)).contains(&lifetime);
    if fits { Ok(lifetime) } else { Err("must be from 1s to 36500d".into()) }
}

#[expect(clippy::disallowed_methods, reason = "a command is wiring: it hands the time to the domain")]
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
