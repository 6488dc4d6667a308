//! An endpoint: an application, its settings and its connections.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use video_chat_socketio::session::{Timing, Transport};

use crate::{
    Config, DisconnectReason, HandshakeRefusal, HandshakeRequest, Offence,
    conn::{Conn, Ending, Limits},
    polling::Mail,
    sid::Sid,
    slots::Slots,
};

const SHARDS: usize = 64;

/// What sits on top of Engine.IO: Socket.IO, or something simpler.
pub(crate) trait Application: Send + Sync + 'static {
    /// What is kept of each connection.
    type Session: Send + 'static;

    fn open(
        &self,
        conn: &Arc<Conn>,
        request: &HandshakeRequest<'_>,
    ) -> Result<Self::Session, HandshakeRefusal>;

    /// A message came: does at once what needs no waiting, and answers what is left. An error ends the connection.
    fn message<'a>(
        &'a self,
        session: &'a mut Self::Session,
        message: Message<'a>,
        received_at: Instant,
    ) -> Result<Option<Work<'a>>, Offence>;

    /// The server took sockets out of their namespaces.
    fn expelled(&self, session: &mut Self::Session) -> impl Future<Output = ()> + Send;

    /// The last frames of a connection that the server closes for good.
    fn farewell(&self, session: &Self::Session) -> Vec<video_chat_socketio::Frame>;

    fn closed(
        &self,
        session: &mut Self::Session,
        reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send;

    fn offence(&self, offence: Offence);
}

/// What is left of a message: on the heap, so that an idle connection does not carry the room for it.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = Result<(), Offence>> + Send + 'a>>;

/// A message of the client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

/// How a connection is found again.
struct Entry<A: Application> {
    conn: Arc<Conn>,
    /// Present when it began as polling.
    mail: Option<Arc<Mail<A>>>,
}

/// A connection found by its id: with its mail when it began as polling.
pub(crate) type Found<A> = (Arc<Conn>, Option<Arc<Mail<A>>>);

/// One endpoint of a process.
pub(crate) struct Endpoint<A: Application> {
    pub(crate) app: A,
    pub(crate) config: Config,
    limits: Arc<Limits>,
    shards: [Mutex<HashMap<Sid, Entry<A>>>; SHARDS],
    open: AtomicUsize,
}

impl<A: Application> Endpoint<A> {
    pub(crate) fn new(app: A, config: Config) -> Self {
        let timing = Timing {
            ping_interval: config.ping_interval,
            ping_timeout: config.ping_timeout,
            upgrade_timeout: config.upgrade_timeout,
            connect_timeout: config.connect_timeout,
        };
        let slots = Slots::of(config.ping_interval);
        let limits =
            Limits { timing, slots, max_payload: config.max_payload, max_buffered: config.max_buffered };
        Self {
            app,
            config,
            limits: Arc::new(limits),
            shards: std::array::from_fn(|_| Mutex::default()),
            open: AtomicUsize::new(0),
        }
    }

    /// Admits a connection and enters it.
    pub(crate) fn open(
        self: &Arc<Self>,
        transport: Transport,
        request: &HandshakeRequest<'_>,
    ) -> Result<Driver<A>, HandshakeRefusal> {
        let no_entropy =
            HandshakeRefusal { status: 503, code: 3, message: "Service unavailable", retry_after: None };
        let sid = Sid::random().ok_or(no_entropy)?;
        let conn = Arc::new(Conn::new(sid, self.limits.clone(), transport));
        let session = self.app.open(&conn, request)?;
        let mail = (transport == Transport::Polling).then(|| Arc::new(Mail::default()));
        self.shard(sid).insert(sid, Entry { conn: conn.clone(), mail: mail.clone() });
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Driver { endpoint: self.clone(), conn, session, finished: false })
    }

    pub(crate) fn find(&self, sid: Sid) -> Option<Found<A>> {
        self.shard(sid).get(&sid).map(|entry| (entry.conn.clone(), entry.mail.clone()))
    }

    pub(crate) fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn end_all(&self, ending: Ending) {
        for shard in &self.shards {
            let conns: Vec<_> = lock(shard).values().map(|entry| entry.conn.clone()).collect();
            for conn in conns {
                conn.end(ending);
            }
        }
    }

    fn shard(&self, sid: Sid) -> MutexGuard<'_, HashMap<Sid, Entry<A>>> {
        let number = sid.as_str().bytes().next_back().map_or(0, usize::from) % SHARDS;
        let shard = self.shards.get(number).unwrap_or(&self.shards[0]);
        lock(shard)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The owner of a connection's application state, handed from polling to WebSocket in an upgrade. Dropping it takes
/// the connection off the list.
pub(crate) struct Driver<A: Application> {
    endpoint: Arc<Endpoint<A>>,
    conn: Arc<Conn>,
    session: A::Session,
    finished: bool,
}

impl<A: Application> Driver<A> {
    pub(crate) fn conn(&self) -> &Arc<Conn> {
        &self.conn
    }

    pub(crate) fn message<'a>(
        &'a mut self,
        message: Message<'a>,
        at: Instant,
    ) -> Result<Option<Work<'a>>, Offence> {
        self.endpoint.app.message(&mut self.session, message, at)
    }

    pub(crate) async fn expelled(&mut self) {
        self.endpoint.app.expelled(&mut self.session).await;
    }

    /// Counts an offence, and lists the frames that are still to be sent.
    pub(crate) fn farewell(&self, ending: Ending) -> Vec<video_chat_socketio::Frame> {
        match ending {
            Ending::Offence(offence) => self.endpoint.app.offence(offence),
            Ending::Close => return self.endpoint.app.farewell(&self.session),
            Ending::Client | Ending::Lost | Ending::PingTimeout | Ending::HangUp => {}
        }
        Vec::new()
    }

    /// Tells the application, once.
    pub(crate) async fn finish(&mut self, ending: Ending) {
        if !std::mem::replace(&mut self.finished, true) {
            self.endpoint.app.closed(&mut self.session, ending.reason()).await;
        }
    }
}

impl<A: Application> Drop for Driver<A> {
    fn drop(&mut self) {
        self.endpoint.shard(self.conn.sid).remove(&self.conn.sid);
        self.endpoint.open.fetch_sub(1, Ordering::Relaxed);
        // Emitters may live on: they must not fill the outbox of a connection that nobody serves any more.
        let mut shared = self.conn.lock();
        shared.end(Ending::Lost);
        shared.outbox.clear();
        shared.conclude(Vec::new());
    }
}
