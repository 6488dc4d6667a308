//! The laws of [`MatchPool`].
//!
//! A law names every instant it needs through [`Time`], which the adapter's tests bring along:
//! - [`ArgumentTime`] for an adapter that believes the `now` it is told: passing time is adding to a number;
//! - for one whose backend tells the time, an own [`Time`] that moves the backend's clock, or truly sleeps. No law
//!   compares an instant the adapter answers with one it was told, only with others the adapter answered.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

mod nodes;
mod places;
mod rematch;
mod undo;
mod who_meets_whom;

use std::{
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, MatchPool, Pairing, Region, Ticket, TicketId};

pub use nodes::*;
pub use places::*;
pub use rematch::*;
pub use undo::*;
pub use who_meets_whom::*;

/// How long the pool under test keeps last partners apart.
pub const REMATCH_AFTER: Duration = Duration::from_secs(3);

/// How long the pool under test keeps the place of a withdrawn ticket.
pub const GRACE: Duration = Duration::from_secs(10);

/// The time the pool under test lives in.
pub trait Time {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Returns when at least `duration` has passed for the pool, and hardly more.
    fn pass(&self, duration: Duration) -> impl Future<Output = ()>;
}

/// The time of a pool that believes the `now` it is told.
#[derive(Debug)]
pub struct ArgumentTime(AtomicU64);

impl Default for ArgumentTime {
    fn default() -> Self {
        Self(AtomicU64::new(1_800_000_000_000))
    }
}

impl Time for ArgumentTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn pass(&self, duration: Duration) {
        let then = self.now().after(duration);
        self.0.store(then.as_millis(), Ordering::Relaxed);
    }
}

/// One `#[tokio::test]` for each law of `MatchPool`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl MatchPool, impl Time)` that
/// makes an empty pool with [`REMATCH_AFTER`] and [`GRACE`], and the time it lives in. What must outlive
/// the pool can live in that time.
#[macro_export]
macro_rules! match_pool_laws {
    ($build:path) => {
        $crate::match_pool_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::match_pool_laws! { $how, $build =>
            the_first_ticket_waits_at_position_one
            two_of_one_region_meet_and_leave_the_queue
            another_language_never_meets
            another_region_never_meets
            global_meets_every_region
            every_region_meets_global
            the_longest_waiting_compatible_one_is_met
            the_longest_waiting_is_met_whether_global_or_not
            a_device_never_meets_itself
            a_pairing_names_the_longer_waiting_first
            concurrent_joins_never_share_a_partner
            the_position_counts_all_of_the_language
            the_position_moves_up_when_an_earlier_ticket_goes
            a_replacement_keeps_the_waiting_time
            a_replacement_with_other_criteria_waits_anew
            a_replaced_ticket_can_neither_leave_nor_be_withdrawn
            leaving_takes_the_ticket_out_once
            leaving_forgets_the_waiting_time
            leaving_with_a_foreign_ticket_changes_nothing
            withdrawing_takes_the_ticket_out_once
            a_withdrawn_ticket_has_its_place_again_within_the_grace
            a_withdrawn_ticket_loses_its_place_after_the_grace
            a_withdrawn_ticket_that_is_left_loses_its_place
            a_withdrawn_ticket_with_other_criteria_waits_anew
            last_partners_do_not_meet_at_once
            last_partners_meet_when_both_have_waited
            one_waiting_long_does_not_shorten_the_others_wait
            somebody_else_comes_before_a_last_partner
            a_newer_partner_replaces_the_last_one
            nothing_is_due_twice
            an_undone_pairing_gives_the_survivor_its_place_again
            an_undone_pairing_may_pair_the_survivor_at_once
            an_undone_pairing_keeps_the_others_place_for_the_grace
            an_undone_pairing_without_survivor_leaves_nobody_waiting
            an_undone_pairing_makes_nobody_a_last_partner
            an_undone_pairing_restores_the_last_partners_from_before
            a_pairing_is_undone_once
            a_clock_set_back_keeps_the_order
            a_pairing_names_the_nodes_of_both
            a_node_holds_the_tickets_that_joined_there
            a_ticket_that_joins_elsewhere_changes_hands
            an_undone_pairing_gives_the_survivors_node_its_ticket_again
            reaping_takes_out_all_tickets_of_a_node_and_no_others
            reaping_takes_so_many_at_a_time
            a_reaped_device_has_its_place_again_within_the_grace
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (pool, time) = $build().await;
                $crate::match_pool::$law(&$crate::match_pool::Subject::new(pool, time)).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (pool, time) = $build().await;
                $crate::match_pool::$law(&$crate::match_pool::Subject::new(pool, time)).await;
            )+
        }
    };
}

/// The pool under test in its time.
#[derive(Debug)]
pub struct Subject<P, T> {
    pool: P,
    time: T,
    made: AtomicU64,
}

impl<P: MatchPool, T: Time> Subject<P, T> {
    /// The pool and the time it lives in.
    pub fn new(pool: P, time: T) -> Self {
        Self { pool, time, made: AtomicU64::new(0) }
    }

    /// A ticket nobody had before.
    fn ticket(&self, name: &str, region: &str, language: &str) -> Ticket {
        let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        Ticket {
            id: TicketId::from_bits(u128::from(made) << 64 | 0x5eed),
            device: device(name),
            region: Region::parse(region).expect("a valid region"),
            language: Language::parse(language).expect("a valid language"),
            node: NODE,
        }
    }

    async fn enter(&self, ticket: Ticket) -> Joined {
        self.pool.join(ticket, self.time.now()).await.expect("join answers")
    }

    /// Joins in English.
    async fn join(&self, name: &str, region: &str) -> Joined {
        self.enter(self.ticket(name, region, "en")).await
    }

    /// Joins in English where nobody compatible waits; answers the ticket, the position, and since when it waits.
    async fn wait(&self, name: &str, region: &str) -> (TicketId, u64, Timestamp) {
        let ticket = self.ticket(name, region, "en");
        let id = ticket.id;
        let (position, since) = waiting(&self.enter(ticket).await);
        (id, position, since)
    }

    /// Joins in English where `partner` is the one to be met.
    async fn meet(&self, name: &str, region: &str, partner: &str) -> Pairing {
        let joined = self.join(name, region).await;
        assert_eq!(names(&joined), Some([partner.to_owned(), name.to_owned()]), "{name} joins");
        pairing(joined).expect("matched")
    }

    async fn leave(&self, name: &str, ticket: TicketId) -> bool {
        self.pool.leave(&device(name), ticket, self.time.now()).await.expect("leave answers")
    }

    async fn withdraw(&self, name: &str, ticket: TicketId) -> bool {
        self.pool.withdraw(&device(name), ticket, self.time.now()).await.expect("withdraw answers")
    }

    async fn undo(&self, pairing: &Pairing, survivor: Option<TicketId>) -> Option<Joined> {
        self.pool.undo(pairing, survivor, self.time.now()).await.expect("undo answers")
    }

    /// Those whom time has made compatible, each pair by name, the longer waiting first.
    async fn due(&self) -> Vec<[String; 2]> {
        let due = self.pool.due(self.time.now()).await.expect("due answers");
        due.iter().map(pair).collect()
    }

    async fn waiting(&self) -> u64 {
        self.pool.waiting().await.expect("waiting answers")
    }

    fn pass(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(self.time.pass(duration))
    }

    /// Lets two that wait nowhere meet; both have left the queue then.
    async fn acquaint(&self, one: &str, other: &str) {
        self.wait(one, "acquaintance").await;
        self.meet(other, "acquaintance", one).await;
    }
}

/// Where everybody is unless a law says otherwise.
const NODE: NodeId = NodeId::from_bytes([1; 16]);

const MOMENT: Duration = Duration::from_millis(20);

fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a valid device id")
}

fn waiting(joined: &Joined) -> (u64, Timestamp) {
    match joined {
        Joined::Waiting { position, since } => Some((*position, *since)),
        Joined::Matched(_) => None,
    }
    .expect("nobody compatible waits")
}

fn pairing(joined: Joined) -> Option<Pairing> {
    match joined {
        Joined::Waiting { .. } => None,
        Joined::Matched(pairing) => Some(pairing),
    }
}

fn pair(pairing: &Pairing) -> [String; 2] {
    [&pairing.first, &pairing.second].map(|waiter| waiter.ticket.device.as_str().to_owned())
}

/// Who met, the longer waiting first.
fn names(joined: &Joined) -> Option<[String; 2]> {
    match joined {
        Joined::Waiting { .. } => None,
        Joined::Matched(pairing) => Some(pair(pairing)),
    }
}
