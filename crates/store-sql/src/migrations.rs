use sqlx::{
    Connection, PgConnection, SqliteConnection,
    migrate::{Migrate, MigrateError, Migrator},
    query_scalar,
};

use crate::ConnectError;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// The table in which sqlx notes what it applied.
const TABLE: &str = "_sqlx_migrations";

/// Applies what is due, or checks that nothing is.
pub(crate) async fn sqlite(connection: &mut SqliteConnection, apply: bool) -> Result<(), ConnectError> {
    if !apply {
        let noted: bool = query_scalar(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations')",
        )
        .fetch_one(&mut *connection)
        .await?;
        return check(&SQLITE, connection, noted).await;
    }
    // One lock around all of it: sqlx takes none here, and two processes may start at once.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    run(&SQLITE, &mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Applies what is due, or checks that nothing is.
pub(crate) async fn postgres(connection: &mut PgConnection, apply: bool) -> Result<(), ConnectError> {
    if !apply {
        let noted: bool = query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
        return check(&POSTGRES, connection, noted).await;
    }
    // sqlx holds an advisory lock meanwhile.
    Ok(run(&POSTGRES, connection).await?)
}

async fn run<C: Migrate>(migrator: &Migrator, connection: &mut C) -> Result<(), MigrateError> {
    tolerant(migrator).run_direct(None, connection, false).await
}

/// An older server beside a newer one finds migrations it does not know: they only ever add.
fn tolerant(migrator: &Migrator) -> Migrator {
    let mut migrator = Migrator { migrations: migrator.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_ignore_missing(true);
    migrator
}

async fn check<C: Migrate>(migrator: &Migrator, connection: &mut C, noted: bool) -> Result<(), ConnectError> {
    let applied = if noted { connection.list_applied_migrations(TABLE).await? } else { Vec::new() };
    let is_due = |version: i64| !applied.iter().any(|migration| migration.version == version);
    match migrator.iter().filter(|migration| is_due(migration.version)).count() {
        0 => Ok(()),
        due => Err(ConnectError::Outdated(due)),
    }
}
