//! A client of the protocol: joins the namespace, emits, hears.

use std::{
    cell::Cell,
    error::Error,
    io,
    time::{Duration, Instant},
};

use crate::{clock::now, link::Link, target::Target};

/// A client that is in.
pub(crate) struct Client {
    /// Its number in the run.
    pub(crate) number: usize,
    link: Link,
    /// What its events begin with: `42/signaling,["`.
    prefix: String,
    ping_interval: Duration,
    /// When the next ping of the server is due.
    ping_due: Cell<Instant>,
}

/// Something the server said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// An event with its payload: raw JSON.
    Event(&'a str, &'a str),
    /// A ping, so much later than it was due. It has been answered.
    Ping(Duration),
    /// Anything else.
    Other(&'a str),
}

/// The server's `error` event as an error: by its code, so that the same kind counts together.
pub(crate) fn refusal(payload: &str) -> io::Error {
    #[derive(serde::Deserialize)]
    struct Refusal {
        code: String,
    }
    let refusal: Result<Refusal, _> = serde_json::from_str(payload);
    io::Error::other(
        refusal.map_or_else(|_| payload.to_owned(), |refusal| format!("refused: {}", refusal.code)),
    )
}

impl Client {
    /// Connects and waits for `connected`.
    pub(crate) async fn connect(target: &Target, number: usize) -> Result<Self, Box<dyn Error>> {
        let token = if target.bare { String::new() } else { target.token(number).await? };
        let link = Link::open(target.server, target.source(number), &target.host, target.path).await?;
        let prefix = match target.namespace.as_str() {
            "/" => r#"42[""#.to_owned(),
            namespace => format!(r#"42{namespace},[""#),
        };
        let ping_due = Cell::new(now());
        let mut client = Self { number, link, prefix, ping_interval: Duration::ZERO, ping_due };
        if !target.bare {
            client.enter(&target.namespace, &token).await?;
        }
        Ok(client)
    }

    async fn enter(&mut self, namespace: &str, token: &str) -> Result<(), Box<dyn Error>> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Open {
            ping_interval: u64,
        }
        let open = self.link.receive(|text| Some(text.strip_prefix('0').map(str::to_owned))).await?.flatten();
        let open: Open = serde_json::from_str(&open.ok_or("the server does not open")?)?;
        self.ping_interval = Duration::from_millis(open.ping_interval);
        self.ping_due.set(now() + self.ping_interval);
        let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
        self.link.queue(&format!(r#"40{name}{{"token":"{token}"}}"#));
        self.link.flush();
        let refusal = format!("44{name}");
        let entered = self
            .hear(|heard| match heard {
                Heard::Event("connected", _) => Some(Ok(())),
                Heard::Other(text) if text.starts_with(&refusal) => Some(Err(text.to_owned())),
                _ => None,
            })
            .await?;
        entered.map_err(|refusal| io::Error::new(io::ErrorKind::ConnectionRefused, refusal).into())
    }

    /// Queues an event with a payload of raw JSON; [`Self::flush`] or hearing sends it.
    pub(crate) fn emit(&self, event: &str, payload: &str) {
        let text = [&*self.prefix, event, "\",", payload, "]"].concat();
        self.link.queue(&text);
    }

    pub(crate) fn flush(&self) {
        self.link.flush();
    }

    /// Shows what is heard to `take` until that answers something. The end of the connection is an error.
    pub(crate) async fn hear<T>(&self, mut take: impl FnMut(Heard<'_>) -> Option<T>) -> io::Result<T> {
        let answer = self
            .link
            .receive(|text| {
                let heard = self.understand(text);
                take(heard)
            })
            .await?;
        answer.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up"))
    }

    fn understand<'a>(&self, text: &'a str) -> Heard<'a> {
        if text == "2" {
            self.link.queue("3");
            let (now, due) = (now(), self.ping_due.get());
            self.ping_due.set(now + self.ping_interval);
            return Heard::Ping(now.saturating_duration_since(due));
        }
        let event = text.strip_prefix(&*self.prefix).and_then(|event| event.split_once('"'));
        match event.and_then(|(name, rest)| Some((name, rest.strip_prefix(',')?.strip_suffix(']')?))) {
            Some((name, payload)) => Heard::Event(name, payload),
            None => Heard::Other(text),
        }
    }
}
