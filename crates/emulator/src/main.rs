//! The emulator as a program: arguments, documents, socket, signals.

use acs_rpc::OperationReference;
use acs_sign::{AccessKey, Credentials, SecurityToken};
use anyhow::Context;
use clap::Parser;
use codegen::ApiDocument;
use core::net::SocketAddr;
use emulator::{Config, Emulator, MORE_IMAGES};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// A local SWAS endpoint: checks signatures, keeps state, answers with the vendor's codes.
#[derive(Debug, Parser)]
#[command(name = "emulator")]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,

    /// An access key to accept; may be given several times.
    #[arg(long, value_name = "ID:SECRET", value_parser = access_key, required_unless_present = "security_token")]
    access_key: Vec<Credentials>,

    /// A temporary access key with its token to accept; may be given several times.
    #[arg(long, value_name = "ID:SECRET:TOKEN", value_parser = temporary_key)]
    security_token: Vec<Credentials>,

    /// An official document (api-docs.json) whose operations are answered with their examples; may be given several times.
    #[arg(long, value_name = "PATH")]
    document: Vec<PathBuf>,

    /// Refuse operations that are offered over https only, unless X-Forwarded-Proto says https.
    #[arg(long)]
    require_tls: bool,

    /// Where the sequence of request ids begins.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// How many images cn-hangzhou has beside the usual ones: m-bp1e79zktg26n2b1000 and so on.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=i64::from(MORE_IMAGES)))]
    more_images: u16,

    /// Stop when standard input is closed, so that the emulator ends with whoever started it.
    #[arg(long)]
    until_stdin_closes: bool,
}

fn access_key(text: &str) -> Result<Credentials, String> {
    let (id, secret) = text.split_once(':').ok_or("must be ID:SECRET")?;
    AccessKey::new(id, secret).map(Credentials::from).map_err(|error| error.to_string())
}

fn temporary_key(text: &str) -> Result<Credentials, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(id), Some(secret), Some(token)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("must be ID:SECRET:TOKEN".to_owned());
    };
    let key = AccessKey::new(id, secret).map_err(|error| error.to_string())?;
    let token = SecurityToken::new(token).map_err(|error| error.to_string())?;
    Ok(Credentials { key, token: Some(token) })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut operations = Vec::new();
    let mut problems = Vec::new();
    for path in &arguments.document {
        match document(path) {
            Ok(found) => operations.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        for problem in problems {
            eprintln!("{problem}");
        }
        return ExitCode::FAILURE;
    }
    match run(arguments, operations) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The operations of a document, or one line a problem.
fn document(path: &Path) -> Result<Vec<&'static OperationReference>, Vec<String>> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| vec![format!("{place}: {error}")])?;
    let document = ApiDocument::parse(&text)
        .map_err(|problems| problems.iter().map(|problem| format!("{place}: {problem}")).collect::<Vec<_>>())?;
    for warning in &document.warnings {
        eprintln!("warning: {place}: {warning}");
    }
    Ok(document.operations.iter().map(|operation| document.leak_reference(operation)).collect())
}

fn run(arguments: Arguments, operations: Vec<&'static OperationReference>) -> anyhow::Result<()> {
    let mut config = Config::new([arguments.access_key, arguments.security_token].concat());
    config.operations.extend(operations);
    config.require_tls = arguments.require_tls;
    config.seed = arguments.seed;
    config.more_images = arguments.more_images;
    let until_stdin_closes = arguments.until_stdin_closes;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(arguments.listen)
            .await
            .with_context(|| format!("cannot listen on {}", arguments.listen))?;
        // Before the line that says we are ready: whoever reads it may send the signal at once.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let stdin_closed = stdin_closed(until_stdin_closes);
        println!("listening http://{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        let stop = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = stdin_closed => {}
            }
        };
        emulator::serve(listener, Emulator::new(config), stop).await;
        Ok(())
    })
}

/// Ready when standard input ends; never, where nobody asked.
async fn stdin_closed(asked: bool) {
    if !asked {
        return core::future::pending().await;
    }
    let (closed, wait) = oneshot::channel();
    // A thread of its own: reading standard input cannot be interrupted, and must not keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
