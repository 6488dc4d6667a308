//! How two nodes make a call of a match: a model of it, searched from end to end.
//!
//! Two nodes, three devices, a pool, a directory with a claim a device, and calls that are offered, live or over (the
//! ports of this crate). Each step of the gateway (`bins/server/src/gateway/cluster/meet.rs`) is one action, and all
//! actions may come in any order: steps of different tasks interleave, messages overtake each other, are late or lost, an
//! offerer gives up at any time, a device moves to the other node, a node dies. What the link layer promises, that no
//! message is heard twice, is taken for granted ([`video_chat_signaling::link`]); a further test shows what
//! would happen without it.

mod model;
mod rules;

use stateright::{Checker, Model};

use self::model::Meeting;

#[test]
fn every_order_of_steps_keeps_the_invariants() {
    let checker =
        Meeting { moves: 1, crashes: 0, sessions: 2, heard_twice: false }.checker().spawn_bfs().join();
    checker.assert_properties();
    println!("{} states", checker.unique_state_count());
}

#[test]
fn a_node_that_dies_at_any_step_keeps_the_invariants() {
    let checker =
        Meeting { moves: 0, crashes: 1, sessions: 2, heard_twice: false }.checker().spawn_bfs().join();
    checker.assert_properties();
    println!("{} states", checker.unique_state_count());
}

#[test]
fn messages_heard_twice_would_break_them() {
    let checker =
        Meeting { moves: 0, crashes: 0, sessions: 1, heard_twice: true }.checker().spawn_bfs().join();
    assert!(checker.discovery(rules::BOTH_OR_NONE).is_some());
}
