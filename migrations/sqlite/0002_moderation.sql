-- What a verdict writes in one transaction: the block, the audit entries and what other nodes have to hear.
CREATE TABLE blocks (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    report     TEXT             REFERENCES reports (id),
    blocked_by TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    lifted_at  INTEGER
) STRICT;

CREATE UNIQUE INDEX blocks_once ON blocks (kind, subject) WHERE lifted_at IS NULL;

-- Append-only; each hash covers the one before it.
CREATE TABLE audit_log (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only');
END;

CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only');
END;

-- Read in order of id by whoever tells other nodes.
CREATE TABLE outbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    topic      TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
