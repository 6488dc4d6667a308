//! The demo page at `/`: a video chat that needs nothing but this server, and the reference for front-end authors.
//!
//! Its files are no part of the API: they are in neither [`ROUTES`](super::ROUTES) nor the OpenAPI document, and they
//! are there only when the operator wants them.

use actix_web::{HttpRequest, HttpResponse, http::header, web::ServiceConfig};

use super::validator;

/// What the page may do: run and show what this server serves, speak to it (`'self'` includes a WebSocket; a browser too old
/// to know that polls), play what it captured. Nothing inline.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The API's answers deny these to whoever shows them; this page is what they are for.
const PERMISSIONS: &str = "camera=(self), microphone=(self), speaker-selection=(self), geolocation=()";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Where it is served.
    pub path: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// Its content.
    pub text: &'static str,
}

macro_rules! files {
    ($($path:literal, $kind:expr, $name:literal;)*) => {
        /// Every file of the page.
        pub const FILES: &[File] = &[$(File {
            path: $path,
            kind: $kind,
            text: include_str!(concat!("../../assets/demo/", $name)),
        }),*];
    };
}

files! {
    "/", HTML, "index.html";
    "/demo/layout.css", CSS, "layout.css";
    "/demo/parts.css", CSS, "parts.css";
    "/demo/stage.css", CSS, "stage.css";
    "/demo/theme.css", CSS, "theme.css";
    "/demo/icon.svg", SVG, "icon.svg";
    "/demo/api.js", JAVASCRIPT, "api.js";
    "/demo/app.js", JAVASCRIPT, "app.js";
    "/demo/call.js", JAVASCRIPT, "call.js";
    "/demo/chat.js", JAVASCRIPT, "chat.js";
    "/demo/devices.js", JAVASCRIPT, "devices.js";
    "/demo/dom.js", JAVASCRIPT, "dom.js";
    "/demo/identity.js", JAVASCRIPT, "identity.js";
    "/demo/media.js", JAVASCRIPT, "media.js";
    "/demo/negotiation.js", JAVASCRIPT, "negotiation.js";
    "/demo/network.js", JAVASCRIPT, "network.js";
    "/demo/options.js", JAVASCRIPT, "options.js";
    "/demo/quality.js", JAVASCRIPT, "quality.js";
    "/demo/report.js", JAVASCRIPT, "report.js";
    "/demo/session.js", JAVASCRIPT, "session.js";
    "/demo/signaling.js", JAVASCRIPT, "signaling.js";
    "/demo/view.js", JAVASCRIPT, "view.js";
    "/demo/words.js", JAVASCRIPT, "words.js";
}

/// Mounts every file.
pub(super) fn mount(app: &mut ServiceConfig) {
    for file in FILES {
        let tag = validator::tag(file.text.as_bytes());
        let handler = move |request: HttpRequest| {
            let answer = serve(file, &tag, &request);
            async move { answer }
        };
        app.service(super::routes::get(file.path, handler));
    }
}

/// Whether the page has a file at `path`.
pub(super) fn is_file(path: &str) -> bool {
    FILES.iter().any(|file| file.path == path)
}

fn serve(file: &File, tag: &str, request: &HttpRequest) -> HttpResponse {
    let known = validator::is_known(request, tag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, tag))
        // Kept, and asked about every time: modules of two versions must not meet.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header(("permissions-policy", PERMISSIONS));
    if known {
        return answer.finish();
    }
    answer.insert_header((header::CONTENT_TYPE, file.kind)).body(file.text)
}
