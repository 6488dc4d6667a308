//! The Redis adapters on real servers, which the tests start themselves.
#![cfg(test)]

mod cluster;
mod connection;
mod differential;
mod laws;
mod nodes;
mod proxy;
mod server;
mod trouble;
