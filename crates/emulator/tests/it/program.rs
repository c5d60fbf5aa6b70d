//! The program on a loopback address: what a socket experiences. Every wait here is bounded.

use crate::caller::{Call, at};
use core::time::Duration;
use emulator::HttpRequest;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Instant, SystemTime},
};

const PATIENCE: Duration = Duration::from_secs(30);

const SHARE: [(&str, &str); 4] = [
    ("RegionId", "cn-hangzhou"),
    ("ImageId", "m-bp1e79zktg26n2b0001"),
    ("Operation", "Share"),
    ("ClientToken", "token-1"),
];

struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(["--listen", "127.0.0.1:0", "--access-key", "testid:testsecret"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (ready, wait) = mpsc::channel();
        thread::spawn(move || ready.send(lines.next()));
        let line = wait.recv_timeout(PATIENCE).unwrap().unwrap().unwrap();
        let address = line.strip_prefix("listening http://").unwrap().to_owned();
        Self { child, address }
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Connection { reader: BufReader::new(stream) }
    }

    fn share(&self) -> HttpRequest {
        let signed_at = SystemTime::now().duration_since(at(0)).unwrap().as_secs();
        Call { host: &self.address, signed_at, ..Call::new("ModifyImageShareStatus", &SHARE) }.request()
    }

    fn control(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = HttpRequest {
            method: method.to_owned(),
            path_and_query: format!("/_emulator/{path}"),
            headers: vec![("host".to_owned(), self.address.clone())],
            body: body.as_bytes().to_vec(),
        };
        self.connect().call(&request)
    }

    fn order(&self, order: &str) {
        assert_eq!(self.control("POST", "faults", order).0, 200);
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn send(&mut self, request: &HttpRequest) {
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path_and_query);
        for (name, value) in &request.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", request.body.len());
        let stream = self.reader.get_mut();
        stream.write_all(&[head.as_bytes(), &request.body].concat()).unwrap();
    }

    fn receive(&mut self) -> std::io::Result<(u16, Value)> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or(ErrorKind::UnexpectedEof)?.parse().unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    fn call(&mut self, request: &HttpRequest) -> (u16, Value) {
        self.send(request);
        self.receive().unwrap()
    }
}

fn effects(journal: &Value) -> usize {
    journal["entries"].as_array().unwrap().iter().filter(|entry| !entry["effect"].is_null()).count()
}

#[test]
fn calls_on_a_kept_connection() {
    let program = Program::start(&[]);
    let mut connection = program.connect();
    for _ in 0..3 {
        let (status, body) = connection.call(&program.share());
        assert_eq!((status, body["RequestId"].as_str().unwrap().len()), (200, 36));
    }
    let (_, journal) = program.control("GET", "journal", "");
    assert_eq!((journal["entries"].as_array().unwrap().len(), effects(&journal)), (3, 1));
}

#[test]
fn a_reset_reaches_the_caller_as_one() {
    let program = Program::start(&[]);
    for (kind, effects_then) in [("reset", 0), ("after-effect:reset", 1)] {
        program.order(&format!(r#"{{"next": 1, "kind": "{kind}"}}"#));
        let mut connection = program.connect();
        connection.send(&program.share());
        assert_eq!(connection.receive().unwrap_err().kind(), ErrorKind::ConnectionReset, "{kind}");
        assert_eq!(effects(&program.control("GET", "journal", "").1), effects_then);
    }
    assert_eq!(program.connect().call(&program.share()).0, 200);
    assert_eq!(effects(&program.control("GET", "journal", "").1), 1);
}

#[test]
fn a_timeout_sends_nothing_and_holds_nobody_else_up() {
    let program = Program::start(&[]);
    program.order(r#"{"next": 1, "kind": "timeout"}"#);
    let mut silent = program.connect();
    silent.send(&program.share());
    // The journal has the call, so it has been judged, and a second caller is answered meanwhile.
    assert_eq!(program.control("GET", "journal?after=0&wait=30000", "").1["entries"][0]["fault"], "timeout");
    assert_eq!(program.connect().call(&program.share()).0, 200);
    silent.reader.get_mut().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = silent.receive().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
}

#[test]
fn slow_answers_are_slow_side_by_side() {
    let program = Program::start(&[]);
    program.order(r#"{"next": 2, "kind": "slow:2000"}"#);
    let start = Instant::now();
    let mut connections = [program.connect(), program.connect()];
    for connection in &mut connections {
        connection.send(&program.share());
    }
    // Both are judged, and the effect is there, while neither is answered.
    program.control("GET", "journal?after=1&wait=30000", "");
    assert_eq!(effects(&program.control("GET", "journal", "").1), 1);
    for connection in &connections {
        let stream = connection.reader.get_ref();
        stream.set_nonblocking(true).unwrap();
        assert_eq!(stream.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        stream.set_nonblocking(false).unwrap();
    }
    for connection in &mut connections {
        assert_eq!(connection.receive().unwrap().0, 200);
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[test]
fn the_journal_can_be_waited_for() {
    let program = Program::start(&[]);
    let mut reader = program.connect();
    reader.send(&HttpRequest {
        method: "GET".to_owned(),
        path_and_query: "/_emulator/journal?after=0&wait=30000".to_owned(),
        headers: vec![("host".to_owned(), program.address.clone())],
        body: vec![],
    });
    assert_eq!(program.connect().call(&program.share()).0, 200);
    assert_eq!(reader.receive().unwrap().1["entries"][0]["seq"], 1);
    let start = Instant::now();
    assert_eq!(program.control("GET", "journal?after=1&wait=100", "").1["entries"].as_array().unwrap().len(), 0);
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn a_body_over_the_limit_is_refused_in_words() {
    let program = Program::start(&[]);
    let mut request = program.share();
    request.body = vec![b'x'; 8 * 1024 * 1024];
    let (status, body) = program.connect().call(&request);
    assert_eq!((status, body["Code"].as_str()), (413, Some("RequestEntityTooLarge")));
}

#[test]
fn documents_are_loaded() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/documents/greeter.json");
    let program = Program::start(&["--document", document]);
    let signed_at = SystemTime::now().duration_since(at(0)).unwrap().as_secs();
    let call = |parameters| {
        let call = Call { host: &program.address, version: "2024-01-02", signed_at, ..Call::new("Greet", parameters) };
        program.connect().call(&call.request())
    };
    let (status, body) = call(&[("Name", "Ada")]);
    assert_eq!((status, &body["Greeting"]), (200, &Value::from("Hello")));
    let (status, body) = call(&[]);
    assert_eq!((status, &body["Code"]), (400, &Value::from("MissingName")));
    assert_eq!(program.connect().call(&program.share()).0, 200);
}

#[test]
fn a_bad_document_is_a_line_a_problem() {
    let run = |path: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(["--listen", "127.0.0.1:0", "--access-key", "testid:testsecret", "--document", path])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        String::from_utf8(output.stderr).unwrap().replace(path, "PATH")
    };
    let problems = run(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/documents/bad.json"));
    assert_eq!(problems.lines().count(), 2, "{problems}");
    for (line, pointer) in problems.lines().zip(["/apis/Greet/methods/0", "/apis/Greet/parameters/0/in"]) {
        assert!(line.starts_with(&format!("PATH: {pointer}: ")), "{line}");
    }
    let missing = run("no-such-document.json");
    assert!(missing.starts_with("PATH: No such file") && missing.lines().count() == 1, "{missing}");
}

#[test]
fn it_ends_when_told_to() {
    for signal in ["-INT", "-TERM"] {
        let mut program = Program::start(&[]);
        program.order(r#"{"next": 1, "kind": "timeout"}"#);
        let mut open = program.connect();
        open.send(&program.share());
        program.control("GET", "journal?after=0&wait=30000", "");
        let id = program.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(program.wait().code(), Some(0), "{signal}");
    }
}

#[test]
fn it_ends_with_its_standard_input_only_if_asked() {
    let mut program = Program::start(&["--until-stdin-closes"]);
    drop(program.child.stdin.take());
    assert_eq!(program.wait().code(), Some(0));

    let mut program = Program::start(&[]);
    drop(program.child.stdin.take());
    assert_eq!(program.connect().call(&program.share()).0, 200);
    assert!(program.child.try_wait().unwrap().is_none());
}

#[test]
fn wrong_arguments() {
    for arguments in [&[][..], &["--access-key", "no-colon"], &["--security-token", "a:b"], &["--access-key", ":x"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_emulator")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
