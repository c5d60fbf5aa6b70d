//! What the ledger shows to scripts and the console: commands, one command with what happened to it, the audit.

use super::tables::{Filter, Tables};
use crate::{
    document,
    network::{self, Result},
    path,
};
use ops::{api, record::Record, say};
use serde_json::Value;
use web_sys::{Response, UrlSearchParams};

const MOST_COMMANDS: i64 = 500;
const MOST_ROWS: i64 = 5_000;

pub(super) fn answer(tables: &Tables, url: &str) -> Result<Response> {
    let query = UrlSearchParams::new_with_str(url.split_once('?').map_or("", |(_, query)| query))?;
    let is_number = |name: &&str| query.get(name).is_none() || number(&query, name).is_some();
    if let Some(name) = ["after", "before", "limit"].iter().find(|name| !is_number(name)) {
        return Ok(document(400, vec![("error", format!("{name} is no whole number").into())]));
    }
    let path = path(url);
    match path {
        "/audit" => return audit(tables, &query),
        "/overview" => {
            return Ok(network::response(200, &[("content-type", "application/json")], &tables.overview()?));
        }
        _ => {}
    }
    match path.strip_prefix("/commands") {
        Some("") => commands(tables, &query),
        Some(id) => match tables.by_id(id.trim_start_matches('/'))? {
            Some(record) => command(200, tables, &record),
            None => Ok(not_found()),
        },
        None => Ok(not_found()),
    }
}

pub(super) fn newer(found: i64, known: i64) -> Response {
    document(503, vec![("error", say::newer_schema(found, known, chat::Language::English).title.into())])
}

/// Newest first; `next` is the `before` of the next page.
fn commands(tables: &Tables, query: &UrlSearchParams) -> Result<Response> {
    let filter = Filter {
        state: query.get("state"),
        operation: query.get("operation"),
        person: query.get("who"),
        thing: query.get("image"),
        before: number(query, "before"),
        limit: number(query, "limit").unwrap_or(50).clamp(1, MOST_COMMANDS),
    };
    let (found, next) = tables.list(&filter)?;
    let commands: Vec<Value> = found.iter().map(api::command).collect();
    Ok(document(200, vec![("commands", commands.into()), ("next", next.into())]))
}

/// A command with its rows of the audit.
pub(super) fn command(status: u16, tables: &Tables, record: &Record) -> Result<Response> {
    let rows = tables.happened(&record.id)?;
    let rows: Vec<Value> = rows.iter().filter_map(|row| serde_json::from_str(row).ok()).collect();
    Ok(document(status, vec![("command", api::command(record)), ("audit", rows.into())]))
}

/// The rows of the audit as JSON Lines: from the beginning with its checkpoint, to the end with its end line.
fn audit(tables: &Tables, query: &UrlSearchParams) -> Result<Response> {
    let after = number(query, "after").unwrap_or_default();
    let limit = number(query, "limit").unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS);
    let mut lines = tables.audit(after, limit)?;
    let full = i64::try_from(lines.len()).is_ok_and(|count| count == limit);
    if let Some(checkpoint) = tables.checkpoint()?.filter(|checkpoint| after < checkpoint.seq.cast_signed()) {
        lines.insert(0, checkpoint.checkpoint_line());
    }
    if !full {
        lines.push(tables.head()?.end_line());
    }
    let mut text = lines.join("\n");
    text.push('\n');
    Ok(network::response(200, &[("content-type", "application/x-ndjson")], &text))
}

fn number(query: &UrlSearchParams, name: &str) -> Option<i64> {
    query.get(name)?.parse().ok().filter(|number| *number >= 0)
}

pub(super) fn not_found() -> Response {
    document(404, vec![("error", "not found".into())])
}
