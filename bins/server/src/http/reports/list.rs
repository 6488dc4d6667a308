use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Serialize;
use video_chat_reporting::{PageRequest, Reason, ReportId, Status};

use super::view::View;
use crate::http::{
    State, answer,
    bearer::moderator,
    error::{Code, Error},
};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    total_reports: u64,
    pending_reports: u64,
    accepted_reports: u64,
    rejected_reports: u64,
    reports_by_reason: BTreeMap<&'static str, u64>,
}

/// `GET /reports`: one page, newest first; `Link` tells where the next one is (RFC 8288).
pub(crate) async fn list(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Error> {
    moderator(&request, &state).await?;
    let wanted = parse(request.query_string())?;
    let page = state.reports.page(&wanted).await?;
    let views: Vec<_> = page.reports.iter().map(|report| View::of(report, &state.pseudonyms)).collect();
    let mut answer = HttpResponse::Ok();
    if let Some(cursor) = page.next {
        answer.insert_header((header::LINK, link(&wanted, cursor)));
    }
    Ok(answer::json_with(answer, &views))
}

/// `GET /reports/next`: the oldest pending report, leased to this moderator, or null.
pub(crate) async fn next(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Error> {
    let claims = moderator(&request, &state).await?;
    let report = state.reports.next(&claims.device, state.clock.now()).await?;
    Ok(answer::ok(&report.as_ref().map(|report| View::of(report, &state.pseudonyms))))
}

/// `GET /reports/stats`: counts over all reports, every reason named.
pub(crate) async fn stats(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Error> {
    moderator(&request, &state).await?;
    let all = state.reports.stats().await?;
    let count = |reason: Reason| -> u64 {
        all.by_reason.iter().filter(|(of, _)| *of == reason).map(|(_, count)| count).sum()
    };
    Ok(answer::ok(&Counts {
        total_reports: all.total,
        pending_reports: all.pending,
        accepted_reports: all.accepted,
        rejected_reports: all.rejected,
        reports_by_reason: Reason::ALL.iter().map(|reason| (reason.as_str(), count(*reason))).collect(),
    }))
}

/// Reads `status`, `limit` and `cursor`; an empty cursor is none. Other names are refused: a filter that was
/// misspelt must not pass for one that was applied.
fn parse(query: &str) -> Result<PageRequest, Error> {
    let fields = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| Code::UnknownField)?;
    let mut wanted = PageRequest { status: None, limit: DEFAULT_LIMIT, after: None };
    for (name, value) in fields.into_inner() {
        match name.as_str() {
            "status" => wanted.status = Some(value.parse::<Status>().map_err(|_| Code::InvalidStatus)?),
            "limit" => wanted.limit = limit(&value).ok_or(Code::InvalidLimit)?,
            "cursor" if value.is_empty() => wanted.after = None,
            "cursor" => wanted.after = Some(value.parse::<ReportId>().map_err(|_| Code::InvalidCursor)?),
            _ => return Err(Error::new(Code::UnknownField, "Unknown query parameter")),
        }
    }
    Ok(wanted)
}

fn limit(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|_| digits)?;
    (1..=MAX_LIMIT).contains(&limit).then_some(limit)
}

/// Begins with the path, so that it holds behind any proxy that keeps paths.
fn link(wanted: &PageRequest, cursor: ReportId) -> String {
    let status = wanted.status.map(|status| format!("status={status}&")).unwrap_or_default();
    format!("</reports?{status}limit={}&cursor={cursor}>; rel=\"next\"", wanted.limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_query_is_read_or_refused_by_name() {
        let wanted = parse(&format!("status=pending&limit=7&cursor={ID}")).unwrap();
        assert_eq!((wanted.status, wanted.limit), (Some(Status::Pending), 7));
        assert_eq!(wanted.after.unwrap().to_string(), ID);
        assert_eq!(parse("").unwrap(), PageRequest { status: None, limit: 50, after: None });
        assert_eq!(parse("cursor=").unwrap().after, None);
        for (query, code) in [
            ("status=open", Code::InvalidStatus),
            ("status=", Code::InvalidStatus),
            ("status=Pending", Code::InvalidStatus),
            ("limit=0", Code::InvalidLimit),
            ("limit=101", Code::InvalidLimit),
            ("limit=", Code::InvalidLimit),
            ("limit=-1", Code::InvalidLimit),
            ("limit=%2B5", Code::InvalidLimit),
            ("limit=1.5", Code::InvalidLimit),
            ("limit=99999999999999999999", Code::InvalidLimit),
            ("cursor=x", Code::InvalidCursor),
            ("state=pending", Code::UnknownField),
        ] {
            assert_eq!(parse(query).unwrap_err().code(), code, "{query}");
        }
    }

    #[test]
    fn the_link_reads_back_as_the_same_list_further_on() {
        for query in ["limit=3", "limit=100&status=accepted"] {
            let wanted = parse(query).unwrap();
            let link = link(&wanted, ID.parse().unwrap());
            let target = link.strip_prefix("</reports?").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            assert_eq!(parse(target).unwrap(), PageRequest { after: Some(ID.parse().unwrap()), ..wanted });
        }
    }
}
