//! The pool in Lua against the pure pool, over the same random histories: the same answers, step by step.

use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::Runtime;
use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{
    Joined, Language, MatchPool, Pairing, Pool, Region, Settings, Ticket, TicketId,
};
use video_chat_store_redis::RedisMatchPool;

use super::connection;

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

/// Everything in one language, and a clock that does what clocks do.
fn one_language() -> impl Strategy<Value = Vec<Step>> {
    let undo = (0_usize..4, prop::option::weighted(0.8, any::<bool>()));
    let undo = undo.prop_map(|(back, survivor)| Call::Undo { back, survivor });
    let clock = prop_oneof![
        6 => 0_i64..50,
        6 => 50_i64..2_000,
        2 => 2_000_i64..12_000,
        1 => -900_i64..0,
        1 => -20_000_i64..-1_001,
        1 => Just(200_000_000),
    ];
    steps(clock, prop_oneof![18 => calls(&["en"]), 3 => undo])
}

/// Devices that change their language, so that they move between partitions. (An undone pairing is then forgotten.)
fn two_languages() -> impl Strategy<Value = Vec<Step>> {
    let clock = prop_oneof![6 => 0_i64..50, 6 => 50_i64..2_000, 2 => 2_000_i64..12_000];
    steps(clock, calls(&["en", "en", "fr"]))
}

fn steps(
    clock: impl Strategy<Value = i64>,
    call: impl Strategy<Value = Call>,
) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((clock, call).prop_map(|(clock, call)| Step { clock, call }), 1..100)
}

fn calls(languages: &'static [&'static str]) -> impl Strategy<Value = Call> {
    let device = 0..DEVICES;
    let stale = prop::bool::weighted(0.1);
    let region = prop::sample::select(vec!["eu", "us", "asia", "global"]);
    prop_oneof![
        10 => (device.clone(), region, prop::sample::select(languages))
            .prop_map(|(device, region, language)| Call::Join { device, region, language }),
        2 => (device.clone(), stale).prop_map(|(device, stale)| Call::Leave { device, stale }),
        3 => (device, stale).prop_map(|(device, stale)| Call::Withdraw { device, stale }),
        1 => any::<bool>().prop_map(|odd| Call::Reap { odd }),
        3 => Just(Call::Due),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    (0_u64..4, 0_u64..7, 1_u64..30).prop_map(|(rematch, grace, remember)| Settings {
        rematch_after: Duration::from_secs(rematch),
        grace: Duration::from_secs(grace),
        remember_for: Duration::from_secs(remember),
        ..Settings::default()
    })
}

fn device(number: usize) -> DeviceId {
    DeviceId::parse(&format!("device {number}")).unwrap()
}

fn node(device: usize) -> NodeId {
    NodeId::from_bytes([u8::from(device % 2 == 1); 16])
}

/// In an order that does not depend on which partition answered first.
fn sorted(mut pairings: Vec<Pairing>) -> Vec<Pairing> {
    pairings.sort_by_key(|pairing| pairing.first.ticket.id);
    pairings
}

/// Runs one history on both and compares every answer.
async fn run(settings: Settings, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut pure = Pool::new(settings);
    let lua = RedisMatchPool::new(connection::single().await, settings);
    let mut clock = 1_800_000_000_000_i64;
    let mut tickets = [TicketId::from_bits(0); DEVICES];
    let mut pairings: Vec<Pairing> = Vec::new();
    for (made, step) in (1_u128..).zip(steps) {
        clock += step.clock;
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
                joined = Some(pure.join(ticket.clone(), now));
                prop_assert_eq!(lua.join(ticket, now).await.unwrap(), joined.clone().unwrap());
            }
            Call::Leave { device: number, stale } => {
                let (device, ticket) = (device(number), named(number, stale));
                let left = lua.leave(&device, ticket, now).await.unwrap();
                prop_assert_eq!(left, pure.leave(&device, ticket, now));
            }
            Call::Withdraw { device: number, stale } => {
                let (device, ticket) = (device(number), named(number, stale));
                let withdrawn = lua.withdraw(&device, ticket, now).await.unwrap();
                prop_assert_eq!(withdrawn, pure.withdraw(&device, ticket, now));
            }
            Call::Undo { back, survivor } => {
                if let Some(pairing) = pairings.iter().rev().nth(back).cloned() {
                    let survivor = survivor
                        .map(|first| if first { pairing.first.ticket.id } else { pairing.second.ticket.id });
                    joined = pure.undo(&pairing, survivor, now);
                    prop_assert_eq!(lua.undo(&pairing, survivor, now).await.unwrap(), joined.clone());
                }
            }
            Call::Reap { odd } => {
                let dead = node(odd.into());
                prop_assert_eq!(lua.reap(dead, now).await.unwrap(), pure.reap(dead, now));
            }
            Call::Due => {
                let due = sorted(pure.due(now));
                prop_assert_eq!(&sorted(lua.due(now).await.unwrap()), &due);
                pairings.extend(due);
                // A round passes over a partition where nobody waits; this has it read the clock as well, which
                // tells when the next reading is one set back.
                lua.leave(&device(0), TicketId::from_bits(0), now).await.unwrap();
            }
        }
        if let Some(Joined::Matched(pairing)) = joined {
            pairings.push(pairing);
        }
        prop_assert_eq!(lua.waiting().await.unwrap(), pure.waiting());
        for of in [0, 1].map(node) {
            let (mut lua, mut pure) = (lua.held_by(of).await.unwrap(), pure.held_by(of));
            lua.sort();
            pure.sort();
            prop_assert_eq!(lua, pure);
        }
    }
    Ok(())
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_pools_answer_the_same(settings in settings(), steps in one_language()) {
        runtime().block_on(run(settings, steps))?;
    }

    #[test]
    fn both_pools_answer_the_same_when_languages_change(settings in settings(), steps in two_languages()) {
        runtime().block_on(run(settings, steps))?;
    }
}
