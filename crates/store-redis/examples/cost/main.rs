//! What a call, a relay and a waiter cost Redis: `cargo run --release -p video-chat-store-redis --example cost`.
//!
//! Starts a redis-server of its own and prints the tables of docs/scaling.md; with `steps`, `latency` or `memory` as an
//! argument only those.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made must stop")]

mod latency;
mod memory;
mod meter;
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[expect(clippy::expect_used, clippy::panic, reason = "as in the tests")]
#[path = "../../tests/redis/server.rs"]
mod server;
mod steps;

use std::sync::Arc;

use video_chat_kernel::Entropy;
use video_chat_store_redis::{NoObserver, Redis, RedisSettings, Topology};

use self::{meter::Meter, server::Server};

/// No two redis connections of this program need to differ.
struct Zero;

impl Entropy for Zero {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = Server::start(&[]);
    let settings = RedisSettings::new(Topology::Single("127.0.0.1".into(), server.port));
    let redis = Redis::connect(settings, Arc::new(NoObserver), &Zero).await.unwrap();
    let meter = Meter::new(&server);
    let only = std::env::args().nth(1);
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("steps") {
        steps::print(&redis, &meter).await;
    }
    if wanted("latency") {
        latency::print(&redis, &meter).await;
    }
    if wanted("memory") {
        memory::print(&redis, &meter).await;
    }
}
