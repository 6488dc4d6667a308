use video_chat_matchmaking::{MatchPool, Pairing};

use super::{GRACE, MOMENT, REMATCH_AFTER, Subject, Time, names, waiting};

/// Anna has waited a moment when ben comes and they meet.
async fn anna_and_ben(it: &Subject<impl MatchPool, impl Time>) -> Pairing {
    it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.meet("ben", "eu", "anna").await
}

pub async fn an_undone_pairing_gives_the_survivor_its_place_again(it: &Subject<impl MatchPool, impl Time>) {
    let pairing = anna_and_ben(it).await;
    it.pass(MOMENT).await;
    it.wait("cleo", "us").await;
    let back = it.undo(&pairing, Some(pairing.first.ticket.id)).await.expect("anna survives");
    assert_eq!(waiting(&back), (1, pairing.first.since));
    assert_eq!(it.waiting().await, 2);
    it.meet("dora", "global", "anna").await;
    it.meet("emil", "global", "cleo").await;
}

pub async fn an_undone_pairing_may_pair_the_survivor_at_once(it: &Subject<impl MatchPool, impl Time>) {
    let pairing = anna_and_ben(it).await;
    it.wait("cleo", "eu").await;
    let back = it.undo(&pairing, Some(pairing.second.ticket.id)).await.expect("ben survives");
    assert_eq!(names(&back), Some(["ben".to_owned(), "cleo".to_owned()]));
    assert_eq!(it.waiting().await, 0);
}

pub async fn an_undone_pairing_keeps_the_others_place_for_the_grace(it: &Subject<impl MatchPool, impl Time>) {
    let pairing = anna_and_ben(it).await;
    it.undo(&pairing, Some(pairing.second.ticket.id)).await.expect("ben survives");
    it.pass(GRACE / 2).await;
    let anna = it.join("anna", "eu").await;
    assert_eq!(names(&anna), Some(["anna".to_owned(), "ben".to_owned()]), "anna has waited longer");
}

pub async fn an_undone_pairing_without_survivor_leaves_nobody_waiting(
    it: &Subject<impl MatchPool, impl Time>,
) {
    let pairing = anna_and_ben(it).await;
    assert_eq!(it.undo(&pairing, None).await, None);
    assert_eq!(it.waiting().await, 0);
    it.pass(MOMENT).await;
    let (_, _, since) = it.wait("anna", "us").await;
    assert!(since > pairing.first.since, "the other region waits anew");
    let (_, _, since) = it.wait("ben", "eu").await;
    assert_eq!(since, pairing.second.since);
}

pub async fn an_undone_pairing_makes_nobody_a_last_partner(it: &Subject<impl MatchPool, impl Time>) {
    let pairing = anna_and_ben(it).await;
    it.undo(&pairing, Some(pairing.first.ticket.id)).await.expect("anna survives");
    it.meet("ben", "eu", "anna").await;
}

pub async fn an_undone_pairing_restores_the_last_partners_from_before(
    it: &Subject<impl MatchPool, impl Time>,
) {
    it.acquaint("anna", "cleo").await;
    let pairing = anna_and_ben(it).await;
    it.undo(&pairing, Some(pairing.first.ticket.id)).await.expect("anna survives");
    it.wait("cleo", "eu").await;
    it.pass(REMATCH_AFTER).await;
    assert_eq!(it.due().await, [["anna", "cleo"]]);
}

pub async fn a_pairing_is_undone_once(it: &Subject<impl MatchPool, impl Time>) {
    let pairing = anna_and_ben(it).await;
    let survivor = Some(pairing.first.ticket.id);
    it.undo(&pairing, survivor).await.expect("anna survives");
    it.meet("cleo", "eu", "anna").await;
    assert_eq!(it.undo(&pairing, survivor).await, None, "anna has met cleo");
    assert_eq!(it.waiting().await, 0);
}
