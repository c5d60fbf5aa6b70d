//! Ed25519 by the runtime: about twice as fast as any that could be brought along, and nothing to bring.

use crate::network::Result;
use core::cell::RefCell;
use js_sys::{Array, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{CryptoKey, SubtleCrypto, WorkerGlobalScope};

thread_local! {
    /// Imported once an isolate. There are no more of them than are configured.
    static KEYS: RefCell<Vec<([u8; 32], CryptoKey)>> = const { RefCell::new(Vec::new()) };
}

/// Whether `key` made `signature` over `message`. What the runtime throws at a key or a signature is a no.
pub(crate) async fn made_signature(key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> bool {
    verify(key, signature, message).await.is_ok_and(|valid| valid.is_truthy())
}

async fn verify(key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> Result<JsValue> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let subtle = global.crypto()?.subtle();
    let key = imported(&subtle, key).await?;
    // It copies both before it returns.
    JsFuture::from(subtle.verify_with_str_and_u8_array_and_u8_array("Ed25519", &key, signature, message)?).await
}

async fn imported(subtle: &SubtleCrypto, key: &[u8; 32]) -> Result<CryptoKey> {
    let known = KEYS.with_borrow(|keys| keys.iter().find(|(known, _)| known == key).map(|(_, key)| key.clone()));
    if let Some(known) = known {
        return Ok(known);
    }
    let uses = Array::of1(&"verify".into());
    let promise = subtle.import_key_with_str("raw", &Uint8Array::from(&key[..]), "Ed25519", false, &uses)?;
    let imported: CryptoKey = JsFuture::from(promise).await?.unchecked_into();
    KEYS.with_borrow_mut(|keys| keys.push((*key, imported.clone())));
    Ok(imported)
}
