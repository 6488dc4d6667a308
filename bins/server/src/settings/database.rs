use std::fmt;

use super::{keys, parse, reader::Reader};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// Embedded, a file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Durable records. `Debug` redacts the URL's password.
#[derive(Clone)]
pub struct Database {
    /// Which database the URL speaks of.
    pub kind: DatabaseKind,
    /// The URL in clear: it may hold a password.
    pub url: String,
    /// Whether the start applies missing migrations.
    pub migrate: bool,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let parsed = reader.parsed(&keys::DATABASE_URL, |url| Ok((kind(url)?, url.to_owned())));
        let (kind, url) = parsed.unwrap_or((DatabaseKind::Sqlite, String::new()));
        Self { kind, url, migrate: reader.flag(&keys::DATABASE_MIGRATE).unwrap_or(true) }
    }
}

fn kind(url: &str) -> Result<DatabaseKind, String> {
    let rest = |schemes: &[&str]| schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    if url.chars().any(|c| c.is_control() || c == ' ') {
        Err("holds a space or a control character".into())
    } else if url.contains(":memory:") || url.contains("mode=memory") {
        Err("must name a file: a database in memory keeps nothing".into())
    } else if rest(&["sqlite://", "sqlite:"]).is_some_and(|path| !path.is_empty()) {
        Ok(DatabaseKind::Sqlite)
    } else if rest(&["postgres://", "postgresql://"]).is_some_and(|host| !host.is_empty()) {
        Ok(DatabaseKind::Postgres)
    } else {
        Err("must be sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE".into())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = parse::redacted_urls(&self.url);
        f.debug_struct("Database").field("url", &url).field("migrate", &self.migrate).finish_non_exhaustive()
    }
}
