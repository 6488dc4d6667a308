//! The PostgreSQL adapter obeys the laws of its ports, on a real server that the tests start themselves.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail their test")]

mod away;
mod cluster;
#[path = "../common/mod.rs"]
mod common;

use common::Empty;
use sqlx::{Connection, PgConnection, migrate::Migrator};
use video_chat_reporting::ReportStore;
use video_chat_store_sql::SqlStore;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

async fn empty() -> Empty<()> {
    Empty { url: cluster::shared().create_database().await, _guard: () }
}

async fn build() -> (SqlStore, ()) {
    let Empty { url, _guard: guard } = empty().await;
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
    let schema = async |db: &Empty<()>| -> Vec<String> {
        let mut connection = PgConnection::connect(&db.url).await.unwrap();
        sqlx::query_scalar(
            "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
                FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            ORDER BY 1",
        )
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
async fn a_server_that_commits_lazily_by_default_does_not_for_us() {
    let db = empty().await;
    db.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
        .await
        .unwrap();
    let store = db.store().await;
    // The statement is refused unless the connection that runs it commits to disk.
    db.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'lazy'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON reports FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await
    .unwrap();
    assert!(store.submit(common::report(1), common::NOW).await.unwrap().fresh);
}
