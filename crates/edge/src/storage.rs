//! The object's storage: rows and the alarm.

use crate::network::{Result, whole};
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use worker::worker_sys::{DurableObjectState, DurableObjectStorage, SqlStorage};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = DurableObjectStorage)]
    type SqliteStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(this: &SqliteStorage, work: &mut dyn FnMut() -> Result<()>) -> Result<JsValue>;
}

pub(crate) struct Storage {
    sql: SqlStorage,
    alarms: SqliteStorage,
}

/// A row of a result, its values by the names of their columns.
pub(crate) struct Row(JsValue);

impl Storage {
    pub(crate) fn of(state: &DurableObjectState) -> Result<Self> {
        let alarms: SqliteStorage = state.storage()?.unchecked_into();
        Ok(Self { sql: alarms.sql(), alarms })
    }

    /// Runs a statement with these values in the places of its `?`.
    pub(crate) fn run(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Row>> {
        let rows = self.sql.exec(sql, values.iter().collect())?.to_array();
        Ok(rows.iter().map(Row).collect())
    }

    /// All that `work` writes, or nothing of it where it fails.
    pub(crate) fn transaction(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.alarms.transaction_sync(&mut || work()).map(drop)
    }

    /// Sets the one alarm there is. Nobody needs to wait for it: whatever leaves the object waits until it is set, as for
    /// every write.
    pub(crate) fn set_alarm(&self, at_ms: i64) -> Result<()> {
        self.alarms.set_alarm(Date::new(&number(at_ms)), no_options()).map(drop)
    }

    pub(crate) fn delete_alarm(&self) -> Result<()> {
        self.alarms.delete_alarm(no_options()).map(drop)
    }
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String> {
        let value = Reflect::get(&self.0, &column.into())?;
        value.as_string().ok_or_else(|| format!("column {column} holds no text").into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole numbers far below 2^53 are stored")]
    pub(crate) fn integer(&self, column: &str) -> Option<i64> {
        Reflect::get(&self.0, &column.into()).ok()?.as_f64().map(|number| number as i64)
    }
}

/// A number as the storage takes it.
pub(crate) fn number(value: i64) -> JsValue {
    JsValue::from_f64(whole(value))
}

fn no_options() -> Object {
    JsValue::UNDEFINED.unchecked_into()
}
