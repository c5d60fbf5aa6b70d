#![doc = include_str!("../README.md")]

extern crate alloc;

mod clock;
mod control;
mod faults;
mod gateway;
mod http;
mod images;
mod journal;
mod memory;
mod operations;
mod product;
mod random;
mod refusal;
mod regions;
mod render;
mod server;

pub use http::{Action, HttpRequest, HttpResponse};
pub use images::{Image, MORE_IMAGES, Tag};
pub use journal::{Effect, Entry, JOURNAL_BYTES, JOURNAL_ENTRIES, Verdict};
pub use server::serve;

use acs_rpc::{Operation, OperationReference};
use acs_sign::Credentials;
use alloc::collections::BTreeMap;
use core::time::Duration;
use faults::{Failure, Fault, Faults};
use gateway::{Envelope, Gateway};
use journal::Journal;
use product::{Outcome, Product};
use random::Random;
use refusal::Refusal;
use std::time::SystemTime;

/// The longest body that is looked at; a longer one is answered 413.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// What `x-acs-retry-after` says when a call is throttled, unless the fault says otherwise.
pub const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What an emulator is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// The keys it accepts; a temporary one with its token.
    pub credentials: Vec<Credentials>,
    /// The operations it answers. Where two have product, version and name in common, the first counts.
    pub operations: Vec<&'static OperationReference>,
    /// Whether operations offered over https only are refused to a caller that came without (`X-Forwarded-Proto` tells).
    pub require_tls: bool,
    /// Where the sequence of request ids begins.
    pub seed: u64,
    /// How many images cn-hangzhou has beside the usual ones, at most [`MORE_IMAGES`]: `m-bp1e79zktg26n2b1000` and so on, not
    /// shared.
    pub more_images: u16,
}

impl Config {
    /// The operations of the `swas` crate for these keys.
    #[must_use]
    pub fn new(credentials: Vec<Credentials>) -> Self {
        Self { credentials, operations: swas::REFERENCES.to_vec(), require_tls: false, seed: 0, more_images: 0 }
    }
}

/// The endpoint: state, and what it answers. It reads no clock and no socket; [`serve`] does that around it.
#[derive(Debug)]
pub struct Emulator {
    gateway: Gateway,
    product: Product,
    more_images: u16,
    faults: Faults,
    journal: Journal,
    random: Random,
    /// How far its clock is ahead of the caller's `now`, milliseconds.
    clock_offset_ms: i64,
}

impl Emulator {
    /// An emulator with its images as seeded and an empty journal.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let Config { credentials, operations, require_tls, seed, more_images } = config;
        Self {
            gateway: Gateway::new(credentials, operations, require_tls),
            product: Product::new(more_images),
            more_images,
            faults: Faults::default(),
            journal: Journal::default(),
            random: Random::new(seed),
            clock_offset_ms: 0,
        }
    }

    /// Answers one request, of the vendor's surface or of `/_emulator/`.
    pub fn handle(&mut self, now: SystemTime, request: &HttpRequest) -> Action {
        if control::concerns(request) {
            return Action::Answer(control::handle(self, request));
        }
        self.call(clock::ahead(now, self.clock_offset_ms), request)
    }

    /// The images as they are.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        self.product.images()
    }

    /// The journal's entries, oldest first.
    pub fn journal(&self) -> impl Iterator<Item = &Entry> {
        self.journal.after(0)
    }

    pub(crate) fn last_entry(&self) -> u64 {
        self.journal.last()
    }

    /// Everything as it was at the start; only the sequence of request ids goes on, so that none is given twice.
    fn reset(&mut self) {
        self.gateway.forget_nonces();
        self.product = Product::new(self.more_images);
        self.faults.clear();
        self.journal = Journal::default();
        self.clock_offset_ms = 0;
    }

    fn call(&mut self, now: SystemTime, request: &HttpRequest) -> Action {
        let envelope = Envelope::read(request);
        let mut entry = Entry {
            seq: 0,
            time: clock::iso8601(now),
            operation: envelope.action.clone(),
            parameters: BTreeMap::new(),
            access_key_id: envelope.access_key_id.clone(),
            scheme: envelope.scheme.name(),
            method: request.method.clone(),
            verdict: Verdict { status: None, code: None },
            request_id: self.random.request_id(),
            client_token: None,
            replayed: false,
            fault: None,
            effect: None,
        };
        let action = match self.admit(now, request) {
            Err(refusal) => Action::Answer(self.refuse(now, &envelope, &mut entry, &refusal)),
            Ok(admitted) => {
                entry.parameters = product::for_the_journal(&admitted);
                entry.client_token = product::client_token(&admitted).map(str::to_owned);
                let fault = self.faults.hit(admitted.operation().name);
                entry.fault = fault.map(|fault| fault.to_string());
                match fault {
                    Some(Fault::Failure(failure)) => self.fail(now, &envelope, &mut entry, failure),
                    _ => {
                        let outcome = self.product.execute(
                            now,
                            &admitted,
                            &envelope.host,
                            &entry.request_id,
                            fault == Some(Fault::Lag),
                        );
                        let response = self.conclude(now, &envelope, &mut entry, admitted.operation(), outcome);
                        match fault {
                            Some(Fault::Slow(delay)) => Action::Late(response, delay),
                            Some(Fault::AfterEffect(failure)) => {
                                // The entry keeps the verdict that the caller is not told.
                                self.fail(now, &envelope, &mut entry.clone(), failure)
                            }
                            _ => Action::Answer(response),
                        }
                    }
                }
            }
        };
        self.journal.enter(entry);
        action
    }

    fn admit(&mut self, now: SystemTime, request: &HttpRequest) -> Result<gateway::Admitted, Refusal> {
        if request.body.len() > BODY_LIMIT {
            return Err(Refusal::body_too_large());
        }
        self.gateway.admit(now, request)
    }

    fn conclude(
        &self,
        now: SystemTime,
        envelope: &Envelope,
        entry: &mut Entry,
        operation: &Operation,
        outcome: Result<Outcome, Refusal>,
    ) -> HttpResponse {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => return self.refuse(now, envelope, entry, &refusal),
        };
        entry.verdict = Verdict { status: Some(200), code: None };
        entry.request_id = outcome.request_id;
        entry.replayed = outcome.replayed;
        entry.effect = outcome.effect;
        let body = envelope.format.answer(operation.name, &outcome.body.into());
        response(now, 200, envelope.format.content_type(), &entry.request_id, body)
    }

    fn refuse(&self, now: SystemTime, envelope: &Envelope, entry: &mut Entry, refusal: &Refusal) -> HttpResponse {
        entry.verdict = Verdict { status: Some(refusal.status), code: Some(refusal.code.clone()) };
        let product = self.gateway.product(entry.operation.as_deref());
        let body = envelope.format.refusal(refusal, product, &envelope.host, &entry.request_id);
        response(now, refusal.status, envelope.format.content_type(), &entry.request_id, body)
    }

    fn fail(&self, now: SystemTime, envelope: &Envelope, entry: &mut Entry, failure: Failure) -> Action {
        match failure {
            Failure::Timeout => Action::Silence,
            Failure::Reset => Action::Reset,
            Failure::Throttle(after) => {
                let mut response = self.refuse(now, envelope, entry, &Refusal::throttled());
                response.headers.push(("x-acs-retry-after", after.as_millis().to_string()));
                Action::Answer(response)
            }
            Failure::Status(status) => Action::Answer(match status {
                500 => self.refuse(now, envelope, entry, &Refusal::internal_error()),
                503 => self.refuse(now, envelope, entry, &Refusal::unavailable()),
                _ => {
                    entry.verdict = Verdict { status: Some(status), code: None };
                    page(now, status)
                }
            }),
        }
    }
}

fn response(now: SystemTime, status: u16, content_type: &str, request_id: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![
            ("date", clock::http_date(now)),
            ("content-type", content_type.to_owned()),
            ("x-acs-request-id", request_id.to_owned()),
        ],
        body,
    }
}

/// What somebody between the caller and the vendor answers: a page for people, without code or request id.
fn page(now: SystemTime, status: u16) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("date", clock::http_date(now)), ("content-type", "text/html".to_owned())],
        body: format!("<html><body><h1>{status}</h1></body></html>\n").into_bytes(),
    }
}
