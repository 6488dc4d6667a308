//! Abuse reports, verdicts, blocks, the audit trail and abuse patterns.
//!
//! The rules are pure: time and entropy are arguments, and what is stored goes through two ports, [`ReportStore`]
//! and [`SessionLog`]. The way of a report:
//!
//! 1. Words become values: [`Reason`], [`ReportId`], [`Cursor`], [`check_text`].
//! 2. [`accused`] proves from the call's record who is reported.
//! 3. [`ReportStore::submit`] keeps it; [`ReportStore::next`] leases it to a moderator; [`ReportStore::judge`]
//!    records the verdict, the block and the [`AuditEntry`] at once.
//! 4. Whoever lists reports sees devices by their [`Pseudonyms`].
//!
//! [`AbuseDetector`] watches beside it for patterns no single report shows.
//!
//! ```
//! use video_chat_reporting::{Decision, Reason, Status, Transition};
//!
//! assert_eq!("spam".parse(), Ok(Reason::Spam));
//! assert!("SPAM".parse::<Reason>().is_err());
//!
//! let Transition::Becomes(judged) = Status::Pending.judge(Decision::Accepted) else { panic!() };
//! assert_eq!(judged.judge(Decision::Accepted), Transition::Already); // counted once
//! assert_eq!(judged.judge(Decision::Rejected), Transition::Conflict);
//! ```

mod abuse;
mod audit;
mod id;
mod port;
mod pseudonym;
mod report;
mod rules;
mod word;

pub use abuse::{AbuseConfig, AbuseDetector, Pattern, Signal};
pub use audit::{AuditDraft, AuditEntry, AuditHead, BrokenAudit, Digest};
pub use id::{Cursor, InvalidCursor, InvalidReportId, ReportId};
pub use port::{AuditTrail, ReportStore, SessionLog};
pub use pseudonym::Pseudonyms;
pub use report::{
    Block, Finding, Judged, Judgement, NewReport, Page, PageRequest, Report, SessionRecord, Stats, Submitted,
    Verdict,
};
pub use rules::{
    LEASE, MAX_TEXT_CHARS, REPORTABLE_FOR, SessionNotFound, TextTooLong, Transition, accused, check_text,
};
pub use word::{Decision, Reason, Status, UnknownWord};
