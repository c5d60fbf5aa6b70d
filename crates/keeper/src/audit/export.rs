//! `audit export`: every row a Worker has, page by page.

use super::verify::in_words;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use core::time::Duration;
use ops::audit::{Broken, Summary, Verifier};
use serde_json::Value;
use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use ureq::{Agent, http::Uri};

/// How many rows are asked for at once.
const PAGE: u32 = 1000;
/// The longest page taken.
const MOST_BYTES: u64 = 64 << 20;
/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Write the audit of a Worker as JSON Lines, and check its chain
#[derive(Args, Debug)]
pub(super) struct Export {
    /// The Worker's address
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    url: String,
    /// The console's token; on a shared machine better in the environment, where others do not see it
    #[arg(long, env = "CONSOLE_TOKEN", hide_env_values = true)]
    token: String,
    /// A new file; by default standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes it and says what it holds. A broken chain is written as it is and said: `Ok(false)`.
///
/// # Errors
/// The Worker does not answer with an audit, or the file is there already or cannot be written.
pub(super) fn run_export(arguments: &Export) -> Result<bool> {
    let checked = match &arguments.out {
        Some(path) => into_file(path, |file| export(&arguments.url, &arguments.token, file))?,
        None => export(&arguments.url, &arguments.token, &mut stdout().lock())?,
    };
    match &checked {
        Ok(summary) => eprintln!("{}", in_words(summary)),
        Err(broken) => eprintln!("error: {broken}"),
    }
    Ok(checked.is_ok())
}

/// The file is there when it is whole, and never takes another one's place: that may hold rows pruned since.
fn into_file<T>(path: &Path, write: impl FnOnce(&mut NamedTempFile) -> Result<T>) -> Result<T> {
    let shown = path.display();
    ensure!(!path.exists(), "{shown} is there already: choose another name");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).with_context(|| format!("cannot write {shown}"))?;
    let written = write(&mut file)?;
    file.persist_noclobber(path).with_context(|| format!("cannot write {shown}"))?;
    Ok(written)
}

fn export(url: &str, token: &str, out: &mut dyn Write) -> Result<Result<Summary, Broken>> {
    let base = trusted(url)?;
    // The token is for this address only.
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(PATIENCE));
    // A proxy does not know what listens on this machine.
    let config = if base.starts_with("https") { config } else { config.proxy(None) };
    let agent: Agent = config.build().into();
    let mut checked = Ok(Verifier::new());
    let mut after = 0;
    loop {
        let page = fetch(&agent, &format!("{base}/api/audit?after={after}&limit={PAGE}"), token)?;
        out.write_all(page.as_bytes())?;
        let mut next = None;
        for line in page.lines() {
            checked = checked.and_then(|mut verifier: Verifier| verifier.line(line).map(|()| verifier));
            let row: Value = serde_json::from_str(line).with_context(|| format!("after row {after}: not JSON"))?;
            if row.get("end").is_some() {
                out.flush()?;
                return Ok(checked.and_then(Verifier::finish));
            }
            next = row.get("seq").or_else(|| row.get("checkpoint")?.get("seq")).and_then(Value::as_u64).or(next);
        }
        match next {
            Some(next) if next > after => after = next,
            _ => bail!("{base} answers neither a row after {after} nor an end line"),
        }
    }
}

/// The address without a slash at its end, if the token may travel there: over TLS, or on this machine.
fn trusted(url: &str) -> Result<&str> {
    let expected = || format!("{url:?}: expected https://…, or http://127.0.0.1, http://localhost or http://[::1]");
    let uri: Uri = url.parse().ok().with_context(expected)?;
    let local = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let scheme = uri.scheme_str().unwrap_or_default();
    ensure!(scheme == "https" || scheme == "http" && local, expected());
    ensure!(!url.contains('@'), "{url:?}: expected no name and password");
    ensure!(uri.path() == "/" && uri.query().is_none(), "{url:?}: expected no path");
    Ok(url.trim_end_matches('/'))
}

fn fetch(agent: &Agent, address: &str, token: &str) -> Result<String> {
    let cannot = || format!("cannot fetch {address}");
    let mut answer =
        agent.get(address).header("authorization", format!("Bearer {token}")).call().with_context(cannot)?;
    match answer.status().as_u16() {
        200 => {}
        401 | 403 => bail!("{address} does not take this token ({})", answer.status().as_u16()),
        status => bail!("{address} answers {status}"),
    }
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    ensure!(
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-ndjson")),
        "{address} answers with {kind:?}, expected \"application/x-ndjson\""
    );
    let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec().with_context(cannot)?;
    let page = String::from_utf8(body).with_context(cannot)?;
    ensure!(page.ends_with('\n'), "{address} answers with half a line");
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::{super::verify::tests::rows, *};
    use ops::audit::Link;
    use std::{
        io::{BufRead as _, BufReader},
        net::TcpListener,
        thread::{self, JoinHandle},
    };

    /// Answers as many requests as there are answers; what was asked, path and token.
    fn serve(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let token = head.iter().find_map(|line| line.strip_prefix("authorization: "));
                let path = head[0].trim_end_matches(" HTTP/1.1").trim_start_matches("GET ");
                asked.push(format!("{path} {}", token.unwrap_or("-")));
                stream.write_all(answer.as_bytes()).unwrap();
            }
            asked
        });
        (url, served)
    }

    fn answer(status: u16, kind: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }

    fn page(lines: &[&str]) -> String {
        answer(
            200,
            "application/x-ndjson; charset=utf-8",
            &lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
        )
    }

    #[test]
    fn pages_are_followed_to_the_end() {
        let checkpoint = Link { seq: 40, hash: [7; 32] };
        let (rows, last) = rows(checkpoint, 3);
        let (first, second, third, end) = (&*rows[0], &*rows[1], &*rows[2], &*last.end_line());
        let mark = &*checkpoint.checkpoint_line();
        let (url, served) = serve(vec![page(&[mark]), page(&[first, second]), page(&[third, end])]);
        let mut out = Vec::new();
        let summary = export(&url, "secret", &mut out).unwrap().unwrap();
        assert_eq!(
            in_words(&summary),
            "3 rows, seq 41..43, from 2025-11-25T12:00:00Z to 2025-11-25T12:00:01Z, complete"
        );
        assert_eq!(String::from_utf8(out).unwrap(), [mark, first, second, third, end, ""].join("\n"));
        assert_eq!(
            served.join().unwrap(),
            [
                "/api/audit?after=0&limit=1000 Bearer secret",
                "/api/audit?after=40&limit=1000 Bearer secret",
                "/api/audit?after=42&limit=1000 Bearer secret",
            ]
        );
    }

    #[test]
    fn a_broken_chain_is_written_and_said() {
        let (rows, last) = rows(Link::START, 3);
        let (first, third, end) = (&*rows[0], &*rows[2], &*last.end_line());
        let (url, served) = serve(vec![page(&[first]), page(&[third, end])]);
        let mut out = Vec::new();
        let broken = export(&url, "secret", &mut out).unwrap().unwrap_err();
        assert_eq!(broken.to_string(), "line 2 (seq 3): seq 2 should stand here: rows are missing, repeated or moved");
        assert_eq!(String::from_utf8(out).unwrap(), [first, third, end, ""].join("\n"));
        served.join().unwrap();
    }

    #[test]
    fn answers_that_are_no_audit_are_refused() {
        let (rows, _) = rows(Link::START, 2);
        let (first, second) = (&*rows[0], &*rows[1]);
        let ndjson = "application/x-ndjson";
        let at = "URL/api/audit?after=0&limit=1000";
        for (answers, expected) in [
            (vec![answer(401, "text/plain", "secret")], format!("{at} does not take this token (401)")),
            (vec![answer(404, "text/plain", "")], format!("{at} answers 404")),
            (vec![answer(302, ndjson, "")], format!("{at} answers 302")),
            (
                vec![answer(200, "text/html", "<html>")],
                format!("{at} answers with \"text/html\", expected \"application/x-ndjson\""),
            ),
            (vec![answer(200, ndjson, first)], format!("{at} answers with half a line")),
            (vec![answer(200, ndjson, "")], format!("{at} answers with half a line")),
            (vec![page(&["x"])], "after row 0: not JSON: expected value at line 1 column 1".to_owned()),
            (vec![page(&["{}"])], "URL answers neither a row after 0 nor an end line".to_owned()),
            (
                vec![page(&[first, second]), page(&[first])],
                "URL answers neither a row after 2 nor an end line".to_owned(),
            ),
            (
                vec![answer(200, ndjson, "x").replace("Length: 1", "Length: 2")],
                format!("cannot fetch {at}: io: Peer disconnected"),
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.jsonl");
            let (url, served) = serve(answers);
            let error = into_file(&path, |file| export(&url, "secret", file)).unwrap_err();
            assert_eq!(format!("{error:#}").replace(&url, "URL"), expected);
            served.join().unwrap();
            assert_eq!(folder.path().read_dir().unwrap().count(), 0, "half an export is left: {expected}");
        }
    }

    #[test]
    fn an_older_export_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        into_file(&path, |file| Ok(file.write_all(b"1")?)).unwrap();
        let error = into_file(&path, |file| Ok(file.write_all(b"2")?)).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is there already: choose another name", path.display()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1");
    }

    #[test]
    fn the_token_travels_over_tls_or_not_at_all() {
        for url in
            ["https://opshook.example.workers.dev", "http://127.0.0.1:8787/", "http://[::1]:1", "http://localhost"]
        {
            assert_eq!(trusted(url).unwrap(), url.trim_end_matches('/'));
        }
        for url in
            ["", "opshook", "http://opshook.example", "ftp://127.0.0.1", "http://127.0.0.1.example", "http://10.0.0.1"]
        {
            assert_eq!(
                trusted(url).unwrap_err().to_string(),
                format!("{url:?}: expected https://…, or http://127.0.0.1, http://localhost or http://[::1]")
            );
        }
        assert_eq!(
            trusted("https://a:b@opshook.example").unwrap_err().to_string(),
            "\"https://a:b@opshook.example\": expected no name and password"
        );
        assert_eq!(
            trusted("https://opshook.example/api").unwrap_err().to_string(),
            "\"https://opshook.example/api\": expected no path"
        );
    }
}
