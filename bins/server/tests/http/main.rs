//! The HTTP API, driven in process over fakes of its ports: one test a promise of the contract's HTTP section.
//!
//! Whatever the tests ask, [`world::World::call`] holds the answer to what every answer must carry and to the
//! OpenAPI document.

#[cfg(test)]
mod auth;
#[cfg(test)]
mod client;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod health;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod moderation;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod turn;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
