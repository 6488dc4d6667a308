//! A server that hands each WebSocket the raw TCP stream, beside an ordinary actix-web `App`.
//!
//! An `App` sees a WebSocket through a payload channel, a response body and two HTTP buffers. Here the stream itself is
//! taken over where the HTTP/1 dispatcher lets go of it, which costs a fraction of the memory and of the time.

mod fallback;
mod options;
mod upgrade;

use std::{fmt, io, net::TcpListener, sync::Arc};

use actix_http::{
    HttpService, Request, Response,
    body::{BoxBody, MessageBody},
};
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt as _, fn_factory, map_config};
use actix_web::{Error, dev::AppConfig};

pub use options::ServeOptions;
pub use upgrade::Endpoint;
use upgrade::{Taker, upgrades};

/// Serves an `App` with every WebSocket on its raw stream.
///
/// ```no_run
/// # use std::{io, net::TcpListener};
/// use actix_web::App;
/// use video_chat_actix_socketio::{DirectServer, Handler, ServeOptions, SocketIo};
///
/// # async fn example<H: Handler>(socket_io: SocketIo<H>) -> io::Result<()> {
/// let polling = socket_io.clone();
/// let server = DirectServer::new(move || App::new().configure(|app| polling.configure(app)))
///     .endpoint(&socket_io)
///     .options(ServeOptions { workers: 2, ..ServeOptions::default() })
///     .listen(TcpListener::bind("127.0.0.1:0")?)?;
/// let handle = server.handle();
/// // Later: `socket_io.close_all()`, wait for `socket_io.connections()` to reach 0, then `handle.stop(true)`.
/// # drop(handle);
/// server.await
/// # }
/// ```
pub struct DirectServer<F> {
    app: F,
    endpoints: Vec<Arc<dyn Taker>>,
    options: ServeOptions,
}

impl<F> fmt::Debug for DirectServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectServer").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<F> DirectServer<F> {
    /// A server for the `App` that `app` builds, twice for each worker. The endpoints have to be mounted in it, too:
    /// it serves their polling.
    pub fn new(app: F) -> Self {
        Self { app, endpoints: Vec::new(), options: ServeOptions::default() }
    }

    /// Takes every WebSocket of this endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: &impl Endpoint) -> Self {
        self.endpoints.push(endpoint.taker());
        self
    }

    /// Sets how to serve.
    #[must_use]
    pub fn options(mut self, options: ServeOptions) -> Self {
        self.options = options;
        self
    }

    /// Starts to serve. Signals are not handled: stop it through [`Server::handle`].
    ///
    /// Stopping ends HTTP; what runs over WebSocket is closed by [`SocketIo::close_all`](crate::SocketIo::close_all), or dropped with
    /// the runtime.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn listen<I, S, B>(self, listener: TcpListener) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error>,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>>,
        B: MessageBody + 'static,
    {
        let Self { app, endpoints, options } = self;
        let mut builder = Server::build()
            .disable_signals()
            .shutdown_timeout(options.shutdown_timeout.as_secs().max(1))
            .max_concurrent_connections(options.max_connections);
        if options.workers > 0 {
            builder = builder.workers(options.workers);
        }
        let service = move || {
            let (app, endpoints, options) = (app.clone(), endpoints.clone(), options.clone());
            let beside = app.clone();
            HttpService::build()
                .keep_alive(options.keep_alive)
                .client_request_timeout(options.client_request_timeout)
                .client_disconnect_timeout(options.client_disconnect_timeout)
                .on_connect_ext(move |stream: &TcpStream, _: &mut _| options.tune(stream))
                .upgrade(fn_factory(move || upgrades(endpoints.clone(), answering(beside()).new_service(()))))
                .h1(answering(app()))
                .tcp()
        };
        Ok(builder.listen("http", listener, service)?.run())
    }
}

/// An `App` as actix-http wants it: its errors are answers.
fn answering<I, S, B>(
    app: I,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = S::Response,
    Error = Response<BoxBody>,
    InitError = S::InitError,
>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::Response: Into<Response<B>>,
{
    let app = app.into_factory().map_err(|error| Response::from(error.into()));
    map_config(app, |()| AppConfig::default())
}
