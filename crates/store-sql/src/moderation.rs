use video_chat_kernel::{DeviceId, Timestamp};
use video_chat_reporting::{AuditDraft, Block, Decision, Judged, LEASE, Report, Status, Transition, Verdict};

use crate::{
    audit,
    database::Database,
    outbox,
    reports::readable,
    rows::{id, select_report, time, words},
    unit::{Fault, Lock, Sql, Unit, Value},
};

pub(crate) async fn next(
    database: &Database,
    moderator: &DeviceId,
    now: Timestamp,
) -> Result<Option<Report>, Fault> {
    const LEASE_IT: Sql = Sql::both(
        "UPDATE reports SET leased_to = $2, leased_until = $3, version = version + 1 \
         WHERE id = $1 AND status = 'pending'",
    );

    let mut unit = database.writing().await?;
    unit.begin().await?;
    unit.lock(Lock::Leases).await?;
    // Until one is leased: a verdict may come between the choice and the lease.
    while let Some(report) = candidate(&mut unit, moderator, now).await? {
        let values = [id(report.facts.id), Value::Text(moderator.as_str()), time(now.after(LEASE))];
        if unit.execute(LEASE_IT, values).await? > 0 {
            unit.commit().await?;
            return Ok(Some(report));
        }
    }
    unit.rollback().await?;
    Ok(None)
}

/// The moderator's own report, else the oldest nobody holds.
async fn candidate(unit: &mut Unit, moderator: &DeviceId, now: Timestamp) -> Result<Option<Report>, Fault> {
    // Only pending reports are leased: a verdict ends the lease.
    const OWN: Sql = Sql::both(select_report!(
        "WHERE leased_to = $1 AND leased_until > $2 ORDER BY submitted_at, id LIMIT 8"
    ));
    const FREE: Sql = Sql::both(select_report!(
        "WHERE status = 'pending' AND (leased_until IS NULL OR leased_until <= $1) \
         ORDER BY submitted_at, id LIMIT 8"
    ));

    let own = unit.rows(OWN, [Value::Text(moderator.as_str()), time(now)]).await?;
    if let Some(report) = own.iter().find_map(readable) {
        return Ok(Some(report));
    }
    let free = unit.rows(FREE, [time(now)]).await?;
    Ok(free.iter().find_map(readable))
}

pub(crate) async fn judge(database: &Database, verdict: &Verdict, now: Timestamp) -> Result<Judged, Fault> {
    let mut unit = database.writing().await?;
    unit.begin().await?;
    let judged = judge_within(&mut unit, verdict, now).await?;
    match judged {
        Judged::Recorded { .. } => unit.commit().await?,
        Judged::Already { .. } | Judged::Conflict | Judged::Unknown => unit.rollback().await?,
    }
    Ok(judged)
}

async fn judge_within(unit: &mut Unit, verdict: &Verdict, now: Timestamp) -> Result<Judged, Fault> {
    const FIND: Sql = Sql {
        sqlite: "SELECT status, reported, reason FROM reports WHERE id = $1",
        postgres: "SELECT status, reported, reason FROM reports WHERE id = $1 FOR UPDATE",
    };
    const RECORD: Sql = Sql::both(
        "UPDATE reports SET status = $2, moderator = $3, judged_at = $4, note = $5, \
            leased_to = NULL, leased_until = NULL, version = version + 1 \
         WHERE id = $1",
    );

    let Some(row) = unit.row(FIND, [id(verdict.report)]).await? else { return Ok(Judged::Unknown) };
    let accused = match verdict.decision {
        Decision::Accepted => Some(row.device(1)?),
        Decision::Rejected => None,
    };
    let status = match row.text(0)?.parse::<Status>()?.judge(verdict.decision) {
        Transition::Becomes(status) => status,
        Transition::Conflict => return Ok(Judged::Conflict),
        Transition::Already => return Ok(Judged::Already { block: in_force(unit, accused, now).await? }),
    };

    let values = [
        id(verdict.report),
        Value::Text(status.as_str()),
        Value::Text(verdict.moderator.as_str()),
        time(now),
        words(verdict.note.as_deref()),
    ];
    unit.execute(RECORD, values).await?;
    audit::append(unit, AuditDraft::verdict(verdict, now)).await?;
    if let Some(device) = &accused {
        block(unit, device, &row.text(2)?, verdict, now).await?;
        audit::append(unit, AuditDraft::block(device, verdict, now)).await?;
        outbox::blocked(unit, device, now).await?;
    }
    Ok(Judged::Recorded { block: accused })
}

/// Blocks until lifted; a block that stands already, perhaps with an end, loses its end.
async fn block(
    unit: &mut Unit,
    device: &DeviceId,
    reason: &str,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), Fault> {
    const BLOCK: Sql = Sql::both(
        "INSERT INTO blocks (kind, subject, reason, report, blocked_by, created_at) \
         VALUES ('device', $1, $2, $3, $4, $5) \
         ON CONFLICT (kind, subject) WHERE lifted_at IS NULL DO UPDATE SET expires_at = NULL",
    );

    let values = [
        Value::Text(device.as_str()),
        Value::Text(reason),
        id(verdict.report),
        Value::Text(verdict.moderator.as_str()),
        time(now),
    ];
    unit.execute(BLOCK, values).await.map(drop)
}

/// The device, if it is blocked at `now`.
async fn in_force(
    unit: &mut Unit,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Result<Option<DeviceId>, Fault> {
    const BLOCKED: Sql = Sql::both(
        "SELECT 1 FROM blocks WHERE kind = 'device' AND subject = $1 AND lifted_at IS NULL \
            AND (expires_at IS NULL OR expires_at > $2)",
    );

    let Some(device) = device else { return Ok(None) };
    let found = unit.row(BLOCKED, [Value::Text(device.as_str()), time(now)]).await?;
    Ok(found.map(|_| device))
}

pub(crate) async fn blocks(database: &Database, now: Timestamp) -> Result<Vec<Block>, Fault> {
    const IN_FORCE: Sql = Sql::both(
        "SELECT subject, expires_at FROM blocks WHERE kind = 'device' AND lifted_at IS NULL \
            AND (expires_at IS NULL OR expires_at > $1)",
    );

    let mut unit = database.reading().await?;
    let rows = unit.rows(IN_FORCE, [time(now)]).await?;
    unit.finish();
    // A subject that is no device id can be no device: nobody to keep out.
    let devices = rows.iter().filter_map(|row| {
        let device =
            row.device(0).inspect_err(|fault| tracing::warn!(%fault, "a stored block cannot be read"));
        Some((device.ok()?, row))
    });
    devices
        .map(|(device, row)| {
            let until = row.maybe_int(1)?.map(|at| Timestamp::from_millis(u64::try_from(at).unwrap_or(0)));
            Ok(Block { device, until })
        })
        .collect()
}
