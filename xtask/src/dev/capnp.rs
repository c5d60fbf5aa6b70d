//! The configuration of a bare workerd, in its own language.
//!
//! The schema it follows is `workerd.capnp` of the npm package `workerd`.

use super::wrangler::{Deployment, Variable};
use core::fmt::Write as _;
use std::path::Path;

/// The name of the socket, for `--socket-fd`.
pub(crate) const SOCKET: &str = "http";

/// Renders the configuration of one Worker.
///
/// `modules` are absolute paths, the main one first; so workerd needs `--import-path=/`. `objects` is the folder where
/// Durable Objects keep their storage, `root` the one that wrangler.toml is in.
pub(crate) fn render(deployment: &Deployment, modules: &[impl AsRef<Path>], objects: &Path, root: &Path) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, deployment, modules, objects, root);
    out
}

fn write(
    out: &mut String,
    deployment: &Deployment,
    modules: &[impl AsRef<Path>],
    objects: &Path,
    root: &Path,
) -> core::fmt::Result {
    let site = deployment.assets.as_ref().map(|assets| {
        let folder = root.join(&assets.directory);
        format!("\n    (name = \"site\", disk = (path = {})),", text(&folder.to_string_lossy()))
    });
    // Without a network of its own a Worker reaches public addresses only, and the emulator is on this machine.
    writeln!(
        out,
        "using Workerd = import \"/workerd/workerd.capnp\";

const config :Workerd.Config = (
  services = [
    (name = \"worker\", worker = .worker),
    (name = \"network\", network = (allow = [\"public\", \"private\"], tlsOptions = (trustBrowserCas = true))),
    (name = \"objects\", disk = (path = {}, writable = true)),{}
  ],
  sockets = [(name = {}, http = (), service = \"worker\")],
);

const worker :Workerd.Worker = (
  compatibilityDate = {},
  compatibilityFlags = [{}],
  globalOutbound = \"network\",
  durableObjectStorage = (localDisk = \"objects\"),
  durableObjectNamespaces = [",
        text(&objects.to_string_lossy()),
        site.unwrap_or_default(),
        text(SOCKET),
        text(&deployment.compatibility_date),
        deployment.compatibility_flags.iter().map(|flag| text(flag)).collect::<Vec<_>>().join(", "),
    )?;
    for object in &deployment.objects {
        let key = text(&format!("{}-{}", deployment.name, object.class));
        writeln!(out, "    (className = {}, uniqueKey = {key}, enableSql = {}),", text(&object.class), object.sqlite)?;
    }
    writeln!(out, "  ],\n  bindings = [")?;
    for object in &deployment.objects {
        let class = text(&object.class);
        writeln!(out, "    (name = {}, durableObjectNamespace = {class}),", text(&object.binding))?;
    }
    if let Some(assets) = &deployment.assets {
        writeln!(out, "    (name = {}, service = \"site\"),", text(&assets.binding))?;
    }
    for (name, variable) in &deployment.variables {
        let value = match variable {
            Variable::Text(value) => format!("text = {}", text(value)),
            Variable::Json(value) => format!("json = {}", text(&value.to_string())),
            Variable::Secret => format!("fromEnvironment = {}", text(name)),
        };
        writeln!(out, "    (name = {}, {value}),", text(name))?;
    }
    writeln!(out, "  ],\n  modules = [")?;
    for module in modules {
        let path = module.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = if path.extension().is_some_and(|extension| extension == "wasm") { "wasm" } else { "esModule" };
        writeln!(out, "    (name = {}, {kind} = embed {}),", text(&name), text(&path.to_string_lossy()))?;
    }
    writeln!(out, "  ],\n);")
}

/// A text literal: Cap'n Proto takes UTF-8 as it is and the escapes of C.
fn text(value: &str) -> String {
    let mut literal = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => literal.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::wrangler::tests::SAMPLE;
    use expect_test::expect;

    #[test]
    fn renders_a_worker() {
        let mut deployment = Deployment::parse(SAMPLE).unwrap();
        deployment.variables.insert("SLACK_SIGNING_SECRET".to_owned(), Variable::Secret);
        let modules = ["/b/index.js", "/b/index_bg.wasm"];
        expect![[r#"
            using Workerd = import "/workerd/workerd.capnp";

            const config :Workerd.Config = (
              services = [
                (name = "worker", worker = .worker),
                (name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
                (name = "objects", disk = (path = "/state/objects", writable = true)),
                (name = "site", disk = (path = "/w/pages")),
              ],
              sockets = [(name = "http", http = (), service = "worker")],
            );

            const worker :Workerd.Worker = (
              compatibilityDate = "2026-04-01",
              compatibilityFlags = ["nodejs_compat"],
              globalOutbound = "network",
              durableObjectStorage = (localDisk = "objects"),
              durableObjectNamespaces = [
                (className = "Ledger", uniqueKey = "sample-Ledger", enableSql = true),
              ],
              bindings = [
                (name = "LEDGER", durableObjectNamespace = "Ledger"),
                (name = "FILES", service = "site"),
                (name = "CALLS_PER_MINUTE", json = "60"),
                (name = "DEFAULT_REGION", text = "cn-\"beijing\""),
                (name = "POLICY", json = "{\"allow\":[{\"who\":[\"slack:T1/U1\"]}]}"),
                (name = "SLACK_SIGNING_SECRET", fromEnvironment = "SLACK_SIGNING_SECRET"),
              ],
              modules = [
                (name = "index.js", esModule = embed "/b/index.js"),
                (name = "index_bg.wasm", wasm = embed "/b/index_bg.wasm"),
              ],
            );
        "#]]
        .assert_eq(&render(&deployment, &modules, Path::new("/state/objects"), Path::new("/w")));
    }

    #[test]
    fn escapes_text() {
        assert_eq!(text("a\"b\\c\nd\u{1}é"), r#""a\"b\\c\nd\x01é""#);
    }
}
