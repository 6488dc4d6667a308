use std::{fs, io, path::Path, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, SqliteConnection, SqlitePool,
    error::DatabaseError,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::sleep;

use crate::{
    database::{Database, SqliteFile},
    migrations,
};

/// How long a call waits for a free connection (and PostgreSQL for a new one).
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long SQLite waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a start pauses before it tries again what SQLite does not wait for.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is of another kind, or of one that keeps nothing.
    #[error("a database URL begins with sqlite:// (and names a file) or postgres://")]
    Url,
    /// The folder of the SQLite file cannot be made.
    #[error("the folder of the database cannot be made")]
    Folder(#[source] io::Error),
    /// The database does not answer, or refuses.
    #[error("the database cannot be reached")]
    Database(#[from] sqlx::Error),
    /// A migration failed, or one applied before differs from ours.
    #[error("the database cannot be migrated")]
    Migration(#[from] MigrateError),
    /// Migrations are due and were not asked for.
    #[error("the database lacks {0} migrations: run `migrate`")]
    Outdated(usize),
}

/// Connects to the database of `url`; with `migrate`, brings its tables up to date first.
pub(crate) async fn connect(url: &str, migrate: bool) -> Result<Database, ConnectError> {
    let (scheme, _) = url.split_once(':').ok_or(ConnectError::Url)?;
    match scheme {
        "sqlite" => sqlite(url, migrate).await,
        "postgres" | "postgresql" => postgres(url, migrate).await,
        _ => Err(ConnectError::Url),
    }
}

async fn sqlite(url: &str, migrate: bool) -> Result<Database, ConnectError> {
    // Every connection would have a database of its own, gone with it.
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(ConnectError::Url);
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| ConnectError::Url)?;
    let file = options.get_filename().to_owned();
    if file.as_os_str().is_empty() {
        return Err(ConnectError::Url);
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(ConnectError::Folder)?;
    }
    let options = options
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .disable_statement_logging();

    migrations::sqlite(&mut first(&options).await?, migrate).await?;

    let pool = |connections, options| -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options)
    };
    let readers = pool(SQLITE_READERS, options.clone().create_if_missing(false).pragma("query_only", "ON"));
    // One writer: SQLite has one lock, and waiting for it in the pool is fair, while its own waiting is not.
    let writer = pool(1, options);
    Ok(Database::Sqlite(SqliteFile { readers, writer }))
}

/// The first connection, which gives a new file its write-ahead log. SQLite itself does not wait while another process does
/// the same.
async fn first(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut waited = Duration::ZERO;
    loop {
        match options.connect().await {
            Err(sqlx::Error::Database(error)) if is_busy(&*error) && waited < BUSY_TIMEOUT => {
                sleep(BUSY_PAUSE).await;
                waited += BUSY_PAUSE;
            }
            done => return done,
        }
    }
}

/// Whether somebody else has the lock: the code, without what makes it an extended one, is `SQLITE_BUSY`.
fn is_busy(error: &dyn DatabaseError) -> bool {
    const BUSY: u32 = 5;
    error.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == BUSY)
}

/// Makes the folder readable by nobody else: it holds device ids in clear.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

async fn postgres(url: &str, migrate: bool) -> Result<Database, ConnectError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| ConnectError::Url)?
        .application_name("video-chat-server")
        .disable_statement_logging();

    migrations::postgres(&mut options.connect().await?, migrate).await?;

    let pool: PgPool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(SESSION).execute(connection).await.map(drop) })
        })
        .connect_lazy_with(options);
    Ok(Database::Postgres(pool))
}

/// What is acknowledged has to be on disk, and nobody may hold a lock for ever, whatever the server's defaults say.
const SESSION: &str = "SELECT \
    set_config('synchronous_commit', \
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
        ELSE current_setting('synchronous_commit') END, false), \
    set_config('statement_timeout', '10s', false), \
    set_config('idle_in_transaction_session_timeout', '10s', false)";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_that_keep_nothing_are_refused() {
        for url in
            ["", "data.db", "mysql://host/db", "sqlite::memory:", "sqlite://", "sqlite://a?mode=memory"]
        {
            assert!(matches!(connect(url, true).await, Err(ConnectError::Url)), "{url}");
        }
    }

    #[tokio::test]
    async fn the_writer_commits_to_disk_and_readers_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a/b.db", folder.path().display());
        let Database::Sqlite(SqliteFile { readers, writer }) = connect(&url, true).await.unwrap() else {
            panic!("another dialect")
        };
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&writer).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&writer).await.unwrap();
        assert_eq!((mode.as_str(), synchronous), ("wal", 2)); // 2 is FULL
        assert!(sqlx::query("DELETE FROM reports").execute(&readers).await.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_folder_made_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/made/b.db", folder.path().display());
        connect(&url, true).await.unwrap();
        let mode = fs::metadata(folder.path().join("made")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
