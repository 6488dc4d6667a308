//! SQLite and PostgreSQL adapters for durable records.
