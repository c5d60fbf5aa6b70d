//! Any system that signs by Standard Webhooks 1.0.0
//! (github.com/standard-webhooks/standard-webhooks: spec/standard-webhooks.md), under the specification's header names or
//! Svix's. What the body holds is ours, see the crate's documentation.

use alloc::{format, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use core::fmt;
use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    Actor, Command, DeliveryId, FollowUp, Inbound, Line, Outgoing, Place, Platform, Received, Refusal, Rendered, Reply,
    Request, Secret, SecretProblem, Signed, Strength, Tone, Verification, Verified,
    platform::Adapter,
    reply::quoted,
    verify::{header, hmac_sha256, seconds, within_window},
};

/// Bytes of a secret (spec, "Signature scheme").
const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: core::ops::RangeInclusive<usize> = 24..=64;

/// The specification sets no limit to an id; this one is generous and keeps it fit to be a key.
const ID_LIMIT: usize = 256;

/// Nothing outside limits a `response_url`: a day, and as many tries as the specification's sample schedule has, doubled.
const FOLLOW_UP_LIFETIME: i64 = 24 * 60 * 60;
const FOLLOW_UP_USES: u8 = 20;

struct Headers {
    id: &'static str,
    timestamp: &'static str,
    signature: &'static str,
}

const STANDARD_HEADERS: Headers =
    Headers { id: "webhook-id", timestamp: "webhook-timestamp", signature: "webhook-signature" };
const SVIX_HEADERS: Headers = Headers { id: "svix-id", timestamp: "svix-timestamp", signature: "svix-signature" };

pub(crate) struct Standard;

impl Adapter for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn secret_variable(&self) -> &'static str {
        "STANDARD_WEBHOOKS_SECRET"
    }

    fn strength(&self) -> Strength {
        Strength::Full
    }

    fn acknowledge_within_ms(&self) -> u64 {
        10_000 // senders give up after 15 to 30 s
    }

    fn delivers_again(&self) -> bool {
        true
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(SecretProblem::Prefix { expected: SECRET_PREFIX })?;
        let key = STANDARD.decode(encoded).map_err(|_| SecretProblem::NotBase64)?;
        if !SECRET_BYTES.contains(&key.len()) {
            let (least, most) = SECRET_BYTES.into_inner();
            return Err(SecretProblem::Length { bytes: key.len(), least, most });
        }
        Ok(Secret::new(key))
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let names = header_names(inbound);
        let id = header(inbound, names.id)?;
        let timestamp = header(inbound, names.timestamp)?;
        let signatures = header(inbound, names.signature)?;
        if !is_delivery_id(&id) {
            return Err(Refusal::MalformedHeader(names.id));
        }
        let claims = claims(&signatures, names.signature)?;
        let signed_at = seconds(&timestamp, names.timestamp)?;
        within_window(signed_at, now)?;
        let prefix = format!("{id}.{timestamp}.");
        let signed =
            Signed { platform: Platform::Standard, body: inbound.body.into(), id: Some(id), signed_at, secret: 0 };
        hmac_sha256(&[prefix.as_bytes()], signed, &claims, secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        let id = signed.id.clone().ok_or(Refusal::MissingHeader(STANDARD_HEADERS.id))?;
        command(signed, DeliveryId(id), now).map(Received::Command)
    }

    /// Whoever wrote the sender is told what to mend.
    fn unreadable(&self, part: &'static str) -> Rendered {
        Rendered::json(message(&Reply {
            tone: Tone::Refusal,
            title: "The body is malformed".into(),
            lines: Vec::from([Line::Field("part".into(), part.into())]),
            actions: Vec::new(),
            private: true,
        }))
    }

    /// Always 200: a sender repeats anything else for days, and a refusal is as final as a success. The outcome is in
    /// `status`.
    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(message(reply))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &[]
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing::post_json(&to.url, message(reply))
    }
}

/// The names in use. One of the specification's settles it: half of one set and half of the other is no set.
fn header_names(inbound: &Inbound<'_>) -> Headers {
    let present = |names: &Headers| {
        [names.id, names.timestamp, names.signature].into_iter().any(|name| (inbound.headers)(name).is_some())
    };
    if present(&SVIX_HEADERS) && !present(&STANDARD_HEADERS) { SVIX_HEADERS } else { STANDARD_HEADERS }
}

/// The full stop separates the parts of the signed text, so an id with one could be read in two ways (spec, "Signature
/// scheme").
fn is_delivery_id(id: &str) -> bool {
    (1..=ID_LIMIT).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}

/// The `v1` signatures of a list `v1,<base64> v1a,<base64> …`; the others are made with keys we don't have.
fn claims(list: &str, header: &'static str) -> Result<Vec<[u8; 32]>, Refusal> {
    let mut claims = Vec::new();
    for entry in list.split(' ') {
        let (version, signature) = entry.split_once(',').ok_or(Refusal::MalformedHeader(header))?;
        if version == "v1" {
            let bytes = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
            claims.push(bytes.ok_or(Refusal::MalformedHeader(header))?);
        }
    }
    if claims.is_empty() { Err(Refusal::UnknownVersion(header)) } else { Ok(claims) }
}

fn command(signed: &Signed<'_>, delivery: DeliveryId, now: i64) -> Result<Command, Refusal> {
    const KEYS: [&str; 6] = ["command", "operation", "parameters", "actor", "place", "response_url"];
    let body = str::from_utf8(&signed.body).map_err(|_| Refusal::MalformedBody("not UTF-8"))?;
    let body = members(body, "not a JSON object")?;
    let [command, operation, parameters, actor, place, response_url] = slots(body, KEYS)?;

    let request = match (command, operation, parameters) {
        (Some(command), None, None) => Request::Text(string(command, "command")?.trim().into()),
        (None, Some(operation), parameters) => Request::Call {
            operation: string(operation, "operation")?,
            parameters: parameters.map_or(Ok(Vec::new()), wire_parameters)?,
        },
        (Some(_), None, Some(_)) => return Err(Refusal::MalformedBody("parameters without operation")),
        (Some(_), Some(_), _) => return Err(Refusal::MalformedBody("both command and operation")),
        (None, None, _) => return Err(Refusal::MalformedBody("neither command nor operation")),
    };
    let [organisation, person] = match actor {
        Some(actor) => slots(members(actor.get(), "actor")?, ["organisation", "person"])?,
        None => [None, None],
    };
    let organisation = id_or(organisation, "actor.organisation", "default")?;
    let place = id_or(place, "place", "default")?;
    Ok(Command {
        delivery,
        actor: Actor {
            platform: Platform::Standard,
            organisation: organisation.clone(),
            person: id_or(person, "actor.person", "webhook")?,
        },
        place: Place { platform: Platform::Standard, organisation, channel: place },
        request,
        follow_up: match response_url {
            Some(url) => Some(FollowUp {
                platform: Platform::Standard,
                url: string(url, "response_url")?,
                expires_at: now.saturating_add(FOLLOW_UP_LIFETIME),
                uses: FOLLOW_UP_USES,
            }),
            None => None,
        },
        language: None,
        acknowledgement: None,
        secret: signed.secret,
    })
}

/// Values as the wire has them: a string's text, all else in the characters it was sent in, be it `1`, `true` or `["a"]`.
fn wire_parameters(parameters: &RawValue) -> Result<Vec<(String, String)>, Refusal> {
    let mut wire: Vec<(String, String)> = Vec::new();
    for (name, value) in members(parameters.get(), "parameters")? {
        if wire.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Refusal::MalformedBody("parameters: repeated name"));
        }
        let value = match value.get() {
            "null" => return Err(Refusal::MalformedBody("parameters: null")),
            text if text.starts_with('"') => string(value, "parameters: malformed text")?,
            text => text.into(),
        };
        wire.push((name, value));
    }
    Ok(wire)
}

fn string(value: &RawValue, name: &'static str) -> Result<String, Refusal> {
    serde_json::from_str(value.get()).map_err(|_| Refusal::MalformedBody(name))
}

/// An id must be fit for the written form `standard:organisation/person` and for a policy's patterns: graphic ASCII
/// without `/` and `*`.
fn id_or(value: Option<&RawValue>, name: &'static str, default: &str) -> Result<String, Refusal> {
    let Some(value) = value else { return Ok(default.into()) };
    let id = string(value, name)?;
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/*".contains(&byte));
    if plain && (1..=ID_LIMIT).contains(&id.len()) { Ok(id) } else { Err(Refusal::MalformedBody(name)) }
}

/// The members of a JSON object, unread: in their order, with repetitions, and numbers in the digits they were sent in.
type Members<'a> = Vec<(String, &'a RawValue)>;

fn members<'a>(json: &'a str, name: &'static str) -> Result<Members<'a>, Refusal> {
    struct InOrder;

    impl<'de> Visitor<'de> for InOrder {
        type Value = Members<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(InOrder)
        .and_then(|members| json.end().map(|()| members))
        .map_err(|_| Refusal::MalformedBody(name))
}

/// Sorts members into the places of the names they may have.
fn slots<'a, const N: usize>(
    members: Members<'a>,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], Refusal> {
    let mut slots = [None; N];
    for (name, value) in members {
        let (known, slot) = names
            .iter()
            .zip(&mut slots)
            .find(|(known, _)| **known == name)
            .ok_or(Refusal::MalformedBody("unknown key"))?;
        if slot.replace(value).is_some() {
            return Err(Refusal::MalformedBody(known));
        }
    }
    Ok(slots)
}

/// The machine-readable form of a reply.
fn message(reply: &Reply) -> String {
    let lines = reply.lines.iter().map(|line| match line {
        Line::Text(text) => format!(r#"{{"type":"text","text":{}}}"#, quoted(text)),
        Line::Field(name, value) => format!(r#"{{"type":"field","name":{},"value":{}}}"#, quoted(name), quoted(value)),
        Line::Code(text) => format!(r#"{{"type":"code","text":{}}}"#, quoted(text)),
    });
    let lines = lines.collect::<Vec<_>>().join(",");
    format!(r#"{{"status":"{}","title":{},"lines":[{lines}]}}"#, reply.tone.name(), quoted(&reply.title))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MalformedSecret, verify};

    /// The example of docs.svix.com/receiving/verifying-payloads/how-manual. Its secret is shorter than the specification
    /// allows, so it cannot be configured, only checked.
    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_svix_example_verifies() {
        let configured = "whsec_plJ3nmyCDGBKInavdOK15jsl";
        let secret = Secret::new(STANDARD.decode(configured.trim_start_matches(SECRET_PREFIX)).unwrap());
        let headers = |name: &str| match name {
            "svix-id" => Some("msg_loFOjxBNrRLzqYUf".into()),
            "svix-timestamp" => Some("1731705121".into()),
            "svix-signature" => Some("v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=".into()),
            _ => None,
        };
        let inbound = Inbound { headers: &headers, body: br#"{"event_type":"ping","data":{"success":true}}"# };

        let Ok(Verification::Genuine(verified)) = verify(Platform::Standard, &inbound, &[secret], 1_731_705_121) else {
            panic!("a good signature");
        };

        assert_eq!(verified.get().id.as_deref(), Some("msg_loFOjxBNrRLzqYUf"));
        assert_eq!(
            Secret::parse_list(Platform::Standard, configured),
            Err(MalformedSecret { position: 1, problem: SecretProblem::Length { bytes: 18, least: 24, most: 64 } })
        );
    }
}
