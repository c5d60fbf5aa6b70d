//! Answers as the gateway writes them: JSON, or XML where the call asks for it or says nothing (RPC).

use crate::refusal::Refusal;
use serde_json::{Value, json};

/// How the caller wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    /// The answer of an operation; its XML root is the operation's name with `Response` behind it.
    pub(crate) fn answer(self, operation: &str, body: &Value) -> Vec<u8> {
        match self {
            Self::Json => body.to_string().into_bytes(),
            Self::Xml => xml(&format!("{operation}Response"), body),
        }
    }

    /// The gateway's error body.
    pub(crate) fn refusal(self, refusal: &Refusal, product: &str, host: &str, request_id: &str) -> Vec<u8> {
        let Refusal { code, message, .. } = refusal;
        let body = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": code,
            "Message": message,
            "Recommend": format!(
                "https://api.aliyun.com/troubleshoot?q={code}&product={product}&requestId={request_id}"
            ),
        });
        match self {
            Self::Json => body.to_string().into_bytes(),
            Self::Xml => xml("Error", &body),
        }
    }
}

fn xml(root: &str, body: &Value) -> Vec<u8> {
    let mut out = String::from("<?xml version='1.0' encoding='UTF-8'?>");
    element(&mut out, root, body);
    out.into_bytes()
}

/// A list has no element of its own: each of its items carries the list's name (the vendor's XML examples).
fn element(out: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        for item in items {
            element(out, name, item);
        }
        return;
    }
    let name = element_name(name);
    out.push('<');
    out.push_str(&name);
    out.push('>');
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                element(out, name, value);
            }
        }
        Value::String(value) => text(out, value),
        Value::Null | Value::Array(_) => {}
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
    out.push_str("</");
    out.push_str(&name);
    out.push('>');
}

/// Examples of a loaded document may hold names that XML does not take (`10.0.0.1`, `a:b`, ``).
fn element_name(name: &str) -> String {
    let mut element = name.replace(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')), "_");
    if !element.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        element.insert(0, '_');
    }
    element
}

/// Characters that XML 1.0 cannot carry even escaped become U+FFFD.
fn text(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: Value, expected: &str) {
        let xml = String::from_utf8(Format::Xml.answer("Op", &body)).unwrap();
        let xml = xml.strip_prefix("<?xml version='1.0' encoding='UTF-8'?>").unwrap();
        assert_eq!(xml, format!("<OpResponse>{expected}</OpResponse>"));
        let mut reader = quick_xml::Reader::from_str(xml);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }

    #[test]
    fn lists_repeat_their_name() {
        check(
            json!({"Regions": [{"Id": "a"}, {"Id": "b"}], "Empty": [], "Servers": ["x", "y"], "N": 3, "Yes": true}),
            "<Regions><Id>a</Id></Regions><Regions><Id>b</Id></Regions>\
             <Servers>x</Servers><Servers>y</Servers><N>3</N><Yes>true</Yes>",
        );
    }

    #[test]
    fn text_is_escaped_and_impossible_characters_replaced() {
        check(
            json!({"T": "a<b>&\"'\u{0}\u{b}\t中\r\n", "Nothing": null}),
            "<T>a&lt;b&gt;&amp;\"'\u{fffd}\u{fffd}\t中&#13;\n</T><Nothing></Nothing>",
        );
    }

    #[test]
    fn names_are_made_to_fit() {
        check(
            json!({"": 1, "10.0": 2, "a b:<": 3, "xn-名": 4}),
            "<_>1</_><_10.0>2</_10.0><a_b__>3</a_b__><xn-_>4</xn-_>",
        );
    }

    #[test]
    fn error_bodies() {
        let refusal = Refusal::unknown_key();
        let json = String::from_utf8(Format::Json.refusal(&refusal, "SWAS-OPEN", "h:1", "R")).unwrap();
        assert_eq!(
            json,
            r#"{"RequestId":"R","HostId":"h:1","Code":"InvalidAccessKeyId.NotFound","Message":"Specified access key is not found.","Recommend":"https://api.aliyun.com/troubleshoot?q=InvalidAccessKeyId.NotFound&product=SWAS-OPEN&requestId=R"}"#
        );
        let xml = String::from_utf8(Format::Xml.refusal(&refusal, "SWAS-OPEN", "h:1", "R")).unwrap();
        assert_eq!(
            xml,
            "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><HostId>h:1</HostId>\
             <Code>InvalidAccessKeyId.NotFound</Code><Message>Specified access key is not found.</Message>\
             <Recommend>https://api.aliyun.com/troubleshoot?q=InvalidAccessKeyId.NotFound&amp;product=SWAS-OPEN&amp;requestId=R</Recommend></Error>"
        );
    }
}
