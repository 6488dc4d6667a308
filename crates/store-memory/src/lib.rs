//! In-memory adapters: the embedded default.
