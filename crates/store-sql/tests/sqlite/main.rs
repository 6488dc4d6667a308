//! The SQLite adapter obeys the laws of its ports, and works with other processes on the same file.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail their test")]

#[path = "../common/mod.rs"]
mod common;

use std::{pin::pin, time::Duration};

use common::{Empty, NOW, accept, device, report};
use sqlx::{Connection, SqliteConnection, migrate::Migrator};
use tempfile::TempDir;
use tokio::time::timeout;
use video_chat_reporting::{AuditTrail, ReportStore};
use video_chat_store_sql::{ConnectError, SqlStore};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

async fn empty() -> Empty<TempDir> {
    let guard = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/video%20chat.db", guard.path().display());
    std::fs::File::create(guard.path().join("video chat.db")).unwrap();
    Empty { url, _guard: guard }
}

async fn build() -> (SqlStore, TempDir) {
    let guard = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/made/when/absent/video-chat.db", guard.path().display());
    (SqlStore::connect(&url, true).await.unwrap(), guard)
}

video_chat_ports_contract::report_store_laws!(build);

both_dialects! { empty,
    a_verdict_is_written_whole_or_not_at_all
    blocks_are_told_through_the_outbox_in_order
    a_tampered_audit_trail_is_found
    odd_rows_hide_no_others
    a_block_with_an_end_loses_it_by_a_verdict
    a_lifted_block_is_not_named_again
    what_is_due_is_told_and_not_applied_unasked
    an_older_server_works_beside_a_newer_one
    servers_that_start_at_once_migrate_once
}

#[tokio::test]
async fn every_older_version_migrates_to_the_same_tables() {
    let schema = async |db: &Empty<TempDir>| -> Vec<(String, String)> {
        let mut connection = SqliteConnection::connect(&db.url).await.unwrap();
        sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
            .fetch_all(&mut connection)
            .await
            .unwrap()
    };
    let fresh = empty().await;
    fresh.store().await;
    let versions = common::versions(&MIGRATIONS);
    assert!(versions.len() >= 3);
    for version in std::iter::once(0).chain(versions) {
        let db = empty().await;
        common::migrate_from(&db, &MIGRATIONS, version).await;
        assert_eq!(schema(&db).await, schema(&fresh).await, "from version {version}");
    }
}

#[tokio::test]
async fn a_new_file_that_another_process_makes_ready_is_waited_for() {
    for _ in 0..40 {
        let db = empty().await;
        let starts = [(); 4].map(|()| {
            let url = db.url.clone();
            tokio::spawn(async move { SqlStore::connect(&url, true).await.map(drop) })
        });
        for start in starts {
            start.await.unwrap().unwrap();
        }
    }
}

#[test]
fn both_dialects_number_their_migrations_alike() {
    let list = |dialect: &str| {
        let folder = format!("{}/../../migrations/{dialect}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(list("sqlite"), list("postgres"));
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let db = empty().await;
    let (one, two) = (db.store().await, db.store().await);
    let rounds = (1..=20).map(|number| {
        let (one, two) = (one.clone(), two.clone());
        tokio::spawn(async move {
            let (submitter, judge) = if number % 2 == 0 { (one, two) } else { (two, one) };
            submitter.submit(report(number), NOW).await.unwrap();
            judge.judge(accept(number), NOW).await.unwrap();
        })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
    for store in [one, two] {
        assert_eq!(store.blocks(NOW).await.unwrap().len(), 20);
        assert_eq!(store.verify().await.unwrap().unwrap().seq, 40);
    }
}

#[tokio::test]
async fn a_file_locked_by_another_process_is_unavailable_for_writing_until_it_is_free() {
    let db = empty().await;
    let store = db.store().await;
    store.submit(report(1), NOW).await.unwrap();
    let mut other = SqliteConnection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let answer = timeout(Duration::from_secs(6), store.submit(report(2), NOW)).await.unwrap();
    assert_eq!(answer.unwrap_err().operation, "report.submit");
    assert_eq!(store.stats().await.unwrap().total, 1, "reading goes on");

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert!(store.submit(report(2), NOW).await.unwrap().fresh);
    assert!(store.next(&device("moderator"), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_that_starts_while_another_migrates_waits_for_it() {
    let db = empty().await;
    let mut other = SqliteConnection::connect(&db.url).await.unwrap();
    MIGRATIONS.run_to(1, &mut other).await.unwrap();
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut other).await.unwrap();
    let mut migrating = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    MIGRATIONS.run(&mut *migrating).await.unwrap();

    let mut starting = pin!(SqlStore::connect(&db.url, true));
    let early = timeout(Duration::from_millis(300), &mut starting).await;
    assert!(early.is_err(), "it waits: {early:?}");
    migrating.commit().await.unwrap();
    starting.await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told() {
    let guard = tempfile::tempdir().unwrap();
    std::fs::write(guard.path().join("file"), "").unwrap();
    let url = format!("sqlite://{}/file/video-chat.db", guard.path().display());
    assert!(matches!(SqlStore::connect(&url, true).await, Err(ConnectError::Folder(_))));
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let (store, _guard) = build().await;
    store.close().await;
    assert!(store.ping().await.is_err());
    assert!(store.submit(report(1), NOW).await.is_err());
}
