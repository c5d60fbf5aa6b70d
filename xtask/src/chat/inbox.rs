//! Where follow-ups arrive: the `response_url` of the platform we play.

use super::OUTCOME;
use alloc::sync::Arc;
use anyhow::{Context as _, Result, anyhow};
use core::{convert::Infallible, net::Ipv4Addr, time::Duration};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, StatusCode, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
};

/// No platform takes messages this large.
const MOST_BYTES: usize = 1 << 20;

/// A follow-up as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    /// The path it was sent to.
    pub(crate) path: String,
    /// What kind of news it says it is.
    pub(crate) outcome: Option<String>,
    /// The body.
    pub(crate) body: String,
}

/// How a follow-up is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reception {
    /// HTTP status.
    pub(crate) status: u16,
    /// How long the sender waits for it.
    pub(crate) after: Duration,
    /// The body of the answer.
    pub(crate) body: &'static str,
}

impl Reception {
    const TAKEN: Self = Self { status: 200, after: Duration::ZERO, body: "" };
    const NOT_HERE: Self = Self { status: 404, ..Self::TAKEN };
}

/// Listens on this port of this machine, 0 a free one, for as long as we run, and says where. `receive` sees each `POST`.
///
/// # Errors
/// The port is not free.
pub(crate) fn listen(port: u16, receive: impl Fn(FollowUp) -> Reception + Send + Sync + 'static) -> Result<String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!("cannot listen for follow-ups on port {port}: is another `chat` waiting for its own?")
    })?;
    socket.set_nonblocking(true)?;
    let address = format!("http://{}", socket.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || runtime.block_on(serve(socket, Arc::new(receive))));
    Ok(address)
}

pub(super) struct Inbox {
    address: String,
    arrived: Receiver<FollowUp>,
}

impl Inbox {
    /// Listens on this port for what the Worker sends to the platform's own host: one path for messages, others that `answer`
    /// has something for.
    pub(super) fn of_platform(port: u16, messages: String, answer: fn(&str) -> Option<&'static str>) -> Result<Self> {
        let (sender, arrived) = channel();
        let address = listen(port, move |follow_up| {
            let Some(body) = answer(&follow_up.path) else { return Reception::NOT_HERE };
            if follow_up.path == messages {
                // Nobody waits any more once the final one is there.
                let _ = sender.send(follow_up);
            }
            Reception { body, ..Reception::TAKEN }
        })?;
        Ok(Self { address, arrived })
    }

    /// Listens for what is sent to one secret path.
    pub(super) fn open() -> Result<Self> {
        let mut secret = [0; 12];
        getrandom::fill(&mut secret).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
        // The path is all the authority there is, as with the platforms' own.
        let path = format!("/commands/{}", crate::tools::hex(&secret));
        let (sender, arrived) = channel();
        let ours = path.clone();
        let address = listen(0, move |follow_up| {
            if follow_up.path != ours {
                return Reception::NOT_HERE;
            }
            // Nobody waits any more once the final one is there.
            let _ = sender.send(follow_up);
            Reception::TAKEN
        })?;
        Ok(Self { address: format!("{address}{path}"), arrived })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The next one, if it comes in time.
    pub(super) fn next(&self, patience: Duration) -> Option<FollowUp> {
        self.arrived.recv_timeout(patience).ok()
    }
}

async fn serve<R: Fn(FollowUp) -> Reception + Send + Sync + 'static>(socket: TcpListener, receive: Arc<R>) {
    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { return };
    while let Ok((stream, _)) = socket.accept().await {
        let receive = Arc::clone(&receive);
        tokio::spawn(async move {
            let service = service_fn(|request| take(request, &*receive));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    receive: &impl Fn(FollowUp) -> Reception,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let reception = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(_) if !["POST", "PATCH"].contains(&head.method.as_str()) => Reception::NOT_HERE,
        Ok(body) => receive(FollowUp {
            path: head.uri.path().to_owned(),
            outcome: head.headers.get(OUTCOME).and_then(|value| value.to_str().ok()).map(str::to_owned),
            body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        }),
        Err(_) => Reception { status: 400, ..Reception::TAKEN },
    };
    tokio::time::sleep(reception.after).await;
    let mut response = Response::new(Full::from(reception.body));
    *response.status_mut() = StatusCode::from_u16(reception.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
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
