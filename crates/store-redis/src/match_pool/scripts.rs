//! The scripts of the pool, and what they are given.

use fred::types::Value;
use video_chat_matchmaking::{Ticket, TicketId};

use crate::script::script;

macro_rules! pool_script {
    ($constant:ident = $name:literal: $file:literal) => {
        script!($constant = $name: "../scripts/pool/pool.lua", $file, "../scripts/pool/end.lua");
    };
}

pool_script!(JOIN = "pool_join": "../scripts/pool/join.lua");
pool_script!(LEAVE = "pool_leave": "../scripts/pool/leave.lua");
pool_script!(WITHDRAW = "pool_withdraw": "../scripts/pool/withdraw.lua");
pool_script!(DEPART = "pool_depart": "../scripts/pool/depart.lua");
pool_script!(UNDO = "pool_undo": "../scripts/pool/undo.lua");
pool_script!(DUE = "pool_due": "../scripts/pool/due.lua");
pool_script!(REAP = "pool_reap": "../scripts/pool/reap.lua");

/// A ticket's id as text of always the same length, so that none is part of another.
pub(super) fn ticket(id: TicketId) -> Value {
    format!("{:032x}", id.bits()).into()
}

/// Two tickets that met, as their meeting is called.
pub(super) fn pair(first: TicketId, second: TicketId) -> Value {
    format!("{:032x}:{:032x}", first.bits(), second.bits()).into()
}

pub(super) fn whole_ticket(it: &Ticket) -> [Value; 5] {
    let node = it.node.to_string();
    [
        ticket(it.id),
        it.device.as_str().into(),
        it.region.as_str().into(),
        it.language.as_str().into(),
        node.into(),
    ]
}
