//! What both dialects are tested for beyond the laws of the ports.

use sqlx::{Connection, PgConnection, SqliteConnection, migrate::Migrator};
use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
use video_chat_reporting::{
    AuditTrail, BrokenAudit, Decision, Judged, NewReport, PageRequest, Reason, ReportId, ReportStore, Status,
    Verdict,
};
use video_chat_store_sql::{ConnectError, SqlStore};

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(crate) fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

pub(crate) fn report(number: u8) -> NewReport {
    NewReport {
        id: ReportId(number.into()),
        reporter: device("reporter"),
        reported: device(&format!("reported {number}")),
        reported_alias: PeerAlias::from_bytes([7; 16]),
        session: SessionId::from_bytes([number; 16]),
        reason: Reason::Spam,
        comment: None,
    }
}

pub(crate) fn accept(number: u8) -> Verdict {
    let (report, moderator) = (report(number).id, device("moderator"));
    Verdict { report, moderator, decision: Decision::Accepted, note: None }
}

/// An empty database of its own for one test, and whatever keeps it alive.
pub(crate) struct Empty<G> {
    pub(crate) url: String,
    pub(crate) _guard: G,
}

impl<G> Empty<G> {
    pub(crate) async fn store(&self) -> SqlStore {
        SqlStore::connect(&self.url, true).await.unwrap()
    }

    /// Runs statements behind the store's back.
    pub(crate) async fn sql(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        if self.url.starts_with("sqlite") {
            sqlx::raw_sql(sql).execute(&mut SqliteConnection::connect(&self.url).await?).await.map(drop)
        } else {
            sqlx::raw_sql(sql).execute(&mut PgConnection::connect(&self.url).await?).await.map(drop)
        }
    }

    /// Applies the migrations up to `version`, as an older server did.
    async fn migrate_to(&self, migrator: &Migrator, version: i64) {
        if self.url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(&format!("{}?mode=rwc", self.url)).await.unwrap();
            migrator.run_to(version, &mut connection).await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            migrator.run_to(version, &mut connection).await.unwrap();
        }
    }
}

/// One test each, in a database that `$empty` (an `async fn() -> Empty<_>`) makes.
#[macro_export]
macro_rules! both_dialects {
    ($empty:path, $($test:ident)+) => {
        $(
            #[tokio::test]
            async fn $test() {
                $crate::common::$test($empty().await).await;
            }
        )+
    };
}

pub(crate) async fn a_verdict_is_written_whole_or_not_at_all<G>(db: Empty<G>) {
    let store = db.store().await;
    store.submit(report(1), NOW).await.unwrap();
    // The last of the rows a verdict writes cannot be written.
    db.sql("ALTER TABLE outbox RENAME TO elsewhere").await.unwrap();
    assert_eq!(store.judge(accept(1), NOW).await.unwrap_err().operation, "report.judge");
    assert_eq!(store.blocks(NOW).await.unwrap(), []);
    assert_eq!(store.stats().await.unwrap().pending, 1);
    assert_eq!(store.verify().await.unwrap().unwrap().seq, 0);

    db.sql("ALTER TABLE elsewhere RENAME TO outbox").await.unwrap();
    let judged = store.judge(accept(1), NOW).await.unwrap();
    assert_eq!(judged, Judged::Recorded { block: Some(report(1).reported) });
    assert_eq!(store.blocks(NOW).await.unwrap().len(), 1);
}

pub(crate) async fn blocks_are_told_through_the_outbox_in_order<G>(db: Empty<G>) {
    let store = db.store().await;
    for number in 1..=3 {
        store.submit(report(number), NOW).await.unwrap();
        store.judge(accept(number), NOW).await.unwrap();
    }
    let all = store.outbox(0, 100).await.unwrap();
    let told: Vec<_> = all.iter().map(|row| (row.topic.as_str(), row.device.clone(), row.until)).collect();
    assert_eq!(told, [1, 2, 3].map(|number| ("device.blocked", report(number).reported, None)));
    assert_eq!(store.outbox(all[0].id, 1).await.unwrap(), all[1..2]);
    assert_eq!(store.outbox(all[2].id, 100).await.unwrap(), []);
}

pub(crate) async fn a_tampered_audit_trail_is_found<G>(db: Empty<G>) {
    let store = db.store().await;
    for number in 1..=3 {
        store.submit(report(number), NOW).await.unwrap();
        store.judge(accept(number), NOW).await.unwrap();
    }
    assert_eq!(store.verify().await.unwrap().unwrap().seq, 6);
    db.sql("UPDATE audit_log SET actor = 'nobody' WHERE seq = 4").await.unwrap_err();
    db.sql("DELETE FROM audit_log WHERE seq = 4").await.unwrap_err();
    assert!(store.verify().await.unwrap().is_ok());

    let unguard = if db.url.starts_with("sqlite") {
        "DROP TRIGGER audit_log_no_update"
    } else {
        "DROP TRIGGER audit_log_append_only ON audit_log"
    };
    db.sql(unguard).await.unwrap();
    db.sql("UPDATE audit_log SET actor = 'nobody' WHERE seq = 4").await.unwrap();
    assert_eq!(store.verify().await.unwrap(), Err(BrokenAudit { seq: 4 }));
}

pub(crate) async fn odd_rows_hide_no_others<G>(db: Empty<G>) {
    let store = db.store().await;
    for number in 1..=2 {
        store.submit(report(number), NOW).await.unwrap();
    }
    db.sql(
        "INSERT INTO reports (id, reporter, reported, reported_alias, session, reason, submitted_at) VALUES
            ('00000000-0000-0000-0000-0000000000f1', 'a', 'b', 'x', 'y', 'spam', 5),
            ('00000000-0000-0000-0000-0000000000f2', 'a', 'b', 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAA', 'of the future', 6),
            ('00000000-0000-0000-0000-0000000000f3', '', '', '', '', '', -7);
        INSERT INTO blocks (kind, subject, reason, blocked_by, created_at, expires_at) VALUES
            ('device', '', 'spam', 'm', 0, NULL), ('address', '::1', 'spam', 'm', 0, NULL),
            ('device', 'over', 'spam', 'm', 0, 1800000000000), ('device', 'in force', 'spam', 'm', 0, 1800000000001)",
    )
    .await
    .unwrap();

    let request = PageRequest { status: Some(Status::Pending), limit: 2, after: None };
    let first = store.page(&request).await.unwrap();
    assert_eq!(first.reports.len(), 2);
    let second = store.page(&PageRequest { after: first.next, ..request.clone() }).await.unwrap();
    assert_eq!(second.reports, []);
    let third = store.page(&PageRequest { after: second.next, ..request }).await.unwrap();
    assert_eq!((third.reports, third.next), (Vec::new(), None));

    let next = store.next(&device("moderator"), NOW).await.unwrap().unwrap();
    assert_eq!(next.facts, report(1));
    assert_eq!(store.stats().await.unwrap().total, 5);
    let blocked: Vec<_> = store.blocks(NOW).await.unwrap().into_iter().map(|block| block.device).collect();
    assert_eq!(blocked, [device("in force")]);
    // Accepting a report of nobody blocks nobody.
    let odd = Verdict { report: ReportId(0xf3), ..accept(1) };
    assert!(store.judge(odd, NOW).await.is_err());
}

pub(crate) async fn a_block_with_an_end_loses_it_by_a_verdict<G>(db: Empty<G>) {
    let store = db.store().await;
    db.sql(
        "INSERT INTO blocks (kind, subject, reason, blocked_by, created_at, expires_at) VALUES
            ('device', 'reported 1', 'spam', 'm', 0, 1800000000001)",
    )
    .await
    .unwrap();
    store.submit(report(1), NOW).await.unwrap();
    store.judge(accept(1), NOW).await.unwrap();
    let blocks = store.blocks(NOW).await.unwrap();
    assert_eq!((blocks.len(), blocks[0].until), (1, None));
}

pub(crate) async fn a_lifted_block_is_not_named_again<G>(db: Empty<G>) {
    let store = db.store().await;
    store.submit(report(1), NOW).await.unwrap();
    store.judge(accept(1), NOW).await.unwrap();
    let again = store.judge(accept(1), NOW).await.unwrap();
    assert_eq!(again, Judged::Already { block: Some(report(1).reported) });
    db.sql("UPDATE blocks SET lifted_at = 1800000000000").await.unwrap();
    assert_eq!(store.judge(accept(1), NOW).await.unwrap(), Judged::Already { block: None });
    assert_eq!(store.blocks(NOW).await.unwrap(), []);
    // Another accepted report blocks anew.
    store.submit(NewReport { id: ReportId(9), reason: Reason::Other, ..report(1) }, NOW).await.unwrap();
    store.judge(Verdict { report: ReportId(9), ..accept(1) }, NOW).await.unwrap();
    assert_eq!(store.blocks(NOW).await.unwrap().len(), 1);
}

pub(crate) async fn what_is_due_is_told_and_not_applied_unasked<G>(db: Empty<G>) {
    let unasked = SqlStore::connect(&db.url, false).await;
    assert!(matches!(unasked, Err(ConnectError::Outdated(due)) if due > 0), "{unasked:?}");
    SqlStore::migrate(&db.url).await.unwrap();
    SqlStore::migrate(&db.url).await.unwrap();
    SqlStore::connect(&db.url, false).await.unwrap().ping().await.unwrap();
}

pub(crate) async fn an_older_server_works_beside_a_newer_one<G>(db: Empty<G>) {
    db.store().await;
    db.sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', TRUE, 'x', 0)",
    )
    .await
    .unwrap();
    let older = SqlStore::connect(&db.url, true).await.unwrap();
    assert!(older.submit(report(1), NOW).await.unwrap().fresh);
}

pub(crate) async fn servers_that_start_at_once_migrate_once<G>(db: Empty<G>) {
    let starts = (0..12).map(|_| {
        let url = db.url.clone();
        tokio::spawn(async move { SqlStore::connect(&url, true).await.map(drop) })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}

/// From the database an older server left at `version`, with a report in it, to the newest.
pub(crate) async fn migrate_from<G>(db: &Empty<G>, migrator: &Migrator, version: i64) {
    db.migrate_to(migrator, version).await;
    if version > 0 {
        db.sql(
            "INSERT INTO reports (id, reporter, reported, reported_alias, session, reason, submitted_at) VALUES
            ('00000000-0000-0000-0000-000000000001', 'reporter', 'reported 1', 'BwcHBwcHBwcHBwcHBwcHBw',
             'AQEBAQEBAQEBAQEBAQEBAQ', 'spam', 1800000000000)",
        )
        .await
        .unwrap();
    }
    let store = db.store().await;
    let submitted = store.submit(report(1), NOW).await.unwrap();
    assert_eq!(submitted.fresh, version == 0, "what was there is there");
    store.judge(accept(1), NOW).await.unwrap();
    assert_eq!(store.blocks(NOW).await.unwrap().len(), 1);
    store.pseudonym_key([1; 32]).await.unwrap();
}

pub(crate) fn versions(migrator: &Migrator) -> Vec<i64> {
    migrator.iter().map(|migration| migration.version).collect()
}
