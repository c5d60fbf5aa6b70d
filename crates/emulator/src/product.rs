//! The product behind the gateway: checks parameters, remembers client tokens, executes.

use crate::{
    gateway::Admitted,
    images::{Image, Images},
    journal::Effect,
    memory::Memory,
    operations,
    refusal::Refusal,
};
use acs_rpc::{InvalidParameter, Kind, Operation, OperationReference, Schema, Violation, WireParameters};
use alloc::collections::BTreeMap;
use core::{
    hash::{Hash, Hasher},
    time::Duration,
};
use serde_json::{Map, Value};
use std::{hash::DefaultHasher, time::SystemTime};

/// How long a client token counts. The vendor states nothing for SWAS; elsewhere between 10 minutes and 3 days.
const TOKEN_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// Client tokens of all keys together; beyond that the oldest are forgotten early.
const TOKENS: usize = 10_000;

/// A call that was executed, now or earlier.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) request_id: String,
    pub(crate) body: Map<String, Value>,
    pub(crate) effect: Option<Effect>,
    pub(crate) replayed: bool,
}

#[derive(Debug)]
pub(crate) struct Product {
    images: Images,
    tokens: Memory<TokenKey, Stored>,
}

/// A token means something to one key and one operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TokenKey {
    access_key_id: String,
    operation: &'static str,
    token: String,
}

#[derive(Debug)]
struct Stored {
    parameters: u64,
    request_id: String,
    body: Map<String, Value>,
}

impl Product {
    pub(crate) fn new(more_images: u16) -> Self {
        Self { images: Images::with_more(more_images), tokens: Memory::new(TOKEN_MEMORY, TOKENS) }
    }

    pub(crate) fn images(&self) -> &[Image] {
        self.images.all()
    }

    pub(crate) fn execute(
        &mut self,
        now: SystemTime,
        admitted: &Admitted,
        host: &str,
        request_id: &str,
        lags: bool,
    ) -> Result<Outcome, Refusal> {
        let operation = admitted.operation();
        let parameters = declared(operation, &admitted.parameters);
        check(admitted.reference, &parameters)?;
        check_region(operation, &parameters, host)?;
        let key = client_token(admitted).filter(|_| changes_something(operation)).map(|token| TokenKey {
            access_key_id: admitted.access_key_id.clone(),
            operation: operation.name,
            token: token.to_owned(),
        });
        let digest = digest(&parameters);
        if let Some(stored) = key.as_ref().and_then(|key| self.tokens.recall(now, key)) {
            if stored.parameters != digest {
                return Err(Refusal::token_reused());
            }
            return Ok(Outcome {
                request_id: stored.request_id.clone(),
                body: stored.body.clone(),
                effect: None,
                replayed: true,
            });
        }
        let (mut body, effect) = if lags && !changes_something(operation) {
            operations::execute(&mut self.images.lagging(), admitted.reference, &parameters)?
        } else {
            operations::execute(&mut self.images, admitted.reference, &parameters)?
        };
        // In the place the example has it, else first.
        match body.get_mut("RequestId") {
            Some(id) => *id = request_id.into(),
            None => {
                body.shift_insert(0, "RequestId".to_owned(), request_id.into());
            }
        }
        // Only what was executed is remembered: a refused call may be corrected and sent with the same token.
        if let Some(key) = key {
            let stored = Stored { parameters: digest, request_id: request_id.to_owned(), body: body.clone() };
            self.tokens.remember(now, key, stored);
        }
        Ok(Outcome { request_id: request_id.to_owned(), body, effect, replayed: false })
    }
}

/// The operation's parameter for client tokens, whatever its capitals.
fn token_parameter(operation: &Operation) -> Option<&'static str> {
    let names = operation.parameters.iter().map(|parameter| parameter.name);
    names.into_iter().find(|name| name.eq_ignore_ascii_case("ClientToken"))
}

pub(crate) fn client_token(admitted: &Admitted) -> Option<&str> {
    let name = token_parameter(admitted.operation())?;
    admitted.parameters.value(name).filter(|token| !token.is_empty())
}

/// By name, because the document's own labels call several reads writes. Some reads take a client token; it means
/// nothing to them.
fn changes_something(operation: &Operation) -> bool {
    !["List", "Describe", "Get", "Query", "Check"].iter().any(|verb| operation.name.starts_with(verb))
}

/// The parameters that count: known to the operation and not empty, as the gateway has it.
fn declared(operation: &Operation, parameters: &WireParameters) -> WireParameters {
    parameters
        .iter()
        .filter(|(name, value)| !value.is_empty() && operation.parameter(name).is_some())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn check(reference: &OperationReference, parameters: &WireParameters) -> Result<(), Refusal> {
    match reference.operation.check(parameters) {
        Ok(()) => Ok(()),
        Err(problems) => match problems.first() {
            Some(problem) => Err(refusal(reference, problem)),
            None => Ok(()),
        },
    }
}

/// The operation's own error for this parameter if it declares one, else the gateway's.
fn refusal(reference: &OperationReference, problem: &InvalidParameter) -> Refusal {
    if problem.violation == Violation::Missing {
        return Refusal::mandatory(&problem.name);
    }
    let name = problem.name.split('.').next().unwrap_or_default();
    if token_parameter(reference.operation) == Some(name) {
        return Refusal::client_token();
    }
    let mut errors = reference.errors();
    match errors.find(|(error, _)| error.code.starts_with("Invalid") && names(error.code, name)) {
        Some((error, message)) => Refusal::new(error.status, error.code, message),
        None => Refusal::invalid_parameter(&problem.name),
    }
}

/// Whether a code such as `InvalidParam.OperationIllegal` or `InvalidImageId.NotFound` speaks of this parameter.
fn names(code: &str, parameter: &str) -> bool {
    code.split('.').any(|part| {
        let part = part.strip_prefix("Invalid").or_else(|| part.strip_prefix("Illegal")).unwrap_or(part);
        part.strip_prefix(parameter).is_some_and(|rest| matches!(rest, "" | "Illegal" | "NotFound" | "Invalid"))
    })
}

/// A SWAS call names a region of SWAS, and the one whose host it was sent to if it was sent to one (the emulator's own
/// address is none).
fn check_region(operation: &Operation, parameters: &WireParameters, host: &str) -> Result<(), Refusal> {
    let Some(region) = parameters.value("RegionId").filter(|_| operation.product == operations::SWAS) else {
        return Ok(());
    };
    if swas::endpoint(region).is_none() {
        return Err(Refusal::region_not_found());
    }
    let host = host.split(':').next().unwrap_or_default();
    match swas::ENDPOINTS.iter().find(|endpoint| endpoint.host.eq_ignore_ascii_case(host)) {
        Some(endpoint) if endpoint.region != region => Err(Refusal::region_not_host()),
        _ => Ok(()),
    }
}

/// Two calls with one token are the same call if this is the same: all parameters, in any order.
fn digest(parameters: &WireParameters) -> u64 {
    let mut pairs: Vec<(&str, &str)> = parameters.iter().collect();
    pairs.sort_unstable();
    let mut hasher = DefaultHasher::new();
    pairs.hash(&mut hasher);
    hasher.finish()
}

/// Parameters as the journal may show them.
pub(crate) fn for_the_journal(admitted: &Admitted) -> BTreeMap<String, String> {
    let operation = admitted.operation();
    let shown = |name: &str, value: &str| match operation.parameter(name) {
        Some(parameter) if !sensitive(operation, &parameter.schema, 0) => value.to_owned(),
        // Of a parameter nobody knows, nobody knows that it is no secret.
        _ => "***".to_owned(),
    };
    admitted.parameters.iter().map(|(name, value)| (name.to_owned(), shown(name, value))).collect()
}

/// Whether the schema or anything inside it is sensitive; of what is nested too deep to tell, that it is.
fn sensitive(operation: &Operation, schema: &Schema, depth: usize) -> bool {
    const DEEPEST: usize = 16;
    let inside = |schema: &Schema| depth == DEEPEST || sensitive(operation, schema, depth + 1);
    schema.sensitive
        || match schema.kind {
            Kind::Array(inner) | Kind::Map(inner) => inside(inner),
            Kind::Object(properties) => properties.iter().any(|property| inside(&property.schema)),
            Kind::Open(properties, others) => {
                inside(others) || properties.iter().any(|property| inside(&property.schema))
            }
            Kind::Named(name) => operation.named.iter().any(|(named, schema)| *named == name && inside(schema)),
            _ => false,
        }
}
