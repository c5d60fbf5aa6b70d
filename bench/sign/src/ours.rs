//! Ours, as the Worker and the emulator call it.

use crate::{
    Work,
    request::{ACS3_SIGNATURE, ACTION, HOST, ID, NONCE, QUERY, RPC_SIGNATURE, SECRET, TIME, VERSION},
};
use acs_sign::{
    AccessKey, AccessKeySecret, Body, Credentials, Format, HttpRequest, Method, Nonce, ReceivedRequest, Scheme,
    SignableRequest, SigningKey, SigningTime,
};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::hint::black_box;

/// The request, before any scheme gives it a form.
pub const REQUEST: SignableRequest<'static> = SignableRequest {
    method: Method::Post,
    host: HOST,
    action: ACTION,
    version: VERSION,
    format: Format::Json,
    query: &QUERY,
    body: Body::Empty,
    headers: &[],
};

fn key(scheme: Scheme) -> Result<SigningKey, &'static str> {
    let at = usize::from(scheme == Scheme::Acs3);
    let key = AccessKey::new(ID[at], SECRET[at]).map_err(|_| "no key")?;
    Ok(SigningKey::new(scheme, &Credentials { key, token: None }))
}

fn stamp() -> Result<(SigningTime, Nonce), &'static str> {
    Ok((TIME.parse().map_err(|_| "no time")?, NONCE.parse().map_err(|_| "no nonce")?))
}

fn signed(scheme: Scheme) -> Result<HttpRequest, &'static str> {
    let (time, nonce) = stamp()?;
    let http = key(scheme)?.http_request(&REQUEST, time, &nonce).map_err(|_| "it cannot be signed")?;
    let right = match scheme {
        Scheme::Rpc => http.path_and_query.contains(&RPC_SIGNATURE.replace('=', "%3D")),
        Scheme::Acs3 => http.headers.iter().any(|(_, value)| value.ends_with(ACS3_SIGNATURE)),
    };
    if right { Ok(http) } else { Err("our signature is not the vector's") }
}

fn sign(scheme: Scheme) -> Result<Work, &'static str> {
    signed(scheme)?;
    let (key, (time, nonce)) = (key(scheme)?, stamp()?);
    Ok(Box::new(move || {
        let signed = key.sign(black_box(&REQUEST), black_box(time), black_box(&nonce));
        let _ = black_box(signed.map_err(drop));
    }))
}

fn verify(scheme: Scheme) -> Result<Work, &'static str> {
    let http = signed(scheme)?;
    let secret = AccessKeySecret::new(SECRET[usize::from(scheme == Scheme::Acs3)]).map_err(|_| "no secret")?;
    let mut headers: Vec<(String, Vec<u8>)> =
        http.headers.iter().map(|(name, value)| (String::from(&**name), value.clone().into_bytes())).collect();
    headers.push(("host".into(), http.host.clone().into_bytes()));
    let check = move |target: &str, headers: &[(&str, &[u8])]| {
        let request = ReceivedRequest { method: "POST", target, headers, body: b"" };
        match black_box(&request).claims() {
            Ok(claims) => claims.verify(black_box(&secret)).is_ok(),
            Err(_) => false,
        }
    };
    let pairs: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let forged = http.path_and_query.replace("Operation=Share", "Operation=UnShare");
    if !check(&http.path_and_query, &pairs) || check(&forged, &pairs) {
        return Err("our verdict is wrong");
    }
    Ok(Box::new(move || {
        // On the stack, as a server has them from its parser.
        let mut pairs: [(&str, &[u8]); 16] = [("", b""); 16];
        let count = headers.len().min(pairs.len());
        for (pair, (name, value)) in pairs.iter_mut().zip(&headers) {
            *pair = (name, value);
        }
        let accepted = check(&http.path_and_query, pairs.get(..count).unwrap_or_default());
        assert!(accepted, "the request was refused");
    }))
}

/// [`SigningKey::sign`] by RPC.
///
/// # Errors
/// The signature is not the vector's.
pub fn rpc_sign() -> Result<Work, &'static str> {
    sign(Scheme::Rpc)
}

/// [`SigningKey::sign`] by ACS3.
///
/// # Errors
/// The signature is not the vector's.
pub fn acs3_sign() -> Result<Work, &'static str> {
    sign(Scheme::Acs3)
}

/// [`ReceivedRequest::claims`] and [`acs_sign::Claims::verify`] of what RPC signed.
///
/// # Errors
/// It is refused, or a forged one is accepted.
pub fn rpc_verify() -> Result<Work, &'static str> {
    verify(Scheme::Rpc)
}

/// [`ReceivedRequest::claims`] and [`acs_sign::Claims::verify`] of what ACS3 signed.
///
/// # Errors
/// It is refused, or a forged one is accepted.
pub fn acs3_verify() -> Result<Work, &'static str> {
    verify(Scheme::Acs3)
}
