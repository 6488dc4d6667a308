use video_chat_matchmaking::MatchPool;

use super::{MOMENT, REMATCH_AFTER, Subject, Time, names};

pub async fn last_partners_do_not_meet_at_once(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.wait("anna", "eu").await;
    it.wait("ben", "eu").await;
    assert_eq!(it.due().await, [[""; 2]; 0]);
    assert_eq!(it.waiting().await, 2);
}

pub async fn last_partners_meet_when_both_have_waited(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.wait("anna", "eu").await;
    it.wait("ben", "global").await;
    it.pass(REMATCH_AFTER).await;
    assert_eq!(it.due().await, [["anna", "ben"]]);
    assert_eq!(it.waiting().await, 0);
}

pub async fn one_waiting_long_does_not_shorten_the_others_wait(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.wait("anna", "eu").await;
    it.pass(REMATCH_AFTER * 2 / 3).await;
    it.wait("ben", "eu").await;
    it.pass(REMATCH_AFTER * 2 / 3).await;
    assert_eq!(it.due().await, [[""; 2]; 0]);
    it.pass(REMATCH_AFTER / 3).await;
    assert_eq!(it.due().await, [["anna", "ben"]]);
}

pub async fn somebody_else_comes_before_a_last_partner(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.wait("ben", "eu").await;
    it.meet("cleo", "eu", "anna").await;
    it.meet("dora", "eu", "ben").await;
    it.pass(REMATCH_AFTER).await;
    assert_eq!(it.due().await, [[""; 2]; 0]);
}

pub async fn a_newer_partner_replaces_the_last_one(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.acquaint("anna", "cleo").await;
    it.wait("anna", "eu").await;
    // Ben has met nobody since: anna still is his last partner.
    let (ben, ..) = it.wait("ben", "eu").await;
    it.leave("ben", ben).await;
    it.acquaint("ben", "dora").await;
    it.meet("ben", "eu", "anna").await;
}

pub async fn nothing_is_due_twice(it: &Subject<impl MatchPool, impl Time>) {
    it.acquaint("anna", "ben").await;
    it.acquaint("cleo", "dora").await;
    for (name, region) in [("anna", "eu"), ("cleo", "us"), ("ben", "eu"), ("dora", "us")] {
        it.wait(name, region).await;
        it.pass(MOMENT).await;
    }
    it.pass(REMATCH_AFTER).await;
    assert_eq!(it.due().await, [["anna", "ben"], ["cleo", "dora"]]);
    assert_eq!(it.due().await, [[""; 2]; 0]);
    assert_eq!(names(&it.join("emil", "eu").await), None);
}
