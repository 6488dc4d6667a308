//! Where the HTTP/1 dispatcher lets go of a stream.

use std::{fmt::Debug, future::Future, rc::Rc, sync::Arc};

use actix_codec::Framed;
use actix_http::{
    HttpMessage as _, Request, Response,
    body::{BoxBody, MessageBody},
    h1::Codec,
    header,
    ws::hash_key,
};
use actix_rt::net::TcpStream;
use actix_service::{IntoService, Service, fn_service};
use actix_web::Error;
use bytes::Bytes;
use socket2::SockRef;
use video_chat_socketio::{engine::ErrorCode, session::Transport};

use super::fallback;
use crate::{
    EngineIo, Handler, HandshakeRequest, RawHandler, SocketIo,
    endpoint::{self, Application},
    probe,
    pump::{self, Pump},
    reply::{Judged, Reply},
    requests,
    route::{Route, route},
    wire::Stream,
};

/// An endpoint whose WebSocket streams a [`DirectServer`](crate::DirectServer) can take.
pub trait Endpoint: sealed::Sealed {}

impl<H: Handler> Endpoint for SocketIo<H> {}
impl<H: RawHandler> Endpoint for EngineIo<H> {}

pub(super) use sealed::Taker;

mod sealed {
    use std::sync::Arc;

    use actix_codec::Framed;
    use actix_http::{Request, h1::Codec};
    use actix_rt::net::TcpStream;

    /// Takes streams over.
    pub trait Taker: Send + Sync {
        fn path(&self) -> &str;

        /// Gives the stream back when the request has an answer in HTTP, which is the `App`'s to give: its middleware may
        /// have something to add.
        fn take(
            &self,
            request: &Request,
            framed: Framed<TcpStream, Codec>,
        ) -> Option<Framed<TcpStream, Codec>>;
    }

    pub trait Sealed {
        fn taker(&self) -> Arc<dyn Taker>;
    }
}

impl<H: Handler> sealed::Sealed for SocketIo<H> {
    fn taker(&self) -> Arc<dyn Taker> {
        Arc::new(Direct(self.endpoint.clone()))
    }
}

impl<H: RawHandler> sealed::Sealed for EngineIo<H> {
    fn taker(&self) -> Arc<dyn Taker> {
        Arc::new(Direct(self.endpoint.clone()))
    }
}

impl Stream for TcpStream {
    fn abort(&mut self) {
        // Closing then resets the connection instead of leaving the kernel to deliver what nobody reads.
        let _ = SockRef::from(&*self).set_linger(Some(std::time::Duration::ZERO));
    }
}

/// The service for requests that want to upgrade.
pub(super) async fn upgrades<S, B, E>(
    takers: Vec<Arc<dyn Taker>>,
    app: impl Future<Output = Result<S, E>>,
) -> Result<impl Service<(Request, Framed<TcpStream, Codec>), Response = (), Error = Error>, E>
where
    S: Service<Request> + 'static,
    S::Error: Into<Response<BoxBody>>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
    E: Debug,
{
    let app = Rc::new(app.await?);
    Ok(fn_service(move |(request, framed): (Request, Framed<TcpStream, Codec>)| {
        let taker = takers.iter().find(|taker| taker.path() == request.path()).cloned();
        let app = app.clone();
        async move {
            let left = match taker {
                Some(taker) => taker.take(&request, framed),
                None => Some(framed),
            };
            match left {
                Some(framed) => fallback::answer(&*app, request, framed).await,
                None => Ok(()),
            }
        }
    })
    .into_service())
}

struct Direct<A: Application>(Arc<endpoint::Endpoint<A>>);

impl<A: Application> Taker for Direct<A> {
    fn path(&self) -> &str {
        &self.0.config.path
    }

    fn take(&self, request: &Request, framed: Framed<TcpStream, Codec>) -> Option<Framed<TcpStream, Codec>> {
        let Self(endpoint) = self;
        let head = request.head();
        let pump = |framed: Framed<TcpStream, Codec>| {
            // The read buffer holds what came right behind the request.
            let parts = framed.into_parts();
            let mut pump = Pump::new(parts.io, endpoint.config.max_payload, &parts.read_buf);
            pump.output.push_own(switching(request));
            pump
        };
        let reply = match route(endpoint, head) {
            Route::Reply(reply) => reply,
            Route::OpenWebSocket(cors) => {
                let query = head.uri.query().unwrap_or_default();
                let handshake = HandshakeRequest { headers: &head.headers, peer: head.peer_addr, query };
                match endpoint.open(Transport::WebSocket, &handshake) {
                    Err(refusal) => Reply::refusal(&refusal, &cors),
                    Ok(driver) => {
                        let open = requests::open_packet(endpoint, driver.conn(), &[]);
                        let _ = driver.conn().send([open]);
                        actix_rt::spawn(pump::serve(pump(framed), driver));
                        return None;
                    }
                }
            }
            Route::Probe(conn, mail) => {
                actix_rt::spawn(probe::serve(pump(framed), conn, mail));
                return None;
            }
            Route::Surplus => {
                actix_rt::spawn(probe::refuse(pump(framed)));
                return None;
            }
            // Polling with an `Upgrade: websocket`.
            Route::Open(cors) | Route::Poll(_, cors) | Route::Post(_, _, cors) => {
                Reply::error(ErrorCode::BadRequest, &cors)
            }
        };
        request.extensions_mut().insert(Judged(reply));
        Some(framed)
    }
}

/// The 101 that turns the stream over (RFC 6455 §4.2.2).
fn switching(request: &Request) -> Bytes {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(header::HeaderValue::as_bytes);
    let accept = hash_key(key.unwrap_or_default());
    let accept = str::from_utf8(&accept).unwrap_or_default();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    )
    .into()
}
