//! Lark: Feishu outside mainland China.

use crate::{Platform, feishu::Feishu};

pub(crate) static LARK: Feishu = Feishu {
    platform: Platform::Lark,
    name: "lark",
    hosts: &["open.larksuite.com"],
    encrypt_key: "LARK_ENCRYPT_KEY",
    verification_token: "LARK_VERIFICATION_TOKEN",
    app_secret: "LARK_APP_SECRET",
};
