//! One server's HTTP state over fakes, and a way to call it.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    body::to_bytes,
    http::{Method, StatusCode, header::HeaderMap},
    test::{TestRequest, call_service, init_service},
    web,
};
use bytes::Bytes;
use serde_json::Value;
use video_chat_auth::{Role, Tokens};
use video_chat_kernel::{Clock, DeviceId, PeerAlias, Secret, SessionId};
use video_chat_reporting::{Pseudonyms, ReportId, SessionLog, SessionRecord};
use video_chat_server::{
    http::{self, Policy, Readiness, State},
    settings::Settings,
    telemetry::Metrics,
};
use video_chat_turn::{Provider, Turn};

use crate::{
    fakes::{Blocks, Limiter, LiveSpy, Reports, Sessions, TestClock, TestEntropy},
    schema,
};

pub(crate) const SECRET: &str = "a secret of more than thirty-two bytes, for tests";
pub(crate) const TURN_SECRET: &str = "the relay's secret";
/// The page whose origin is allowed.
pub(crate) const ORIGIN: &str = "https://app.example.org";

pub(crate) struct World {
    pub(crate) state: Arc<State>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) reports: Arc<Reports>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) blocks: Arc<Blocks>,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) live: Arc<LiveSpy>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A world with these settings on top of the tests' own.
    pub(crate) fn with(pairs: &[(&str, &str)]) -> Self {
        let own = [
            ("NODE_ENV", "test"),
            ("JWT_SECRET", SECRET),
            ("CORS_ORIGINS", ORIGIN),
            ("TRUSTED_PROXIES", "10.0.0.0/8"),
            ("RATE_LIMIT_MAX_REQUESTS", "0"),
        ];
        let all: std::collections::BTreeMap<&str, &str> =
            own.into_iter().chain(pairs.iter().copied()).collect();
        let settings = Settings::from_pairs(all).unwrap();
        let (clock, reports, sessions) =
            (Arc::new(TestClock::default()), Arc::new(Reports::default()), Arc::new(Sessions::default()));
        let (blocks, limiter, live) =
            (Arc::new(Blocks::default()), Arc::new(Limiter::default()), Arc::new(LiveSpy::default()));
        let provider = Provider::Coturn {
            secret: Secret::new(TURN_SECRET),
            urls: vec!["turn:turn.example.org:3478?transport=udp".into()],
            ttl: Duration::from_hours(1),
        };
        let state = Arc::new(State {
            reports: reports.clone(),
            sessions: sessions.clone(),
            blocks: blocks.clone(),
            limiter: limiter.clone(),
            tokens: Arc::new(Tokens::new(&Secret::new(SECRET), &[])),
            turn: Arc::new(Turn::new(provider, vec!["stun:turn.example.org:3478".into()])),
            pseudonyms: Arc::new(Pseudonyms::new([7; 32])),
            clock: clock.clone(),
            entropy: Arc::new(TestEntropy::default()),
            metrics: Arc::new(Metrics::new(&[], false)),
            live: live.clone(),
            readiness: Readiness::new(reports.clone(), Vec::new()),
            policy: Policy::of(&settings),
            last_report: std::sync::Mutex::new(ReportId(0)),
            started_at: clock.now(),
        });
        Self { state, clock, reports, sessions, blocks, limiter, live }
    }

    pub(crate) fn token(&self, device: &str, role: Role) -> String {
        let device = DeviceId::parse(device).unwrap();
        self.state.tokens.issue(&device, role, self.clock.now(), Duration::from_mins(5))
    }

    /// A call between `ann` and `bob`; answers its id, and what `ann` and `bob` are called.
    pub(crate) async fn open_call(
        &self,
        ann: &str,
        bob: &str,
        number: u8,
    ) -> (SessionId, PeerAlias, PeerAlias) {
        let session = SessionId::from_bytes([number; 16]);
        let aliases =
            (PeerAlias::from_bytes([number ^ 0x40; 16]), PeerAlias::from_bytes([number ^ 0x80; 16]));
        let participants =
            [(DeviceId::parse(ann).unwrap(), aliases.0), (DeviceId::parse(bob).unwrap(), aliases.1)];
        let record = SessionRecord { session, participants, started_at: self.clock.now(), ended_at: None };
        self.sessions.opened(record).await.unwrap();
        (session, aliases.0, aliases.1)
    }

    pub(crate) fn drain(&self) {
        self.live.draining.store(true, Ordering::SeqCst);
    }

    /// Calls the application; what every answer promises is checked here, once for all tests.
    pub(crate) async fn call(&self, request: TestRequest) -> Reply {
        // A neighbour of the API, standing for the Socket.IO endpoint.
        let transport = web::resource("/socket.io/").to(|| async { HttpResponse::Ok().body("engine") });
        let app = init_service(http::app(&self.state, |app| {
            app.service(transport);
        }))
        .await;
        let request = request.to_request();
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let response = call_service(&app, request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap();
        let reply = Reply { status: status.as_u16(), headers, body };
        reply.keeps_promises(&method, &path);
        reply
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call(bearer(TestRequest::get().uri(path), token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.call(bearer(TestRequest::post().uri(path), token).set_json(body)).await
    }
}

/// A request that comes from `address` directly.
pub(crate) fn from(request: TestRequest, address: &str) -> TestRequest {
    request.peer_addr(SocketAddr::new(address.parse().unwrap(), 40_000))
}

/// A request with `token`, or without when it is empty.
pub(crate) fn bearer(request: TestRequest, token: &str) -> TestRequest {
    if token.is_empty() {
        request
    } else {
        request.insert_header(("authorization", format!("Bearer {token}")))
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json; charset=utf-8");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts an error of exactly the contract's four members.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, code: &str) -> String {
        let body = self.json();
        let reason = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["statusCode"], status);
        assert_eq!(body["error"], reason);
        assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
        assert!(!body.to_string().contains("secret words"), "a backend's words stay inside");
        body["message"].as_str().unwrap().to_owned()
    }

    fn keeps_promises(&self, method: &Method, path: &str) {
        assert!(!self.header("x-request-id").is_empty());
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert!(!self.headers.contains_key("server") && !self.headers.contains_key("x-powered-by"));
        if self.status == 429 {
            assert!(self.header("retry-after").parse::<u32>().unwrap() >= 1);
        }
        let is_page = http::demo::FILES.iter().any(|file| file.path == path) && self.status < 400;
        if path != "/socket.io/" && !is_page && *method != Method::OPTIONS {
            schema::check_answer(method, path, self);
        }
    }
}
