//! The laws of every port, on a single server one by one, and on a cluster.

use video_chat_matchmaking::Settings;
use video_chat_ports_contract::match_pool::{ArgumentTime, GRACE, REMATCH_AFTER};
use video_chat_store_redis::{
    Redis, RedisBlockList, RedisBus, RedisCalls, RedisDirectory, RedisLeases, RedisMatchPool,
    RedisRateLimiter, RedisSessions,
};

use super::connection;

fn pool(redis: Redis) -> (RedisMatchPool, ArgumentTime) {
    let settings = Settings { rematch_after: REMATCH_AFTER, grace: GRACE, ..Settings::default() };
    (RedisMatchPool::new(redis, settings), ArgumentTime::default())
}

fn limiter(redis: Redis) -> (RedisRateLimiter, ()) {
    (RedisRateLimiter::new(redis), ())
}

async fn blocks(redis: Redis) -> (RedisBlockList, ()) {
    let list = RedisBlockList::new(redis);
    list.fill([]).await.unwrap();
    (list, ())
}

fn sessions(redis: Redis) -> (RedisSessions, ()) {
    (RedisSessions::new(redis), ())
}

mod match_pool {
    async fn build() -> (super::RedisMatchPool, super::ArgumentTime) {
        super::pool(super::connection::single().await)
    }
    video_chat_ports_contract::match_pool_laws!(build);
}

mod match_pool_on_a_cluster {
    async fn build() -> (super::RedisMatchPool, super::ArgumentTime) {
        super::pool(super::connection::clustered().await)
    }
    video_chat_ports_contract::match_pool_laws!(together, build);
}

mod rate_limiter {
    async fn build() -> (super::RedisRateLimiter, ()) {
        super::limiter(super::connection::single().await)
    }
    video_chat_ports_contract::rate_limiter_laws!(build);
}

mod rate_limiter_on_a_cluster {
    async fn build() -> (super::RedisRateLimiter, ()) {
        super::limiter(super::connection::clustered().await)
    }
    video_chat_ports_contract::rate_limiter_laws!(together, build);
}

mod block_list {
    async fn build() -> (super::RedisBlockList, ()) {
        super::blocks(super::connection::single().await).await
    }
    video_chat_ports_contract::block_list_laws!(build);
}

mod block_list_on_a_cluster {
    async fn build() -> (super::RedisBlockList, ()) {
        super::blocks(super::connection::clustered().await).await
    }
    video_chat_ports_contract::block_list_laws!(together, build);
}

mod sessions {
    async fn build() -> (super::RedisSessions, ()) {
        super::sessions(super::connection::single().await)
    }
    video_chat_ports_contract::session_log_laws!(build);
}

mod sessions_on_a_cluster {
    async fn build() -> (super::RedisSessions, ()) {
        super::sessions(super::connection::clustered().await)
    }
    video_chat_ports_contract::session_log_laws!(together, build);
}

mod bus {
    async fn build() -> (super::RedisBus, ()) {
        (super::RedisBus::new(super::connection::single().await), ())
    }
    video_chat_ports_contract::bus_laws!(build);
}

mod bus_on_a_cluster {
    async fn build() -> (super::RedisBus, ()) {
        (super::RedisBus::new(super::connection::clustered().await), ())
    }
    video_chat_ports_contract::bus_laws!(together, build);
}

mod leases {
    async fn build() -> (super::RedisLeases, super::ArgumentTime) {
        (super::RedisLeases::new(super::connection::single().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::lease_laws!(build);
}

mod leases_on_a_cluster {
    async fn build() -> (super::RedisLeases, super::ArgumentTime) {
        (super::RedisLeases::new(super::connection::clustered().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::lease_laws!(together, build);
}

mod directory {
    async fn build() -> (super::RedisDirectory, super::ArgumentTime) {
        (super::RedisDirectory::new(super::connection::single().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::directory_laws!(build);
}

mod directory_on_a_cluster {
    async fn build() -> (super::RedisDirectory, super::ArgumentTime) {
        (super::RedisDirectory::new(super::connection::clustered().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::directory_laws!(together, build);
}

mod calls {
    async fn build() -> (super::RedisCalls, super::ArgumentTime) {
        (super::RedisCalls::new(super::connection::single().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::call_laws!(build);
}

mod calls_on_a_cluster {
    async fn build() -> (super::RedisCalls, super::ArgumentTime) {
        (super::RedisCalls::new(super::connection::clustered().await), super::ArgumentTime::default())
    }
    video_chat_ports_contract::call_laws!(together, build);
}
