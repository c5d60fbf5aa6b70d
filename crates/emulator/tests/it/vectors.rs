//! Signatures somebody else made: published vectors and recorded requests of the vendor's SDKs, replayed as raw requests.

use crate::caller::{NOW, answer, at, config, key, temporary_key};
use acs_sign::Credentials;
use emulator::{Action, Config, Emulator, HttpRequest};
use serde_json::Value;
use std::{fs, path::Path};

fn post(target: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        path_and_query: target.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
    }
}

const COMMON: &str = "AccessKeyId=testid&Action=ModifyImageShareStatus&Format=JSON&ImageId=m-bp1e79zktg26n2b0001\
                      &Operation=Share&RegionId=cn-hangzhou&SignatureMethod=HMAC-SHA1\
                      &SignatureNonce=3156853299f313e23d1673dc12e1703d&SignatureVersion=1.0\
                      &Timestamp=2023-10-26T10%3A22%3A32Z&Version=2020-06-01";
const SIGNATURE: &str = "&Signature=D1a2uW1cJxL9yqkzNz6zMkOOl74%3D";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn rpc_parameters_in_a_form_in_the_query_or_in_both() {
    let signed = format!("{COMMON}{SIGNATURE}");
    let (first, second) = signed.split_once("&RegionId").unwrap();
    for request in [
        post("/", &[FORM], &signed),
        post("/", &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8")], &signed),
        post(&format!("/?{signed}"), &[], ""),
        post(&format!("/?{first}"), &[FORM], &format!("RegionId{second}")),
    ] {
        let answered = answer(&mut Emulator::new(config()), NOW, &request);
        assert_eq!(answered.status, 200, "{answered:?}");
    }
    // A body that does not say it is a form is none.
    let refused = answer(&mut Emulator::new(config()), NOW, &post("/", &[], &signed));
    assert_eq!(refused.status, 400);
}

#[test]
fn rpc_with_a_token() {
    let token = "&SecurityToken=CAISexample%2Btoken%2F%3D%3D";
    let body = format!("{COMMON}{token}&Signature=hmHw8lo1qHHafUzPTgQ%2Fmdb0Zm8%3D");
    let config = Config::new(vec![temporary_key("testid", "testsecret", "CAISexample+token/==")]);
    assert_eq!(answer(&mut Emulator::new(config), NOW, &post("/", &[FORM], &body)).status, 200);
}

/// The signature of a GET is another than that of a POST.
#[test]
fn rpc_with_the_wrong_method() {
    let mut request = post(&format!("/?{COMMON}{SIGNATURE}"), &[], "");
    request.method = "GET".to_owned();
    let refused = answer(&mut Emulator::new(config()), NOW, &request);
    assert_eq!(refused.code(), (400, "SignatureDoesNotMatch"));
}

#[test]
fn acs3() {
    let request = post(
        "/?ImageId=m-bp1e79zktg26n2b0001&Operation=Share&RegionId=cn-hangzhou",
        &[
            ("Host", "swas.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", "ModifyImageShareStatus"),
            ("x-acs-version", "2020-06-01"),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (
                "Authorization",
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
                 x-acs-date;x-acs-signature-nonce;x-acs-version,\
                 Signature=a4513d05414ee2eb8fbfe28b55db35e224b2c95524a2545295534fff2569ad5a",
            ),
        ],
        "",
    );
    let config = Config::new(vec![key("YourAccessKeyId", "YourAccessKeySecret")]);
    assert_eq!(answer(&mut Emulator::new(config.clone()), NOW, &request).status, 200);

    let mut with_a_body = request;
    with_a_body.body = b"x".to_vec();
    let refused = answer(&mut Emulator::new(config), NOW, &with_a_body);
    assert_eq!(refused.code(), (400, "SignatureDoesNotMatch"));
    assert_eq!(refused.body["Message"], "Specified signature does not match our calculation.");
}

/// Every complete request among the signer's vectors: the gateway lets it through, whatever then becomes of it.
#[test]
fn the_signers_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../acs-sign/tests/vectors");
    let mut replayed = 0;
    for scheme in ["rpc", "acs3"] {
        for case in fs::read_dir(folder.join(scheme)).unwrap() {
            let case = case.unwrap().path();
            let context: Value = serde_json::from_slice(&fs::read(case.join("context.json")).unwrap()).unwrap();
            let Ok(raw) = fs::read_to_string(case.join("request.txt")) else { continue };
            if context["verify"] == "accepted" {
                let code = replay(&credentials(&context), &raw);
                let harmless = ["", "InvalidVersion", "InvalidClientToken.Malformed", "MissingImageId"];
                assert!(harmless.contains(&code.as_str()), "{}: {code}", case.display());
                replayed += 1;
            }
        }
    }
    assert!(replayed > 10, "{replayed}");
}

fn credentials(context: &Value) -> Credentials {
    let text = |name| context[name].as_str();
    let (id, secret) = (text("access_key_id").unwrap(), text("access_key_secret").unwrap());
    text("security_token").map_or_else(|| key(id, secret), |token| temporary_key(id, secret, token))
}

/// The error's code, or nothing for a success.
fn replay(credentials: &Credentials, raw: &str) -> String {
    let (head, body) = raw.split_once("\n\n").unwrap_or((raw, ""));
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let mut request = post(target, &headers, body);
    request.method = method.to_owned();

    let date = headers.iter().find(|(name, _)| *name == "x-acs-date").map(|(_, date)| (*date).to_owned());
    let time: acs_sign::SigningTime = date.unwrap_or_else(|| timestamp(&format!("{target}&{body}"))).parse().unwrap();
    let now = at(time.unix_seconds().try_into().unwrap());
    let mut emulator = Emulator::new(Config::new(vec![credentials.clone()]));
    let Action::Answer(_) = emulator.handle(now, &request) else { panic!("no answer") };
    emulator.journal().last().unwrap().verdict.code.clone().unwrap_or_default()
}

fn timestamp(form: &str) -> String {
    let value = form.split_once("Timestamp=").unwrap().1.split('&').next().unwrap();
    value.replace("%3A", ":")
}
