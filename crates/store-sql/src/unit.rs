use sqlx::{
    Postgres, Sqlite,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

/// What went wrong in the database or with a row.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// One statement, as each dialect writes it. Both number their parameters `$1`, `$2`, …
#[derive(Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// A statement both dialects understand.
    pub(crate) const fn both(sql: &'static str) -> Self {
        Self { sqlite: sql, postgres: sql }
    }
}

/// A parameter of a statement.
pub(crate) enum Value<'a> {
    Int(i64),
    Text(&'a str),
    MaybeText(Option<String>),
    Bytes(&'a [u8]),
    /// A UUID: hyphenated text in SQLite, `UUID` in PostgreSQL.
    Id(Uuid),
}

/// A row of either dialect.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// One piece of work on one connection of either dialect.
///
/// A unit that is dropped before [`finish`](Unit::finish) (on an error, a time-out, a caller that went away) may
/// have left a transaction or an answer behind: its connection is closed, which rolls back, and never used again.
pub(crate) struct Unit {
    connection: Connection,
    finished: bool,
}

enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Unit {
    pub(crate) fn sqlite(connection: PoolConnection<Sqlite>) -> Self {
        Self { connection: Connection::Sqlite(connection), finished: false }
    }

    pub(crate) fn postgres(connection: PoolConnection<Postgres>) -> Self {
        Self { connection: Connection::Postgres(connection), finished: false }
    }

    /// Begins a transaction that writes. In SQLite it holds the one lock of the file from here on; in PostgreSQL
    /// it sees what others committed before each statement.
    pub(crate) async fn begin(&mut self) -> Result<(), Fault> {
        const BEGIN: Sql =
            Sql { sqlite: "BEGIN IMMEDIATE", postgres: "BEGIN ISOLATION LEVEL READ COMMITTED" };
        self.execute(BEGIN, []).await.map(drop)
    }

    /// Commits and gives the connection back.
    pub(crate) async fn commit(mut self) -> Result<(), Fault> {
        self.execute(Sql::both("COMMIT"), []).await?;
        self.finish();
        Ok(())
    }

    /// Undoes the transaction and gives the connection back.
    pub(crate) async fn rollback(mut self) -> Result<(), Fault> {
        self.execute(Sql::both("ROLLBACK"), []).await?;
        self.finish();
        Ok(())
    }

    /// Gives the connection back: everything it was asked has been answered and no transaction is open.
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }

    /// Waits until nobody else holds `lock`, and holds it until the transaction ends. SQLite's transactions hold
    /// the lock of the whole file already.
    pub(crate) async fn lock(&mut self, lock: Lock) -> Result<(), Fault> {
        const TAKE: Sql = Sql::both("SELECT pg_advisory_xact_lock($1)");
        if matches!(self.connection, Connection::Sqlite(_)) {
            return Ok(());
        }
        self.rows(TAKE, [Value::Int(lock as i64)]).await.map(drop)
    }

    /// Runs a statement; answers how many rows it changed.
    pub(crate) async fn execute<const N: usize>(
        &mut self,
        sql: Sql,
        values: [Value<'_>; N],
    ) -> Result<u64, Fault> {
        Ok(match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = values.into_iter().fold(sqlx::query(sql.sqlite), bind_sqlite);
                query.execute(&mut **connection).await?.rows_affected()
            }
            Connection::Postgres(connection) => {
                let query = values.into_iter().fold(sqlx::query(sql.postgres), bind_postgres);
                query.execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// Runs a statement; answers its rows.
    pub(crate) async fn rows<const N: usize>(
        &mut self,
        sql: Sql,
        values: [Value<'_>; N],
    ) -> Result<Vec<Row>, Fault> {
        Ok(match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = values.into_iter().fold(sqlx::query(sql.sqlite), bind_sqlite);
                query.fetch_all(&mut **connection).await?.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(connection) => {
                let query = values.into_iter().fold(sqlx::query(sql.postgres), bind_postgres);
                query.fetch_all(&mut **connection).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Runs a statement; answers its first row.
    pub(crate) async fn row<const N: usize>(
        &mut self,
        sql: Sql,
        values: [Value<'_>; N],
    ) -> Result<Option<Row>, Fault> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.close_on_drop(),
            Connection::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

/// What PostgreSQL has no row to lock for: advisory locks of the database.
#[derive(Clone, Copy)]
pub(crate) enum Lock {
    /// The end of the audit trail (and of the outbox).
    Audit = 0x7663_6175,
    /// The leasing of reports.
    Leases = 0x7663_6c65,
}

fn bind_sqlite<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    value: Value<'q>,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Int(int) => query.bind(int),
        Value::Text(text) => query.bind(text),
        Value::MaybeText(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::Id(id) => query.bind(id.hyphenated()),
    }
}

fn bind_postgres<'q>(
    query: Query<'q, Postgres, PgArguments>,
    value: Value<'q>,
) -> Query<'q, Postgres, PgArguments> {
    match value {
        Value::Int(int) => query.bind(int),
        Value::Text(text) => query.bind(text),
        Value::MaybeText(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::Id(id) => query.bind(id),
    }
}
