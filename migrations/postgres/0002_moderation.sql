-- What a verdict writes in one transaction: the block, the audit entries and what other nodes have to hear.
CREATE TABLE blocks (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    report     UUID            REFERENCES reports (id),
    blocked_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    lifted_at  BIGINT
);

CREATE UNIQUE INDEX blocks_once ON blocks (kind, subject) WHERE lifted_at IS NULL;

-- Append-only; each hash covers the one before it.
CREATE TABLE audit_log (
    seq     BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT,
    hash    BYTEA  NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only';
END;
$$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();

-- Read in order of id by whoever tells other nodes. Rows are written under the lock of the audit trail, so that
-- they become visible in that order.
CREATE TABLE outbox (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL
);
