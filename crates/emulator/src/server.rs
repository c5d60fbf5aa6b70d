//! The shell: sockets around [`Emulator::handle`].

use crate::{Action, BODY_LIMIT, Emulator, HttpRequest, HttpResponse, control};
use alloc::sync::Arc;
use core::{error::Error, fmt, future, future::poll_fn};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Duration, sleep, timeout},
};

/// What is read, and thrown away, of a body beyond [`BODY_LIMIT`], so that the refusal reaches a caller that sends first
/// and reads later.
const DISCARD_LIMIT: usize = 64 * 1024 * 1024;

struct Shared {
    emulator: Mutex<Emulator>,
    /// The number of the journal's last entry, for those who wait for the next.
    last_entry: watch::Sender<u64>,
}

impl Shared {
    fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.emulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until `stop` is ready; then open connections are dropped, answered or not. A connection that fails ends alone.
pub async fn serve(listener: TcpListener, emulator: Emulator, stop: impl Future<Output = ()>) {
    let last_entry = watch::Sender::new(emulator.last_entry());
    let shared = Arc::new(Shared { emulator: Mutex::new(emulator), last_entry });
    let mut connections = JoinSet::new();
    let mut stop = core::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, Arc::clone(&shared))); }
                // Out of descriptors, most likely: some become free as connections end.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small answers on a kept connection wait for the caller's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| Box::pin(answer(Arc::clone(&shared), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    match ended {
        Err(error) if error.source().is_some_and(|source| source.is::<NoAnswer>()) => {
            // Closing with no time to linger sends RST instead of FIN.
            let _ = stream.set_zero_linger();
        }
        _ => {
            let _ = stream.shutdown().await;
        }
    }
}

/// Ends the connection without an answer.
#[derive(Debug)]
struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl Error for NoAnswer {}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let request = receive(request).await?;
    if let Some((after, wait)) = control::journal_wait(&request) {
        let mut last_entry = shared.last_entry.subscribe();
        // Either way the journal is answered as it then is.
        let _ = timeout(wait, last_entry.wait_for(|&last| last > after)).await;
    }
    let action = {
        let mut emulator = shared.emulator();
        let action = emulator.handle(SystemTime::now(), &request);
        shared.last_entry.send_replace(emulator.last_entry());
        action
    };
    match action {
        Action::Answer(response) => Ok(hyper_response(response)),
        Action::Late(response, delay) => {
            sleep(delay).await;
            Ok(hyper_response(response))
        }
        Action::Silence => future::pending().await,
        Action::Reset => Err(NoAnswer),
    }
}

/// Reads a request as far as [`Emulator::handle`] needs it: of a body that is too long, one byte more than allowed.
async fn receive(request: Request<Incoming>) -> Result<HttpRequest, NoAnswer> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    let mut received: usize = 0;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| NoAnswer)?;
        let Some(data) = frame.data_ref() else { continue };
        let room = (BODY_LIMIT + 1).saturating_sub(body.len()).min(data.len());
        body.extend_from_slice(data.get(..room).unwrap_or_default());
        received = received.saturating_add(data.len());
        if received > DISCARD_LIMIT {
            break;
        }
    }
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(HttpRequest {
        method: head.method.as_str().to_owned(),
        path_and_query: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: head.headers.iter().map(header).collect(),
        body,
    })
}

fn hyper_response(response: HttpResponse) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(response.body)));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    answer
}
