use proptest::prelude::*;

use super::*;

const GRACE: Duration = Duration::from_secs(10);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn participant(name: &str) -> Participant {
    Participant { device: DeviceId::parse(name).unwrap(), alias: PeerAlias::from_bytes([1; 16]) }
}

fn call() -> Call {
    Call::new(SessionId::from_bytes([0; 16]), participant("a"), participant("b")).unwrap()
}

fn relay(payload: &str) -> KeptRelay {
    KeptRelay { event: "message", payload: payload.into() }
}

#[test]
fn nobody_calls_themself() {
    assert!(Call::new(SessionId::from_bytes([0; 16]), participant("a"), participant("a")).is_none());
}

#[test]
fn what_is_said_to_a_held_side_waits_in_order() {
    let mut call = call();
    assert_eq!(call.route(Side::Offerer), Route::Deliver);
    let lost = call.lost(Side::Answerer, at(0), GRACE).unwrap();
    assert_eq!(lost, Lost { until: at(10_000), peer_present: true });
    for text in ["1", "2", "3"] {
        assert_eq!(call.route(Side::Offerer), Route::Keep);
        call.keep(Side::Offerer, relay(text)).unwrap();
    }
    let resumed = call.back(Side::Answerer, at(9_999)).unwrap();
    assert_eq!(
        resumed,
        Resumed { kept: vec![relay("1"), relay("2"), relay("3")], was_away: true, peer: None }
    );
    assert_eq!(call.route(Side::Offerer), Route::Deliver);
    assert_eq!(call.back(Side::Answerer, at(9_999)).unwrap().kept, vec![]);
}

#[test]
fn a_second_loss_does_not_extend_the_grace() {
    let mut call = call();
    call.lost(Side::Offerer, at(0), GRACE);
    assert_eq!(call.lost(Side::Offerer, at(5_000), GRACE).unwrap().until, at(10_000));
}

#[test]
fn both_may_be_away() {
    let mut call = call();
    call.lost(Side::Offerer, at(0), GRACE);
    assert!(!call.lost(Side::Answerer, at(4_000), GRACE).unwrap().peer_present);
    let resumed = call.back(Side::Offerer, at(5_000)).unwrap();
    assert_eq!(resumed.peer, Some(Away { left: Duration::from_secs(9) }));
    assert!(!call.expire(at(13_999)));
    assert!(call.expire(at(14_000)));
    assert_eq!(call.over(), Some(EndReason::Timeout));
}

#[test]
fn what_is_kept_is_bounded_by_number_and_bytes() {
    let mut by_number = call();
    by_number.lost(Side::Answerer, at(0), GRACE);
    for _ in 0..MAX_KEPT {
        by_number.keep(Side::Offerer, relay("{}")).unwrap();
    }
    assert_eq!(by_number.keep(Side::Offerer, relay("{}")), Err(Full));

    let mut by_bytes = call();
    by_bytes.lost(Side::Answerer, at(0), GRACE);
    by_bytes.keep(Side::Offerer, relay(&"x".repeat(MAX_KEPT_BYTES))).unwrap();
    assert_eq!(by_bytes.keep(Side::Offerer, relay("x")), Err(Full));
}

#[test]
fn both_ending_at_once_is_no_error() {
    let mut call = call();
    assert_eq!(call.hang_up(Side::Offerer), Ended::Now);
    assert_eq!(call.hang_up(Side::Answerer), Ended::Before);
    assert_eq!(call.hang_up(Side::Answerer), Ended::Already);
    assert_eq!(call.hang_up(Side::Offerer), Ended::Already);
    assert_eq!(call.over(), Some(EndReason::Ended));
}

#[test]
fn the_first_end_wins_and_nothing_follows() {
    let mut call = call();
    call.lost(Side::Answerer, at(0), GRACE);
    assert!(call.end(EndReason::Left));
    assert!(!call.end(EndReason::Timeout));
    assert!(!call.expire(at(99_999)));
    assert_eq!(call.back(Side::Answerer, at(1)), None);
    assert_eq!(call.lost(Side::Offerer, at(1), GRACE), None);
    assert_eq!(call.route(Side::Offerer), Route::Over);
}

#[test]
fn each_state_counts_once_a_side() {
    let mut call = call();
    assert!(call.count_state(Side::Offerer, ConnectionState::Connected));
    assert!(!call.count_state(Side::Offerer, ConnectionState::Connected));
    assert!(call.count_state(Side::Offerer, ConnectionState::Failed));
    assert!(call.count_state(Side::Answerer, ConnectionState::Connected));
}

#[derive(Debug, Clone)]
enum Step {
    Say(bool, u8),
    Lose(bool),
    Return(bool),
    Wait(u16),
    HangUp(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<bool>(), any::<u8>()).prop_map(|(side, text)| Step::Say(side, text)),
        3 => any::<bool>().prop_map(Step::Lose),
        3 => any::<bool>().prop_map(Step::Return),
        2 => any::<u16>().prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::HangUp),
    ]
}

fn side(first: bool) -> Side {
    if first { Side::Offerer } else { Side::Answerer }
}

proptest! {
    /// Whatever happens, each side hears what the other said, in order, once, up to the end.
    #[test]
    fn nothing_is_lost_reordered_or_repeated(steps in proptest::collection::vec(step(), 0..60)) {
        let mut call = call();
        let mut now = at(0);
        let (mut said, mut heard) = ([vec![], vec![]], [vec![], vec![]]);
        for step in steps {
            match step {
                Step::Say(from, text) => {
                    let to = usize::from(from);
                    match call.route(side(from)) {
                        Route::Deliver => { said[to].push(text.to_string()); heard[to].push(text.to_string()); }
                        Route::Keep => {
                            said[to].push(text.to_string());
                            call.keep(side(from), relay(&text.to_string())).unwrap();
                        }
                        Route::Over => prop_assert!(call.over().is_some()),
                    }
                }
                Step::Lose(who) => { call.lost(side(who), now, GRACE); }
                Step::Return(who) => if let Some(resumed) = call.back(side(who), now) {
                    heard[usize::from(!who)].extend(resumed.kept.into_iter().map(|kept| kept.payload));
                },
                Step::Wait(millis) => { now = now.after(Duration::from_millis(millis.into())); call.expire(now); }
                Step::HangUp(who) => { call.hang_up(side(who)); }
            }
            for to in [0, 1] {
                prop_assert!(said[to].starts_with(&heard[to]));
                if call.over().is_none() && call.is_present(side(to == 0)) {
                    prop_assert_eq!(&said[to], &heard[to]);
                }
            }
        }
    }
}
