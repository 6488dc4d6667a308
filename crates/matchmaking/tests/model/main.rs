//! The pool against a plain reference, over random histories.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod reference;

use std::time::Duration;

use proptest::prelude::*;
use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pairing, Pool, Region, Settings, Ticket, TicketId};

use self::reference::Reference;

const DEVICES: usize = 7;

/// One call, and how the clock moves before it.
#[derive(Debug, Clone)]
struct Step {
    clock: i64,
    call: Call,
}

#[derive(Debug, Clone)]
enum Call {
    Join {
        device: usize,
        region: &'static str,
        language: &'static str,
    },
    /// With the ticket the device joined with last, or one that it never had.
    Leave {
        device: usize,
        stale: bool,
    },
    Withdraw {
        device: usize,
        stale: bool,
    },
    /// Of the pairing that is so many back.
    Undo {
        back: usize,
        survivor: Option<bool>,
    },
    /// The node of every other device dies.
    Reap {
        odd: bool,
    },
    Due,
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES;
    let stale = prop::bool::weighted(0.1);
    let region = prop::sample::select(vec!["eu", "us", "asia", "global"]);
    let language = prop::sample::select(vec!["en", "en", "en", "fr"]);
    let call = prop_oneof![
        10 => (device.clone(), region, language)
            .prop_map(|(device, region, language)| Call::Join { device, region, language }),
        2 => (device.clone(), stale).prop_map(|(device, stale)| Call::Leave { device, stale }),
        3 => (device, stale).prop_map(|(device, stale)| Call::Withdraw { device, stale }),
        3 => (0_usize..4, prop::option::weighted(0.8, any::<bool>()))
            .prop_map(|(back, survivor)| Call::Undo { back, survivor }),
        1 => any::<bool>().prop_map(|odd| Call::Reap { odd }),
        3 => Just(Call::Due),
    ];
    let clock = prop_oneof![
        6 => 0_i64..50,
        6 => 50_i64..2_000,
        2 => 2_000_i64..12_000,
        1 => -900_i64..0,
        1 => -20_000_i64..-1_001,
        1 => Just(200_000_000),
    ];
    (clock, call).prop_map(|(clock, call)| Step { clock, call })
}

fn settings() -> impl Strategy<Value = Settings> {
    (0_u64..4, 0_u64..7, 1_u64..30, 0_usize..12).prop_map(|(rematch, grace, remember, max_meetings)| {
        Settings {
            rematch_after: Duration::from_secs(rematch),
            grace: Duration::from_secs(grace),
            remember_for: Duration::from_secs(remember),
            max_meetings,
            max_withdrawn: 1_000,
        }
    })
}

fn device(number: usize) -> DeviceId {
    DeviceId::parse(&format!("device {number}")).unwrap()
}

fn node(device: usize) -> NodeId {
    NodeId::from_bytes([u8::from(device % 2 == 1); 16])
}

/// Runs one history on both and compares every answer and every position.
fn run(settings: Settings, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (mut pool, mut reference) = (Pool::new(settings), Reference::new(settings));
    let mut clock = 1_000_000_i64;
    let mut tickets = [TicketId::from_bits(0); DEVICES];
    let mut pairings: Vec<Pairing> = Vec::new();
    for (made, step) in (1_u128..).zip(steps) {
        clock = (clock + step.clock).max(0);
        let now = Timestamp::from_millis(clock.unsigned_abs());
        let named = |number: usize, stale: bool| if stale { TicketId::from_bits(0) } else { tickets[number] };
        let mut joined = None;
        match step.call {
            Call::Join { device: number, region, language } => {
                let ticket = Ticket {
                    id: TicketId::from_bits(made),
                    device: device(number),
                    region: Region::parse(region).unwrap(),
                    language: Language::parse(language).unwrap(),
                    node: node(number),
                };
                tickets[number] = ticket.id;
                joined = Some(pool.join(ticket.clone(), now));
                prop_assert_eq!(joined.clone(), Some(reference.join(ticket, now)));
            }
            Call::Leave { device: number, stale } => {
                let (device, ticket) = (device(number), named(number, stale));
                prop_assert_eq!(pool.leave(&device, ticket, now), reference.leave(&device, ticket, now));
            }
            Call::Withdraw { device: number, stale } => {
                let (device, ticket) = (device(number), named(number, stale));
                prop_assert_eq!(
                    pool.withdraw(&device, ticket, now),
                    reference.withdraw(&device, ticket, now)
                );
            }
            Call::Undo { back, survivor } => {
                if let Some(pairing) = pairings.iter().rev().nth(back).cloned() {
                    let survivor = survivor
                        .map(|first| if first { pairing.first.ticket.id } else { pairing.second.ticket.id });
                    joined = pool.undo(&pairing, survivor, now);
                    prop_assert_eq!(joined.clone(), reference.undo(&pairing, survivor, now));
                }
            }
            Call::Reap { odd } => {
                let dead = node(odd.into());
                prop_assert_eq!(pool.reap(dead, now), reference.reap(dead, now));
                prop_assert_eq!(pool.held_by(dead), []);
            }
            Call::Due => {
                let due = pool.due(now);
                prop_assert_eq!(&due, &reference.due(now));
                prop_assert_eq!(pool.due(now), []);
                pairings.extend(due);
            }
        }
        if let Some(Joined::Matched(pairing)) = joined {
            pairings.push(pairing);
        }
        check(&pool, &reference, pairings.last())?;
    }
    Ok(())
}

/// What holds after every step.
fn check(pool: &Pool, reference: &Reference, pairing: Option<&Pairing>) -> Result<(), TestCaseError> {
    prop_assert_eq!(pool.waiting(), reference.waiting());
    let devices = (0..DEVICES).map(device);
    let places = devices.clone().filter(|device| pool.position(device).is_some()).count();
    prop_assert_eq!(places as u64, pool.waiting());
    for device in devices {
        prop_assert_eq!(pool.position(&device), reference.position(&device));
    }
    if let Some(Pairing { first, second }) = pairing {
        prop_assert_ne!(&first.ticket.device, &second.ticket.device);
        prop_assert_eq!(&first.ticket.language, &second.ticket.language);
        prop_assert!(first.since <= second.since);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_pool_does_what_the_reference_does(
        settings in settings(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        run(settings, steps)?;
    }
}
