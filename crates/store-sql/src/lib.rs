//! SQLite and PostgreSQL adapters for durable records.
//!
//! [`SqlStore`] keeps reports, verdicts, blocks and the audit trail in the database its URL names:
//!
//! - `sqlite://path/to/file.db`: an embedded database, made with its folder when absent. WAL with
//!   `synchronous=FULL`; several processes may share the file.
//! - `postgres://user:password@host/database`.
//!
//! Both run the same statements from one source wherever the dialects allow. What is answered `Ok` has been
//! committed. A database that is away, locked or too slow answers `Unavailable` within seconds, and serves again
//! as soon as it is back.
//!
//! ```
//! # use video_chat_kernel::Timestamp;
//! use video_chat_reporting::{AuditTrail, ReportStore};
//! use video_chat_store_sql::SqlStore;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let folder = tempfile::tempdir().unwrap();
//! let url = format!("sqlite://{}/data/video-chat.db", folder.path().display());
//! let store = SqlStore::connect(&url, true).await.unwrap();
//! store.ping().await.unwrap();
//! assert_eq!(store.blocks(Timestamp::from_secs(0)).await.unwrap(), []);
//! assert_eq!(store.verify().await.unwrap().unwrap().seq, 0); // an intact, empty audit trail
//! # });
//! ```

mod audit;
mod connect;
mod database;
mod migrations;
mod moderation;
mod outbox;
mod reports;
mod rows;
mod store;
mod unit;

pub use connect::ConnectError;
pub use outbox::OutboxRow;
pub use store::SqlStore;
