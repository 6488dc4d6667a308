use std::time::Duration;

use video_chat_kernel::Timestamp;

/// What compatibility looks at of one side. `T` names devices, languages and regions, each by equality alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party<T> {
    /// Who it is.
    pub device: T,
    /// Which language to speak.
    pub language: T,
    /// Where to meet people from; `None` is `global`.
    pub region: Option<T>,
    /// Since when it waits.
    pub since: Timestamp,
    /// Whom it met last, as long as that counts.
    pub last: Option<LastPartner<T>>,
}

/// Whom a device met last, and until when that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPartner<T> {
    /// The partner's device.
    pub device: T,
    /// From this instant on the meeting is forgotten.
    pub until: Timestamp,
}

/// Whether two may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compatibility {
    /// Not as long as both ask what they ask.
    Never,
    /// From this instant on (the epoch: always), as long as both wait.
    From(Timestamp),
}

/// The one rule of who may meet whom.
///
/// The same language; the same region, or either is `global`; never oneself; and the last partner of either only
/// after both have waited `rematch_after`, or the meeting is forgotten. Symmetric in `a` and `b`.
///
/// A further criterion belongs here, and here only. One that loosens with waiting answers a later
/// [`Compatibility::From`]; the pool comes back to the two at that instant by itself.
pub fn compatible<T: PartialEq>(a: &Party<T>, b: &Party<T>, rematch_after: Duration) -> Compatibility {
    let regions_meet = a.region == b.region || a.region.is_none() || b.region.is_none();
    if a.device == b.device || a.language != b.language || !regions_meet {
        return Compatibility::Never;
    }
    let forgotten = [meeting(a, b), meeting(b, a)].into_iter().flatten().max();
    Compatibility::From(forgotten.map_or(Timestamp::default(), |until| {
        let both_waited = a.since.max(b.since).after(rematch_after);
        both_waited.min(until)
    }))
}

/// Until when `one` remembers `other` as its last partner.
fn meeting<T: PartialEq>(one: &Party<T>, other: &Party<T>) -> Option<Timestamp> {
    one.last.as_ref().filter(|last| last.device == other.device).map(|last| last.until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(3);
    const ALWAYS: Compatibility = Compatibility::From(Timestamp::from_millis(0));

    fn party(device: &'static str, region: Option<&'static str>) -> Party<&'static str> {
        Party { device, language: "en", region, since: Timestamp::from_secs(10), last: None }
    }

    fn last(device: &'static str) -> LastPartner<&'static str> {
        LastPartner { device, until: Timestamp::from_secs(600) }
    }

    #[test]
    fn regions_meet_when_equal_or_either_is_global() {
        let (eu, us, global) = (party("a", Some("eu")), party("b", Some("us")), party("c", None));
        assert_eq!(compatible(&eu, &party("d", Some("eu")), AFTER), ALWAYS);
        assert_eq!(compatible(&eu, &global, AFTER), ALWAYS);
        assert_eq!(compatible(&global, &us, AFTER), ALWAYS);
        assert_eq!(compatible(&eu, &us, AFTER), Compatibility::Never);
    }

    #[test]
    fn neither_oneself_nor_another_language() {
        let a = party("a", None);
        assert_eq!(compatible(&a, &a, AFTER), Compatibility::Never);
        assert_eq!(
            compatible(&a, &Party { language: "fr", ..party("b", None) }, AFTER),
            Compatibility::Never
        );
    }

    #[test]
    fn a_last_partner_of_either_side_only_after_both_have_waited() {
        let from = Compatibility::From(Timestamp::from_secs(15));
        let a = Party { last: Some(last("b")), ..party("a", None) };
        let b = Party { since: Timestamp::from_secs(12), ..party("b", None) };
        assert_eq!(compatible(&a, &b, AFTER), from);
        assert_eq!(compatible(&b, &a, AFTER), from);
        assert_eq!(compatible(&a, &party("c", None), AFTER), ALWAYS);
    }

    #[test]
    fn a_forgotten_meeting_keeps_nobody_apart() {
        let soon = LastPartner { device: "b", until: Timestamp::from_secs(11) };
        let a = Party { last: Some(soon), ..party("a", None) };
        assert_eq!(compatible(&a, &party("b", None), AFTER), Compatibility::From(Timestamp::from_secs(11)));
    }
}
