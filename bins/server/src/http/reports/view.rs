use serde::Serialize;
use video_chat_reporting::{Pseudonyms, Report};

/// A report as moderators see it: devices under their pseudonyms, times in ms since the epoch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'a> {
    id: String,
    reporter_id: String,
    reported_id: String,
    reported_peer_id: String,
    session_id: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    timestamp: u64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderated_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl<'a> View<'a> {
    pub(super) fn of(report: &'a Report, pseudonyms: &Pseudonyms) -> Self {
        let facts = &report.facts;
        let judged = report.judged.as_ref();
        Self {
            id: facts.id.to_string(),
            reporter_id: pseudonyms.device(&facts.reporter),
            reported_id: pseudonyms.device(&facts.reported),
            reported_peer_id: facts.reported_alias.to_string(),
            session_id: facts.session.to_string(),
            reason: facts.reason.as_str(),
            comment: facts.comment.as_deref(),
            timestamp: report.submitted_at.as_millis(),
            status: report.status.as_str(),
            moderator_id: judged.map(|judged| judged.moderator.as_str()),
            moderated_at: judged.map(|judged| judged.at.as_millis()),
            note: judged.and_then(|judged| judged.note.as_deref()),
        }
    }
}
