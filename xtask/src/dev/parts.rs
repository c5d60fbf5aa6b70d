//! The programs and files of a run: what starts the emulator and workerd, and where the Worker keeps its storage.

use super::{capnp, secrets::Secrets, wrangler::Deployment};
use crate::{
    build,
    process::{cargo, program, run},
    tools, workspace,
};
use anyhow::{Context as _, Result, ensure};
use core::net::Ipv4Addr;
use std::{
    fs::{self, File},
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What is started.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    emulator: PathBuf,
    workerd: PathBuf,
}

impl Programs {
    /// Finds them, after installing and building what they need unless told not to.
    ///
    /// # Errors
    /// Something is missing and cannot be had.
    pub(crate) fn prepare(no_build: bool) -> Result<Self> {
        let emulator = if no_build {
            workspace::myself()?.with_file_name("emulator")
        } else {
            tools::npm_packages()?;
            build::run_build()?;
            let compile = cargo(["build", "--package", "emulator", "--message-format=json-render-diagnostics"]);
            let compiled = run("compiling the emulator", compile)?;
            build::artifact(&compiled.lines, "emulator", "/emulator")
                .context("cargo did not say where the emulator is")?
        };
        let missing = || format!("there is no {}: leave --no-build away", workspace::shown(&emulator).display());
        ensure!(emulator.is_file(), missing());
        Ok(Self { emulator, workerd: tools::platform_program("@cloudflare", "workerd-", "workerd")? })
    }

    /// The same with another emulator.
    pub(crate) fn with_emulator(self, emulator: PathBuf) -> Self {
        Self { emulator, ..self }
    }

    /// The emulator on this port, for the key `ID:SECRET`.
    pub(crate) fn emulator(&self, port: u16, key: &str) -> Command {
        let mut command = program(&self.emulator, ["--listen", &format!("127.0.0.1:{port}"), "--access-key", key]);
        command.stdin(Stdio::null());
        command
    }

    /// workerd with this configuration. The listening socket is ours and goes down as standard input: the port is never free
    /// while workerd restarts, and whoever connects meanwhile waits instead of being refused.
    ///
    /// # Errors
    /// The socket cannot be doubled.
    pub(crate) fn workerd(&self, config: &Path, secrets: &Secrets, socket: &TcpListener) -> Result<Command> {
        let mut command =
            program(&self.workerd, ["serve", "--import-path=/", &format!("--socket-fd={}=0", capnp::SOCKET)]);
        command.arg(config).envs(secrets).stdin(Stdio::from(OwnedFd::from(socket.try_clone()?)));
        Ok(command)
    }
}

/// The folder of a run, held by it alone.
#[derive(Debug)]
pub(crate) struct StateFolder {
    folder: PathBuf,
    _alone: File,
}

impl StateFolder {
    /// Makes it if it is not there; without a name it is the one in .opshook.
    ///
    /// # Errors
    /// It cannot be written, or another run has it.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let folder = folder.map_or_else(|| Ok(workspace::scratch("state")), std::path::absolute)?;
        let shown = workspace::shown(&folder).display();
        fs::create_dir_all(folder.join("objects")).with_context(|| format!("cannot create {shown}"))?;
        let lock = File::create(folder.join("lock")).with_context(|| format!("cannot write in {shown}"))?;
        ensure!(
            lock.try_lock().is_ok(),
            "another `cargo xtask dev` uses {shown}: end it, or give this one a folder with --state"
        );
        Ok(Self { _alone: lock, folder })
    }

    /// Writes workerd's configuration and says where.
    ///
    /// # Errors
    /// The Worker is not built, or the folder cannot be written.
    pub(crate) fn write_config(&self, deployment: &Deployment) -> Result<PathBuf> {
        self.write_config_of(deployment, &build::modules(&build::folder())?)
    }

    /// The same of another Worker; its main module is the first.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn write_config_of(&self, deployment: &Deployment, modules: &[PathBuf]) -> Result<PathBuf> {
        let path = self.folder.join("workerd.capnp");
        let text = capnp::render(deployment, modules, &self.folder.join("objects"), workspace::root());
        fs::write(&path, text).with_context(|| format!("cannot write {}", workspace::shown(&path).display()))?;
        Ok(path)
    }
}

/// A listening socket on this machine.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) port: u16,
}

impl Listener {
    /// Takes a port, 0 a free one; `flag` is where another could be named.
    ///
    /// # Errors
    /// It is taken.
    pub(crate) fn bind(port: u16, flag: &str) -> Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("port {port} is not free: end what listens there, or choose another with {flag}")
        })?;
        Ok(Self { port: socket.local_addr()?.port(), socket })
    }
}
