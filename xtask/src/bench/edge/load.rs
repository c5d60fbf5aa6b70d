//! Load: requests made beforehand, sent over connections that stay open, each by a thread that waits for the answer.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use core::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Instant,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_HEADERS: usize = 32;

/// Tells a right answer.
pub(super) type Right = fn(&Answer<'_>) -> bool;

/// A request as it goes over the wire.
pub(in crate::bench) fn request(method: &str, path: &str, headers: &[(String, String)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

/// What was measured of some requests.
pub(super) struct Run {
    pub(super) seconds: f64,
    /// Of each answer, in order of size.
    pub(super) latencies: Vec<Duration>,
}

impl Run {
    pub(super) fn rate(&self) -> f64 {
        super::table::float(self.latencies.len()) / self.seconds
    }
}

/// Sends them all, as many at once as there are connections.
///
/// # Errors
/// An answer does not come, or is none that is right.
pub(super) fn run(port: u16, requests: &[Vec<u8>], connections: usize, right: Right) -> Result<Run> {
    let next = AtomicUsize::new(0);
    let mut open = (0..connections).map(|_| Connection::open(port)).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    let latencies = thread::scope(|scope| {
        let threads: Vec<_> = open
            .iter_mut()
            .map(|connection| {
                scope.spawn(|| {
                    let mut latencies = Vec::with_capacity(requests.len());
                    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let sent = Instant::now();
                        connection.send(request, right)?;
                        latencies.push(sent.elapsed());
                    }
                    anyhow::Ok(latencies)
                })
            })
            .collect();
        let all = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread of the load died"))?);
        all.collect::<Result<Vec<_>>>()
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let mut latencies = latencies.concat();
    latencies.sort_unstable();
    Ok(Run { seconds, latencies })
}

/// An answer as it came.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    headers: &'a [httparse::Header<'a>],
    pub(super) body: &'a [u8],
}

impl Answer<'_> {
    /// Whether these words are somewhere in the body.
    pub(super) fn contains(&self, words: &str) -> bool {
        self.body.windows(words.len()).any(|found| found == words.as_bytes())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        core::str::from_utf8(header.value).ok()
    }
}

/// One that stays open.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect to a contestant")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::with_capacity(1 << 16) })
    }

    /// The body of the answer.
    pub(super) fn send(&mut self, request: &[u8], right: Right) -> Result<&[u8]> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        loop {
            let mut chunk = [0; 1 << 14];
            let length = self.stream.read(&mut chunk).context("no answer in time")?;
            ensure!(length > 0, "the connection was closed before the answer was whole");
            self.buffer.extend_from_slice(chunk.get(..length).unwrap_or_default());
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut head = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(start) = head.parse(&self.buffer)? else { continue };
            let (status, headers) = (head.code.unwrap_or_default(), &*head.headers);
            let answer = Answer { status, headers, body: self.buffer.get(start..).unwrap_or_default() };
            let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
            if answer.body.len() < length.context("the answer does not say how long it is")? {
                continue;
            }
            if !right(&answer) {
                bail!("answered {status}: {}", String::from_utf8_lossy(answer.body));
            }
            return Ok(self.buffer.get(start..).unwrap_or_default());
        }
    }
}
