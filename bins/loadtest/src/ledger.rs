//! Who is in a call with whom, what was sent and what came: the run's conscience.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use crate::stamp::Stamp;

/// What must stay at zero, and what was relayed.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: Cell<u64>,
    pub(crate) received: Cell<u64>,
    /// Sent within a call and never received.
    pub(crate) lost: Cell<u64>,
    /// Received again, or out of order.
    pub(crate) duplicated: Cell<u64>,
    /// Received by somebody else than the sender's peer.
    pub(crate) misdelivered: Cell<u64>,
    /// Received with a byte changed.
    pub(crate) altered: Cell<u64>,
    /// Matches of somebody who was in a call, or of a third into one.
    pub(crate) double_matches: Cell<u64>,
}

/// One call.
#[derive(Debug, Default)]
struct Call {
    parties: RefCell<Vec<usize>>,
    /// By party.
    sent: [Cell<u64>; 2],
    received: [Cell<u64>; 2],
}

/// A call, and which party of it one is.
type Seat = (Rc<Call>, usize);

/// What is known of every client of the run.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) counts: Counts,
    calls: RefCell<HashMap<String, Rc<Call>>>,
    /// By client.
    seats: RefCell<Vec<Option<Seat>>>,
}

impl Ledger {
    /// `client` was told that it is in this call now.
    pub(crate) fn matched(&self, client: usize, session: &str) {
        let call = Rc::clone(self.calls.borrow_mut().entry(session.to_owned()).or_default());
        let mut parties = call.parties.borrow_mut();
        let party = parties.len();
        parties.push(client);
        drop(parties);
        let busy = self.seat(client, Some((call, party))).is_some();
        if busy || party > 1 {
            bump(&self.counts.double_matches);
        }
    }

    /// The number of the next relay of `client`.
    pub(crate) fn sending(&self, client: usize) -> u64 {
        bump(&self.counts.sent);
        let seats = self.seats.borrow();
        let seat = seats.get(client).and_then(Option::as_ref);
        seat.and_then(|(call, party)| call.sent.get(*party)).map_or(0, bump)
    }

    /// A relay came to `client`; `None`: with a byte changed.
    pub(crate) fn received(&self, client: usize, stamp: Option<Stamp>) {
        bump(&self.counts.received);
        if let Err(fault) = self.check(client, stamp) {
            bump(fault);
        }
    }

    /// Where a relay's fault is counted, if it has one.
    fn check(&self, client: usize, stamp: Option<Stamp>) -> Result<(), &Cell<u64>> {
        let counts = &self.counts;
        let stamp = stamp.ok_or(&counts.altered)?;
        let seats = self.seats.borrow();
        let seat = seats.get(client).and_then(Option::as_ref);
        let (call, party) = seat.ok_or(&counts.misdelivered)?;
        let is_peer = call.parties.borrow().get(1 - (*party).min(1)) == Some(&stamp.from);
        let received = call.received.get(*party).filter(|_| is_peer).ok_or(&counts.misdelivered)?;
        let missing = stamp.number.checked_sub(received.get()).ok_or(&counts.duplicated)?;
        add(&counts.lost, missing);
        received.set(stamp.number + 1);
        Ok(())
    }

    /// The call of `client` is over and everything its peer sent should have come.
    pub(crate) fn ended(&self, client: usize, session: &str) {
        self.calls.borrow_mut().remove(session);
        if let Some((call, party)) = self.seat(client, None) {
            let sent = call.sent.get(1 - party.min(1)).map_or(0, Cell::get);
            let received = call.received.get(party).map_or(0, Cell::get);
            add(&self.counts.lost, sent.saturating_sub(received));
        }
    }

    /// Seats a client; answers where it sat before.
    fn seat(&self, client: usize, call: Option<Seat>) -> Option<Seat> {
        let mut seats = self.seats.borrow_mut();
        if seats.len() <= client {
            seats.resize(client + 1, None);
        }
        seats.get_mut(client).and_then(|seat| std::mem::replace(seat, call))
    }

    /// What was sent and has neither come nor been given up.
    pub(crate) fn outstanding(&self) -> u64 {
        self.counts.sent.get().saturating_sub(self.counts.received.get() + self.counts.lost.get())
    }
}

impl Counts {
    /// The faults by name.
    pub(crate) fn faults(&self) -> [(&'static str, u64); 5] {
        [
            ("lost", self.lost.get()),
            ("duplicated", self.duplicated.get()),
            ("misdelivered", self.misdelivered.get()),
            ("altered", self.altered.get()),
            ("double_matches", self.double_matches.get()),
        ]
    }
}

/// Adds one; answers what there was before.
fn bump(cell: &Cell<u64>) -> u64 {
    add(cell, 1)
}

fn add(cell: &Cell<u64>, count: u64) -> u64 {
    cell.replace(cell.get() + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Ledger {
        let ledger = Ledger::default();
        ledger.matched(4, "s");
        ledger.matched(9, "s");
        ledger
    }

    fn faults(ledger: &Ledger) -> Vec<(&'static str, u64)> {
        ledger.counts.faults().into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn relay(ledger: &Ledger, to: usize, number: u64) {
        ledger.received(to, Some(Stamp { from: 4, number, at: 0 }));
    }

    #[test]
    fn a_clean_call_has_no_faults() {
        let ledger = pair();
        for number in 0..3 {
            assert_eq!(ledger.sending(4), number);
            relay(&ledger, 9, number);
        }
        ledger.ended(4, "s");
        ledger.ended(9, "s");
        ledger.matched(4, "t");
        assert_eq!((faults(&ledger), ledger.outstanding()), (vec![], 0));
    }

    #[test]
    fn every_fault_is_seen() {
        let ledger = pair();
        for _ in 0..3 {
            ledger.sending(4);
        }
        relay(&ledger, 9, 1);
        relay(&ledger, 9, 1);
        relay(&ledger, 4, 0);
        ledger.received(9, None);
        ledger.ended(9, "s");
        ledger.matched(4, "t");
        let all =
            [("lost", 2), ("duplicated", 1), ("misdelivered", 1), ("altered", 1), ("double_matches", 1)];
        assert_eq!(faults(&ledger), all);
    }

    #[test]
    fn a_third_in_a_call_is_a_double_match() {
        let ledger = pair();
        ledger.matched(5, "s");
        assert_eq!(faults(&ledger), [("double_matches", 1)]);
    }
}
