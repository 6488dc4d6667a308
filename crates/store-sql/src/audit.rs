use video_chat_reporting::{AuditDraft, AuditEntry, AuditHead};

use crate::{
    database::Database,
    rows::{time, unescape, words},
    unit::{Fault, Lock, Row, Sql, Unit, Value},
};

/// Appends entries, in a transaction of their own.
pub(crate) async fn note(database: &Database, drafts: impl Iterator<Item = AuditDraft>) -> Result<(), Fault> {
    let mut unit = database.writing().await?;
    unit.begin().await?;
    for draft in drafts {
        append(&mut unit, draft).await?;
    }
    unit.commit().await
}

/// Appends an entry in the open transaction, which holds the end of the trail until it commits.
pub(crate) async fn append(unit: &mut Unit, draft: AuditDraft) -> Result<(), Fault> {
    const HEAD: Sql = Sql::both("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1");
    const APPEND: Sql = Sql::both(
        "INSERT INTO audit_log (seq, at, actor, action, subject, detail, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );

    unit.lock(Lock::Audit).await?;
    let head = match unit.row(HEAD, []).await? {
        Some(row) => AuditHead { seq: u64::try_from(row.int(0)?)?, hash: row.bytes(1)? },
        None => AuditHead::EMPTY,
    };
    let AuditEntry { seq, draft, hash } = head.append(draft);
    let values = [
        Value::Int(i64::try_from(seq)?),
        time(draft.at),
        Value::Text(&draft.actor),
        Value::Text(&draft.action),
        Value::Text(&draft.subject),
        words(draft.detail.as_deref()),
        Value::Bytes(&hash),
    ];
    unit.execute(APPEND, values).await.map(drop)
}

pub(crate) async fn entries(database: &Database, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Fault> {
    const FOLLOWING: Sql = Sql::both(
        "SELECT seq, at, actor, action, subject, detail, hash FROM audit_log \
         WHERE seq > $1 ORDER BY seq LIMIT $2",
    );

    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut unit = database.reading().await?;
    let rows = unit.rows(FOLLOWING, [Value::Int(after), Value::Int(limit.into())]).await?;
    unit.finish();
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<AuditEntry, Fault> {
    let draft = AuditDraft {
        at: row.time(1)?,
        actor: row.text(2)?,
        action: row.text(3)?,
        subject: row.text(4)?,
        detail: row.maybe_text(5)?.map(|detail| unescape(&detail)),
    };
    Ok(AuditEntry { seq: u64::try_from(row.int(0)?)?, draft, hash: row.bytes(6)? })
}
