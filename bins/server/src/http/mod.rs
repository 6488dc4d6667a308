//! The HTTP API: `/auth`, `/turn`, `/reports`, `/health`, `/metrics`, its description and the browser's client.
//!
//! Everything is reached through the ports in [`State`]. [`app`] gives a whole actix-web application: the routes
//! within the one middleware stack that gives every answer, whoever made it, its request id, security headers, CORS
//! headers, limits and metrics.

pub mod address;
mod answer;
mod auth;
mod bearer;
mod body;
mod client;
pub mod demo;
mod error;
mod health;
mod iso8601;
mod limit;
mod metrics;
mod middleware;
pub mod openapi;
mod reports;
mod routes;
mod state;
mod turn;
mod validator;

use std::sync::Arc;

use actix_web::{
    App,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    web::{self, ServiceConfig},
};

pub use body::MAX_BODY;
pub use error::{Code, Error};
pub use health::{Check, Readiness};
pub use middleware::stack;
pub use routes::ROUTES;
pub use state::{Live, Policy, State};

/// Mounts every route of the API, and 404 for the rest. What the Socket.IO transport mounts goes after it, since
/// `/socket.io/socket.io.js` lies below the transport's path.
pub fn configure(app: &mut ServiceConfig, state: Arc<State>) {
    let demo = state.policy.demo;
    app.app_data(web::Data::from(state));
    routes::mount(app);
    if demo {
        demo::mount(app);
    }
    app.default_service(web::to(routes::not_found));
}

/// Mounts `/metrics` alone, and 404 for the rest: for the port that only monitoring reaches.
pub fn configure_monitoring(app: &mut ServiceConfig, state: Arc<State>) {
    app.app_data(web::Data::from(state));
    routes::mount_metrics(app);
    app.default_service(web::to(routes::not_found));
}

/// An application that is whole: the API, then whatever `more` mounts, within the middleware [`stack`].
pub fn app<F>(
    state: &Arc<State>,
    more: F,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    > + use<F>,
>
where
    F: FnOnce(&mut ServiceConfig),
{
    App::new()
        .wrap(stack(Arc::clone(state)))
        .configure(|app| configure(app, Arc::clone(state)))
        .configure(more)
}

/// The application of the monitoring port.
pub fn monitoring(
    state: &Arc<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new().wrap(stack(Arc::clone(state))).configure(|app| configure_monitoring(app, Arc::clone(state)))
}
