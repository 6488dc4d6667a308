-- Reports and the leases of moderators. Times are milliseconds since the epoch.
-- In comment and note a backslash is written \\ and a NUL \0, since PostgreSQL holds no NUL and both dialects agree.
CREATE TABLE reports (
    id             UUID   NOT NULL PRIMARY KEY,
    reporter       TEXT   NOT NULL,
    reported       TEXT   NOT NULL,
    reported_alias TEXT   NOT NULL,
    session        TEXT   NOT NULL,
    reason         TEXT   NOT NULL,
    comment        TEXT,
    submitted_at   BIGINT NOT NULL,
    status         TEXT   NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'rejected')),
    moderator      TEXT,
    judged_at      BIGINT,
    note           TEXT,
    leased_to      TEXT,
    leased_until   BIGINT,
    version        BIGINT NOT NULL DEFAULT 1,
    CHECK ((status = 'pending') = (judged_at IS NULL)),
    CHECK ((moderator IS NULL) = (judged_at IS NULL)),
    CHECK ((leased_to IS NULL) = (leased_until IS NULL))
);

CREATE UNIQUE INDEX reports_once ON reports (session, reporter, reason);
CREATE INDEX reports_by_time ON reports (submitted_at, id);
CREATE INDEX reports_by_status ON reports (status, submitted_at, id);
CREATE INDEX reports_leased ON reports (leased_to) WHERE leased_to IS NOT NULL;
CREATE INDEX reports_counted ON reports (reason, status);
