//! Exact outcomes: inputs refused, requests that cannot be signed, requests that are not what was signed, and the few that
//! look as if they were not and are.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use acs_sign::{
    AccessKey, AccessKeySecret, AuthorizationPart, Body, Credentials, Format, Input, InvalidInput, Method, Nonce, Part,
    ReceivedRequest, Scheme, SecurityToken, SignError, SignableRequest, SigningKey, SigningTime, Stages, VerifyError,
    sign,
};
use core::error::Error;

const TOKEN: &str = "CAISexample+token/==";

const REQUEST: SignableRequest<'_> = SignableRequest {
    method: Method::Post,
    host: "swas.cn-hangzhou.aliyuncs.com",
    action: "ModifyImageShareStatus",
    version: "2020-06-01",
    format: Format::Json,
    query: &[("RegionId", "cn-hangzhou")],
    body: Body::Form(&[("ImageId", "m-bp1e79zktg26n2b0001"), ("Operation", "Share")]),
    headers: &[],
};

/// Runs a test natively and under wasm-bindgen-test.
macro_rules! tests {
    ($($(#[doc = $doc:literal])* fn $name:ident() $body:block)+) => {$(
        $(#[doc = $doc])*
        #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(target_arch = "wasm32"), test)]
        fn $name() $body
    )+};
}

fn credentials() -> Credentials {
    Credentials {
        key: AccessKey::new("testid", "testsecret").unwrap(),
        token: Some(SecurityToken::new(TOKEN).unwrap()),
    }
}

fn time() -> SigningTime {
    "2023-10-26T10:22:32Z".parse().unwrap()
}

/// A signed request that a test may alter before it is received.
#[derive(Clone)]
struct Wire {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Wire {
    fn signed(scheme: Scheme) -> Self {
        Self::sign(scheme, &REQUEST)
    }

    fn sign(scheme: Scheme, request: &SignableRequest<'_>) -> Self {
        let nonce = Nonce::from_random([0x31; 16]);
        let http = SigningKey::new(scheme, &credentials()).http_request(request, time(), &nonce).unwrap();
        let host = ("Host".into(), http.host.into_bytes());
        let headers = http.headers.into_iter().map(|(name, value)| (name.into_owned(), value.into_bytes()));
        Self {
            method: http.method.name().into(),
            target: http.path_and_query,
            headers: headers.chain([host]).collect(),
            body: http.body,
        }
    }

    fn verify_with(&self, secret: &str) -> Result<(), VerifyError> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let request =
            ReceivedRequest { method: &self.method, target: &self.target, headers: &headers, body: &self.body };
        request.claims()?.verify(&AccessKeySecret::new(secret).unwrap())
    }

    fn verify(&self) -> Result<(), VerifyError> {
        self.verify_with("testsecret")
    }

    fn header(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.headers.iter_mut().find(|(candidate, _)| candidate == name).unwrap().1
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        *self.header(name) = value.into();
        self
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(candidate, _)| candidate != name);
        self
    }

    fn body(mut self, from: &str, to: &str) -> Self {
        let body = str::from_utf8(&self.body).unwrap();
        assert!(body.contains(from), "{from}");
        self.body = body.replace(from, to).into_bytes();
        self
    }

    fn in_header(mut self, name: &str, from: &str, to: &str) -> Self {
        let value = str::from_utf8(self.header(name)).unwrap().to_owned();
        assert!(value.contains(from), "{from}");
        *self.header(name) = value.replace(from, to).into_bytes();
        self
    }
}

/// The vendor's message of `SignatureDoesNotMatch` ends with this text.
fn echoed(verdict: Result<(), VerifyError>) -> String {
    match verdict {
        Err(VerifyError::SignatureMismatch { string_to_sign }) => string_to_sign.as_str().into(),
        other => panic!("{other:?}"),
    }
}

tests! {
    fn inputs() {
        let empty = |input| InvalidInput::Empty { input };
        assert_eq!("RPC".parse::<Scheme>(), Err(InvalidInput::UnknownScheme));
        assert_eq!(AccessKey::new("", "s"), Err(empty(Input::AccessKeyId)));
        assert_eq!(AccessKey::new("a,b", "s"), Err(forbidden(Input::AccessKeyId, 1)));
        assert_eq!(AccessKey::new("a", ""), Err(empty(Input::AccessKeySecret)));
        assert_eq!(AccessKey::new("a", "secret\n"), Err(forbidden(Input::AccessKeySecret, 6)));
        assert_eq!(SecurityToken::new("to ken"), Err(forbidden(Input::SecurityToken, 2)));
        assert_eq!("é".parse::<Nonce>(), Err(forbidden(Input::Nonce, 0)));
        assert_eq!("".parse::<Nonce>(), Err(empty(Input::Nonce)));
        assert_eq!(Nonce::from_random([0xa5; 16]).as_str(), "a5".repeat(16));
        assert_eq!(
            forbidden(Input::AccessKeySecret, 6).to_string(),
            "access key secret has a forbidden character at byte 6"
        );
    }

    fn times() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (1_698_315_752, "2023-10-26T10:22:32Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            let time = SigningTime::from_unix_seconds(seconds).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse(), Ok(time));
            assert_eq!(time.unix_seconds(), seconds);
        }
        for seconds in [-62_167_219_201, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(SigningTime::from_unix_seconds(seconds), Err(InvalidInput::TimeOutOfRange { seconds }));
        }
        for text in [
            "",
            "2023-10-26T10:22:32",
            "2023-10-26t10:22:32Z",
            "2023-10-26T10:22:32.0Z",
            "2023-10-26T10:22:32+00:00",
            "2023-02-29T10:22:32Z",
            "2023-13-01T10:22:32Z",
            "2023-10-26T24:00:00Z",
            "2023-12-31T23:59:60Z",
            "+023-10-26T10:22:32Z",
            "２023-10-26T10:22:3",
        ] {
            assert_eq!(text.parse::<SigningTime>(), Err(InvalidInput::MalformedTime), "{text}");
        }
    }

    fn requests_that_cannot_be_signed() {
        let invalid = |input, offset| SignError::Invalid(InvalidInput::ForbiddenCharacter { input, offset });
        let raw = |content_type| Body::Raw { content_type, bytes: b"{}" };
        let both = |request: SignableRequest<'_>, expected: SignError| {
            for scheme in Scheme::ALL {
                refuse(scheme, request, &expected);
            }
        };
        both(SignableRequest { host: "", ..REQUEST }, SignError::Invalid(InvalidInput::Empty { input: Input::Host }));
        both(SignableRequest { host: "a.example/", ..REQUEST }, invalid(Input::Host, 9));
        both(SignableRequest { host: "A.example", ..REQUEST }, invalid(Input::Host, 0));
        both(SignableRequest { action: "A\r\nx: y", ..REQUEST }, invalid(Input::Action, 1));
        both(SignableRequest { version: "2020 06", ..REQUEST }, invalid(Input::Version, 4));
        both(SignableRequest { body: raw("a/b\n"), ..REQUEST }, invalid(Input::ContentType, 3));
        both(SignableRequest { body: raw(" a/b"), ..REQUEST }, invalid(Input::ContentType, 0));
        both(SignableRequest { method: Method::Get, body: raw("a/b"), ..REQUEST }, SignError::BodyOnGet);
        for name in ["accept", "x-acs-", "X-Acs-Test", "x-acs-a b", "x-acs-é"] {
            let headers = [(name, "v")];
            both(SignableRequest { headers: &headers, ..REQUEST }, SignError::HeaderName { name: name.into() });
        }
        for value in ["a\r\nb: c", "é", "\u{7f}"] {
            let headers = [("x-acs-test", value)];
            both(SignableRequest { headers: &headers, ..REQUEST }, SignError::HeaderValue { name: "x-acs-test".into() });
        }
        both(
            SignableRequest { headers: &[("x-acs-date", "v")], ..REQUEST },
            SignError::ReservedHeader { name: "x-acs-date".into() },
        );
        both(
            SignableRequest { headers: &[("x-acs-b", "1"), ("x-acs-a", "2"), ("x-acs-b", "2")], ..REQUEST },
            SignError::RepeatedHeader { name: "x-acs-b".into() },
        );
        both(
            SignableRequest { query: &[("A", "1"), ("A", "1")], ..REQUEST },
            SignError::RepeatedParameter { name: "A".into() },
        );
    }

    /// The schemes differ where RPC merges what ACS3 keeps apart.
    fn requests_that_one_scheme_cannot_sign() {
        let form = SignableRequest { method: Method::Get, ..REQUEST };
        assert!(Stages::of(&form, Scheme::Rpc, &credentials(), time(), &Nonce::from_random([0; 16])).is_ok());
        refuse(Scheme::Acs3, form, &SignError::BodyOnGet);

        let across = SignableRequest { query: &[("ImageId", "m-1")], ..REQUEST };
        refuse(Scheme::Rpc, across, &SignError::RepeatedParameter { name: "ImageId".into() });

        for name in ["Signature", "SignatureType", "Version", "SecurityToken"] {
            let query = [(name, "v")];
            let reserved = SignableRequest { query: &query, ..REQUEST };
            refuse(Scheme::Rpc, reserved, &SignError::ReservedParameter { name: name.into() });
            assert!(sign(&reserved, Scheme::Acs3, &credentials(), time(), &Nonce::from_random([0; 16])).is_ok());
        }
    }

    /// What the server signs comes along, as the vendor's message shows it.
    fn altered_rpc_requests() {
        let signed = Wire::signed(Scheme::Rpc);
        assert_eq!(signed.verify(), Ok(()));
        let expected = |method: &str, operation: &str| {
            format!(
                "{method}&%2F&AccessKeyId%3Dtestid%26Action%3DModifyImageShareStatus%26Format%3DJSON\
                 %26ImageId%3Dm-bp1e79zktg26n2b0001%26Operation%3D{operation}%26RegionId%3Dcn-hangzhou\
                 %26SecurityToken%3DCAISexample%252Btoken%252F%253D%253D%26SignatureMethod%3DHMAC-SHA1\
                 %26SignatureNonce%3D31313131313131313131313131313131%26SignatureVersion%3D1.0\
                 %26Timestamp%3D2023-10-26T10%253A22%253A32Z%26Version%3D2020-06-01"
            )
        };
        assert_eq!(echoed(signed.verify_with("othersecret")), expected("POST", "Share"));
        assert_eq!(echoed(signed.clone().body("=Share", "=UnShare").verify()), expected("POST", "UnShare"));
        let get = Wire { method: "GET".into(), ..signed.clone() };
        assert_eq!(echoed(get.verify()), expected("GET", "Share"));
        for signature in ["", "%21", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let forged = signed.clone().body("&Signature=", &format!("&Signature={signature}&X="));
            let (given, ours) = (echoed(forged.verify()), expected("POST", "Share"));
            assert!(given.starts_with(&ours), "{given}");
        }
    }

    fn incomplete_rpc_requests() {
        let signed = Wire::signed(Scheme::Rpc);
        for name in [
            "AccessKeyId",
            "Signature",
            "SignatureMethod",
            "SignatureVersion",
            "Timestamp",
            "SignatureNonce",
            "Action",
            "Version",
        ] {
            let altered = signed.clone().body(&format!("&{name}="), "&Other=");
            assert_eq!(altered.verify(), Err(VerifyError::MissingParameter { name }));
        }
        let repeated = VerifyError::RepeatedParameter { name: "RegionId".into() };
        assert_eq!(signed.clone().body("ImageId", "RegionId").verify(), Err(repeated));
        // Not called a form, the body holds no parameters at all.
        let unnamed = signed.clone().without("content-type");
        assert_eq!(unnamed.verify(), Err(VerifyError::MissingParameter { name: "AccessKeyId" }));
        let spelled = signed.set("content-type", "Application/X-WWW-Form-URLencoded; charset=utf-8");
        assert_eq!(spelled.verify(), Ok(()));
    }

    fn malformed_rpc_requests() {
        let signed = Wire::signed(Scheme::Rpc);
        let cases: [(&str, &str, VerifyError); 8] = [
            ("HMAC-SHA1", "HMAC-SHA256", VerifyError::UnsupportedAlgorithm { given: "HMAC-SHA256".into() }),
            ("&Format=JSON", "&SignatureType=BEARERTOKEN", VerifyError::UnsupportedAlgorithm { given: "BEARERTOKEN".into() }),
            ("SignatureVersion=1.0", "SignatureVersion=2.0", VerifyError::UnsupportedSignatureVersion { given: "2.0".into() }),
            ("10%3A22", "25%3A22", malformed("Timestamp", InvalidInput::MalformedTime)),
            ("Nonce=3", "Nonce=%20", malformed("SignatureNonce", forbidden(Input::Nonce, 0))),
            ("Token=C", "Token=%C3%A9", malformed("SecurityToken", forbidden(Input::SecurityToken, 0))),
            ("Share&", "%FF&", VerifyError::NotUtf8 { part: Part::Body, offset: 40 }),
            ("Share&", "%4&", VerifyError::MalformedEscape { part: Part::Body, offset: 40 }),
        ];
        for (from, to, expected) in cases {
            assert_eq!(signed.clone().body(from, to).verify(), Err(expected), "{to}");
        }
        for (target, expected) in [
            ("/?RegionId=cn%", VerifyError::MalformedEscape { part: Part::Query, offset: 11 }),
            ("/?RegionId=cn%+1", VerifyError::MalformedEscape { part: Part::Query, offset: 11 }),
            ("/?a=b&%g1=c", VerifyError::MalformedEscape { part: Part::Query, offset: 4 }),
            ("/?a=b&c=%80%80", VerifyError::NotUtf8 { part: Part::Query, offset: 6 }),
        ] {
            let altered = Wire { target: target.into(), ..signed.clone() };
            assert_eq!(altered.verify(), Err(expected), "{target}");
        }
    }

    fn altered_acs3_requests() {
        let signed = Wire::signed(Scheme::Acs3);
        assert_eq!(signed.verify(), Ok(()));
        let original = echoed(signed.verify_with("othersecret"));
        assert!(original.starts_with("ACS3-HMAC-SHA256\n"), "{original}");
        assert_eq!(original.len(), "ACS3-HMAC-SHA256\n".len() + 64);
        let altered = [
            Wire { method: "GET".into(), ..signed.clone() },
            Wire { target: "/x?RegionId=cn-hangzhou".into(), ..signed.clone() },
            Wire { target: "/?RegionId=cn-beijing".into(), ..signed.clone() },
            Wire { target: "/?RegionId=cn-hangzhou&Operation=UnShare".into(), ..signed.clone() },
            signed.clone().set("Host", "swas.cn-beijing.aliyuncs.com"),
            signed.clone().set("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            signed.clone().set("x-acs-action", "DeleteCustomImage"),
            signed.clone().set("x-acs-version", "2020-06-02"),
            signed.clone().set("x-acs-date", "2023-10-26T10:22:33Z"),
            signed.clone().set("x-acs-signature-nonce", "another"),
            signed.clone().set("x-acs-security-token", "another"),
            signed.clone().set("x-acs-accesskey-id", "another"),
            signed.clone().set("x-acs-content-sha256", "another"),
            signed.clone().add("x-acs-action", "DeleteCustomImage"),
        ];
        for altered in altered {
            assert_ne!(echoed(altered.verify()), original);
        }
        let first = if signed.clone().header("authorization").ends_with(b"0") { "1" } else { "0" };
        let mut forged = signed.clone();
        forged.header("authorization").pop();
        forged.header("authorization").extend_from_slice(first.as_bytes());
        assert_eq!(echoed(forged.verify()), original);

        let claimed = String::from_utf8(signed.clone().header("x-acs-content-sha256").clone()).unwrap();
        let body = signed.clone().body("=Share", "=UnShare");
        // printf 'ImageId=m-bp1e79zktg26n2b0001&Operation=UnShare' | sha256sum
        let actual = "21be52610971935d7b7d2256a100df77fbe0dd9489c035f71a240ce97b5f78cf".into();
        assert_eq!(body.verify(), Err(VerifyError::BodyHashMismatch { claimed, actual }));
    }

    /// The same request spelled in another way is the same request.
    fn respelled_acs3_requests() {
        let signed = Wire::signed(Scheme::Acs3);
        for target in ["/?RegionId=cn%2dhangzhou", "/?&RegionId=%63n-hangzhou&", "?RegionId=cn-hangzhou"] {
            assert_eq!(Wire { target: target.into(), ..signed.clone() }.verify(), Ok(()), "{target}");
        }
        let spaced = signed.clone().set("x-acs-action", "\t ModifyImageShareStatus ");
        assert_eq!(spaced.verify(), Ok(()));
        let mut renamed = signed.clone();
        renamed.headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase());
        assert_eq!(renamed.verify(), Ok(()));
        // The official SDKs sort the values of a repeated header and join them by commas.
        let headers = [("x-acs-test", "http,https")];
        let joined = Wire::sign(Scheme::Acs3, &SignableRequest { headers: &headers, ..REQUEST });
        let split = joined.without("x-acs-test").add("x-acs-TEST", "https").add("x-acs-test", "http");
        assert_eq!(split.verify(), Ok(()));
    }

    /// The first generation of the Python SDK sends `SignatureType=` with access keys, and an empty token is none.
    fn empty_common_parameters() {
        let common = "AccessKeyId=testid&SignatureMethod=HMAC-SHA1&SignatureType=&SecurityToken=&SignatureVersion=1.0\
                      &SignatureNonce=n&Timestamp=2023-10-26T10%3A22%3A32Z&Action=A&Version=V&Signature=";
        let target = format!("/?{common}");
        let request = ReceivedRequest { method: "GET", target: &target, headers: &[], body: b"" };
        let claims = request.claims().unwrap();
        assert_eq!(claims.security_token(), None);
        assert_eq!(claims.parameters().next(), None);
        assert_eq!(claims.format(), None);
    }

    /// A GET of RPC has its fields in the query, and so no body and no media type.
    fn a_form_that_is_sent_by_get() {
        let wire = Wire::sign(Scheme::Rpc, &SignableRequest { method: Method::Get, ..REQUEST });
        assert_eq!(wire.verify(), Ok(()));
        assert!(wire.target.starts_with("/?RegionId=cn-hangzhou&ImageId=m-bp1e79zktg26n2b0001&Operation=Share&"));
        assert_eq!(wire.headers.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["Host"]);
        assert_eq!(wire.body, b"");
    }

    fn incomplete_acs3_requests() {
        let signed = Wire::signed(Scheme::Acs3);
        for name in [
            "authorization",
            "host",
            "x-acs-action",
            "x-acs-version",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
        ] {
            let altered = signed.clone().without(if name == "host" { "Host" } else { name });
            assert_eq!(altered.verify(), Err(VerifyError::MissingHeader { name }));
        }
        let absent = VerifyError::SignedHeaderAbsent { name: "x-acs-security-token".into() };
        assert_eq!(signed.clone().without("x-acs-security-token").verify(), Err(absent));
        for name in ["content-type", "host", "x-acs-security-token", "x-acs-action"] {
            let altered = signed.clone().in_header("authorization", &format!("{name};"), "");
            assert_eq!(altered.verify(), Err(VerifyError::UnsignedHeader { name: name.into() }));
        }
        let added = signed.add("X-Acs-Test", "v");
        assert_eq!(added.verify(), Err(VerifyError::UnsignedHeader { name: "x-acs-test".into() }));
    }

    fn malformed_acs3_requests() {
        let signed = Wire::signed(Scheme::Acs3);
        let authorization = |part| VerifyError::MalformedAuthorization { part };
        for (value, expected) in [
            ("", VerifyError::UnsupportedAlgorithm { given: "".into() }),
            ("acs id:signature", VerifyError::UnsupportedAlgorithm { given: "acs".into() }),
            ("ACS3-HMAC-SM3 Credential=a", VerifyError::UnsupportedAlgorithm { given: "ACS3-HMAC-SM3".into() }),
            ("ACS3-HMAC-SHA256", authorization(AuthorizationPart::Credential)),
            ("ACS3-HMAC-SHA256 Credential=,SignedHeaders=a", authorization(AuthorizationPart::Credential)),
            ("ACS3-HMAC-SHA256  Credential=a,SignedHeaders=a", authorization(AuthorizationPart::Credential)),
            ("ACS3-HMAC-SHA256 Credential=a", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a, SignedHeaders=a", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b;a", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=a;a", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=A", authorization(AuthorizationPart::SignedHeaders)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=a", authorization(AuthorizationPart::Signature)),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=a,Signature=00", authorization(AuthorizationPart::Signature)),
        ] {
            assert_eq!(signed.clone().set("authorization", value).verify(), Err(expected), "{value}");
        }
        let upper = signed.clone().header("authorization").to_ascii_uppercase();
        let signature = str::from_utf8(&upper).unwrap().rsplit_once('=').unwrap().1.to_owned();
        let lower = signature.to_ascii_lowercase();
        for other in [signature, lower.replace(|digit: char| digit.is_ascii_digit(), "g"), format!("{lower}00")] {
            let altered = signed.clone().in_header("authorization", &lower, &other);
            assert_eq!(altered.verify(), Err(authorization(AuthorizationPart::Signature)), "{other}");
        }

        let header = |name: &str| VerifyError::MalformedHeader { name: name.into() };
        for (name, value) in [("authorization", "é"), ("x-acs-action", "é"), ("content-type", "a\r\nb"), ("x-acs-date", "\0")] {
            assert_eq!(signed.clone().set(name, value).verify(), Err(header(name)), "{value:?}");
        }
        let authorization_again = signed.clone().add("Authorization", "ACS3-HMAC-SHA256");
        assert_eq!(authorization_again.verify(), Err(header("authorization")));
        let mut bytes = signed.clone();
        *bytes.header("x-acs-version") = vec![0xff];
        assert_eq!(bytes.verify(), Err(header("x-acs-version")));

        for (name, value, source) in [
            ("x-acs-date", "2023-10-26", InvalidInput::MalformedTime),
            ("x-acs-signature-nonce", "", InvalidInput::Empty { input: Input::Nonce }),
            ("x-acs-security-token", "a b", forbidden(Input::SecurityToken, 1)),
        ] {
            assert_eq!(signed.clone().set(name, value).verify(), Err(malformed(name, source)));
        }
        for (target, expected) in [
            ("/%", VerifyError::MalformedEscape { part: Part::Path, offset: 1 }),
            ("/a/%ff", VerifyError::NotUtf8 { part: Part::Path, offset: 3 }),
            ("/?a=1&b=2&a=1", VerifyError::RepeatedParameter { name: "a".into() }),
        ] {
            assert_eq!(Wire { target: target.into(), ..signed.clone() }.verify(), Err(expected), "{target}");
        }
    }

    /// A plus is a space to a server, so a client must write `%2B` and `%20`.
    fn plus_is_a_space() {
        let headers = [("content-type", &b"application/x-www-form-urlencoded"[..])];
        let common = "AccessKeyId=a&Signature=s&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n\
                      &Timestamp=2023-10-26T10%3A22%3A32Z&Action=A&Version=V";
        let target = format!("/?a+b=c+%2b%20d&e&=f&&{common}");
        let request = ReceivedRequest { method: "POST", target: &target, headers: &headers, body: b"g+h=+i" };
        let claims = request.claims().unwrap();
        let parameters: Vec<_> = claims.parameters().collect();
        let expected = [("a b", "c + d"), ("e", ""), ("", "f"), ("g h", " i")];
        assert_eq!(parameters, expected.map(|(name, value)| (name.into(), value.into())));
        let canonical = claims.canonical_request();
        assert!(canonical.as_str().starts_with("=f&AccessKeyId=a&Action=A&"), "{}", canonical.as_str());
        assert!(canonical.as_str().ends_with("&Version=V&a%20b=c%20%2B%20d&e=&g%20h=%20i"), "{}", canonical.as_str());
    }

    /// More than a list on the stack holds, in an order that is not the canonical one, and one that occurs twice among them.
    fn many_parameters() {
        let names: Vec<String> = (0..100).map(|n| format!("InstanceId.{}", (n * 37) % 100)).collect();
        let query: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "é")).collect();
        for scheme in Scheme::ALL {
            let request = SignableRequest { query: &query, ..REQUEST };
            assert_eq!(Wire::sign(scheme, &request).verify(), Ok(()));
            let twice = [&query[..], &query[50..51]].concat();
            let repeated = SignError::RepeatedParameter { name: "InstanceId.50".into() };
            refuse(scheme, SignableRequest { query: &twice, ..REQUEST }, &repeated);
        }
    }

    /// The token and every value stay out of `Debug` and `Display`, wherever they travel.
    fn secrets_are_not_shown() {
        for scheme in Scheme::ALL {
            let (credentials, nonce) = (credentials(), Nonce::from_random([0; 16]));
            let key = SigningKey::new(scheme, &credentials);
            let stages = Stages::of(&REQUEST, scheme, &credentials, time(), &nonce).unwrap();
            let wire = Wire::signed(scheme);
            let headers: Vec<_> = wire.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
            let received = ReceivedRequest { method: "POST", target: &wire.target, headers: &headers, body: &wire.body };
            let mismatch = wire.verify_with("othersecret").unwrap_err();
            for shown in [
                format!("{credentials:?}"),
                format!("{key:?}"),
                format!("{REQUEST:?}"),
                format!("{stages:?}"),
                format!("{:?}", key.sign(&REQUEST, time(), &nonce)),
                format!("{:?}", key.http_request(&REQUEST, time(), &nonce)),
                format!("{received:?}"),
                format!("{:?}", received.claims()),
                format!("{mismatch:?} {mismatch}"),
            ] {
                for secret in ["testsecret", "CAISexample", "m-bp1e79zktg26n2b0001"] {
                    assert!(!shown.contains(secret), "{secret} in {shown}");
                }
            }
        }
    }
}

fn forbidden(input: Input, offset: usize) -> InvalidInput {
    InvalidInput::ForbiddenCharacter { input, offset }
}

/// The cause of a malformed claim is its source, and the text does not repeat it.
fn malformed(name: &'static str, source: InvalidInput) -> VerifyError {
    let error = VerifyError::MalformedClaim { name, source };
    assert_eq!(error.source().unwrap().to_string(), source.to_string());
    assert_eq!(error.to_string(), format!("{name} does not have its form"));
    error
}

/// Both ways to a signature refuse alike.
fn refuse(scheme: Scheme, request: SignableRequest<'_>, expected: &SignError) {
    let (credentials, nonce) = (credentials(), Nonce::from_random([0; 16]));
    assert_eq!(sign(&request, scheme, &credentials, time(), &nonce).as_ref(), Err(expected), "{request:?}");
    assert_eq!(Stages::of(&request, scheme, &credentials, time(), &nonce).as_ref(), Err(expected), "{request:?}");
}
