use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder,
    http::{Method, StatusCode, header},
    web::{self, ServiceConfig},
};

use super::{
    auth, client,
    error::{Code, Error},
    health, metrics, openapi, reports, turn,
};

/// The path of every route of the API and the methods it knows (HEAD goes with GET). The demo page's files are no part of
/// it: they are in `demo::FILES`.
pub const ROUTES: &[(&str, &[&str])] = &[
    ("/auth/token", &["POST"]),
    ("/auth/refresh", &["POST"]),
    ("/auth/verify", &["GET"]),
    ("/turn/credentials", &["POST"]),
    ("/reports", &["GET", "POST"]),
    ("/reports/next", &["GET"]),
    ("/reports/stats", &["GET"]),
    ("/reports/moderate", &["POST"]),
    ("/metrics", &["GET"]),
    ("/health", &["GET"]),
    ("/health/ready", &["GET"]),
    ("/openapi.json", &["GET"]),
    ("/socket.io/socket.io.js", &["GET"]),
];

pub(super) fn mount(app: &mut ServiceConfig) {
    app.service(post("/auth/token", auth::token))
        .service(post("/auth/refresh", auth::refresh))
        .service(get("/auth/verify", auth::verify))
        .service(post("/turn/credentials", turn::credentials))
        .service(
            at("/reports", "GET, HEAD, POST")
                .route(web::get().to(reports::list))
                .route(web::head().to(reports::list))
                .route(web::post().to(reports::submit)),
        )
        .service(get("/reports/next", reports::next))
        .service(get("/reports/stats", reports::stats))
        .service(post("/reports/moderate", reports::moderate))
        .service(get("/health", health::live))
        .service(get("/health/ready", health::ready))
        .service(get("/openapi.json", openapi::document))
        .service(get("/socket.io/socket.io.js", client::bundle));
    mount_metrics(app);
}

pub(super) fn mount_metrics(app: &mut ServiceConfig) {
    app.service(get("/metrics", metrics::render));
}

/// `Cannot GET /nope`, in the words of the replaced product.
pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, Error> {
    let path: String = request.path().chars().take(256).collect();
    Err(Error::new(Code::NotFound, format!("Cannot {} {path}", request.method())))
}

/// A path, with or without a slash at its end, that answers every method it has no route for.
fn at(path: &str, allow: &'static str) -> Resource {
    let unknown = move |request: HttpRequest| async move {
        if request.method() == Method::OPTIONS {
            return Ok(HttpResponse::build(StatusCode::NO_CONTENT)
                .insert_header((header::ALLOW, allow))
                .finish());
        }
        Err(Error::method_not_allowed(allow))
    };
    web::resource([path.to_owned(), format!("{path}/")]).default_service(web::to(unknown))
}

pub(super) fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    F::Output: Responder + 'static,
    Args: FromRequest + 'static,
{
    at(path, "GET, HEAD").route(web::get().to(handler.clone())).route(web::head().to(handler))
}

fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    F::Output: Responder + 'static,
    Args: FromRequest + 'static,
{
    at(path, "POST").route(web::post().to(handler))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_names_every_path_that_is_mounted_and_no_other() {
        let source = include_str!("routes.rs").split("mod tests").next().unwrap();
        let mounted: BTreeSet<&str> = ["get(\"", "post(\"", "at(\""]
            .iter()
            .flat_map(|call| source.split(call).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let listed: BTreeSet<&str> = ROUTES.iter().map(|(path, _)| *path).collect();
        assert_eq!(mounted, listed);
    }
}
