use std::time::Duration;

use video_chat_kernel::{DeviceId, PeerAlias, Timestamp};

use crate::{Decision, SessionRecord, Status};

/// The longest comment or note, in Unicode scalar values.
pub const MAX_TEXT_CHARS: usize = 1_000;

/// How long after the end of a call it can be reported.
pub const REPORTABLE_FOR: Duration = Duration::from_hours(24);

/// How long a report stays with the moderator it was given to.
pub const LEASE: Duration = Duration::from_mins(5);

/// A comment or note has more than 1000 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most 1000 characters are allowed")]
pub struct TextTooLong;

/// Checks the length of a comment or note: at most [`MAX_TEXT_CHARS`] Unicode scalar values, any of them.
///
/// # Errors
/// [`TextTooLong`] when there are more.
pub fn check_text(text: &str) -> Result<(), TextTooLong> {
    // The byte bound first: counting the characters of a huge text would be work done for an attacker.
    let fits = text.len() <= MAX_TEXT_CHARS * 4 && text.chars().count() <= MAX_TEXT_CHARS;
    if fits { Ok(()) } else { Err(TextTooLong) }
}

/// There is no such call for whoever asks: unknown, over for too long, or not theirs. One answer for all, so that it
/// tells nobody which calls exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Session not found")]
pub struct SessionNotFound;

/// Who is reported when `reporter` reports the peer it knows as `alias` in the call of `record`.
///
/// # Errors
/// [`SessionNotFound`] when there is no record, the call ended more than [`REPORTABLE_FOR`] before `now`, `reporter`
/// took no part in it, or `alias` is not what its peer is called in it.
///
/// ```
/// use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
/// use video_chat_reporting::{SessionNotFound, SessionRecord, accused};
///
/// let (ann, bob) = (DeviceId::parse("ann").unwrap(), DeviceId::parse("bob").unwrap());
/// let (ann_alias, bob_alias) = (PeerAlias::from_bytes([1; 16]), PeerAlias::from_bytes([2; 16]));
/// let record = SessionRecord {
///     session: SessionId::from_bytes([9; 16]),
///     participants: [(ann.clone(), ann_alias), (bob.clone(), bob_alias)],
///     started_at: Timestamp::from_secs(100),
///     ended_at: None,
/// };
/// let now = Timestamp::from_secs(200);
/// assert_eq!(accused(Some(&record), &ann, bob_alias, now), Ok(&bob));
/// assert_eq!(accused(Some(&record), &ann, ann_alias, now), Err(SessionNotFound));
/// ```
pub fn accused<'a>(
    record: Option<&'a SessionRecord>,
    reporter: &DeviceId,
    alias: PeerAlias,
    now: Timestamp,
) -> Result<&'a DeviceId, SessionNotFound> {
    let record = record.filter(|record| record.is_reportable(now)).ok_or(SessionNotFound)?;
    let [first, second] = &record.participants;
    let (peer, peer_alias) = match (first.0 == *reporter, second.0 == *reporter) {
        (true, false) => second,
        (false, true) => first,
        _ => return Err(SessionNotFound),
    };
    if *peer_alias == alias { Ok(peer) } else { Err(SessionNotFound) }
}

impl SessionRecord {
    /// Whether the call is going on at `now`, or ended at most [`REPORTABLE_FOR`] before.
    pub fn is_reportable(&self, now: Timestamp) -> bool {
        self.ended_at.is_none_or(|end| now.since(end) <= REPORTABLE_FOR)
    }
}

/// What a decision does to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// It takes this status.
    Becomes(Status),
    /// It has been judged so already.
    Already,
    /// It has been judged the other way.
    Conflict,
}

impl Status {
    /// What `decision` does to a report of this status: a judged report stays judged.
    pub const fn judge(self, decision: Decision) -> Transition {
        match (self, decision) {
            (Self::Pending, Decision::Accepted) => Transition::Becomes(Self::Accepted),
            (Self::Pending, Decision::Rejected) => Transition::Becomes(Self::Rejected),
            (Self::Accepted, Decision::Accepted) | (Self::Rejected, Decision::Rejected) => {
                Transition::Already
            }
            (Self::Accepted, Decision::Rejected) | (Self::Rejected, Decision::Accepted) => {
                Transition::Conflict
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use video_chat_kernel::SessionId;

    use super::*;

    fn device(name: &str) -> DeviceId {
        DeviceId::parse(name).unwrap()
    }

    fn record(ended_at: Option<Timestamp>) -> SessionRecord {
        SessionRecord {
            session: SessionId::from_bytes([9; 16]),
            participants: [
                (device("ann"), PeerAlias::from_bytes([1; 16])),
                (device("bob"), PeerAlias::from_bytes([2; 16])),
            ],
            started_at: Timestamp::from_secs(10),
            ended_at,
        }
    }

    #[test]
    fn each_participant_accuses_the_other_by_the_alias_it_was_told() {
        let (record, now) = (record(None), Timestamp::from_secs(20));
        let of = |name: &str, alias: u8| {
            accused(Some(&record), &device(name), PeerAlias::from_bytes([alias; 16]), now)
        };
        assert_eq!(of("ann", 2), Ok(&device("bob")));
        assert_eq!(of("bob", 1), Ok(&device("ann")));
        for (name, alias) in [("ann", 1), ("bob", 2), ("ann", 3), ("eve", 1), ("eve", 2)] {
            assert_eq!(of(name, alias), Err(SessionNotFound), "{name} {alias}");
        }
        assert_eq!(accused(None, &device("ann"), PeerAlias::from_bytes([2; 16]), now), Err(SessionNotFound));
    }

    #[test]
    fn a_call_can_be_reported_for_a_day_after_its_end() {
        let end = Timestamp::from_secs(1_000);
        let last = end.after(REPORTABLE_FOR);
        let bob = PeerAlias::from_bytes([2; 16]);
        let ended = record(Some(end));
        assert!(accused(Some(&ended), &device("ann"), bob, last).is_ok());
        let late = last.after(Duration::from_millis(1));
        assert_eq!(accused(Some(&ended), &device("ann"), bob, late), Err(SessionNotFound));
        assert!(accused(Some(&record(None)), &device("ann"), bob, late).is_ok());
    }

    #[test]
    fn a_thousand_characters_of_any_script_fit() {
        assert_eq!(check_text(&"👩".repeat(1_000)), Ok(()));
        assert_eq!(check_text("\0\u{202e}"), Ok(()));
        assert_eq!(check_text(&"a".repeat(1_001)), Err(TextTooLong));
        assert_eq!(check_text(&"a".repeat(1 << 20)), Err(TextTooLong));
    }

    #[test]
    fn a_judged_report_stays_judged() {
        for decision in Decision::ALL {
            let Transition::Becomes(status) = Status::Pending.judge(*decision) else {
                panic!("a pending report is judged")
            };
            assert_eq!(status.as_str(), decision.as_str());
            for again in Decision::ALL {
                let expected = if again == decision { Transition::Already } else { Transition::Conflict };
                assert_eq!(status.judge(*again), expected);
            }
        }
    }
}
