use futures_util::future::{join, join_all};
use video_chat_reporting::{AuditDraft, AuditEntry, AuditHead, Decision, Finding, Verdict};

use super::{
    Store,
    fixtures::{at, device, report, submit, verdict},
};

async fn trail(store: &impl Store) -> Vec<AuditEntry> {
    let entries = store.entries(0, 1_000).await.expect("available");
    let head = AuditHead::EMPTY.accept_all(&entries).expect("an intact trail");
    assert_eq!(store.verify().await.expect("available"), Ok(head));
    entries
}

fn finding(name: &str) -> Finding {
    Finding { pattern: "report_storm", device: device(name), weight: 9 }
}

pub async fn verdicts_and_blocks_are_audited(store: &impl Store) {
    submit(store, [1, 2]).await;
    assert_eq!(trail(store).await, []);
    let accept = Verdict { note: Some("see \0 \\".into()), ..verdict(1, Decision::Accepted) };
    let reject = verdict(2, Decision::Rejected);
    store.judge(accept.clone(), at(10)).await.expect("available");
    store.judge(reject.clone(), at(11)).await.expect("available");
    let drafts: Vec<_> = trail(store).await.into_iter().map(|entry| entry.draft).collect();
    let expected = [
        AuditDraft::verdict(&accept, at(10)),
        AuditDraft::block(&report(1).reported, &accept, at(10)),
        AuditDraft::verdict(&reject, at(11)),
    ];
    assert_eq!(drafts, expected);
}

pub async fn findings_are_audited(store: &impl Store) {
    let found = [("troll", 5), ("another", 4)].map(|(name, seconds)| (finding(name), at(seconds)));
    store.note_findings(&found).await.expect("available");
    store.note_findings(&[]).await.expect("available");
    let drafts: Vec<_> = trail(store).await.into_iter().map(|entry| entry.draft).collect();
    assert_eq!(drafts, found.map(|(finding, at)| AuditDraft::finding(&finding, at)));
}

pub async fn concurrent_writers_keep_the_audit_trail_whole(store: &impl Store) {
    submit(store, 0..6).await;
    let findings: Vec<_> = (0..6).map(|number| [(finding(&format!("troll {number}")), at(20))]).collect();
    let (noted, judged) = join(
        join_all(findings.iter().map(|found| store.note_findings(found))),
        join_all((0..6).map(|number| store.judge(verdict(number, Decision::Accepted), at(20)))),
    )
    .await;
    assert!(noted.iter().all(Result::is_ok) && judged.iter().all(Result::is_ok));
    assert_eq!(trail(store).await.len(), 18);
}

pub async fn audit_entries_come_in_order_from_any_place(store: &impl Store) {
    for number in 0..7 {
        let found = (finding(&format!("troll {number}")), at(number));
        store.note_findings(&[found]).await.expect("available");
    }
    let all = trail(store).await;
    let places: Vec<u64> = all.iter().map(|entry| entry.seq).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7]);
    let some = store.entries(3, 2).await.expect("available");
    assert_eq!(Some(some.as_slice()), all.get(3..5));
    assert_eq!(store.entries(7, 10).await.expect("available"), []);
}

pub async fn the_pseudonym_key_is_made_once(store: &impl Store) {
    let proposals = (1..=4).map(|byte| store.pseudonym_key([byte; 32]));
    let keys: Vec<_> = join_all(proposals).await.into_iter().map(|key| key.expect("available")).collect();
    let kept = store.pseudonym_key([9; 32]).await.expect("available");
    assert!((1..=4).any(|byte| kept == [byte; 32]), "the key is one of those proposed");
    assert!(keys.iter().all(|key| *key == kept), "everybody has the same key");
}

pub async fn a_store_that_answers_is_pinged(store: &impl Store) {
    store.ping().await.expect("available");
}
