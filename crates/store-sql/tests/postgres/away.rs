//! A PostgreSQL that goes away and comes back.

use std::time::Duration;

use tokio::time::timeout;
use video_chat_reporting::{AuditTrail, ReportStore};
use video_chat_store_sql::SqlStore;

use crate::{
    cluster::Cluster,
    common::{NOW, accept, report},
};

/// How long a caller waits at most for an answer, plus a second for a busy machine.
const SOON: Duration = Duration::from_secs(9);

#[tokio::test]
async fn a_server_that_goes_away_is_unavailable_for_seconds_and_used_again_when_it_is_back() {
    let cluster = Cluster::start();
    let url = cluster.create_database().await;
    let store = SqlStore::connect(&url, true).await.unwrap();
    store.submit(report(1), NOW).await.unwrap();
    store.judge(accept(1), NOW).await.unwrap();

    cluster.crash();
    let answer = timeout(SOON, store.submit(report(2), NOW)).await.unwrap();
    assert_eq!(answer.unwrap_err().operation, "report.submit");
    assert!(timeout(SOON, store.blocks(NOW)).await.unwrap().is_err());

    cluster.restart();
    store.ping().await.unwrap();
    assert!(store.submit(report(2), NOW).await.unwrap().fresh);
    assert_eq!(store.blocks(NOW).await.unwrap().len(), 1);
    assert_eq!(store.verify().await.unwrap().unwrap().seq, 2);

    // Connected, but it answers nothing.
    cluster.signal("STOP");
    let answer = timeout(SOON, store.submit(report(3), NOW)).await;
    cluster.signal("CONT");
    assert!(answer.unwrap().is_err());
    store.submit(report(3), NOW).await.unwrap();
    assert_eq!(store.stats().await.unwrap().total, 3);
}
