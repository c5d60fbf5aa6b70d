//! Signs any body as its platform does, so that it reaches the parser, and what bodies are made of. Property tests and fuzz targets
//! share it.

#![allow(dead_code, reason = "each of the tests needs a part")]
#![allow(clippy::unwrap_used, reason = "what is signed here has its form")]

use super::received::receive;
use base64::{Engine, engine::general_purpose::STANDARD};
use chat::{Inbound, Platform, Received, Refusal, Secret};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const SLACK_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub(crate) const FEISHU_KEY: &str = "test key";

/// As Feishu encrypts: behind its initialisation vector.
fn encrypted(text: &[u8]) -> Vec<u8> {
    use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
    let iv = [7; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&Sha256::digest(FEISHU_KEY), &iv.into());
    let mut encrypted = [&iv[..], text, &[0; 16]].concat();
    let length = cipher.encrypt_padded::<Pkcs7>(&mut encrypted[16..], text.len()).unwrap().len();
    encrypted.truncate(16 + length);
    encrypted
}

const STATIC_TOKEN: &str = "xr3j5x3p4pfk7kk6ck7b4e6ghh";
const DINGTALK_SECRET: &str = "this is a secret";
/// The key that Microsoft's page shows.
const TEAMS_SECRET: &str = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=";
const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signs `body`, so that it reaches the parser, and receives it.
pub(crate) fn receive_signed(platform: Platform, body: &[u8]) -> Result<Received, Refusal> {
    let (secret, headers) = match platform {
        Platform::Slack => {
            let mac = mac(SLACK_SECRET.as_bytes(), &[b"v0:1700000000:", body]);
            let signature = format!("v0={}", hex(&mac));
            let names = [("x-slack-request-timestamp", NOW.to_string()), ("x-slack-signature", signature)];
            (SLACK_SECRET.to_owned(), names.to_vec())
        }
        Platform::DingTalk => {
            let stamp = format!("{NOW}000");
            let sign = mac(DINGTALK_SECRET.as_bytes(), &[stamp.as_bytes(), b"\n", DINGTALK_SECRET.as_bytes()]);
            (DINGTALK_SECRET.to_owned(), [("timestamp", stamp), ("sign", STANDARD.encode(sign))].to_vec())
        }
        Platform::Telegram => {
            let names = [("x-telegram-bot-api-secret-token", STATIC_TOKEN.to_owned())];
            (STATIC_TOKEN.to_owned(), names.to_vec())
        }
        Platform::Mattermost => {
            let names = [("authorization", format!("Token {STATIC_TOKEN}"))];
            (STATIC_TOKEN.to_owned(), names.to_vec())
        }
        Platform::Discord => {
            let key = SigningKey::from_bytes(&[7; 32]);
            let signature = key.sign(&[NOW.to_string().as_bytes(), body].concat());
            let names =
                [("x-signature-timestamp", NOW.to_string()), ("x-signature-ed25519", hex(&signature.to_bytes()))];
            (hex(key.verifying_key().as_bytes()), names.to_vec())
        }
        Platform::Feishu | Platform::Lark => {
            let body = format!(r#"{{"encrypt":"{}"}}"#, STANDARD.encode(encrypted(body))).into_bytes();
            let stamp = NOW.to_string();
            let mut hash = Sha256::new();
            [stamp.as_bytes(), b"n", FEISHU_KEY.as_bytes(), &body].iter().for_each(|part| hash.update(part));
            let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            let headers = |wanted: &str| match wanted {
                "x-lark-request-timestamp" => Some(stamp.clone()),
                "x-lark-request-nonce" => Some("n".into()),
                "x-lark-signature" => Some(hex.clone()),
                _ => None,
            };
            let mut secrets = Secret::parse_list(platform, FEISHU_KEY).unwrap();
            secrets.extend(Secret::parse_tokens("vtoken").unwrap());
            return receive(platform, &Inbound { headers: &headers, body: &body }, &secrets, NOW);
        }
        Platform::Teams => {
            let key = STANDARD.decode(TEAMS_SECRET).unwrap();
            let signature = format!("HMAC {}", STANDARD.encode(mac(&key, &[body])));
            (TEAMS_SECRET.to_owned(), [("authorization", signature)].to_vec())
        }
        _ => {
            let key = STANDARD.decode(&STANDARD_SECRET[6..]).unwrap();
            let signature = format!("v1,{}", STANDARD.encode(mac(&key, &[b"msg_1.1700000000.", body])));
            let names = [
                ("webhook-id", "msg_1".into()),
                ("webhook-timestamp", NOW.to_string()),
                ("webhook-signature", signature),
            ];
            (STANDARD_SECRET.to_owned(), names.to_vec())
        }
    };
    let secrets = Secret::parse_list(platform, &secret).unwrap();
    let lookup = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    receive(platform, &Inbound { headers: &lookup, body }, &secrets, NOW)
}

pub(crate) const SLACK_PIECES: &[&str] = &[
    "team_id=T1&",
    "user_id=U1&",
    "channel_id=C1&",
    "command=%2Fx&",
    "text=",
    "trigger_id=1.2&",
    "response_url=https%3A&",
    "payload=",
    "ssl_check=1&",
    "token=x&",
    "%",
    "%3C",
    "+",
    "&",
    "=",
    "{",
    "}",
    "[",
    "]",
    "\"type\":",
    "\"block_actions\"",
    "\"url_verification\"",
    "\"challenge\":\"c\"",
    "\"actions\":",
    "\"value\":\"confirm X\"",
    ",",
    "<@U1|a>",
    "<#C1|>",
    "<http://a|a>",
    "<!here>",
    "&amp;",
    "<",
    ">",
    "|",
    "\"user\":{\"id\":\"U1\"}",
    "\"team\":{\"id\":\"T1\"}",
];

pub(crate) const JSON_PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"command\"",
    "\"operation\"",
    "\"parameters\"",
    "\"actor\"",
    "\"place\"",
    "\"response_url\"",
    "\"organisation\"",
    "\"person\"",
    "\"x\"",
    "null",
    "true",
    "1e9",
    "-0.0",
    "\"\\ud800\"",
    "\"\\u0000\"",
    " ",
    "\n",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
];

/// Members that a message may have, so that most of what comes out is JSON.
pub(crate) const DINGTALK_MEMBERS: &[&str] = &[
    r#""msgtype":"text""#,
    r#""msgtype":"richText""#,
    r#""msgtype":"picture""#,
    r#""msgtype":1"#,
    r#""text":{"content":" share m-1"}"#,
    r#""text":{"content":"\u0000\ud83d\ude00"}"#,
    r#""text":null"#,
    r#""content":{"richText":[{"text":"a"},{"text":1},[],{"type":"picture"}]}"#,
    r#""content":{"richText":"a"}"#,
    r#""msgId":"m1==""#,
    r#""msgId":"""#,
    r#""senderStaffId":"s1""#,
    r#""senderStaffId":"a/b*c%""#,
    r#""senderCorpId":"c2""#,
    r#""chatbotCorpId":"c1""#,
    r#""conversationId":"cid/+=""#,
    r#""conversationId":"é""#,
    r#""sessionWebhook":"https://oapi.dingtalk.com/x""#,
    r#""sessionWebhook":7"#,
    r#""sessionWebhookExpiredTime":1e99"#,
    r#""sessionWebhookExpiredTime":-9223372036854775808"#,
    r#""errorCode":"20001""#,
    "\"\"",
    "{",
    "]",
];

pub(crate) const TEAMS_MEMBERS: &[&str] = &[
    r#""type":"message""#,
    r#""type":"messageUpdate""#,
    r#""timestamp":"2023-11-14T22:13:20.1234567Z""#,
    r#""timestamp":"2023-11-14T22:13:20Z""#,
    r#""timestamp":"0000-00-00T00:00:00Z""#,
    r#""timestamp":"9999-12-31T23:59:59.Z""#,
    r#""timestamp":"２023-11-14T22:13:20Z""#,
    r#""text":"<at>ops</at> share m-1""#,
    r#""text":"<at<at></at>&amp;lt;</at>""#,
    r#""text":"<at \ud83d""#,
    r#""id":"1""#,
    r#""from":{"id":"29:1","aadObjectId":null}"#,
    r#""from":{"aadObjectId":"a/b"}"#,
    r#""conversation":{"id":"19:a@thread.tacv2;messageid=1"}"#,
    r#""conversation":[]"#,
    r#""channelData":{"tenant":{"id":"t"},"teamsChannelId":"19:a"}"#,
    r#""channelData":{"tenant":{"id":"t"},"teamsChannelId":";"}"#,
    r#""entities":[{"locale":"zh-CN"},1,{"locale":7}]"#,
    r#""locale":"-""#,
    "{",
];

pub(crate) const FEISHU_EVENTS: &[&str] = &[
    r#""type":"url_verification""#,
    r#""challenge":"c""#,
    r#""token":"vtoken""#,
    r#""token":7"#,
    r#""header":{"token":"vtoken","event_type":"im.message.receive_v1","tenant_key":"t/k","app_id":"cli_1"}"#,
    r#""header":{"token":"vtoken","event_type":"im.message.receive_v1","tenant_key":"","app_id":"c/d"}"#,
    r#""header":{"token":"vtoken","event_type":"card.action.trigger","tenant_key":"tk","app_id":"cli_1","event_id":"e"}"#,
    r#""header":{"token":"vtoken","event_type":"card.action.trigger"}"#,
    r#""header":[]"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"text","content":"{\"text\":\"@_user_1 a@_user_@_all\"}","message_id":"om_1","chat_id":"oc_1"}}"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"post","content":"{\"content\":[[{\"text\":\"a\"},1],2]}","message_id":"om é","chat_id":""}}"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"text","content":"{"}}"#,
    r#""event":{"operator":{"open_id":"ou_1"},"action":{"value":{"command":"confirm X"}},"context":{"open_chat_id":"oc_1","open_message_id":"om_1"}}"#,
    r#""event":{"operator":{"open_id":"ou_1"},"action":{"value":{"command":""}},"context":null}"#,
    r#""event":7"#,
    "{",
];

pub(crate) const DISCORD_MEMBERS: &[&str] = &[
    r#""type":1"#,
    r#""type":2"#,
    r#""type":3"#,
    r#""type":4"#,
    r#""type":5"#,
    r#""type":-9223372036854775808"#,
    r#""type":"2""#,
    r#""id":"1170112233445566778""#,
    r#""id":"é""#,
    r#""application_id":"775799577604522054""#,
    r#""token":"a.b-c_d""#,
    r#""token":"/../?#""#,
    r#""channel_id":"772908445358620702""#,
    r#""guild_id":"772904309264089089""#,
    r#""guild_id":null"#,
    r#""member":{"user":{"id":"53908232506183680"}}"#,
    r#""user":{"id":"1"}"#,
    r#""locale":"zh-CN""#,
    r#""locale":7"#,
    r#""data":{"type":1,"options":[{"type":1,"name":"share","options":[{"name":"image_id","value":"m-1"}]}]}"#,
    r#""data":{"type":1,"options":[{"type":1,"name":"__","options":[{"name":"__é_ß","value":"\"\\","focused":true}]}]}"#,
    r#""data":{"type":1,"options":[{"name":"id","value":1e99},{"value":[]},7]}"#,
    r#""data":{"custom_id":"confirm X"}"#,
    r#""data":{"values":["share m-1",7]}"#,
    r#""data":{"values":{}}"#,
    "{",
];

pub(crate) const TELEGRAM_MEMBERS: &[&str] = &[
    r#""update_id":1"#,
    r#""update_id":1.5"#,
    r#""message":{"message_id":1,"from":{"id":1,"is_bot":false,"language_code":"zh"},"chat":{"id":-1,"type":"group"},"text":"/a@b c"}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"@é bot"}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"@"}"#,
    r#""message":{"message_id":1,"from":{"id":-9223372036854775808},"chat":{"id":1e99,"type":7},"text":null}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"group"},"text":"@éebot x","message_thread_id":9}"#,
    r#""callback_query":{"id":"\"\u0000","from":{"id":1},"data":"confirm X","message":{"message_id":1,"chat":{"id":1}}}"#,
    r#""callback_query":{"id":7,"from":{"id":1},"data":"","message":{"message_id":1,"chat":{"id":1}}}"#,
    r#""callback_query":{}"#,
    r#""edited_message":{}"#,
    "{",
];

pub(crate) const MATTERMOST_PIECES: &[&str] = &[
    "{",
    "}",
    "\"",
    ":",
    ",",
    "\"token\":\"x\"",
    "\"user_id\":\"u\"",
    "\"text\":7",
    "token=x&",
    "user_id=u&",
    "team_id=t&",
    "channel_id=c&",
    "command=%2Fx&",
    "text=a&",
    "trigger_id=1&",
    "post_id=p&",
    "trigger_word=%23&",
    "response_url=h&",
    "=",
    "&",
    "%",
    "%ff",
    "+",
];
