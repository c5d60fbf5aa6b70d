//! `index.html` and `zh.html`: the reference as people read it, whole without JavaScript.
//!
//! Prose passes through `prose` into Markdown in which nothing is HTML, and only then becomes some; everything else is text
//! that `maud` escapes.

use super::{OWN_WORDS, Served, command_name, commands::option_name, must_be_given, served};
use crate::{
    ApiDocument, Constraint, Effect, Overlay, ParameterSpec, SchemaSpec, Shape, TextSpec, ValueTitle, WordSpec,
    listing::policy,
    prose::{doc_lines, visible},
    words::type_words,
};
use acs_rpc::{Method, Position};
use alloc::collections::BTreeMap;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::{Parser, html::push_html};
use serde_json::json;

/// What a page is written in. Prose that there is in English only says so to screen readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Chinese,
}

impl Language {
    const fn say(self, en: &'static str, zh: &'static str) -> &'static str {
        match self {
            Self::English => en,
            Self::Chinese => zh,
        }
    }

    fn of(self, text: &TextSpec) -> &str {
        match self {
            Self::English => &text.en,
            Self::Chinese => &text.zh,
        }
    }

    const fn tag(self) -> &'static str {
        self.say("en", "zh-Hans")
    }

    /// What English prose is marked with.
    fn english(self) -> Option<&'static str> {
        (self == Self::Chinese).then_some("en")
    }
}

/// A reference of all that is served.
pub(crate) fn page(document: &ApiDocument, overlay: &Overlay, header: &str, language: Language) -> String {
    let l = language;
    let title = format!("opshook · {} {}", document.product, document.version);
    let page = html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(header);
                meta name="description" content=(l.say(
                    "What chat commands and webhooks can do here, with parameters, consequences, errors and access policies.",
                    "聊天命令与 Webhook 可执行的操作：参数、影响、错误码与权限策略。"));
                title { (title) }
                link rel="icon" href="/icon.svg";
                link rel="alternate" hreflang="en" href="/";
                link rel="alternate" hreflang="zh-Hans" href="/zh";
                link rel="stylesheet" href="/style.css";
                script src="/theme.js" {}
                script src="/reference.js" defer {}
            }
            body data-copy=(l.say("Copy", "复制")) data-copied=(l.say("Copied", "已复制")) {
                a .skip href="#main" { (l.say("Skip to the content", "跳到正文")) }
                (banner(l))
                div .columns {
                    (contents(document, overlay, l))
                    main #main tabindex="-1" {
                        h1 { (title) }
                        (introduction(document, l))
                        @for served in served(document, overlay) { (operation(document, &served, l)) }
                        (gateway(document, l))
                        (access(overlay, l))
                        (endpoints(document, l))
                        (schemas(document, l))
                    }
                }
                footer { p { (l.say("Generated from the description of the interface.", "由接口描述文件生成。")) " " code { (header) } } }
            }
        }
    };
    lines(&page.into_string())
}

fn banner(l: Language) -> Markup {
    html! {
        header .banner {
            a .name href=(l.say("/", "/zh")) { "opshook" }
            // The script shows what is of no use without it.
            search #search hidden {
                label .unseen for="query" { (l.say("Search the reference", "搜索参考文档")) }
                input #query type="search" autocomplete="off" spellcheck="false" placeholder=(l.say("Search", "搜索"))
                    aria-describedby="found" data-none=(l.say("nothing found", "无结果")) data-some=(l.say("found: ", "结果数："));
                p #found .unseen role="status" {}
                ul #results hidden {}
            }
            nav .choices aria-label=(l.say("Language and pages", "语言与页面")) {
                a href=(l.say("/zh", "/")) lang=(l.say("zh-Hans", "en")) hreflang=(l.say("zh-Hans", "en")) #language {
                    (l.say("中文", "English"))
                }
                a href="/openapi.json" { "OpenAPI" }
                button #theme type="button" hidden aria-label=(l.say("Light or dark", "浅色或深色")) { "◐" }
            }
        }
    }
}

fn contents(document: &ApiDocument, overlay: &Overlay, l: Language) -> Markup {
    html! {
        nav .contents aria-label=(l.say("Contents", "目录")) {
            ul {
                @for served in served(document, overlay) {
                    li { a href={ "#" (served.operation.name) } { (served.operation.name) } }
                }
                li { a href="#gateway" { (l.say("Commands of the gateway", "网关命令")) } }
                li { a href="#policy" { (l.say("Access policy", "权限策略")) } }
                li { a href="#endpoints" { (l.say("Endpoints", "服务地址")) } }
            }
        }
    }
}

fn introduction(document: &ApiDocument, l: Language) -> Markup {
    let name = command_name(document);
    html! {
        p {
            @match l {
                Language::English => {
                    "Everything here can be typed in a chat, as " code { "/" (name) } " or to the bot, or sent by any system that signs by "
                    a href="https://www.standardwebhooks.com" rel="noreferrer" { "Standard Webhooks" } "; "
                    a href="/openapi.json" { "openapi.json" } " describes that webhook to client generators."
                }
                Language::Chinese => {
                    "以下操作均可在聊天中输入（" code { "/" (name) } " 或 @机器人），也可由任何按 "
                    a href="https://www.standardwebhooks.com" rel="noreferrer" { "Standard Webhooks" } " 签名的系统发送；"
                    a href="/openapi.json" { "openapi.json" } " 为客户端生成器描述该 Webhook。"
                }
            }
        }
    }
}

fn operation(document: &ApiDocument, served: &Served<'_>, l: Language) -> Markup {
    let (operation, spec) = (served.operation, served.spec);
    let name = operation.name.as_str();
    let methods = operation.methods.iter().map(|method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    let methods: Vec<&str> = methods.collect();
    let parameters = Rows { document, owner: name, part: "parameters", l };
    let (effect, words) = match spec.effect {
        Effect::Read => ("read", l.say("reads", "只读")),
        Effect::Write => ("write", l.say("changes something", "会产生变更")),
    };
    html! {
        section .operation id=(name) aria-labelledby={ (name) "-heading" } data-find=(name) {
            h2 id={ (name) "-heading" } { (name) " " span .(effect) { (words) } }
            div lang=[l.english()] { (prose(&operation.summary)) (prose(&operation.description)) }
            @if operation.deprecated { p { strong { (l.say("The vendor advises against it.", "官方不推荐使用。")) } } }
            (consequences(served, l))
            (typed(document, served, l))
            (authorization(served, l))
            (heading(name, "parameters", l.say("Request parameters", "请求参数")))
            @if operation.parameters.is_empty() {
                p { (l.say("None.", "无。")) }
            } @else {
                (table(l.say("Request parameters of ", "请求参数："), name, l.say("Parameter", "参数"), l.say("Meaning", "说明"), &html! {
                    @for parameter in &operation.parameters { (parameters.parameter(served, parameter)) }
                }))
            }
            (heading(name, "response", l.say("Response", "返回参数")))
            @match &operation.response {
                Some(answer) => (fields(document, name, answer, "response", l)),
                None => p { (l.say("Not described.", "未描述。")) },
            }
            (examples(served, l))
            (errors(served, l))
            (heading(name, "calling", l.say("Calling it directly", "直接调用")))
            p { code { (methods.join(" / ")) } @if operation.https_only { " · HTTPS" } " · "
                (l.say("try a signed call from a clone: ", "在克隆的仓库中尝试签名调用：")) }
            (block(&direct(served)))
        }
    }
}

fn heading(operation: &str, part: &str, words: &str) -> Markup {
    html! { h3 id={ (operation) "-" (part) } { (words) } }
}

/// It may be wider than its place, so that the keyboard must get there to scroll it.
fn block(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (text) } } }
}

/// Two columns, so that it can be read on a phone.
fn table(caption: &str, of: &str, first: &str, second: &str, rows: &Markup) -> Markup {
    html! {
        table {
            caption .unseen { (caption) (of) }
            thead { tr { th scope="col" { (first) } th scope="col" { (second) } } }
            tbody { (rows) }
        }
    }
}

fn consequences(served: &Served<'_>, l: Language) -> Markup {
    html! {
        @if !served.spec.risks.is_empty() {
            div .risk role="note" aria-label=(l.say("Consequences", "影响")) {
                p { strong { (l.say("Consequences", "影响")) } " " (l.say("Asked to be confirmed.", "执行前需确认。")) }
                @for risk in &served.spec.risks {
                    @if let Some((name, value)) = &risk.when { p { code { (name) "=" (value) } } }
                    ul { @for consequence in &risk.consequences { li { (visible(l.of(consequence))) } } }
                }
            }
        }
    }
}

/// The words, then how the first of them is typed on each platform.
fn typed(document: &ApiDocument, served: &Served<'_>, l: Language) -> Markup {
    let operation = served.operation.name.as_str();
    let line = match served.spec.words.first() {
        Some(word) => example(served, word),
        None => direct_line(served),
    };
    html! {
        (heading(operation, "words", l.say("In a chat", "聊天命令")))
        (table(l.say("Chat commands of ", "聊天命令："), operation, l.say("Typed", "输入"), l.say("Does", "作用"), &html! {
            @for word in &served.spec.words {
                tr id={ (operation) "-words." (word.word) } data-find={ (word.word) " " (visible(l.of(&word.summary))) } {
                    th scope="row" { code { (served.usage(word)) } }
                    td { (visible(l.of(&word.summary))) }
                }
            }
            tr {
                th scope="row" { code { (operation) " Name=Value…" } }
                td { (l.say("everything the operation can do, by its own names", "使用接口自身的参数名执行全部功能")) }
            }
        }))
        details {
            summary { (l.say("On each platform", "各平台的输入方式")) }
            (table(l.say("Platforms for ", "平台："), operation, l.say("Platform", "平台"), l.say("Typed", "输入"), &html! {
                @for (platform, typed) in platforms(document, served, &line) {
                    tr { th scope="row" { (platform) } td { code { (typed) } } }
                }
            }))
        }
    }
}

fn platforms(document: &ApiDocument, served: &Served<'_>, line: &str) -> [(&'static str, String); 6] {
    let name = command_name(document);
    let slash = format!("/{name} {line}");
    let word = served.spec.words.first();
    let mut taken = BTreeMap::new();
    let options = match word {
        Some(word) => word.arguments.iter().filter_map(|name| served.operation.parameter(name)).collect(),
        None => served.parameters().filter(|parameter| must_be_given(parameter)).collect::<Vec<_>>(),
    };
    let options = options
        .into_iter()
        .map(|parameter| format!(" {}:{}", option_name(&parameter.name, &mut taken), value_of(parameter)));
    let subcommand = word.map_or_else(|| served.operation.name.to_ascii_lowercase(), |word| word.word.clone());
    let telegram = if word.is_some() { format!("/{line}") } else { format!("@<bot> {line}") };
    [
        ("Slack, Mattermost", slash),
        ("Discord", format!("/{name} {subcommand}{}", options.collect::<String>())),
        ("Telegram", telegram),
        ("DingTalk, Feishu, Lark", format!("@<bot> {line}")),
        ("Teams", format!("@<bot> {line}")),
        ("Standard Webhooks", json!({ "command": line }).to_string()),
    ]
}

/// `share m-saacssasc**** cn-hangzhou`
fn example(served: &Served<'_>, word: &WordSpec) -> String {
    let arguments = word.arguments.iter().filter_map(|name| served.operation.parameter(name)).map(value_of);
    [word.word.clone()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

fn direct_line(served: &Served<'_>) -> String {
    let parameters = served.operation.parameters.iter().filter(|parameter| parameter.schema.required);
    parameters.fold(served.operation.name.clone(), |line, parameter| {
        format!("{line} {}={}", parameter.name, value_of(parameter))
    })
}

fn direct(served: &Served<'_>) -> String {
    format!("cargo xtask call {} --print curl", direct_line(served))
}

/// The example, where it is one word that needs no quotes.
fn value_of(parameter: &ParameterSpec) -> String {
    let example = visible(&parameter.schema.example);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:*".contains(c);
    if !example.is_empty() && example.chars().all(plain) { example } else { "…".to_owned() }
}

fn authorization(served: &Served<'_>, l: Language) -> Markup {
    let operation = served.operation.name.as_str();
    let ram = &served.spec.ram;
    html! {
        (heading(operation, "ram", l.say("RAM authorization", "RAM 授权")))
        dl {
            dt { (l.say("Action", "操作")) } dd { code { (ram.action) } }
            dt { (l.say("Access level", "访问级别")) } dd { (ram.level) }
            dt { (l.say("Resource", "资源")) } dd { code { (ram.resource) } }
        }
        details {
            summary { (l.say("Policy for this operation alone", "仅允许此操作的策略")) }
            (block(&policy([ram])))
        }
    }
}

/// The rows of one table of values.
#[derive(Clone, Copy)]
struct Rows<'a> {
    document: &'a ApiDocument,
    /// What rows are found by, beside their own names.
    owner: &'a str,
    /// What their anchors begin with.
    part: &'static str,
    l: Language,
}

impl Rows<'_> {
    fn parameter(self, served: &Served<'_>, parameter: &ParameterSpec) -> Markup {
        let l = self.l;
        let travels = match parameter.position {
            Position::Query | Position::Form => None,
            Position::Body => Some("body"),
            Position::Header => Some("header"),
            Position::Host => Some("host"),
            Position::Path => Some("path"),
        };
        let set_here = served.spec.client_token.as_deref() == Some(parameter.name.as_str());
        let below = html! {
            @if let Some(travels) = travels { p .limit { (l.say("travels in: ", "位置：")) (travels) } }
            @if set_here {
                p .limit { (l.say("Derived from the delivery; nobody types it.", "由消息投递标识推导，无需输入。")) }
            }
        };
        html! {
            (self.row(&parameter.name, &parameter.schema, &below))
            (self.inside(&parameter.name, &parameter.schema))
        }
    }

    fn field(self, path: &str, schema: &SchemaSpec) -> Markup {
        html! { (self.row(path, schema, &html! {})) (self.inside(path, schema)) }
    }

    /// What a value holds. Named schemas have tables of their own: they may hold themselves.
    fn inside(self, path: &str, schema: &SchemaSpec) -> Markup {
        match &schema.shape {
            Shape::Object(fields) => html! {
                @for (name, field) in fields { (self.field(&format!("{path}.{name}"), field)) }
                @if let Some(further) = &schema.additional { (self.field(&format!("{path}{{}}"), further)) }
            },
            Shape::Array(items) => self.inside(&format!("{path}[]"), items),
            Shape::Map(values) => self.inside(&format!("{path}{{}}"), values),
            _ => html! {},
        }
    }

    fn row(self, path: &str, schema: &SchemaSpec, below: &Markup) -> Markup {
        let l = self.l;
        let limits: Vec<Markup> = schema.constraints.iter().filter_map(|limit| words_of(limit, l)).collect();
        let values = schema.one_of();
        let titles = schema.titles.iter().filter(|title| !title.title.is_empty());
        let titles: Vec<&ValueTitle> =
            titles.filter(|title| values.is_none_or(|values| values.contains(&title.value))).collect();
        html! {
            tr id={ (self.owner) "-" (self.part) "." (path) } data-find={ (self.owner) " " (path) } {
                th scope="row" {
                    code { (path) }
                    p {
                        (type_words(self.document, schema))
                        @if let Some(name) = named(schema) { " " a href={ "#schema." (name) } { (name) } }
                        @if schema.required { " " strong .required { (l.say("required", "必填")) } }
                        @if schema.deprecated { " " (l.say("advised against", "不推荐")) }
                    }
                }
                td {
                    div lang=[l.english()] { (prose(&schema.description)) }
                    (below)
                    @if let Some(values) = values {
                        p .limit { (l.say("Values: ", "取值：")) @for value in values { code { (value) } " " } }
                    }
                    @if !titles.is_empty() {
                        ul { @for title in titles { li { code { (title.value) } " " (value_words(title, l)) } } }
                    }
                    @for limit in limits { p .limit { (limit) } }
                    @if let Some(pattern) = &schema.pattern {
                        p .limit { (l.say("Pattern: ", "格式：")) code { (visible(pattern)) } }
                    }
                    @if let Some(default) = &schema.default {
                        p .limit { (l.say("Where absent: ", "默认值：")) code { (visible(default)) } }
                    }
                    @if !schema.example.is_empty() {
                        p .limit { (l.say("Example: ", "示例：")) code { (visible(&schema.example)) } }
                    }
                }
            }
        }
    }
}

/// The named schema a value is of, or a list's items are.
fn named(schema: &SchemaSpec) -> Option<&str> {
    match &schema.shape {
        Shape::Reference(name) => Some(name),
        Shape::Array(inner) | Shape::Map(inner) => named(inner),
        _ => None,
    }
}

fn schemas(document: &ApiDocument, l: Language) -> Markup {
    html! {
        @for (name, schema) in &document.schemas {
            section id={ "schema." (name) } aria-labelledby={ "schema." (name) "-heading" } data-find=(name) {
                h2 id={ "schema." (name) "-heading" } { (name) }
                (fields(document, name, schema, "fields", l))
            }
        }
    }
}

/// The table of an object's fields, or what it is instead.
fn fields(document: &ApiDocument, owner: &str, schema: &SchemaSpec, part: &'static str, l: Language) -> Markup {
    let rows = Rows { document, owner, part, l };
    html! {
        @match &schema.shape {
            Shape::Object(fields) => (table(l.say("Fields of ", "字段："), owner, l.say("Field", "字段"), l.say("Meaning", "说明"), &html! {
                @for (name, schema) in fields { (rows.field(name, schema)) }
            })),
            _ => {
                p { (type_words(document, schema)) @if let Some(name) = named(schema) { " " a href={ "#schema." (name) } { (name) } } }
            }
        }
    }
}

fn value_words(title: &ValueTitle, l: Language) -> String {
    match (l, &title.title_zh) {
        (Language::Chinese, Some(zh)) => visible(zh),
        _ => visible(&title.title),
    }
}

/// A limit in words; permitted values have a line of their own.
fn words_of(limit: &Constraint, l: Language) -> Option<Markup> {
    let (words, value) = match limit {
        Constraint::MinLength(n) => (l.say("characters, at least: ", "最少字符数："), n.to_string()),
        Constraint::MaxLength(n) => (l.say("characters, at most: ", "最多字符数："), n.to_string()),
        Constraint::Ascii => (l.say("ASCII only", "仅限 ASCII 字符"), String::new()),
        Constraint::Prefix(prefix) => (l.say("starts with ", "前缀："), prefix.clone()),
        Constraint::Minimum(n) => (l.say("at least ", "不小于 "), n.to_string()),
        Constraint::Maximum(n) => (l.say("at most ", "不大于 "), n.to_string()),
        Constraint::AtLeast(n) => (l.say("at least ", "不小于 "), n.clone()),
        Constraint::AtMost(n) => (l.say("at most ", "不大于 "), n.clone()),
        Constraint::MoreThan(n) => (l.say("more than ", "大于 "), n.clone()),
        Constraint::LessThan(n) => (l.say("less than ", "小于 "), n.clone()),
        Constraint::MinItems(n) => (l.say("items, at least: ", "最少项数："), n.to_string()),
        Constraint::MaxItems(n) => (l.say("items, at most: ", "最多项数："), n.to_string()),
        Constraint::JsonStrings(n) => {
            (l.say("a JSON array of texts, at most: ", "JSON 字符串数组，最多项数："), n.to_string())
        }
        Constraint::OneOf(_) => return None,
    };
    Some(html! { (words) @if !value.is_empty() { code { (value) } } })
}

fn examples(served: &Served<'_>, l: Language) -> Markup {
    let operation = served.operation;
    html! {
        (heading(&operation.name, "examples", l.say("Examples", "示例")))
        @if operation.examples.is_empty() { p { (l.say("None.", "无。")) } }
        @for example in &operation.examples {
            details open[example.format == "json"] {
                summary { (example.format.to_uppercase()) }
                (block(&visible(&example.body)))
            }
        }
    }
}

fn errors(served: &Served<'_>, l: Language) -> Markup {
    let operation = served.operation;
    html! {
        (heading(&operation.name, "errors", l.say("Error codes", "错误码")))
        @if operation.errors.is_empty() { p { (l.say("None documented.", "文档未列出。")) } } @else {
            (table(l.say("Error codes of ", "错误码："), &operation.name, l.say("Code", "错误码"), l.say("Message", "错误信息"), &html! {
                @for error in &operation.errors {
                    tr id={ (operation.name) "-errors." (error.code) } data-find={ (operation.name) " " (error.code) } {
                        th scope="row" { code { (error.code) } p { "HTTP " (error.status) } }
                        td { p lang=[l.english()] { (visible(&error.message)) } }
                    }
                }
            }))
        }
    }
}

fn gateway(document: &ApiDocument, l: Language) -> Markup {
    let name = command_name(document);
    html! {
        section #gateway aria-labelledby="gateway-heading" data-find=(l.say("Commands of the gateway", "网关命令")) {
            h2 #gateway-heading { (l.say("Commands of the gateway", "网关命令")) }
            (table(l.say("Commands after ", "命令："), &format!("/{name}"), l.say("Typed", "输入"), l.say("Does", "作用"), &html! {
                @for own in OWN_WORDS {
                    tr id={ "gateway." (own.word) } data-find={ (own.word) " " (l.say(own.en, own.zh)) } {
                        th scope="row" { code { (own.usage()) } }
                        td { (l.say(own.en, own.zh)) }
                    }
                }
            }))
        }
    }
}

fn access(overlay: &Overlay, l: Language) -> Markup {
    html! {
        section #policy aria-labelledby="policy-heading" data-find=(l.say("Access policy RAM", "权限策略 RAM")) {
            h2 #policy-heading { (l.say("Access policy", "权限策略")) }
            p { (l.say(
                "The smallest RAM policy that allows everything above, for the user whose key the gateway signs with.",
                "允许以上全部操作的最小 RAM 策略，授予网关签名所用密钥的用户。")) }
            (block(&policy(overlay.served.iter().map(|served| &served.ram))))
        }
    }
}

fn endpoints(document: &ApiDocument, l: Language) -> Markup {
    html! {
        section #endpoints aria-labelledby="endpoints-heading" data-find=(l.say("Endpoints", "服务地址")) {
            h2 #endpoints-heading { (l.say("Endpoints", "服务地址")) }
            (table(l.say("Endpoints of ", "服务地址："), &document.product, l.say("Region", "地域"), l.say("Host", "域名"), &html! {
                @for endpoint in &document.endpoints {
                    tr id={ "endpoints." (endpoint.region) } data-find={ (endpoint.region) " " (endpoint.host) } {
                        th scope="row" { code { (endpoint.region) } }
                        td { code { (endpoint.host) } }
                    }
                }
            }))
        }
    }
}

/// Prose as HTML: what `doc_lines` gives is Markdown without HTML, links and headings.
fn prose(text: &str) -> Markup {
    let mut html = String::new();
    push_html(&mut html, Parser::new(&doc_lines(text).join("\n")));
    PreEscaped(html)
}

/// A line for each block, so that a change can be read. No text and no attribute has a `<` in it that is not escaped.
fn lines(html: &str) -> String {
    const BLOCKS: [&str; 20] = [
        "html", "head", "body", "meta", "link", "header", "nav", "main", "section", "footer", "h1", "h2", "h3", "p",
        "table", "tr", "ul", "li", "pre", "details",
    ];
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    for part in html.split_inclusive('>') {
        let opens = part.rfind('<').and_then(|at| part.get(at + 1..));
        let name = opens.map(|tag| tag.split([' ', '>']).next().unwrap_or_default());
        if let (Some(at), true) = (part.rfind('<'), name.is_some_and(|name| BLOCKS.contains(&name))) {
            let (before, tag) = part.split_at(at);
            out.push_str(before);
            if !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(tag);
        } else {
            out.push_str(part);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_has_a_line() {
        assert_eq!(
            lines("<!DOCTYPE html><p>a <b>c</b></p><pre>x\ny</pre>"),
            "<!DOCTYPE html>\n<p>a <b>c</b></p>\n<pre>x\ny</pre>\n"
        );
    }

    #[test]
    fn prose_is_no_html() {
        assert_eq!(
            prose("<script>a</script> [b](javascript:c) `<d>`\n\n* **e**").into_string(),
            "<p>&lt;script&gt;a&lt;/script&gt; b <code>&lt;d&gt;</code></p>\n<ul>\n<li><strong>e</strong></li>\n</ul>\n"
        );
    }
}
