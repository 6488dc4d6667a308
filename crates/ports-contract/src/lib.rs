//! The laws every adapter of a port obeys, one test each.

pub mod block_list;
pub mod cluster;
pub mod match_pool;
pub mod rate_limit;
pub mod reports;
pub mod sessions;
