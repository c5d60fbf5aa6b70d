//! Where follow-ups arrive: the `response_url` of the platform we play.

use super::OUTCOME;
use anyhow::{Context as _, Result, anyhow};
use core::{convert::Infallible, net::Ipv4Addr, time::Duration};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, Response, StatusCode, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    net::TcpListener,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

/// No platform takes messages this large.
const MOST_BYTES: usize = 1 << 20;

/// A follow-up as it arrived.
pub(super) struct FollowUp {
    pub(super) outcome: Option<String>,
    pub(super) body: String,
}

pub(super) struct Inbox {
    address: String,
    arrived: Receiver<FollowUp>,
}

impl Inbox {
    /// Listens on a free port of this machine, for as long as we run.
    pub(super) fn open() -> Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen for follow-ups")?;
        socket.set_nonblocking(true)?;
        let mut secret = [0; 12];
        getrandom::fill(&mut secret).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
        // The path is all the authority there is, as with the platforms' own.
        let path = format!("/commands/{}", crate::tools::hex(&secret));
        let address = format!("http://{}{path}", socket.local_addr()?);
        let (sender, arrived) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || runtime.block_on(serve(socket, path, sender)));
        Ok(Self { address, arrived })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The next one, if it comes in time.
    pub(super) fn next(&self, patience: Duration) -> Option<FollowUp> {
        self.arrived.recv_timeout(patience).ok()
    }
}

async fn serve(socket: TcpListener, path: String, sender: Sender<FollowUp>) {
    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { return };
    while let Ok((stream, _)) = socket.accept().await {
        let (path, sender) = (path.clone(), sender.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| take(request, &path, &sender));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    path: &str,
    sender: &Sender<FollowUp>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let status = if request.uri().path() == path && request.method() == "POST" {
        let outcome = request.headers().get(OUTCOME).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match Limited::new(request.into_body(), MOST_BYTES).collect().await {
            Ok(body) => {
                let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
                // Nobody waits any more once the final one is there.
                let _ = sender.send(FollowUp { outcome, body });
                StatusCode::OK
            }
            Err(_) => StatusCode::BAD_REQUEST,
        }
    } else {
        StatusCode::NOT_FOUND
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::post;

    #[test]
    fn takes_follow_ups_at_its_own_address_only() {
        let inbox = Inbox::open().unwrap();
        let headers = [(OUTCOME.to_owned(), "success".to_owned())];
        let elsewhere = format!("{}x", inbox.address());
        assert_eq!(post(&elsewhere, &headers, b"no").unwrap().status, 404);
        assert_eq!(post(inbox.address(), &headers, b"done").unwrap().status, 200);
        let arrived = inbox.next(Duration::from_secs(5)).unwrap();
        assert_eq!((arrived.outcome.as_deref(), arrived.body.as_str()), (Some("success"), "done"));
        assert!(inbox.next(Duration::ZERO).is_none());
    }
}
