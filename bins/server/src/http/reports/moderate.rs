use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use video_chat_reporting::{Decision, Judged, MAX_TEXT_CHARS, ReportId, Verdict};

use crate::http::{
    State, answer,
    bearer::moderator,
    body::Body,
    error::{Code, Error},
};

const FIELDS: &[&str] = &["reportId", "decision", "note"];

/// `POST /reports/moderate`: a verdict; one that accepts blocks the reported device everywhere.
pub(crate) async fn moderate(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let moderator = moderator(&request, &state).await?.device;
    let body = Body::read(&request, payload).await?;
    let fields = body.fields(FIELDS)?;
    let report = fields.required("reportId", Code::InvalidReportId)?;
    let decision = fields.required("decision", Code::InvalidDecision)?;
    let decision: Decision = decision.parse().map_err(|_| Code::InvalidDecision)?;
    let note = fields.words("note", MAX_TEXT_CHARS, Code::InvalidNote)?;
    // Ids are opaque to clients: a text that is no id is the id of no report.
    let report: ReportId = report.parse().map_err(|_| Code::ReportNotFound)?;

    let verdict = Verdict { report, moderator, decision, note };
    // A task of its own: a moderator who hangs up must not leave a stored verdict without its block.
    let done = actix_web::rt::spawn(judge(state.into_inner(), verdict));
    done.await.map_err(|_| Code::Internal)??;
    Ok(answer::created(&json!({ "success": true })))
}

async fn judge(state: std::sync::Arc<State>, verdict: Verdict) -> Result<(), Error> {
    let decision = verdict.decision;
    let (fresh, block) = match state.reports.judge(verdict, state.clock.now()).await? {
        Judged::Recorded { block } => (true, block),
        // The first time may have stored the verdict and then failed to block: it is done again, harmlessly.
        Judged::Already { block } => (false, block),
        Judged::Conflict => return Err(Code::AlreadyModerated.into()),
        Judged::Unknown => return Err(Code::ReportNotFound.into()),
    };
    if fresh {
        state.metrics.report_moderated(decision.as_str());
    }
    if let Some(device) = block {
        if fresh {
            state.metrics.block("device");
        }
        state.blocks.block(&device, None).await?;
        state.live.device_blocked(&device);
    }
    Ok(())
}
