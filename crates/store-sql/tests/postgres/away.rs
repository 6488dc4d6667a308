//! A PostgreSQL that goes away and comes back.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::timeout;
use video_chat_reporting::{AuditTrail, ReportStore};
use video_chat_store_sql::SqlStore;

use crate::{
    cluster::{Cluster, shared},
    common::{NOW, accept, report},
};

/// How long a caller waits at most for an answer, plus two seconds for a busy machine.
const SOON: Duration = Duration::from_secs(8);

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

#[tokio::test]
async fn a_table_that_somebody_locks_is_unavailable_until_it_is_free() {
    let url = shared().create_database().await;
    let store = SqlStore::connect(&url, true).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE reports").execute(&mut other).await.unwrap();

    let answer = timeout(SOON, store.submit(report(1), NOW)).await.unwrap();
    assert_eq!(answer.unwrap_err().operation, "report.submit");

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert!(store.submit(report(1), NOW).await.is_ok());
}
