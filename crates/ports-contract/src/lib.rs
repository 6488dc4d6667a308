//! The laws every adapter of a port obeys, one test each.

pub mod match_pool;
pub mod reports;
pub mod sessions;
