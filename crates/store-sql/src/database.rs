use sqlx::{PgPool, SqlitePool};

use crate::unit::{Fault, Unit};

/// The connections to one database of either dialect.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(SqliteFile),
    Postgres(PgPool),
}

/// SQLite serves readers beside one writer.
#[derive(Debug, Clone)]
pub(crate) struct SqliteFile {
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
}

impl Database {
    /// A connection that only reads.
    pub(crate) async fn reading(&self) -> Result<Unit, Fault> {
        Ok(match self {
            Self::Sqlite(file) => Unit::sqlite(file.readers.acquire().await?),
            Self::Postgres(pool) => Unit::postgres(pool.acquire().await?),
        })
    }

    /// A connection whose every statement is a transaction of its own.
    pub(crate) async fn writing(&self) -> Result<Unit, Fault> {
        Ok(match self {
            Self::Sqlite(file) => Unit::sqlite(file.writer.acquire().await?),
            Self::Postgres(pool) => Unit::postgres(pool.acquire().await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(file) => {
                file.readers.close().await;
                file.writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
