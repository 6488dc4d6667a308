-- What belongs to this installation, made once: the key of pseudonyms.
CREATE TABLE instance (
    name  TEXT  NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
