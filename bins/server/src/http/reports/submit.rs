use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use video_chat_kernel::{PeerAlias, SessionId};
use video_chat_reporting::{MAX_TEXT_CHARS, NewReport, Reason, accused};

use crate::http::{
    State, answer,
    bearer::bearer,
    body::Body,
    error::{Code, Error},
};

const FIELDS: &[&str] = &["reportedPeerId", "sessionId", "reason", "comment"];

/// `POST /reports`: a participant of a call reports the other.
///
/// Ids are opaque to clients, so a text that is no id is an id of nothing: 404, as for a call of strangers.
pub(crate) async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let reporter = bearer(&request, &state).await?.device;
    let body = Body::read(&request, payload).await?;
    let fields = body.fields(FIELDS)?;
    let alias = fields.required("reportedPeerId", Code::InvalidPeerId)?;
    let session = fields.required("sessionId", Code::InvalidSessionId)?;
    let reason = fields.required("reason", Code::InvalidReason)?;
    let reason: Reason = reason.parse().map_err(|_| Code::InvalidReason)?;
    let comment = fields.words("comment", MAX_TEXT_CHARS, Code::InvalidComment)?;

    let reported_alias: PeerAlias = alias.parse().map_err(|_| Code::SessionNotFound)?;
    let session: SessionId = session.parse().map_err(|_| Code::SessionNotFound)?;
    let now = state.clock.now();
    let record = state.sessions.find(session, now).await?;
    let peer = accused(record.as_ref(), &reporter, reported_alias, now).map_err(|_| Code::SessionNotFound)?;
    let report = NewReport {
        id: state.next_report(now),
        reported: peer.clone(),
        reporter: reporter.clone(),
        reported_alias,
        session,
        reason,
        comment,
    };
    let submitted = state.reports.submit(report, now).await?;
    if submitted.fresh {
        state.metrics.report_submitted(reason.as_str());
        state.live.report_stored(&reporter, peer);
    }
    Ok(answer::created(&json!({ "reportId": submitted.id.to_string() })))
}
