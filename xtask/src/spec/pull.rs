//! `spec pull`: the vendor's document as it is published today, against ours.

use super::{
    diff::{EXIT_CODES, Shape, exit_code},
    files::{self, DOCUMENT},
};
use crate::{
    http::{self, Bounds, Reach},
    progress::{Progress, print, say},
    workspace,
};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use codegen::{ApiDocument, OfficialDocument, SpecDiff};
use core::time::Duration;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use ureq::http::Uri;

/// Where the vendor publishes its documents (<https://api.aliyun.com/openmeta/guide>).
const PORTAL: &str = "https://api.aliyun.com/meta/v1/products";

/// The largest published document has some ten MB.
const BOUNDS: Bounds = Bounds { bytes: 64 << 20, patience: Duration::from_secs(120) };

/// Fetch the vendor's official document and say what differs for the operations we have; written only with --write or --to
#[derive(Args, Debug)]
#[command(after_help = format!("{EXIT_CODES}\n\nWith --write or --to, 0 once the document is written."))]
pub(crate) struct Pull {
    /// The product's code, `SWAS-OPEN`
    product: String,
    /// The version of its API, `2020-06-01`
    version: String,
    /// Another address than the vendor's portal: https, or http to this machine
    #[arg(long, value_name = "URL", conflicts_with = "language")]
    from: Option<String>,
    /// The language of its texts
    #[arg(long, value_enum, ignore_case = true, default_value_t = Language::EnUs)]
    language: Language,
    /// Put it in the place of our document, spec/PRODUCT/VERSION/api-docs.json
    #[arg(long, visible_alias = "yes", conflicts_with = "to")]
    write: bool,
    /// Write it to this file and leave ours alone
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    #[value(name = "EN_US")]
    EnUs,
    #[value(name = "ZH_CN")]
    ZhCn,
}

pub(super) fn run_pull(arguments: &Pull) -> Result<ExitCode> {
    let pulled = shown(&arguments.product, || pull(arguments, workspace::root(), BOUNDS))?;
    print(pulled.shown.trim_end());
    pulled.notes.iter().for_each(|note| say(note));
    Ok(ExitCode::from(pulled.exit))
}

/// What came of it.
#[derive(Debug, PartialEq)]
struct Pulled {
    /// The difference, as asked for.
    shown: String,
    /// What else there is to know.
    notes: Vec<String>,
    exit: u8,
}

fn pull(arguments: &Pull, root: &Path, bounds: Bounds) -> Result<Pulled> {
    let (product, version) = (&arguments.product, &arguments.version);
    let ours = files::folder(root, product, version)?.join(DOCUMENT);
    let address = match &arguments.from {
        Some(address) => address.clone(),
        None => official_address(product, version, arguments.language),
    };
    let official = fetch(&address, product, version, bounds)?;
    let text = official.text();

    let mut notes = Vec::new();
    let (shown, class) = if ours.is_file() {
        let before = files::read(&ours)?;
        let mut diff = SpecDiff::between(&before, &text).map_err(|problems| {
            let lines: Vec<String> = problems.old.iter().chain(&problems.new).map(ToString::to_string).collect();
            anyhow!("{} cannot be compared:\n{}", files::shown(&ours), lines.join("\n"))
        })?;
        notes.extend(set_others_aside(&mut diff, &before));
        (arguments.shape.render(&diff), diff.class())
    } else {
        notes.push(format!("there is no {} to compare it with", files::shown(&ours)));
        let model = official.model();
        (format!("{} {}: {} operations", model.product, model.version, model.operations.len()), None)
    };

    let target = arguments.to.as_ref().or_else(|| arguments.write.then_some(&ours));
    let exit = if let Some(target) = target {
        files::write_all(&[(target, &text)])?;
        notes.push(format!("wrote {}", files::shown(target)));
        0
    } else {
        notes.push("nothing was written; --write puts it in the place of ours, --to FILE elsewhere".to_owned());
        exit_code(class)
    };
    Ok(Pulled { shown, notes, exit })
}

/// Takes out what concerns only operations we do not have, and says how much that is.
fn set_others_aside(diff: &mut SpecDiff, ours: &str) -> Option<String> {
    let ours = ApiDocument::parse(ours).ok()?;
    let others = diff.take_others(|operation| ours.operation(operation).is_some());
    let operations: BTreeSet<&String> = others.iter().flat_map(|change| &change.operations).collect();
    (!others.is_empty())
        .then(|| format!("not shown: {} changes of {} operations that we do not have", others.len(), operations.len()))
}

fn official_address(product: &str, version: &str, language: Language) -> String {
    let language = match language {
        Language::EnUs => "EN_US",
        Language::ZhCn => "ZH_CN",
    };
    format!("{PORTAL}/{product}/versions/{version}/{DOCUMENT}?language={language}")
}

/// The official document of a product's version, from the vendor's portal.
///
/// # Errors
/// As of [`fetch`].
pub(super) fn official(product: &str, version: &str) -> Result<OfficialDocument> {
    let address = official_address(product, version, Language::EnUs);
    shown(product, || fetch(&address, product, version, BOUNDS))
}

/// Shows that something is fetched while it is.
fn shown<T>(product: &str, fetch: impl FnOnce() -> Result<T>) -> Result<T> {
    let progress = Progress::start(&format!("fetching the vendor's document of {product}"));
    let fetched = fetch();
    if fetched.is_ok() {
        progress.done()
    } else {
        progress.failed()
    }
    fetched
}

/// The document at an address.
///
/// # Errors
/// The address is neither https nor on this machine, nobody answers in time, the answer is not the document of this product
/// and version or too long.
fn fetch(address: &str, product: &str, version: &str, bounds: Bounds) -> Result<OfficialDocument> {
    let reach = reach(address)?;
    let answer = http::download(address, reach, bounds).with_context(|| format!("cannot fetch {address}"))?;
    match answer.status {
        200 => {}
        status @ 300..=399 => {
            let target = answer.header("location").unwrap_or("nowhere");
            bail!(
                "{address} redirects ({status}) to {target:?}, which is not followed; if it can be trusted, name it by --from"
            );
        }
        404 => bail!("{address} does not exist (404); is {product} {version} in the vendor's list of products?"),
        status => bail!("{address} answers {status}"),
    }
    let document = OfficialDocument::read(&answer.body).and_then(|document| document.expect(product, version));
    document.map_err(|problem| anyhow!("{address} holds no document of {product} {version}: {problem}"))
}

/// How far away an address is. Documents come encrypted or from this machine.
fn reach(address: &str) -> Result<Reach> {
    let refused = || format!("{address:?}: expected https://…, or http://127.0.0.1, http://localhost or http://[::1]");
    let uri: Uri = address.parse().with_context(refused)?;
    let authority = uri.authority().with_context(refused)?;
    ensure!(!authority.as_str().contains('@'), "{address:?}: expected no name and password");
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&authority.host());
    match uri.scheme_str() {
        Some("https") => Ok(Reach::Anywhere),
        Some("http") if local => Ok(Reach::ThisMachine),
        _ => bail!(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::{
        fs,
        io::{BufRead as _, BufReader, Write as _},
        net::TcpListener,
        thread::{self, JoinHandle},
    };
    use tempfile::TempDir;

    const OFFICIAL: &str = include_str!("../../../crates/codegen/tests/diff/api-docs.json");

    /// Answers one request with these bytes, and then waits a while before it hangs up; what was asked for.
    fn serve(answer: impl Into<Vec<u8>>, linger: Duration) -> (String, JoinHandle<String>) {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/api-docs.json", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            // Whoever has heard enough hangs up.
            drop(stream.write_all(&answer));
            thread::sleep(linger);
            request
        });
        (address, served)
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    fn chunked(body: &str, end: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n{end}", body.len())
    }

    /// A root with our description of the sample product, or without.
    fn root(ours: Option<&str>) -> (TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let document = root.path().join("spec/sample/2024-01-31/api-docs.json");
        if let Some(ours) = ours {
            files::write_all(&[(&document, ours)]).unwrap();
        }
        (root, document)
    }

    fn arguments(line: &str) -> Pull {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            pull: Pull,
        }
        Line::try_parse_from(["pull"].into_iter().chain(line.split(' '))).unwrap().pull
    }

    const SMALL: Bounds = Bounds { bytes: 64 << 10, patience: Duration::from_secs(10) };

    /// What comes of an answer, and that whatever goes wrong ours stays as it is.
    #[track_caller]
    fn refused(answer: impl Into<Vec<u8>>) -> String {
        refused_within(SMALL, answer, Duration::ZERO)
    }

    #[track_caller]
    fn refused_within(bounds: Bounds, answer: impl Into<Vec<u8>>, linger: Duration) -> String {
        let (root, document) = root(Some(OFFICIAL));
        let (address, served) = serve(answer, linger);
        let error = pull(&arguments(&format!("Sample 2024-01-31 --write --from {address}")), root.path(), bounds);
        served.join().unwrap();
        assert_eq!(fs::read_to_string(&document).unwrap(), OFFICIAL);
        assert_eq!(fs::read_dir(document.parent().unwrap()).unwrap().count(), 1);
        format!("{:#}", error.unwrap_err()).replace(&address, "ADDRESS")
    }

    #[test]
    fn the_same_document_changes_nothing() {
        let (root, document) = root(Some(OFFICIAL));
        let (address, served) = serve(ok(OFFICIAL), Duration::ZERO);
        let pulled = pull(&arguments(&format!("SAMPLE 2024-01-31 --from {address}")), root.path(), SMALL).unwrap();
        assert_eq!(
            pulled,
            Pulled {
                shown: "none: nothing changed".to_owned(),
                notes: vec![
                    "nothing was written; --write puts it in the place of ours, --to FILE elsewhere".to_owned()
                ],
                exit: 0
            }
        );
        assert_eq!(served.join().unwrap(), "GET /api-docs.json HTTP/1.1");
        assert_eq!(fs::read_to_string(document).unwrap(), OFFICIAL);
    }

    #[test]
    fn what_concerns_our_operations_is_shown_and_the_rest_counted() {
        let mut ours: serde_json::Value = serde_json::from_str(OFFICIAL).unwrap();
        ours["apis"].as_object_mut().unwrap().remove("ListBooks");
        ours["apis"]["PutBook"]["parameters"][1]["schema"]["maximum"] = "10".into();
        let ours = ours.to_string();
        let wrapped = format!(r#"{{"code": 0, "data": {OFFICIAL}}}"#);
        let expected = "breaking: /apis/PutBook/parameters/1/schema/maximum: limit tightened: Place: \"10\" → \"9\"\n\
                        major: 1 breaking\n";
        let others = "not shown: 1 changes of 1 operations that we do not have";

        // Looked at only.
        let (folder, document) = root(Some(&ours));
        let (address, served) = serve(ok(&wrapped), Duration::ZERO);
        let pulled = pull(&arguments(&format!("Sample 2024-01-31 --from {address}")), folder.path(), SMALL).unwrap();
        served.join().unwrap();
        assert_eq!((pulled.shown.as_str(), pulled.notes[0].as_str(), pulled.exit), (expected, others, 5));
        assert_eq!(fs::read_to_string(&document).unwrap(), ours);

        // Written elsewhere.
        let elsewhere = folder.path().join("new/official.json");
        let (address, served) = serve(chunked(&wrapped, "0\r\n\r\n"), Duration::ZERO);
        let line = format!("Sample 2024-01-31 --from {address} --to {}", elsewhere.display());
        let pulled = pull(&arguments(&line), folder.path(), SMALL).unwrap();
        served.join().unwrap();
        assert_eq!((pulled.notes[1].clone(), pulled.exit), (format!("wrote {}", elsewhere.display()), 0));
        let bare: serde_json::Value = serde_json::from_str(OFFICIAL).unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), format!("{bare:#}\n"));
        assert_eq!(fs::read_to_string(&document).unwrap(), ours);

        // Put in the place of ours.
        let (address, served) = serve(ok(&wrapped), Duration::ZERO);
        let line = format!("Sample 2024-01-31 --markdown --yes --from {address}");
        let pulled = pull(&arguments(&line), folder.path(), SMALL).unwrap();
        served.join().unwrap();
        assert!(
            pulled
                .shown
                .starts_with("### `Sample 2024-01-31`\n\nStep of the generated crate: **major** (1 breaking). "),
            "{}",
            pulled.shown
        );
        assert_eq!((pulled.notes[1].clone(), pulled.exit), (format!("wrote {}", document.display()), 0));
        assert_eq!(fs::read_to_string(&document).unwrap(), format!("{bare:#}\n"));
    }

    #[test]
    fn a_product_we_do_not_have_gets_its_folder_when_told_to() {
        let (folder, document) = root(None);
        let (address, served) = serve(ok(OFFICIAL), Duration::ZERO);
        let pulled = pull(&arguments(&format!("Sample 2024-01-31 --from {address}")), folder.path(), SMALL).unwrap();
        served.join().unwrap();
        assert_eq!(pulled.shown, "Sample 2024-01-31: 2 operations");
        assert_eq!(pulled.notes[0], format!("there is no {} to compare it with", document.display()));
        assert!(!folder.path().join("spec").exists());

        let (address, served) = serve(ok(OFFICIAL), Duration::ZERO);
        let line = format!("Sample 2024-01-31 --write --from {address}");
        assert_eq!(pull(&arguments(&line), folder.path(), SMALL).unwrap().exit, 0);
        served.join().unwrap();
        assert!(document.is_file());
    }

    #[test]
    fn answers_that_are_no_document_are_refused() {
        let no_document = "ADDRESS holds no document of Sample 2024-01-31: ";
        for (body, expected) in [
            (OFFICIAL.replace("\"Sample\"", "\"Sampler\""), "it is the document of \"Sampler\" \"2024-01-31\""),
            (OFFICIAL.replace("2024-01-31", "2024-02-01"), "it is the document of \"Sample\" \"2024-02-01\""),
            (OFFICIAL.replace("RPC", "ROA"), "/info/style: not supported: style ROA, expected RPC"),
            (OFFICIAL.chars().take(40).collect(), ": not JSON: EOF while parsing a string at line 3 column 18"),
            ("<html>".to_owned(), ": not JSON: expected value at line 1 column 1"),
            (r#"{"code": 500, "message": "later"}"#.to_owned(), "the portal answered code \"500\", \"later\""),
        ] {
            assert_eq!(refused(ok(&body)), format!("{no_document}{expected}"));
        }
        assert_eq!(
            refused("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            "ADDRESS does not exist (404); is Sample 2024-01-31 in the vendor's list of products?"
        );
        assert_eq!(refused("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "ADDRESS answers 503");
        assert_eq!(
            refused("HTTP/1.1 302 Found\r\nLocation: https://other.example.com/x\r\nContent-Length: 0\r\n\r\n"),
            "ADDRESS redirects (302) to \"https://other.example.com/x\", which is not followed; if it can be trusted, \
             name it by --from"
        );
        assert_eq!(
            refused(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\"\xff".as_slice()),
            "cannot fetch ADDRESS: the answer is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1"
        );
    }

    #[test]
    fn answers_that_are_cut_too_long_or_too_slow_are_refused() {
        let cut = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{OFFICIAL}", OFFICIAL.len() + 1);
        let long = Bounds { bytes: 1000, ..SMALL };
        let slow = Bounds { patience: Duration::from_millis(300), ..SMALL };
        let later = Duration::from_secs(1);
        let mut shown = String::new();
        for error in [
            refused(cut),
            refused(chunked(OFFICIAL, "")),
            refused_within(long, ok(OFFICIAL), Duration::ZERO),
            refused_within(long, chunked(OFFICIAL, "0\r\n\r\n"), Duration::ZERO),
            refused_within(slow, "", later),
            refused_within(slow, chunked(OFFICIAL, ""), later),
        ] {
            shown += &format!("{error}\n");
        }
        expect_test::expect![[r#"
            cannot fetch ADDRESS: io: Peer disconnected
            cannot fetch ADDRESS: io: Peer disconnected
            cannot fetch ADDRESS: the response body is larger than request limit: 1000
            cannot fetch ADDRESS: the response body is larger than request limit: 1000
            cannot fetch ADDRESS: timeout: global
            cannot fetch ADDRESS: timeout: global
        "#]]
        .assert_eq(&shown);
    }

    #[test]
    fn only_https_and_this_machine_are_asked() {
        for address in ["https://mirror.example.com/x", "https://127.0.0.1/x"] {
            assert_eq!(reach(address).unwrap(), Reach::Anywhere);
        }
        for address in ["http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:8080/x"] {
            assert_eq!(reach(address).unwrap(), Reach::ThisMachine);
        }
        for address in [
            "",
            "/tmp/x",
            "file:///tmp/x",
            "ftp://127.0.0.1/x",
            "http://mirror.example.com/x",
            "http://127.0.0.1.example.com/x",
            "http://0.0.0.0/x",
            "http://10.0.0.1/x",
        ] {
            assert_eq!(
                reach(address).unwrap_err().to_string(),
                format!("{address:?}: expected https://…, or http://127.0.0.1, http://localhost or http://[::1]")
            );
        }
        let address = "https://api.aliyun.com@other.example.com/x";
        assert_eq!(reach(address).unwrap_err().to_string(), format!("{address:?}: expected no name and password"));
    }

    #[test]
    fn the_portal_is_asked_in_a_language() {
        assert_eq!(
            official_address("SWAS-OPEN", "2020-06-01", arguments("x 2020-06-01 --language zh_cn").language),
            "https://api.aliyun.com/meta/v1/products/SWAS-OPEN/versions/2020-06-01/api-docs.json?language=ZH_CN"
        );
        assert_eq!(arguments("x 2020-06-01").language, Language::EnUs);
    }
}
