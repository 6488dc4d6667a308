//! The HTTP API, driven in process over fakes of its ports: one test a promise of the contract's HTTP section.
//!
//! Whatever the tests ask, [`world::World::call`] holds the answer to what every answer must carry and to the
//! OpenAPI document.

mod auth;
mod client;
mod cors;
mod errors;
mod fakes;
mod headers;
mod health;
mod limits;
mod moderation;
mod openapi;
mod reports;
mod schema;
mod turn;
mod wire;
mod world;
