//! Upgrades that are none of ours: the `App` answers them as it would any request.

use std::pin::pin;

use actix_codec::Framed;
use actix_http::{
    Request, Response,
    body::{BodySize, BoxBody, MessageBody},
    h1::{Codec, Message},
};
use actix_rt::net::TcpStream;
use actix_service::Service;
use actix_web::Error;
use futures_util::{SinkExt, future::poll_fn};

/// Has `app` answer, then hangs up.
pub(super) async fn answer<S, B>(
    app: &S,
    request: Request,
    mut framed: Framed<TcpStream, Codec>,
) -> Result<(), Error>
where
    S: Service<Request>,
    S::Error: Into<Response<BoxBody>>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let response: Response<_> = match app.call(request).await {
        Ok(response) => response.into().map_body(|_, body| body.boxed()),
        Err(error) => error.into(),
    };
    let (mut response, body) = response.into_parts();
    response.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    let size = body.size();
    framed.send(Message::Item((response, size))).await?;
    if !matches!(size, BodySize::None | BodySize::Sized(0)) {
        let mut body = pin!(body);
        while let Some(chunk) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            framed
                .send(Message::Chunk(Some(chunk.map_err(actix_web::error::ErrorInternalServerError)?)))
                .await?;
        }
        framed.send(Message::Chunk(None)).await?;
    }
    framed.close().await?;
    Ok(())
}
