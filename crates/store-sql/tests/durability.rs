//! What a process acknowledged is there after it was killed: two processes at a time write to one SQLite file as fast
//! as they can and are killed with SIGKILL in the middle of it.

use std::{
    env,
    error::Error,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
};

use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
use video_chat_reporting::{
    AuditTrail, Decision, Judged, NewReport, PageRequest, Reason, ReportId, ReportStore, Status, Verdict,
};
use video_chat_store_sql::SqlStore;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const URL: &str = "VIDEO_CHAT_DURABILITY_URL";
const FIRST: &str = "VIDEO_CHAT_DURABILITY_FIRST";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    if env::args().any(|argument| argument == "--list") {
        return list();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match (env::var(URL), env::var(FIRST)) {
        (Ok(url), Ok(first)) => runtime.block_on(write_for_ever(&url, first.parse()?)),
        _ => runtime.block_on(kill_and_look()),
    }
}

/// What a test runner that lists before it runs has to be told: one test, never ignored.
fn list() -> Result<()> {
    if !env::args().any(|argument| argument == "--ignored") {
        writeln!(std::io::stdout().lock(), "what_is_acknowledged_survives_a_kill: test")?;
    }
    Ok(())
}

fn device(number: u64) -> Result<DeviceId> {
    Ok(DeviceId::parse(&format!("device {number}"))?)
}

/// Submits and judges report after report, and says so after each acknowledgement.
async fn write_for_ever(url: &str, first: u64) -> Result<()> {
    let store = SqlStore::connect(url, true).await?;
    let next = AtomicU64::new(first);
    let one_by_one = async || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let report = NewReport {
                id: ReportId(number.into()),
                reporter: device(0)?,
                reported: device(number)?,
                reported_alias: PeerAlias::from_bytes([1; 16]),
                session: SessionId::from_bytes(u128::from(number).to_be_bytes()),
                reason: Reason::Other,
                comment: Some("words".repeat(50)),
            };
            store.submit(report, NOW).await?;
            say("submitted", number)?;
            let decision = if number.is_multiple_of(3) { Decision::Rejected } else { Decision::Accepted };
            let verdict =
                Verdict { report: ReportId(number.into()), moderator: device(0)?, decision, note: None };
            if !matches!(store.judge(verdict, NOW).await?, Judged::Recorded { .. }) {
                return Err("a fresh report was judged before".into());
            }
            say("judged", number)?;
        }
    };
    // Several at once, so that a kill meets some in the middle.
    let (a, b, c) = tokio::join!(one_by_one(), one_by_one(), one_by_one());
    a.and(b).and(c)
}

fn say(what: &str, number: u64) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {number}")?;
    Ok(out.flush()?)
}

struct Writer {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Writer {
    fn start(url: &str, first: u64) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .env(URL, url)
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self { child, lines })
    }

    /// The next acknowledgement.
    fn hear(&mut self) -> Result<Option<(String, u64)>> {
        let Some(line) = self.lines.next().transpose()? else { return Ok(None) };
        let (what, number) = line.split_once(' ').ok_or("an odd line")?;
        Ok(Some((what.to_owned(), number.parse()?)))
    }
}

async fn kill_and_look() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}/video-chat.db", folder.path().display());
    let (mut submitted, mut judged) = (Vec::new(), Vec::new());
    for round in 0..4_u64 {
        let mut writers = [
            Writer::start(&url, 1 + round * 2_000_000)?,
            Writer::start(&url, 1_000_001 + round * 2_000_000)?,
        ];
        let mut note = |(what, number): (String, u64)| {
            if what == "judged" { judged.push(number) } else { submitted.push(number) }
        };
        for _ in 0..30 + round * 7 {
            for writer in &mut writers {
                note(writer.hear()?.ok_or("a writer ended by itself")?);
            }
        }
        for writer in &mut writers {
            // `kill` sends SIGKILL.
            writer.child.kill()?;
        }
        for writer in &mut writers {
            while let Some(said) = writer.hear()? {
                note(said);
            }
            writer.child.wait()?;
        }
        look(&url, &submitted, &judged).await?;
    }
    println!("{} reports and {} verdicts survived 8 kills", submitted.len(), judged.len());
    Ok(())
}

/// Everything acknowledged is there, and nothing is there by half.
async fn look(url: &str, submitted: &[u64], judged: &[u64]) -> Result<()> {
    let store = SqlStore::connect(url, false).await?;
    let mut request = PageRequest { status: None, limit: 100, after: None };
    let mut statuses = std::collections::HashMap::new();
    loop {
        let page = store.page(&request).await?;
        statuses.extend(page.reports.into_iter().map(|report| (report.facts.id, report.status)));
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
    let status = |number: &u64| statuses.get(&ReportId((*number).into()));
    assert!(submitted.iter().all(|number| status(number).is_some()), "an acknowledged report is lost");
    for number in judged {
        let expected = if number.is_multiple_of(3) { Status::Rejected } else { Status::Accepted };
        assert_eq!(status(number), Some(&expected), "an acknowledged verdict is lost");
    }

    let count = |wanted: Status| statuses.values().filter(|status| **status == wanted).count();
    let (accepted, rejected) = (count(Status::Accepted), count(Status::Rejected));
    assert_eq!(store.blocks(NOW).await?.len(), accepted, "a verdict without its block");
    assert_eq!(store.outbox(0, u32::MAX).await?.len(), accepted, "a verdict without its outbox row");
    let audited = store.verify().await?.map_err(|broken| broken.to_string())?.seq;
    assert_eq!(audited, (2 * accepted + rejected) as u64, "a verdict without its audit entries");
    store.close().await;
    Ok(())
}
