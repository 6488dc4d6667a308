//! How relays find their way when the ends of a call are, or were, at different nodes.
//!
//! Each direction marks its relays at the sender's node, and the receiver's node takes them in order, each once. So it
//! does not matter by how many ways they come: while a device moves, some are passed on by its old node and others
//! come directly. Its new node learns from the old one where the marks stand. When the old one is dead, the relays of the
//! side go on with a new epoch, those to it with what the peer's node sent here first; what was on its way to the
//! dead node is lost with the connection it had.

use std::collections::{BTreeMap, VecDeque};

use video_chat_kernel::{NodeId, Timestamp};
use video_chat_signaling::{Full, KeptRelay, Side, wire::Mark};

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
    /// Its move to this node, until the marks are known.
    settling: Option<Settling>,
}

/// Relays to one side.
#[derive(Default)]
pub(super) struct Lane {
    /// The next to leave, where the sender is here.
    pub(super) sends: Option<Mark>,
    /// The next to be taken, where the side is here.
    pub(super) takes: Option<Mark>,
    /// Those that came before their turn.
    early: BTreeMap<Mark, KeptRelay>,
    early_bytes: usize,
    /// Those that wait for their mark.
    unsent: VecDeque<KeptRelay>,
    unsent_bytes: usize,
}

/// A side that has moved here and whose marks are not known yet.
pub(super) struct Settling {
    /// The node it was at.
    pub(super) old: NodeId,
    /// Since when.
    pub(super) since: Timestamp,
    /// The epoch to go on with if the old node says nothing.
    pub(super) epoch: u64,
    /// The first relay that the peer's node sends here, as soon as that has told.
    pub(super) first_here: Option<Mark>,
    /// What was known here before it left and came back, which holds unless the old node knows better.
    pub(super) before: Option<Marks>,
}

/// Where both directions stand, seen from one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// The next relay of the side.
    pub(super) sends: Mark,
    /// The next relay to the side.
    pub(super) takes: Mark,
}

impl Transit {
    /// Of a call that begins with its ends apart, seen from the node of `here`.
    pub(super) fn apart(here: Side) -> Self {
        let mut transit = Self::default();
        transit.set(here, Marks { sends: Mark::default(), takes: Mark::default() });
        transit
    }

    /// Of a call whose both ends were here, one of which leaves.
    pub(super) fn parting(epoch: u64) -> Self {
        let mut transit = Self::default();
        let begin = Marks { sends: Mark::first_of(epoch), takes: Mark::first_of(epoch) };
        transit.set(Side::Offerer, begin);
        transit.set(Side::Answerer, begin);
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

    /// `side` comes to this node: its marks are unknown until they are told.
    pub(super) fn arrive(&mut self, side: Side, settling: Settling) {
        self.clear(side);
        *self.settling(side) = Some(settling);
    }

    /// The marks of `side`, as its host knows them.
    pub(super) const fn marks(&mut self, side: Side) -> Option<Marks> {
        match (self.lane(side.other()).sends, self.lane(side).takes) {
            (Some(sends), Some(takes)) => Some(Marks { sends, takes }),
            _ => None,
        }
    }

    /// Sets the marks of `side`.
    pub(super) const fn set(&mut self, side: Side, marks: Marks) {
        self.lane(side.other()).sends = Some(marks.sends);
        self.lane(side).takes = Some(marks.takes);
    }

    /// Forgets the marks of `side`: they are its new node's now.
    pub(super) const fn clear(&mut self, side: Side) {
        self.lane(side.other()).sends = None;
        self.lane(side).takes = None;
    }

    /// Whether `side` belongs to this node, be it away.
    pub(super) fn hosts(&self, side: Side) -> bool {
        let heading = match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        };
        heading.lane.takes.is_some() || heading.settling.is_some()
    }

    /// Whether both ends could be here without marks: everything sent has come.
    pub(super) fn is_settled(&mut self) -> bool {
        let quiet = |heading: &Heading| {
            let Lane { sends, takes, early, unsent, .. } = &heading.lane;
            heading.settling.is_none()
                && sends.is_some()
                && sends == takes
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
    /// Whether the relay of this mark is the next to be taken; then it counts as taken.
    pub(super) fn take_turn(&mut self, mark: Mark) -> bool {
        let next = self.takes == Some(mark);
        if next {
            self.takes = Some(mark.next());
        }
        next
    }

    /// Keeps a relay that came before its turn; one whose turn has passed was a repetition.
    pub(super) fn put_aside(&mut self, mark: Mark, relay: KeptRelay) -> Result<(), Full> {
        if self.takes.is_some_and(|next| mark < next) || self.early.contains_key(&mark) {
            return Ok(());
        }
        admit(self.early.len(), &mut self.early_bytes, &relay)?;
        self.early.insert(mark, relay);
        Ok(())
    }

    /// The next relay of those put aside whose turn has come. A later epoch ends an earlier one: what is there of that one
    /// comes first, whatever is missing.
    pub(super) fn next_in_turn(&mut self) -> Option<KeptRelay> {
        let next = self.takes?;
        while let Some((mark, relay)) = self.early.pop_first() {
            let newest = self.early.last_key_value().map_or(mark, |(newest, _)| *newest);
            let due = mark <= next || mark.epoch < newest.epoch || mark == Mark::first_of(newest.epoch);
            if !due {
                self.early.insert(mark, relay);
                return None;
            }
            self.early_bytes = self.early_bytes.saturating_sub(relay.payload.len());
            // What the marks have passed was delivered by another way.
            if mark >= next {
                self.takes = Some(mark.next());
                return Some(relay);
            }
        }
        None
    }

    /// The first of those put aside.
    pub(super) fn earliest(&self) -> Option<Mark> {
        self.early.first_key_value().map(|(mark, _)| *mark)
    }

    /// All that were put aside, with their marks.
    pub(super) fn take_early(&mut self) -> BTreeMap<Mark, KeptRelay> {
        self.early_bytes = 0;
        std::mem::take(&mut self.early)
    }

    /// Keeps a relay until marks are known.
    pub(super) fn hold_back(&mut self, relay: KeptRelay) -> Result<(), Full> {
        admit(self.unsent.len(), &mut self.unsent_bytes, &relay)?;
        self.unsent.push_back(relay);
        Ok(())
    }

    /// All that were held back.
    pub(super) fn take_unsent(&mut self) -> Vec<KeptRelay> {
        self.unsent_bytes = 0;
        std::mem::take(&mut self.unsent).into()
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

    const fn mark(epoch: u64, number: u64) -> Mark {
        Mark { epoch, number }
    }

    fn relay(number: u64) -> KeptRelay {
        KeptRelay { event: "message", payload: number.to_string() }
    }

    fn drain(lane: &mut Lane) -> Vec<String> {
        std::iter::from_fn(|| lane.next_in_turn()).map(|relay| relay.payload).collect()
    }

    #[test]
    fn relays_take_turns_whatever_way_they_come() {
        let mut lane = Lane { takes: Some(mark(0, 3)), ..Lane::default() };
        assert!(!lane.take_turn(mark(0, 5)));
        lane.put_aside(mark(0, 5), relay(5)).unwrap();
        lane.put_aside(mark(0, 2), relay(2)).unwrap();
        lane.put_aside(mark(0, 4), relay(4)).unwrap();
        assert!(drain(&mut lane).is_empty());
        assert!(lane.take_turn(mark(0, 3)) && !lane.take_turn(mark(0, 3)));
        assert_eq!(drain(&mut lane), ["4", "5"]);
        assert_eq!(lane.takes, Some(mark(0, 6)));
    }

    #[test]
    fn a_later_epoch_begins_after_what_is_left_of_the_one_before() {
        let mut lane = Lane { takes: Some(mark(0, 3)), ..Lane::default() };
        lane.put_aside(mark(0, 5), relay(5)).unwrap();
        lane.put_aside(mark(4, 1), relay(11)).unwrap();
        assert_eq!(drain(&mut lane), ["5"], "the first of the later epoch is still to come");
        lane.put_aside(mark(4, 0), relay(10)).unwrap();
        assert_eq!(drain(&mut lane), ["10", "11"]);
        assert_eq!(lane.takes, Some(mark(4, 2)));
        lane.put_aside(mark(0, 4), relay(4)).unwrap();
        assert!(drain(&mut lane).is_empty(), "too late");
    }

    #[test]
    fn a_side_that_moved_waits_for_its_marks() {
        let mut transit = Transit::apart(Side::Answerer);
        let marks = Marks { sends: mark(0, 2), takes: mark(0, 7) };
        transit.set(Side::Answerer, marks);
        assert_eq!(transit.marks(Side::Answerer), Some(marks));
        let (old, since) = (NodeId::from_bytes([1; 16]), Timestamp::default());
        let settling = Settling { old, since, epoch: 2, first_here: None, before: None };
        transit.arrive(Side::Answerer, settling);
        assert_eq!(transit.marks(Side::Answerer), None);
        let lane = transit.lane(Side::Answerer);
        assert!(!lane.take_turn(mark(0, 7)));
        lane.put_aside(mark(0, 8), relay(8)).unwrap();
        transit.set(Side::Answerer, Marks { sends: mark(0, 2), takes: mark(0, 8) });
        assert_eq!(drain(transit.lane(Side::Answerer)), ["8"]);
    }

    #[test]
    fn together_again_when_all_has_come() {
        let mut transit = Transit::parting(1);
        assert!(transit.is_settled());
        transit.lane(Side::Offerer).sends = Some(mark(1, 1));
        assert!(!transit.is_settled());
        assert!(transit.lane(Side::Offerer).take_turn(mark(1, 0)));
        assert!(transit.is_settled());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut lane = Lane::default();
        let taken =
            (0..5_000).filter(|number| lane.put_aside(mark(0, *number), relay(*number)).is_ok()).count();
        let held = (0..5_000).filter(|number| lane.hold_back(relay(*number)).is_ok()).count();
        assert_eq!((taken, held), (MAX_WAITING, MAX_WAITING));
        let large = KeptRelay { event: "message", payload: "x".repeat(MAX_WAITING_BYTES) };
        let mut lane = Lane::default();
        assert_eq!((lane.hold_back(large.clone()), lane.hold_back(large)), (Ok(()), Err(Full)));
    }
}
