use video_chat_matchmaking::MatchPool;

use super::{GRACE, MOMENT, Subject, Time, names, waiting};

pub async fn the_position_counts_all_of_the_language(it: &Subject<impl MatchPool, impl Time>) {
    for (name, region, expected) in [("anna", "eu", 1), ("ben", "us", 2), ("cleo", "asia", 3)] {
        let (_, position, _) = it.wait(name, region).await;
        assert_eq!(position, expected, "{name}");
        it.pass(MOMENT).await;
    }
    let french = it.enter(it.ticket("dora", "eu", "fr")).await;
    assert_eq!(waiting(&french).0, 1);
}

pub async fn the_position_moves_up_when_an_earlier_ticket_goes(it: &Subject<impl MatchPool, impl Time>) {
    let (anna, ..) = it.wait("anna", "eu").await;
    it.wait("ben", "us").await;
    it.wait("cleo", "asia").await;
    assert!(it.leave("anna", anna).await);
    assert_eq!(it.wait("cleo", "asia").await.1, 2);
    it.meet("dora", "us", "ben").await;
    assert_eq!(it.wait("cleo", "asia").await.1, 1);
}

pub async fn a_replacement_keeps_the_waiting_time(it: &Subject<impl MatchPool, impl Time>) {
    let (_, _, since) = it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.wait("ben", "us").await;
    it.pass(MOMENT).await;
    let (_, position, kept) = it.wait("anna", "eu").await;
    assert_eq!((position, kept), (1, since));
    assert_eq!(it.waiting().await, 2);
    it.meet("cleo", "global", "anna").await;
}

pub async fn a_replacement_with_other_criteria_waits_anew(it: &Subject<impl MatchPool, impl Time>) {
    let (_, _, since) = it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.wait("ben", "us").await;
    it.pass(MOMENT).await;
    let (_, position, anew) = it.wait("anna", "asia").await;
    assert_eq!(position, 2);
    assert!(anew > since);
    it.pass(MOMENT).await;
    let (position, in_french) = waiting(&it.enter(it.ticket("anna", "asia", "fr")).await);
    assert_eq!(position, 1);
    assert!(in_french > anew);
    assert_eq!(it.waiting().await, 2);
    // Nothing is left where it waited before.
    it.wait("cleo", "eu").await;
    it.wait("dora", "asia").await;
}

pub async fn a_replaced_ticket_can_neither_leave_nor_be_withdrawn(it: &Subject<impl MatchPool, impl Time>) {
    let (old, ..) = it.wait("anna", "eu").await;
    let (new, ..) = it.wait("anna", "eu").await;
    assert!(!it.leave("anna", old).await);
    assert!(!it.withdraw("anna", old).await);
    assert_eq!(it.waiting().await, 1);
    assert!(it.leave("anna", new).await);
}

pub async fn leaving_takes_the_ticket_out_once(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, ..) = it.wait("anna", "eu").await;
    assert!(it.leave("anna", ticket).await);
    assert!(!it.leave("anna", ticket).await);
    assert_eq!(it.waiting().await, 0);
    it.wait("ben", "eu").await;
}

pub async fn leaving_forgets_the_waiting_time(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.leave("anna", ticket).await;
    it.pass(MOMENT).await;
    assert!(it.wait("anna", "eu").await.2 > since);
}

pub async fn leaving_with_a_foreign_ticket_changes_nothing(it: &Subject<impl MatchPool, impl Time>) {
    let (anna, ..) = it.wait("anna", "eu").await;
    let (ben, ..) = it.wait("ben", "us").await;
    assert!(!it.leave("anna", ben).await);
    assert!(!it.withdraw("ben", anna).await);
    assert!(!it.leave("nobody", anna).await);
    assert_eq!(it.waiting().await, 2);
}

pub async fn withdrawing_takes_the_ticket_out_once(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, ..) = it.wait("anna", "eu").await;
    assert!(it.withdraw("anna", ticket).await);
    assert!(!it.withdraw("anna", ticket).await);
    assert_eq!(it.waiting().await, 0);
    it.wait("ben", "eu").await;
}

pub async fn a_withdrawn_ticket_has_its_place_again_within_the_grace(
    it: &Subject<impl MatchPool, impl Time>,
) {
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.wait("ben", "us").await;
    it.withdraw("anna", ticket).await;
    it.pass(GRACE / 2).await;
    let (_, position, kept) = it.wait("anna", "eu").await;
    assert_eq!((position, kept), (1, since));
    it.meet("cleo", "global", "anna").await;
}

pub async fn a_withdrawn_ticket_loses_its_place_after_the_grace(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.wait("ben", "us").await;
    it.withdraw("anna", ticket).await;
    it.pass(GRACE).await;
    let (_, position, anew) = it.wait("anna", "eu").await;
    assert_eq!(position, 2);
    assert!(anew > since);
}

pub async fn a_withdrawn_ticket_that_is_left_loses_its_place(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.withdraw("anna", ticket).await;
    assert!(!it.leave("anna", ticket).await, "it was not waiting any more");
    it.pass(MOMENT).await;
    assert!(it.wait("anna", "eu").await.2 > since);
}

pub async fn a_withdrawn_ticket_with_other_criteria_waits_anew(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.withdraw("anna", ticket).await;
    it.pass(MOMENT).await;
    assert!(it.wait("anna", "us").await.2 > since);
}

pub async fn a_clock_set_back_keeps_the_order(it: &Subject<impl MatchPool, impl Time>) {
    let now = it.time.now();
    let steps = [("anna", "eu", 0_u64), ("ben", "us", 3_600), ("cleo", "asia", 7_200)];
    for (expected, (name, region, back)) in (1..).zip(steps) {
        let then = now.before(std::time::Duration::from_secs(back));
        let joined = it.pool.join(it.ticket(name, region, "en"), then).await.expect("join answers");
        assert_eq!(waiting(&joined).0, expected, "{name}");
    }
    for (newcomer, met) in [("dora", "anna"), ("emil", "ben"), ("finn", "cleo")] {
        let then = now.before(std::time::Duration::from_hours(3));
        let ticket = it.ticket(newcomer, "global", "en");
        let joined = it.pool.join(ticket, then).await.expect("join answers");
        assert!(names(&joined).is_some_and(|pair| pair.contains(&met.to_owned())), "{newcomer}");
    }
}
