//! `signers NAME TIMES`: signers of other crates at work on the request of `bench-sign`, as that one.
//!
//! `ali-acs` 0.8.0 is not among them: its signer is private, and what is public sends the request.

use alibabacloud::signing::calculate_signature;
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign},
    sign::v4,
};
use bench_sign::{Work, report, request};
use std::{collections::BTreeMap, hint::black_box, time::SystemTime};

fn main() -> Result<(), &'static str> {
    report(|name| match name {
        "alibabacloud-rpc-sign" => alibabacloud_rpc(),
        "aws-sigv4-sign" => aws(),
        _ => Err("there is no such contestant"),
    })
}

/// It can `GET` only, so its signature is another than the vector's: the text that it signs begins with another word.
fn alibabacloud_rpc() -> Result<Work, &'static str> {
    let common = [
        ("AccessKeyId", request::ID[0]),
        ("Action", request::ACTION),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", request::NONCE),
        ("SignatureVersion", "1.0"),
        ("Timestamp", request::TIME),
        ("Version", request::VERSION),
    ];
    let parameters = move || -> BTreeMap<String, String> {
        common.iter().chain(&request::QUERY).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    if calculate_signature(&parameters(), request::SECRET[0]) != request::RPC_GET_SIGNATURE {
        return Err("alibabacloud comes to another signature");
    }
    // As its client does: the parameters of each call go into a map.
    Ok(Box::new(move || {
        black_box(calculate_signature(black_box(&parameters()), request::SECRET[0]));
    }))
}

/// Another vendor's scheme of the same kind, with four hashes more for its key.
fn aws() -> Result<Work, &'static str> {
    let identity = Credentials::new(request::ID[1], request::SECRET[1], None, None, "bench").into();
    let url = format!(
        "https://{}/?{}",
        request::HOST,
        request::QUERY.map(|(name, value)| format!("{name}={value}")).join("&")
    );
    let sign_once = move || {
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("cn-hangzhou")
            .name("swas")
            .time(SystemTime::UNIX_EPOCH)
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| "no parameters")?;
        let headers = [("x-acs-action", request::ACTION), ("x-acs-version", request::VERSION)];
        let request = SignableRequest::new("POST", black_box(&url), headers.into_iter(), SignableBody::Bytes(b""));
        let request = request.map_err(|_| "no request")?;
        let parameters: SigningParams<'_> = parameters.into();
        let signed = sign(request, &parameters).map_err(|_| "it cannot be signed")?;
        Ok::<_, &'static str>(signed.signature().len())
    };
    if sign_once()? != 64 {
        return Err("aws-sigv4 comes to something that is no signature");
    }
    Ok(Box::new(move || {
        let _ = black_box(sign_once());
    }))
}
