//! The laws of [`ReportStore`](video_chat_reporting::ReportStore) and of the
//! [`AuditTrail`](video_chat_reporting::AuditTrail) it writes.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

mod audit;
mod fixtures;
mod leases;
mod pages;
mod submission;
mod verdicts;

use video_chat_reporting::{AuditTrail, ReportStore};

pub use audit::*;
pub use leases::*;
pub use pages::*;
pub use submission::*;
pub use verdicts::*;

/// What the laws are about: a store and the trail it writes.
pub trait Store: ReportStore + AuditTrail {}

impl<S: ReportStore + AuditTrail> Store for S {}

/// One `#[tokio::test]` for each law of `ReportStore`. `$build` names an `async fn() -> (impl ReportStore + AuditTrail, guard)`
/// that makes an empty store; the guard lives as long as the test.
#[macro_export]
macro_rules! report_store_laws {
    ($build:path) => {
        $crate::report_store_laws! { $build =>
            a_report_is_kept_as_submitted
            the_first_report_of_a_reporter_session_and_reason_stands
            another_reporter_session_or_reason_is_another_report
            concurrent_submissions_of_one_report_make_one
            a_page_lists_the_newest_first
            pages_together_list_every_report_once
            a_page_lists_one_status
            a_new_report_does_not_shift_the_pages
            a_cursor_outlives_a_change_of_status
            an_unknown_cursor_gives_an_empty_page
            the_oldest_pending_report_is_next
            the_same_moderator_gets_the_same_report
            a_lease_is_renewed_by_asking
            moderators_get_different_reports
            concurrent_moderators_never_get_the_same_report
            concurrent_calls_of_one_moderator_lease_one_report
            an_expired_lease_goes_on
            a_judged_report_is_not_leased
            judging_an_unknown_report_says_so
            an_accepted_report_blocks_the_device
            a_rejected_report_blocks_nobody
            the_same_verdict_again_changes_nothing
            the_opposite_verdict_is_a_conflict
            concurrent_opposite_verdicts_leave_one
            a_device_is_blocked_once
            a_report_leased_to_another_can_be_judged
            stats_count_reports_by_status_and_reason
            verdicts_and_blocks_are_audited
            findings_are_audited
            concurrent_writers_keep_the_audit_trail_whole
            audit_entries_come_in_order_from_any_place
            the_pseudonym_key_is_made_once
            a_store_that_answers_is_pinged
        }
    };
    ($build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (store, _guard) = $build().await;
                $crate::reports::$law(&store).await;
            }
        )+
    };
}
