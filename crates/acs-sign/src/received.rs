//! A request as it came off the wire, and what it claims about itself.

use crate::{
    acs3,
    canonical::{Few, Pair, Text, encode, reserved, text, unhex},
    claims::{Claims, Signed},
    credentials::check_visible,
    error::{AuthorizationPart, Input, InvalidInput, Part, VerifyError},
    request::{Body, Scheme},
    rpc,
    signing_time::SigningTime,
};
use alloc::{borrow::Cow, collections::BinaryHeap, string::String, vec::Vec};
use core::fmt;
use percent_encoding::percent_decode;

/// A request as it came off the wire.
#[derive(Clone, Copy)]
pub struct ReceivedRequest<'a> {
    /// The method, verbatim.
    pub method: &'a str,
    /// Path and query, verbatim (origin form, `/?a=b`).
    pub target: &'a str,
    /// Every header: name in any case, value as bytes; a name may occur more than once. Over HTTP/2, put `:authority` in as
    /// `host`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Shows no value: target and headers may hold a token.
impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

impl<'a> ReceivedRequest<'a> {
    /// Reads what the request claims about itself. Nothing is proven until [`Claims::verify`].
    ///
    /// A request with an `Authorization` header is read as ACS3, any other as RPC. Query and form are decoded as forms, `+`
    /// as a space, which is what the vendor's gateway does; a signer writes a space as `%20` and a plus as `%2B`.
    ///
    /// # Errors
    /// Any [`VerifyError`] but the two mismatches.
    pub fn claims(&self) -> Result<Claims<'a>, VerifyError> {
        let headers = Headers(self.headers);
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        match headers.value(acs3::AUTHORIZATION)? {
            Some(Cow::Borrowed(authorization)) => self.acs3_claims(headers, authorization, path, query),
            // Credentials are no list, so two of them mean nothing.
            Some(Cow::Owned(_)) => Err(VerifyError::MalformedHeader { name: acs3::AUTHORIZATION.into() }),
            None => self.rpc_claims(headers, query),
        }
    }

    fn parameters(
        &self,
        content_type: Option<Cow<'a, str>>,
        query: &'a str,
    ) -> Result<(Few<Pair<'a>>, usize), VerifyError> {
        let mut parameters = Few::new();
        read_pairs(query.as_bytes(), Part::Query, &mut parameters)?;
        let query_count = parameters.len();
        let content_type = content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if Body::Form(&[]).content_type().is_some_and(|form| form.eq_ignore_ascii_case(media_type)) {
            read_pairs(self.body, Part::Body, &mut parameters)?;
        }
        Ok((parameters, query_count))
    }

    fn rpc_claims(&self, headers: Headers<'a>, query: &'a str) -> Result<Claims<'a>, VerifyError> {
        let (parameters, _) = self.parameters(headers.value(acs3::CONTENT_TYPE)?, query)?;
        let order = order(&parameters, parameters.len())?;
        let optional = |name: &str| parameters.iter().find_map(|(n, value)| n.is(name).then_some(*value));
        let required = |name: &'static str| optional(name).ok_or(VerifyError::MissingParameter { name });

        // A caller of ACS3 who left `Authorization` out is better told so than asked for RPC's parameters.
        if optional("AccessKeyId").is_none() && optional(rpc::SIGNATURE).is_none() && headers.has(acs3::NONCE) {
            return Err(VerifyError::MissingHeader { name: acs3::AUTHORIZATION });
        }
        let access_key_id = required("AccessKeyId")?;
        let signature = required(rpc::SIGNATURE)?;
        let method = required("SignatureMethod")?;
        if !method.is(Scheme::Rpc.algorithm()) {
            return Err(VerifyError::UnsupportedAlgorithm { given: method.meaning() });
        }
        // The first generation of the Python SDK sends it empty.
        if let Some(kind) = optional("SignatureType").filter(|kind| !kind.is("")) {
            return Err(VerifyError::UnsupportedAlgorithm { given: kind.meaning() });
        }
        let version = required("SignatureVersion")?;
        if !version.is(rpc::SIGNATURE_VERSION) {
            return Err(VerifyError::UnsupportedSignatureVersion { given: version.meaning() });
        }
        check_token("SecurityToken", optional("SecurityToken"))?;
        Ok(Claims {
            access_key_id: access_key_id.decoded(),
            time: time("Timestamp", required("Timestamp")?)?,
            nonce: nonce("SignatureNonce", required("SignatureNonce")?.decoded())?,
            action: required("Action")?.decoded(),
            version: required("Version")?.decoded(),
            signature,
            method: self.method,
            body: self.body,
            signed: Signed::Rpc,
            parameters,
            order,
        })
    }

    fn acs3_claims(
        &self,
        headers: Headers<'a>,
        authorization: &'a str,
        path: &'a str,
        query: &'a str,
    ) -> Result<Claims<'a>, VerifyError> {
        let Authorization { credential, signed_headers, signature, tag } = Authorization::parse(authorization)?;
        let required = [acs3::HOST, acs3::ACTION, acs3::VERSION, acs3::DATE, acs3::NONCE, acs3::CONTENT_HASH];
        if let Some(name) = required.into_iter().find(|name| !headers.has(name)) {
            return Err(VerifyError::MissingHeader { name });
        }
        let covered = |name: &str| signed_headers.iter().any(|signed| same_name(name, signed));
        if let Some(name) = headers.must_be_signed().filter(|name| !covered(name)).map(str::to_ascii_lowercase).min() {
            return Err(VerifyError::UnsignedHeader { name });
        }
        let mut signed: Few<(&str, Cow<'a, str>)> = Few::new();
        for name in signed_headers {
            let value = headers.value(name)?.ok_or_else(|| VerifyError::SignedHeaderAbsent { name: name.into() })?;
            signed.push((name, value));
        }
        let optional = |name: &str| signed.iter().find_map(|(other, value)| (*other == name).then(|| value.clone()));
        let required = |name: &'static str| optional(name).ok_or(VerifyError::MissingHeader { name });
        check_token(acs3::SECURITY_TOKEN, optional(acs3::SECURITY_TOKEN).as_deref().map(Text::of))?;
        let (parameters, query_count) = self.parameters(optional(acs3::CONTENT_TYPE), query)?;
        let order = order(&parameters, query_count)?;
        Ok(Claims {
            access_key_id: Cow::Borrowed(credential),
            time: time(acs3::DATE, Text::Raw(required(acs3::DATE)?.as_bytes()))?,
            nonce: nonce(acs3::NONCE, required(acs3::NONCE)?)?,
            action: required(acs3::ACTION)?,
            version: required(acs3::VERSION)?,
            signature: Text::Plain(signature.as_bytes()),
            method: self.method,
            body: self.body,
            signed: Signed::Acs3 {
                path: canonical_path(path)?,
                content_hash: required(acs3::CONTENT_HASH)?,
                headers: signed,
                tag,
            },
            parameters,
            order,
        })
    }
}

fn claim<T>(name: &'static str, parsed: Result<T, InvalidInput>) -> Result<T, VerifyError> {
    parsed.map_err(|source| VerifyError::MalformedClaim { name, source })
}

fn time(name: &'static str, text: Text<'_>) -> Result<SigningTime, VerifyError> {
    let (mut digits, mut count) = ([0; 20], 0_usize);
    for byte in text.bytes() {
        // What is longer has not the form, and a NUL stands in no time.
        *digits.get_mut(count).unwrap_or(&mut 0) = byte;
        count = count.saturating_add(1);
    }
    let text = if count == digits.len() { str::from_utf8(&digits).unwrap_or_default() } else { "" };
    claim(name, text.parse())
}

fn nonce<'a>(name: &'static str, text: Cow<'a, str>) -> Result<Cow<'a, str>, VerifyError> {
    claim(name, check_visible(Input::Nonce, Text::of(&text)))?;
    Ok(text)
}

/// An empty token is none.
fn check_token(name: &'static str, token: Option<Text<'_>>) -> Result<(), VerifyError> {
    let token = token.filter(|token| token.bytes().next().is_some());
    token.map_or(Ok(()), |token| claim(name, check_visible(Input::SecurityToken, token)))
}

/// Reads `name=value&…` as a form: `+` is a space, an empty piece between two `&` is nothing, a piece without `=` is a name with
/// an empty value.
fn read_pairs<'a>(text: &'a [u8], part: Part, pairs: &mut Few<Pair<'a>>) -> Result<(), VerifyError> {
    let (mut name, mut start, mut plain) = (None, 0_usize, true);
    let mut at = 0_usize;
    loop {
        at = at.saturating_add(text.get(at..).and_then(reserved).unwrap_or(text.len()));
        let byte = text.get(at);
        match byte {
            Some(b'=') if name.is_none() => name = Some(read_text(text, start, at, plain, part)?),
            Some(b'&') | None => {
                let end = at.min(text.len());
                match name.take() {
                    Some(name) => pairs.push((name, read_text(text, start, end, plain, part)?)),
                    None if start < end => pairs.push((read_text(text, start, end, plain, part)?, Text::Plain(b""))),
                    None => {}
                }
            }
            Some(_) => {
                plain = false;
                at = at.saturating_add(1);
                continue;
            }
        }
        if byte.is_none() {
            return Ok(());
        }
        at = at.saturating_add(1);
        (start, plain) = (at, true);
    }
}

/// One text of a form; where it begins in its part is for the error.
fn read_text(text: &[u8], start: usize, end: usize, plain: bool, part: Part) -> Result<Text<'_>, VerifyError> {
    let text = text.get(start..end).unwrap_or_default();
    if plain {
        return Ok(Text::Plain(text));
    }
    let ascii = check_escapes(text, part, start)?;
    let text = Text::Form(text);
    // Whether anything else is UTF-8 shows in the whole only.
    if !ascii && String::from_utf8(text.bytes().collect()).is_err() {
        return Err(VerifyError::NotUtf8 { part, offset: start });
    }
    Ok(text)
}

/// Checks that every escape is a whole one; `Ok(true)`: with what they mean, the text is ASCII.
fn check_escapes(text: &[u8], part: Part, offset: usize) -> Result<bool, VerifyError> {
    let mut ascii = true;
    for (index, byte) in text.iter().enumerate() {
        ascii &= byte.is_ascii();
        if *byte == b'%' {
            match text.get(index.saturating_add(1)..index.saturating_add(3)) {
                Some([high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => ascii &= *high < b'8',
                _ => return Err(VerifyError::MalformedEscape { part, offset: offset.saturating_add(index) }),
            }
        }
    }
    Ok(ascii)
}

/// The canonical order of the first so many parameters, which must differ in their names.
fn order(parameters: &[Pair<'_>], count: usize) -> Result<Few<usize>, VerifyError> {
    let mut order: Few<usize> = (0..count).collect();
    let name = |at: &usize| parameters.get(*at).map_or(Text::Plain(b""), |(name, _)| *name);
    order.sort_unstable_by(|a, b| name(a).order(name(b)));
    match order.array_windows().find(|[a, b]| name(a).means_the_same(name(b))) {
        Some([at, _]) => Err(VerifyError::RepeatedParameter { name: name(at).meaning() }),
        None => Ok(order),
    }
}

/// Encodes each segment of a path anew, so that two spellings of one path have one form.
fn canonical_path(path: &str) -> Result<Cow<'_, str>, VerifyError> {
    if path.is_empty() {
        return Ok(Cow::Borrowed("/"));
    }
    if path.split('/').all(|segment| reserved(segment.as_bytes()).is_none()) {
        return Ok(Cow::Borrowed(path));
    }
    let mut canonical = String::new();
    let mut offset = 0_usize;
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            canonical.push('/');
        }
        check_escapes(segment.as_bytes(), Part::Path, offset)?;
        let decoded = percent_decode(segment.as_bytes()).decode_utf8();
        let decoded = decoded.map_err(|_| VerifyError::NotUtf8 { part: Part::Path, offset })?;
        canonical.push_str(&text(|sink| encode(sink, Text::Raw(decoded.as_bytes()))));
        offset = offset.saturating_add(segment.len()).saturating_add(1);
    }
    Ok(Cow::Owned(canonical))
}

/// Received headers; a name may stand in any case and more than once.
#[derive(Clone, Copy)]
struct Headers<'a>(&'a [(&'a str, &'a [u8])]);

impl<'a> Headers<'a> {
    fn has(self, name: &str) -> bool {
        self.0.iter().any(|(candidate, _)| same_name(candidate, name))
    }

    /// The values of a name; more than one sorted and joined by commas.
    fn value(self, name: &str) -> Result<Option<Cow<'a, str>>, VerifyError> {
        let of_name = self.0.iter().filter(|(candidate, _)| same_name(candidate, name));
        let mut values = of_name.map(|(_, bytes)| {
            let bytes = bytes.trim_ascii();
            let value = str::from_utf8(bytes).ok().filter(|_| acs3::is_header_value(bytes));
            value.ok_or_else(|| VerifyError::MalformedHeader { name: name.to_ascii_lowercase() })
        });
        let Some(first) = values.next() else { return Ok(None) };
        let Some(second) = values.next() else { return Ok(Some(Cow::Borrowed(first?))) };
        let all = [first, second].into_iter().chain(values).collect::<Result<BinaryHeap<_>, _>>()?;
        Ok(Some(Cow::Owned(all.into_sorted_vec().join(","))))
    }

    /// The names that have to be covered: `host`, `content-type` and everything that begins with `x-acs-`.
    fn must_be_signed(self) -> impl Iterator<Item = &'a str> {
        let prefixed = |name: &str| {
            name.as_bytes()
                .get(..acs3::PREFIX.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(acs3::PREFIX.as_bytes()))
        };
        let exact = |name: &str| [acs3::HOST, acs3::CONTENT_TYPE].iter().any(|other| same_name(name, other));
        self.0.iter().map(|(name, _)| *name).filter(move |name| exact(name) || prefixed(name))
    }
}

/// Nearly everybody writes the names of headers as we do, and comparing bytes is several times faster.
fn same_name(ours: &str, theirs: &str) -> bool {
    ours == theirs || ours.eq_ignore_ascii_case(theirs)
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    credential: &'a str,
    signed_headers: Few<&'a str>,
    signature: &'a str,
    /// What the signature spells.
    tag: [u8; 32],
}

impl<'a> Authorization<'a> {
    /// `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<a;b>,Signature=<hex>`, exactly so.
    fn parse(value: &'a str) -> Result<Self, VerifyError> {
        let malformed = |part| VerifyError::MalformedAuthorization { part };
        let (algorithm, parts) = value.split_once(' ').unwrap_or((value, ""));
        if algorithm != Scheme::Acs3.algorithm() {
            return Err(VerifyError::UnsupportedAlgorithm { given: algorithm.into() });
        }
        let mut parts = parts.splitn(3, ',');
        let mut next = |prefix: &str| parts.next().and_then(|part| part.strip_prefix(prefix));
        let credential = next("Credential=").filter(|id| !id.is_empty());
        let credential = credential.ok_or(malformed(AuthorizationPart::Credential))?;
        let signed_headers = next("SignedHeaders=").map(|names| names.split(';').collect::<Few<_>>());
        let signed_headers = signed_headers
            .filter(|names| names.is_sorted_by(|a, b| a < b) && names.iter().all(|name| is_lower_case_name(name)))
            .ok_or(malformed(AuthorizationPart::SignedHeaders))?;
        let signature = next("Signature=").and_then(|signature| Some((signature, unhex(signature)?)));
        let (signature, tag) = signature.ok_or(malformed(AuthorizationPart::Signature))?;
        Ok(Self { credential, signed_headers, signature, tag })
    }
}

fn is_lower_case_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
}
