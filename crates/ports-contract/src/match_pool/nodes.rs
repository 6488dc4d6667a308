use video_chat_kernel::NodeId;
use video_chat_matchmaking::{Held, MatchPool, REAP_BATCH, Ticket, TicketId};

use super::{GRACE, MOMENT, NODE, Subject, Time, device, pairing, waiting};

const OTHER: NodeId = NodeId::from_bytes([2; 16]);

impl<P: MatchPool, T: Time> Subject<P, T> {
    /// Joins in English at a node.
    async fn wait_at(&self, node: NodeId, name: &str, region: &str) -> TicketId {
        let ticket = Ticket { node, ..self.ticket(name, region, "en") };
        let id = ticket.id;
        waiting(&self.enter(ticket).await);
        id
    }

    async fn held_by(&self, node: NodeId) -> Vec<Held> {
        let mut held = self.pool.held_by(node).await.expect("held_by answers");
        held.sort();
        held
    }

    async fn reap(&self, node: NodeId) -> u64 {
        self.pool.reap(node, self.time.now()).await.expect("reap answers")
    }
}

fn held(name: &str, ticket: TicketId) -> Held {
    Held { device: device(name), ticket }
}

pub async fn a_pairing_names_the_nodes_of_both(it: &Subject<impl MatchPool, impl Time>) {
    it.wait_at(OTHER, "anna", "eu").await;
    let met = pairing(it.join("ben", "eu").await).expect("anna waits");
    assert_eq!((met.first.ticket.node, met.second.ticket.node), (OTHER, NODE));
}

pub async fn a_node_holds_the_tickets_that_joined_there(it: &Subject<impl MatchPool, impl Time>) {
    let anna = it.wait_at(OTHER, "anna", "eu").await;
    let ben = it.wait_at(OTHER, "ben", "us").await;
    let (cleo, ..) = it.wait("cleo", "asia").await;
    assert_eq!(it.held_by(OTHER).await, [held("anna", anna), held("ben", ben)]);
    assert_eq!(it.held_by(NODE).await, [held("cleo", cleo)]);
    it.withdraw("anna", anna).await;
    it.meet("dora", "us", "ben").await;
    assert_eq!(it.held_by(OTHER).await, []);
}

pub async fn a_ticket_that_joins_elsewhere_changes_hands(it: &Subject<impl MatchPool, impl Time>) {
    it.wait_at(OTHER, "anna", "eu").await;
    let (anna, ..) = it.wait("anna", "eu").await;
    assert_eq!(it.held_by(OTHER).await, []);
    assert_eq!(it.held_by(NODE).await, [held("anna", anna)]);
    assert_eq!(it.reap(OTHER).await, 0);
    assert_eq!(it.waiting().await, 1);
}

pub async fn an_undone_pairing_gives_the_survivors_node_its_ticket_again(
    it: &Subject<impl MatchPool, impl Time>,
) {
    let anna = it.wait_at(OTHER, "anna", "eu").await;
    let met = pairing(it.join("ben", "eu").await).expect("anna waits");
    it.undo(&met, Some(anna)).await.expect("anna survives");
    assert_eq!(it.held_by(OTHER).await, [held("anna", anna)]);
    assert_eq!(it.held_by(NODE).await, []);
}

pub async fn reaping_takes_out_all_tickets_of_a_node_and_no_others(it: &Subject<impl MatchPool, impl Time>) {
    let anna = it.wait_at(OTHER, "anna", "eu").await;
    let french = Ticket { node: OTHER, ..it.ticket("ben", "eu", "fr") };
    waiting(&it.enter(french).await);
    let (cleo, ..) = it.wait("cleo", "asia").await;
    assert_eq!(it.reap(OTHER).await, 2);
    assert_eq!(it.reap(OTHER).await, 0);
    assert_eq!((it.held_by(OTHER).await, it.held_by(NODE).await), (vec![], vec![held("cleo", cleo)]));
    assert!(!it.withdraw("anna", anna).await, "a reaped ticket waits no more");
    it.wait("dora", "eu").await;
    assert_eq!(it.waiting().await, 2);
}

pub async fn reaping_takes_so_many_at_a_time(it: &Subject<impl MatchPool, impl Time>) {
    for number in 0..=REAP_BATCH {
        it.wait_at(OTHER, &format!("device {number}"), &format!("region-{number}")).await;
    }
    let (mut reaped, mut calls) = (0, 0);
    loop {
        let batch = it.reap(OTHER).await;
        assert!(batch <= REAP_BATCH as u64);
        if batch == 0 {
            break;
        }
        (reaped, calls) = (reaped + batch, calls + 1);
    }
    assert_eq!(reaped, REAP_BATCH as u64 + 1);
    assert!(calls > 1);
    assert_eq!(it.waiting().await, 0);
}

pub async fn a_reaped_device_has_its_place_again_within_the_grace(it: &Subject<impl MatchPool, impl Time>) {
    let ticket = Ticket { node: OTHER, ..it.ticket("anna", "eu", "en") };
    let (_, since) = waiting(&it.enter(ticket).await);
    it.pass(MOMENT).await;
    assert_eq!(it.reap(OTHER).await, 1);
    it.pass(GRACE / 2).await;
    assert_eq!(it.wait("anna", "eu").await.2, since);
}
