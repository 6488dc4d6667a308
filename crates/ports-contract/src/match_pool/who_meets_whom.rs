use std::collections::HashSet;

use futures_util::future::join_all;
use video_chat_matchmaking::MatchPool;

use super::{MOMENT, Subject, Time, names, pairing};

pub async fn the_first_ticket_waits_at_position_one(it: &Subject<impl MatchPool, impl Time>) {
    assert_eq!(it.waiting().await, 0);
    let (_, position, _) = it.wait("anna", "eu").await;
    assert_eq!((position, it.waiting().await), (1, 1));
}

pub async fn two_of_one_region_meet_and_leave_the_queue(it: &Subject<impl MatchPool, impl Time>) {
    let (ticket, ..) = it.wait("anna", "eu").await;
    let pairing = it.meet("ben", "eu", "anna").await;
    assert_eq!(pairing.first.ticket.id, ticket);
    assert_eq!(pairing.first.ticket.region.as_str(), "eu");
    assert_eq!(pairing.first.ticket.language.as_str(), "en");
    assert_eq!(it.waiting().await, 0);
    assert!(!it.leave("anna", ticket).await, "a met ticket waits no more");
    it.wait("cleo", "eu").await;
}

pub async fn another_language_never_meets(it: &Subject<impl MatchPool, impl Time>) {
    it.wait("anna", "eu").await;
    let french = it.enter(it.ticket("ben", "eu", "fr")).await;
    assert_eq!(names(&french), None);
    let global = it.enter(it.ticket("cleo", "global", "de")).await;
    assert_eq!(names(&global), None);
    assert_eq!(it.waiting().await, 3);
}

pub async fn another_region_never_meets(it: &Subject<impl MatchPool, impl Time>) {
    it.wait("anna", "eu").await;
    it.wait("ben", "us").await;
    it.wait("cleo", "eu-west").await;
    assert_eq!(it.waiting().await, 3);
}

pub async fn global_meets_every_region(it: &Subject<impl MatchPool, impl Time>) {
    it.wait("anna", "eu").await;
    it.meet("ben", "global", "anna").await;
    it.wait("cleo", "global").await;
    it.meet("dora", "global", "cleo").await;
}

pub async fn every_region_meets_global(it: &Subject<impl MatchPool, impl Time>) {
    it.wait("anna", "global").await;
    it.meet("ben", "us", "anna").await;
}

pub async fn the_longest_waiting_compatible_one_is_met(it: &Subject<impl MatchPool, impl Time>) {
    for (name, region) in [("anna", "eu"), ("ben", "us"), ("cleo", "asia")] {
        it.wait(name, region).await;
        it.pass(MOMENT).await;
    }
    it.meet("dora", "us", "ben").await;
    it.meet("emil", "global", "anna").await;
    it.meet("finn", "global", "cleo").await;
}

pub async fn the_longest_waiting_is_met_whether_global_or_not(it: &Subject<impl MatchPool, impl Time>) {
    // Kept apart as last partners, one of a region and one that is global wait together, in either order.
    for (first, second, regions) in [("anna", "ben", ["eu", "global"]), ("cleo", "dora", ["global", "eu"])] {
        it.acquaint(first, second).await;
        it.wait(first, regions[0]).await;
        it.pass(MOMENT).await;
        it.wait(second, regions[1]).await;
        let newcomers = [format!("{first} meets"), format!("{second} meets")];
        it.meet(&newcomers[0], "eu", first).await;
        it.meet(&newcomers[1], "eu", second).await;
    }
}

pub async fn a_device_never_meets_itself(it: &Subject<impl MatchPool, impl Time>) {
    it.wait("anna", "global").await;
    it.wait("anna", "eu").await;
    it.wait("anna", "global").await;
    assert_eq!(it.waiting().await, 1);
}

pub async fn a_pairing_names_the_longer_waiting_first(it: &Subject<impl MatchPool, impl Time>) {
    // The one that joins later may have waited longer: it has its place again.
    let (ticket, _, since) = it.wait("anna", "eu").await;
    it.pass(MOMENT).await;
    it.withdraw("anna", ticket).await;
    it.wait("ben", "global").await;
    it.pass(MOMENT).await;
    let met = pairing(it.join("anna", "eu").await).expect("ben waits");
    assert_eq!(met.first.ticket.device.as_str(), "anna");
    assert_eq!(met.first.since, since);
    assert!(met.first.since < met.second.since);
}

pub async fn concurrent_joins_never_share_a_partner(it: &Subject<impl MatchPool, impl Time>) {
    let crowd: Vec<String> = (0..100).map(|number| format!("device {number}")).collect();
    let joined = join_all(crowd.iter().map(|name| it.join(name, "eu"))).await;
    let met: Vec<String> = joined.iter().filter_map(names).flatten().collect();
    let distinct: HashSet<&String> = met.iter().collect();
    assert_eq!(distinct.len(), met.len(), "somebody was met twice");
    assert_eq!(met.len(), crowd.len(), "nobody compatible is left over");
    assert_eq!(it.waiting().await, 0);
}
