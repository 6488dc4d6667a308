//! `/health*`: whether the process lives, and whether it should be sent anybody.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode, web};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;
use video_chat_kernel::{Clock, Timestamp, Unavailable};
use video_chat_reporting::ReportStore;

use super::{
    State, answer,
    error::{Body, Code, Error},
    iso8601,
};

/// How long a backend may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer of the backends is good for: the call is not limited, so it must cost little.
const FRESH: Duration = Duration::from_millis(500);

/// Something the server cannot serve without.
#[async_trait]
pub trait Check: Send + Sync {
    /// What it is called in the answer, such as `redis`.
    fn name(&self) -> &'static str;

    /// Passes when it answers. Given up after 2 s.
    async fn check(&self) -> Result<(), Unavailable>;
}

/// The backends that readiness asks, and what they said last.
pub struct Readiness {
    checks: Vec<Arc<dyn Check>>,
    /// How long each may take to answer before it counts as away.
    patience: Duration,
    /// Held while asking, so that any number of callers cost one round.
    last: Mutex<Option<(Timestamp, Said)>>,
}

/// Each backend's name and whether it answers.
type Said = Vec<(&'static str, bool)>;

impl Readiness {
    /// Asks the database and each of `more`.
    pub fn new(reports: Arc<dyn ReportStore>, more: Vec<Arc<dyn Check>>) -> Self {
        let database: Arc<dyn Check> = Arc::new(Database(reports));
        Self {
            checks: std::iter::once(database).chain(more).collect(),
            patience: PATIENCE,
            last: Mutex::new(None),
        }
    }

    /// What the backends say; at most half a second old.
    async fn ask(&self, clock: &dyn Clock) -> Said {
        let mut last = self.last.lock().await;
        let now = clock.now();
        match &*last {
            Some((at, said)) if *at <= now && now.since(*at) < FRESH => said.clone(),
            _ => {
                let said = join_all(self.checks.iter().map(|check| self.ask_one(&**check))).await;
                *last = Some((clock.now(), said.clone()));
                said
            }
        }
    }

    async fn ask_one(&self, check: &dyn Check) -> (&'static str, bool) {
        let answer = tokio::time::timeout(self.patience, check.check()).await;
        if let Ok(Err(error)) = &answer {
            tracing::debug!(operation = error.operation, source = %error.source, "a readiness check failed");
        }
        (check.name(), matches!(answer, Ok(Ok(()))))
    }
}

struct Database(Arc<dyn ReportStore>);

#[async_trait]
impl Check for Database {
    fn name(&self) -> &'static str {
        "database"
    }

    async fn check(&self) -> Result<(), Unavailable> {
        self.0.ping().await
    }
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    version: &'static str,
    /// Seconds.
    uptime: f64,
    timestamp: String,
}

#[derive(Serialize)]
struct Ready<'a> {
    /// An answer that is an error has what every error has.
    #[serde(flatten)]
    error: Option<Body<'a>>,
    status: &'static str,
    timestamp: String,
    checks: BTreeMap<&'static str, &'static str>,
}

/// `GET /health`: the process lives, whatever its backends do.
pub(super) async fn live(state: web::Data<State>) -> HttpResponse {
    let now = state.clock.now();
    answer::ok(&Alive {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime: now.since(state.started_at).as_secs_f64(),
        timestamp: iso8601::format(now),
    })
}

/// `GET /health/ready`: 200 when the server can serve newcomers, else 503 naming what fails.
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    let mut said = state.readiness.ask(&*state.clock).await;
    // Asked last and never remembered: a drain must show at once.
    said.push(("draining", !state.live.draining()));

    let failing: Vec<_> = said.iter().filter(|(_, fine)| !fine).map(|(name, _)| *name).collect();
    let error = (!failing.is_empty())
        .then(|| Error::new(Code::NotReady, format!("Not ready: {}", failing.join(", "))));
    let status = error.as_ref().map_or(StatusCode::OK, Error::status_code);
    let body = Ready {
        status: if error.is_none() { "ready" } else { "not_ready" },
        error: error.as_ref().map(Error::body),
        timestamp: iso8601::format(state.clock.now()),
        checks: said.iter().map(|(name, fine)| (*name, word(name, *fine))).collect(),
    };
    answer::json_with(HttpResponse::build(status), &body)
}

fn word(name: &str, fine: bool) -> &'static str {
    match (name, fine) {
        ("draining", true) => "no",
        ("draining", false) => "yes",
        (_, true) => "ok",
        (_, false) => "unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;

    #[async_trait]
    impl Check for Silent {
        fn name(&self) -> &'static str {
            "redis"
        }

        async fn check(&self) -> Result<(), Unavailable> {
            std::future::pending().await
        }
    }

    struct Prompt;

    #[async_trait]
    impl Check for Prompt {
        fn name(&self) -> &'static str {
            "database"
        }

        async fn check(&self) -> Result<(), Unavailable> {
            Ok(())
        }
    }

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1)
        }
    }

    #[actix_web::test]
    async fn a_backend_that_never_answers_counts_as_away() {
        let checks: Vec<Arc<dyn Check>> = vec![Arc::new(Prompt), Arc::new(Silent)];
        let readiness = Readiness { checks, patience: Duration::ZERO, last: Mutex::new(None) };
        assert_eq!(readiness.ask(&Still).await, [("database", true), ("redis", false)]);
    }
}
