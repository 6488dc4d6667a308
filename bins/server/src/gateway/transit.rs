//! How relays find their way when the ends of a call are, or were, at different nodes.
//!
//! Each direction numbers its relays at the sender's node, and the receiver's node takes them in order, each once. So it
//! does not matter by how many ways they come: while a device moves, some are passed on by its old node and others
//! come directly. Its new node learns from the old one where the numbers stand; when the old one is dead, from the
//! peer's, and what was on its way to the dead node is lost with the connection it had.

use std::collections::{BTreeMap, VecDeque};

use video_chat_kernel::{NodeId, Timestamp};
use video_chat_signaling::{Full, KeptRelay, Side};

/// The most relays, and bytes of them, that wait in a lane for their turn.
const MAX_WAITING: usize = 1_024;
const MAX_WAITING_BYTES: usize = 512 * 1024;

/// The two directions of a call.
#[derive(Default)]
pub(super) struct Transit {
    offerer: Heading,
    answerer: Heading,
}

/// What concerns one side.
#[derive(Default)]
struct Heading {
    /// Relays to it.
    lane: Lane,
    /// Its move to this node, until the numbers are known.
    settling: Option<Settling>,
}

/// Relays to one side.
#[derive(Default)]
pub(super) struct Lane {
    /// How many have left, as far as this node decides that.
    pub(super) sent: Option<u64>,
    /// How many have come, as far as this node decides that.
    pub(super) received: Option<u64>,
    /// Those that came before their turn.
    early: BTreeMap<u64, KeptRelay>,
    early_bytes: usize,
    /// Those that wait to be numbered.
    unsent: VecDeque<KeptRelay>,
    unsent_bytes: usize,
}

/// A side that has moved here and whose numbers are not known yet.
pub(super) struct Settling {
    /// The node it was at.
    pub(super) old: NodeId,
    /// Since when.
    pub(super) since: Timestamp,
    /// What to go on with if the old node says nothing.
    pub(super) fallback: Option<Numbers>,
}

/// Where the numbers of both directions stand, seen from one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Relays of the side that have left.
    pub(super) sent: u64,
    /// Relays to the side that have come.
    pub(super) received: u64,
}

impl Transit {
    /// Of a call that begins with its ends apart, seen from the node of `here`.
    pub(super) fn apart(here: Side) -> Self {
        let mut transit = Self::default();
        transit.settle(here, Numbers { sent: 0, received: 0 });
        transit
    }

    /// Of a call whose both ends were here, one of which leaves.
    pub(super) fn parting() -> Self {
        let mut transit = Self::default();
        transit.settle(Side::Offerer, Numbers { sent: 0, received: 0 });
        transit.settle(Side::Answerer, Numbers { sent: 0, received: 0 });
        transit
    }

    /// Relays to `side`.
    pub(super) const fn lane(&mut self, side: Side) -> &mut Lane {
        &mut self.heading(side).lane
    }

    /// The move of `side` to this node, while it is not complete.
    pub(super) const fn settling(&mut self, side: Side) -> &mut Option<Settling> {
        &mut self.heading(side).settling
    }

    /// `side` comes to this node from `old`: its numbers are unknown until that tells.
    pub(super) fn arrive_from(&mut self, side: Side, old: NodeId, fallback: Option<Numbers>, now: Timestamp) {
        self.lane(side).received = None;
        self.lane(side.other()).sent = None;
        *self.settling(side) = Some(Settling { old, since: now, fallback });
    }

    /// The numbers of `side`, as its host knows them.
    pub(super) const fn numbers(&mut self, side: Side) -> Option<Numbers> {
        match (self.lane(side.other()).sent, self.lane(side).received) {
            (Some(sent), Some(received)) => Some(Numbers { sent, received }),
            _ => None,
        }
    }

    /// Sets the numbers of `side`.
    pub(super) const fn settle(&mut self, side: Side, numbers: Numbers) {
        self.lane(side.other()).sent = Some(numbers.sent);
        self.lane(side).received = Some(numbers.received);
    }

    /// Whether both ends could be here without numbers: everything sent has come.
    pub(super) fn is_settled(&mut self) -> bool {
        let quiet = |heading: &Heading| {
            let Lane { sent, received, early, unsent, .. } = &heading.lane;
            heading.settling.is_none()
                && sent.is_some()
                && sent == received
                && early.is_empty()
                && unsent.is_empty()
        };
        quiet(&self.offerer) && quiet(&self.answerer)
    }

    const fn heading(&mut self, side: Side) -> &mut Heading {
        match side {
            Side::Offerer => &mut self.offerer,
            Side::Answerer => &mut self.answerer,
        }
    }
}

impl Lane {
    /// Whether the relay of this number is the next to be taken; then it counts as taken.
    pub(super) fn take_turn(&mut self, number: u64) -> bool {
        let next = self.received == Some(number);
        if next {
            self.received = Some(number.saturating_add(1));
        }
        next
    }

    /// Keeps a relay that came before its turn; one whose turn has passed was a repetition.
    pub(super) fn put_aside(&mut self, number: u64, relay: KeptRelay) -> Result<(), Full> {
        if self.received.is_some_and(|received| number < received) || self.early.contains_key(&number) {
            return Ok(());
        }
        admit(self.early.len(), &mut self.early_bytes, &relay)?;
        self.early.insert(number, relay);
        Ok(())
    }

    /// The next relay of those put aside whose turn has come.
    pub(super) fn next_in_turn(&mut self) -> Option<KeptRelay> {
        let received = self.received?;
        // What the numbers have passed was delivered by another way.
        while let Some((number, relay)) = self.early.pop_first() {
            if number > received {
                self.early.insert(number, relay);
                return None;
            }
            self.early_bytes = self.early_bytes.saturating_sub(relay.payload.len());
            if number == received {
                self.received = Some(received.saturating_add(1));
                return Some(relay);
            }
        }
        None
    }

    /// All that were put aside, with their numbers.
    pub(super) fn take_early(&mut self) -> BTreeMap<u64, KeptRelay> {
        self.early_bytes = 0;
        std::mem::take(&mut self.early)
    }

    /// Keeps a relay until numbers are known.
    pub(super) fn hold_back(&mut self, relay: KeptRelay) -> Result<(), Full> {
        admit(self.unsent.len(), &mut self.unsent_bytes, &relay)?;
        self.unsent.push_back(relay);
        Ok(())
    }

    /// All that were held back.
    pub(super) fn take_unsent(&mut self) -> VecDeque<KeptRelay> {
        self.unsent_bytes = 0;
        std::mem::take(&mut self.unsent)
    }
}

fn admit(count: usize, bytes: &mut usize, relay: &KeptRelay) -> Result<(), Full> {
    let more = bytes.saturating_add(relay.payload.len());
    if count >= MAX_WAITING || more > MAX_WAITING_BYTES {
        return Err(Full);
    }
    *bytes = more;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(number: u64) -> KeptRelay {
        KeptRelay { event: "message", payload: number.to_string() }
    }

    fn drain(lane: &mut Lane) -> Vec<String> {
        std::iter::from_fn(|| lane.next_in_turn()).map(|relay| relay.payload).collect()
    }

    #[test]
    fn relays_take_turns_whatever_way_they_come() {
        let mut lane = Lane { received: Some(3), ..Lane::default() };
        assert!(!lane.take_turn(5));
        lane.put_aside(5, relay(5)).unwrap();
        lane.put_aside(2, relay(2)).unwrap();
        lane.put_aside(4, relay(4)).unwrap();
        assert!(drain(&mut lane).is_empty());
        assert!(lane.take_turn(3) && !lane.take_turn(3));
        assert_eq!(drain(&mut lane), ["4", "5"]);
        assert_eq!(lane.received, Some(6));
    }

    #[test]
    fn a_side_that_moved_waits_for_its_numbers() {
        let mut transit = Transit::apart(Side::Answerer);
        let numbers = Numbers { sent: 2, received: 7 };
        transit.settle(Side::Answerer, numbers);
        assert_eq!(transit.numbers(Side::Answerer), Some(numbers));
        transit.arrive_from(Side::Answerer, NodeId::from_bytes([1; 16]), None, Timestamp::default());
        assert_eq!(transit.numbers(Side::Answerer), None);
        let lane = transit.lane(Side::Answerer);
        assert!(!lane.take_turn(7));
        lane.put_aside(8, relay(8)).unwrap();
        transit.settle(Side::Answerer, Numbers { sent: 2, received: 8 });
        assert_eq!(drain(transit.lane(Side::Answerer)), ["8"]);
    }

    #[test]
    fn together_again_when_all_has_come() {
        let mut transit = Transit::parting();
        assert!(transit.is_settled());
        transit.lane(Side::Offerer).sent = Some(1);
        assert!(!transit.is_settled());
        assert!(transit.lane(Side::Offerer).take_turn(0));
        assert!(transit.is_settled());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut lane = Lane::default();
        let taken = (0..5_000).filter(|number| lane.put_aside(*number, relay(*number)).is_ok()).count();
        let held = (0..5_000).filter(|number| lane.hold_back(relay(*number)).is_ok()).count();
        assert_eq!((taken, held), (MAX_WAITING, MAX_WAITING));
        let large = KeptRelay { event: "message", payload: "x".repeat(MAX_WAITING_BYTES) };
        let mut lane = Lane::default();
        assert_eq!((lane.hold_back(large.clone()), lane.hold_back(large)), (Ok(()), Err(Full)));
    }
}
