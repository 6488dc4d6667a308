use video_chat_kernel::Timestamp;
use video_chat_reporting::{
    NewReport, Page, PageRequest, Reason, Report, ReportId, Stats, Status, Submitted,
};

use crate::{
    database::Database,
    rows::{id, select_report, time, words},
    unit::{Fault, Row, Sql, Unit, Value},
};

pub(crate) async fn submit(
    database: &Database,
    report: &NewReport,
    now: Timestamp,
) -> Result<Submitted, Fault> {
    const INSERT: Sql = Sql::both(
        "INSERT INTO reports \
            (id, reporter, reported, reported_alias, session, reason, comment, submitted_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (session, reporter, reason) DO NOTHING",
    );
    const FIRST: Sql =
        Sql::both("SELECT id FROM reports WHERE session = $1 AND reporter = $2 AND reason = $3");

    let (alias, session) = (report.reported_alias.to_string(), report.session.to_string());
    let reporter = report.reporter.as_str();
    let mut unit = database.writing().await?;
    let values = [
        id(report.id),
        Value::Text(reporter),
        Value::Text(report.reported.as_str()),
        Value::Text(&alias),
        Value::Text(&session),
        Value::Text(report.reason.as_str()),
        words(report.comment.as_deref()),
        time(now),
    ];
    let fresh = unit.execute(INSERT, values).await? > 0;
    let id = if fresh {
        report.id
    } else {
        let key = [Value::Text(&session), Value::Text(reporter), Value::Text(report.reason.as_str())];
        unit.row(FIRST, key).await?.ok_or("the first report is gone")?.id(0)?
    };
    unit.finish();
    Ok(Submitted { id, fresh })
}

pub(crate) async fn page(database: &Database, request: &PageRequest) -> Result<Page, Fault> {
    let mut unit = database.reading().await?;
    let found = page_rows(&mut unit, request).await?;
    unit.finish();
    let Some(mut rows) = found else { return Ok(Page { reports: Vec::new(), next: None }) };

    // One row more than asked tells whether there is a next page.
    let limit = limit(request);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|row| row.id(0)).transpose()? } else { None };
    Ok(Page { reports: rows.iter().filter_map(readable).collect(), next })
}

fn limit(request: &PageRequest) -> usize {
    request.limit.clamp(1, 100) as usize
}

/// `None` when the cursor is unknown.
async fn page_rows(unit: &mut Unit, request: &PageRequest) -> Result<Option<Vec<Row>>, Fault> {
    const PLACE: Sql = Sql::both("SELECT submitted_at FROM reports WHERE id = $1");
    const ALL: Sql = Sql::both(select_report!(
        "WHERE (submitted_at, id) < ($1, $2) ORDER BY submitted_at DESC, id DESC LIMIT $3"
    ));
    const OF_STATUS: Sql = Sql::both(select_report!(
        "WHERE (submitted_at, id) < ($1, $2) AND status = $4 ORDER BY submitted_at DESC, id DESC LIMIT $3"
    ));

    let (at, last) = match request.after {
        None => (i64::MAX, ReportId(u128::MAX)),
        Some(last) => match unit.row(PLACE, [id(last)]).await? {
            None => return Ok(None),
            Some(row) => (row.int(0)?, last),
        },
    };
    let count = Value::Int(i64::try_from(limit(request))?.saturating_add(1));
    let rows = match request.status {
        None => unit.rows(ALL, [Value::Int(at), id(last), count]).await?,
        Some(status) => {
            unit.rows(OF_STATUS, [Value::Int(at), id(last), count, Value::Text(status.as_str())]).await?
        }
    };
    Ok(Some(rows))
}

/// A row nobody can read (changed by hand, or written by a newer server) must not hide the others.
pub(crate) fn readable(row: &Row) -> Option<Report> {
    match row.report() {
        Ok(report) => Some(report),
        Err(fault) => {
            let id = row.id(0).map(|id| id.to_string()).unwrap_or_default();
            tracing::warn!(report = %id, %fault, "a stored report cannot be read and is left out");
            None
        }
    }
}

pub(crate) async fn stats(database: &Database) -> Result<Stats, Fault> {
    const COUNTS: Sql = Sql::both("SELECT reason, status, COUNT(*) FROM reports GROUP BY reason, status");

    let mut unit = database.reading().await?;
    let rows = unit.rows(COUNTS, []).await?;
    unit.finish();
    let mut stats = Stats::default();
    for row in rows {
        let count = u64::try_from(row.int(2)?)?;
        stats.total += count;
        match row.text(1)?.parse() {
            Ok(Status::Pending) => stats.pending += count,
            Ok(Status::Accepted) => stats.accepted += count,
            Ok(Status::Rejected) => stats.rejected += count,
            Err(_) => {}
        }
        // A reason only a newer server knows counts for the total alone.
        if let Ok(reason) = row.text(0)?.parse::<Reason>() {
            match stats.by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, sum)) => *sum += count,
                None => stats.by_reason.push((reason, count)),
            }
        }
    }
    Ok(stats)
}

pub(crate) async fn pseudonym_key(database: &Database, fresh: [u8; 32]) -> Result<[u8; 32], Fault> {
    const KEEP: Sql =
        Sql::both("INSERT INTO instance (name, value) VALUES ('pseudonym_key', $1) ON CONFLICT DO NOTHING");
    const KEPT: Sql = Sql::both("SELECT value FROM instance WHERE name = 'pseudonym_key'");

    let mut unit = database.writing().await?;
    unit.execute(KEEP, [Value::Bytes(&fresh)]).await?;
    let key = unit.row(KEPT, []).await?.ok_or("the key of pseudonyms is gone")?.bytes(0)?;
    unit.finish();
    Ok(key)
}
