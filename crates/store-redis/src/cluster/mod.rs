//! What the nodes of one installation share ([`video_chat_signaling::ports`]), in Redis.

mod bus;
mod calls;
mod directory;
mod inbox;
mod leases;
mod record;

pub use bus::RedisBus;
pub use calls::RedisCalls;
pub use directory::RedisDirectory;
pub use leases::RedisLeases;

use std::time::Duration;

use fred::types::Value;

/// How many commands of one call are under way at once.
const ABREAST: usize = 256;

fn millis(duration: Duration) -> Value {
    duration.as_millis().to_string().into()
}
