use std::time::Duration;

use video_chat_kernel::Secret;

use super::{
    Environment, keys,
    reader::Reader,
    secret::{previous, random, refuse_weak},
};

/// Tokens.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// Signs, and verifies.
    pub secret: Secret,
    /// The secret was made at this start: no other process has it, tokens end with this one.
    pub secret_is_random: bool,
    /// Also verify.
    pub previous: Vec<Secret>,
    /// How long a token is good; at least a second.
    pub expiration: Duration,
    /// The same as it was written, such as `5m`.
    pub expires_in: String,
}

impl Jwt {
    pub(super) fn read(reader: &mut Reader, environment: Environment) -> Self {
        let key = &keys::JWT_SECRET;
        let set = reader.secret(key);
        let secret_is_random = set.is_none();
        if environment == Environment::Production {
            refuse_weak(reader, key, set.as_ref());
        } else if secret_is_random {
            reader.show(key, "[random at every start]");
            reader.warn(
                "JWT_SECRET is not set: a random one is used, so tokens are good until this process ends, \
                 and no other process accepts them",
            );
        }
        Self {
            secret: set.unwrap_or_else(|| random(reader, key)),
            secret_is_random,
            previous: previous(reader, &keys::JWT_PREVIOUS_SECRETS, environment),
            expiration: reader.duration(&keys::JWT_EXPIRATION),
            expires_in: reader.text(&keys::JWT_EXPIRATION).unwrap_or_default().trim().to_owned(),
        }
    }
}
