use video_chat_kernel::{DeviceId, Timestamp};

use crate::{
    database::Database,
    rows::time,
    unit::{Fault, Sql, Unit, Value},
};

/// Something other nodes have to hear, written in the transaction that made it true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its place; ascending, with gaps.
    pub id: u64,
    /// What happened: `device.blocked`.
    pub topic: String,
    /// To which device.
    pub device: DeviceId,
    /// Until when it holds; `None`: until lifted.
    pub until: Option<Timestamp>,
}

/// Tells that `device` is blocked until lifted. Called after the audit trail was written, whose lock makes rows
/// visible in the order of their ids.
pub(crate) async fn blocked(unit: &mut Unit, device: &DeviceId, now: Timestamp) -> Result<(), Fault> {
    const TELL: Sql =
        Sql::both("INSERT INTO outbox (topic, subject, created_at) VALUES ('device.blocked', $1, $2)");

    unit.execute(TELL, [Value::Text(device.as_str()), time(now)]).await.map(drop)
}

pub(crate) async fn rows(database: &Database, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Fault> {
    const FOLLOWING: Sql =
        Sql::both("SELECT id, topic, subject, expires_at FROM outbox WHERE id > $1 ORDER BY id LIMIT $2");

    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut unit = database.reading().await?;
    let rows = unit.rows(FOLLOWING, [Value::Int(after), Value::Int(limit.into())]).await?;
    unit.finish();
    rows.iter()
        .map(|row| {
            let until = row.maybe_int(3)?.map(|at| Timestamp::from_millis(u64::try_from(at).unwrap_or(0)));
            Ok(OutboxRow {
                id: u64::try_from(row.int(0)?)?,
                topic: row.text(1)?,
                device: row.device(2)?,
                until,
            })
        })
        .collect()
}
