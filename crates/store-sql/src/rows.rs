use sqlx::Row as _;
use uuid::Uuid;
use video_chat_kernel::{DeviceId, Timestamp};
use video_chat_reporting::{Judgement, NewReport, Report, ReportId, Status};

use crate::unit::{Fault, Row, Value};

/// Reads a column by its place, in either dialect.
macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column)?,
            Row::Postgres(row) => row.try_get($column)?,
        }
    };
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Fault> {
        Ok(get!(self, column))
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, Fault> {
        Ok(get!(self, column))
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, Fault> {
        Ok(get!(self, column))
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<String>, Fault> {
        Ok(get!(self, column))
    }

    pub(crate) fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N], Fault> {
        let bytes: Vec<u8> = get!(self, column);
        bytes.try_into().map_err(|_| "a column has the wrong length".into())
    }

    pub(crate) fn id(&self, column: usize) -> Result<ReportId, Fault> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get::<&str, _>(column)?.parse()?,
            Self::Postgres(row) => ReportId(row.try_get::<Uuid, _>(column)?.as_u128()),
        })
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, Fault> {
        Ok(Timestamp::from_millis(u64::try_from(self.int(column)?)?))
    }

    pub(crate) fn device(&self, column: usize) -> Result<DeviceId, Fault> {
        Ok(DeviceId::parse(&self.text(column)?)?)
    }

    /// Reads a report from the columns of [`report_columns`].
    pub(crate) fn report(&self) -> Result<Report, Fault> {
        let facts = NewReport {
            id: self.id(0)?,
            reporter: self.device(1)?,
            reported: self.device(2)?,
            reported_alias: self.text(3)?.parse()?,
            session: self.text(4)?.parse()?,
            reason: self.text(5)?.parse()?,
            comment: self.maybe_text(6)?.map(|comment| unescape(&comment)),
        };
        let status: Status = self.text(8)?.parse()?;
        let judged = if status == Status::Pending {
            None
        } else {
            let note = self.maybe_text(11)?.map(|note| unescape(&note));
            Some(Judgement { moderator: self.device(9)?, at: self.time(10)?, note })
        };
        Ok(Report { facts, submitted_at: self.time(7)?, status, judged })
    }
}

/// A `SELECT` of the columns [`Row::report`] reads, with what follows.
macro_rules! select_report {
    ($rest:literal) => {
        concat!(
            "SELECT id, reporter, reported, reported_alias, session, reason, comment, submitted_at, status, ",
            "moderator, judged_at, note FROM reports ",
            $rest
        )
    };
}
pub(crate) use select_report;

/// A wall-clock time as a column holds it.
pub(crate) fn time(at: Timestamp) -> Value<'static> {
    Value::Int(i64::try_from(at.as_millis()).unwrap_or(i64::MAX))
}

pub(crate) fn id(id: ReportId) -> Value<'static> {
    Value::Id(Uuid::from_u128(id.0))
}

/// Anybody's words as a column holds them.
pub(crate) fn words(text: Option<&str>) -> Value<'static> {
    Value::MaybeText(text.map(escape))
}

/// PostgreSQL's text holds no NUL. So a NUL becomes `\0`, and a backslash `\\`.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\0', "\\0")
}

/// Undoes [`escape`]; what it cannot have written stays as it is.
pub(crate) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let written = match (char, chars.peek()) {
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some('0')) => Some('\0'),
            _ => None,
        };
        if written.is_some() {
            chars.next();
        }
        plain.push(written.unwrap_or(char));
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_comes_back_and_holds_no_nul(text in "(\\PC|[\\\\0\0]){0,20}") {
            prop_assert!(!escape(&text).contains('\0'));
            prop_assert_eq!(unescape(&escape(&text)), text);
        }

        #[test]
        fn text_written_by_hand_is_read(text in "[\\\\0x]{0,8}") {
            prop_assert!(unescape(&text).len() <= text.len());
        }
    }
}
